"""Core thinks: pure functions on frozen values; no clock, no file, no socket, no log."""
