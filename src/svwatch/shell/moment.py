"""Reads what people mean by "since": a time of day, a date, or how long ago."""

import time

from svwatch.core.units import parse_duration

CLOCKS = ("%H:%M", "%H:%M:%S")
DATES = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S")


def parse_since(words: str, now: float | None = None) -> float:
    """Give unix seconds; a time of day is the last one that was. Raises ValueError."""
    wall = time.time() if now is None else now
    if (clock := _parsed(words, CLOCKS)) is not None:
        today = time.localtime(wall)
        begin = time.mktime((*today[:3], *clock[3:6], 0, 0, -1))
        return begin if begin <= wall else begin - 86400
    if (date := _parsed(words, DATES)) is not None:
        return time.mktime((*date[:6], 0, 0, -1))
    try:
        return wall - parse_duration(words.removesuffix(" ago"))
    except ValueError:
        raise ValueError(
            f"{words!r} is no time: 12:00, 2h, 3d, 2026-11-23 or '2026-11-23 12:00'"
        ) from None


def _parsed(words: str, forms: tuple[str, ...]) -> time.struct_time | None:
    for form in forms:
        try:
            return time.strptime(words.strip(), form)
        except ValueError:
            continue
    return None
