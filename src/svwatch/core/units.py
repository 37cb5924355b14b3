"""Sizes and durations: from words to numbers and back.

Sizes are binary, as in monit: 1 KB is 1024 bytes, whatever its spelling (K, KB, KiB). Zero is a
legal size and a legal duration; a bare number is neither, because nobody can know its unit.
"""

import re
from functools import cache
from itertools import pairwise

KB = 1024
MB = KB * 1024
GB = MB * 1024
TB = GB * 1024

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

MOST_BYTES = 2**62  # what is kept must fit a signed 64-bit column
MOST_SECONDS = 100 * 366 * DAY

SIZE_UNITS = {
    **dict.fromkeys(("b", "byte", "bytes"), 1),
    **dict.fromkeys(("k", "kb", "kib", "kilobyte", "kilobytes"), KB),
    **dict.fromkeys(("m", "mb", "mib", "megabyte", "megabytes"), MB),
    **dict.fromkeys(("g", "gb", "gib", "gigabyte", "gigabytes"), GB),
    **dict.fromkeys(("t", "tb", "tib", "terabyte", "terabytes"), TB),
}
"""Bytes of each unit, by its lower-case spelling."""

DURATION_UNITS = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1000),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 1000 * MINUTE),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 1000 * HOUR),
    **dict.fromkeys(("d", "day", "days"), 1000 * DAY),
    **dict.fromkeys(("w", "week", "weeks"), 1000 * WEEK),
}
"""Milliseconds of each unit, by its lower-case spelling."""

_NUMBER = r"([0-9]{1,30}(?:\.[0-9]{1,30})?)"


@cache
def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source, re.ASCII)


def _decimal(text: str) -> tuple[int, int]:
    """Give *text* as a fraction of whole numbers: nothing is lost on the way."""
    whole, _, places = text.partition(".")
    return int(whole + places), 10 ** len(places)


def parse_size(text: str) -> int:
    """Give the bytes that *text* names, 0 .. 2**62, rounded down to a whole one.

    `175 MB`, `175MB`, `175M`, `175 MiB` and `0.5G` are sizes. Raises ValueError with a sentence
    for people.
    """
    found = _pattern(rf"\s*{_NUMBER}\s*([A-Za-z]*)\s*").fullmatch(text)
    if found is None:
        raise ValueError(f'"{text}" is not a size: say 175 MB')
    number, unit = found[1], found[2].lower()
    if not unit:
        raise ValueError(f'a size needs a unit: "{number}": {number} MB? {number} KB?')
    if unit not in SIZE_UNITS:
        raise ValueError(f'"{found[2]}" is no unit of size: say {number} KB, {number} MB ...')
    above, below = _decimal(number)
    size = above * SIZE_UNITS[unit] // below
    if size > MOST_BYTES:
        raise ValueError(f'"{text}" is more than any machine has')
    return size


def parse_duration(text: str) -> float:
    """Give the seconds that *text* names, 0 .. 100 years, to the millisecond.

    `90s`, `50m`, `1h30m`, `2 days` and `0.5s` are durations; the larger unit comes first.
    Raises ValueError with a sentence for people.
    """
    if number := _pattern(rf"\s*{_NUMBER}\s*").fullmatch(text):
        raise ValueError(f'a duration needs a unit: "{number[1]}": {number[1]}s? {number[1]}m?')
    part = rf"{_NUMBER}\s*([A-Za-z]+)\s*"
    if not _pattern(rf"\s*(?:{part}){{1,6}}").fullmatch(text):
        raise ValueError(f'"{text}" is not a duration: say 90s, 50m or 1h30m')
    parts = [
        (_decimal(amount), _unit(amount, word)) for amount, word in _pattern(part).findall(text)
    ]
    units = [unit for _, unit in parts]
    if any(later >= earlier for earlier, later in pairwise(units)):
        raise ValueError(f'"{text}" is not a duration: the larger unit comes first: 1h30m')
    # Whole milliseconds until the end: 2h 0.1s is 7200.1, and show_duration shows all of it.
    seconds = (
        sum((2 * above * unit + below) // (2 * below) for (above, below), unit in parts) / 1000
    )
    if seconds > MOST_SECONDS:
        raise ValueError(f'"{text}" is more than a hundred years')
    return seconds


def _unit(amount: str, word: str) -> int:
    unit = DURATION_UNITS.get(word.lower())
    if unit is None:
        raise ValueError(f'"{word}" is no unit of time: say {amount}s, {amount}m, {amount}h')
    return unit


def _sized(size: int) -> tuple[str, str]:
    if size < KB:
        return str(size), "B"
    if round(size / KB) < MB // KB:
        return f"{size / KB:.0f}", "KB"
    if size < 10 * MB:
        return _trim(f"{size / MB:.1f}"), "MB"
    whole = round(size / MB)
    if whole >= 10 * GB // MB:
        return _trim(f"{size / GB:.1f}"), "GB"
    # 2 GB and 1.5 GB are said so; 1200 MB is not 1.2 GB, and a limit is told as it was written.
    halves, rest = divmod(whole, 512)
    return (_trim(f"{halves / 2}"), "GB") if halves > 1 and not rest else (str(whole), "MB")


def _trim(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def show_size(size: int) -> str:
    """Show *size* bytes for people, rounded: `182 MB`, `2 GB`, `12.3 GB`, `0 B`."""
    number, unit = _sized(size)
    return f"{number} {unit}"


def short_size(size: int) -> str:
    """Show *size* bytes in a column, rounded: `182M`, `2G`, `640K`, `0B`."""
    number, unit = _sized(size)
    return f"{number}{unit[0]}"


def exact_size(size: int) -> str:
    """Show *size* bytes so that `parse_size` gives it back: `175 MB`, `1536 MB`, `1000001 B`."""
    for unit, name in ((TB, "TB"), (GB, "GB"), (MB, "MB"), (KB, "KB")):
        if size and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} B"


def show_duration(seconds: float) -> str:
    """Show *seconds*, to the millisecond: `50m`, `1h 30m`, `2.4s`, `0s`.

    `parse_duration` gives the same number back. Less than nothing is shown as nothing.
    """
    rest = max(0, round(seconds * 1000))
    parts = []
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        whole, rest = divmod(rest, unit * 1000)
        if whole:
            parts.append(f"{whole}{name}")
    if rest or not parts:
        parts.append(_trim(f"{rest // 1000}.{rest % 1000:03d}") + "s")
    return " ".join(parts)


def age(seconds: float) -> str:
    """Show how long something has lasted, as precisely as anybody cares.

    `9ms`, `2.4s`, `12s`, `1m 30s` (up to five minutes), `52m`, `5h 12m`, `3d 2h`, `9d`.
    """
    if seconds <= 0:
        return "0s"
    if seconds < 0.9995:
        return f"{max(1, round(seconds * 1000))}ms"
    if seconds < 9.95:
        return _trim(f"{seconds:.1f}") + "s"
    whole = int(seconds)
    if whole < 5 * MINUTE:
        return show_duration(max(whole, 10))
    if whole < HOUR:
        return f"{whole // MINUTE}m"
    large, small, names = (DAY, HOUR, "dh") if whole >= DAY else (HOUR, MINUTE, "hm")
    rest = whole % large // small
    return f"{whole // large}{names[0]}" + (f" {rest}{names[1]}" if rest else "")
