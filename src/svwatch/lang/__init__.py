"""Lang reads words: configuration text into one Draft, then one Plan."""
