"""Waiting: for a while, or until something is seen; every wait has an end."""

import select
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def pause(seconds: float) -> None:
    """Do nothing for *seconds*."""
    select.select((), (), (), seconds)


def until(look: Callable[[], T | None], seconds: float, every: float = 0.05) -> T | None:
    """Call *look* each *every* seconds until its answer is true; None after *seconds*."""
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() >= end:
            return None
        pause(every)
    return found
