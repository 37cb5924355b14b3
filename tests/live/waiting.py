"""Waiting for real processes: always for something, never longer than a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

PAUSE = 0.02  # seconds between two looks
T = TypeVar("T")


class TooLateError(AssertionError):
    """What was waited for did not come."""


def until(look: Callable[[], T], what: str, *, seconds: float = 10.0) -> T:
    """Look until what is seen is true, and give it; fail after *seconds*."""
    end = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > end:
            raise TooLateError(f"waited {seconds:g} s for {what}")
        time.sleep(PAUSE)
    return seen


def throughout(look: Callable[[], object], what: str, *, seconds: float) -> None:
    """Look for *seconds* and fail when what is seen is ever false."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert look(), what
        time.sleep(PAUSE)
