"""Parts of a sentence put together, where some of them may say nothing."""


def joined(*parts: str, by: str = "; ") -> str:
    """Join those of *parts* that say something."""
    return by.join(part for part in parts if part)


def told(words: str, more: str) -> str:
    """Give `words: more`, or *words* alone."""
    return f"{words}: {more}" if more else words
