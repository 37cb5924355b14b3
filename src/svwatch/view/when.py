"""Wall time as people read it, from unix seconds and an offset: no clock, no zone data.

*offset* is always the seconds that local time is ahead of UTC.
"""

from collections.abc import Callable

DAY = 86400
WEEKDAYS = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")  # 1970-01-01 was a Thursday
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def civil(days: int) -> tuple[int, int, int]:
    """Give (year, month, day) of *days* since 1970-01-01, in the Gregorian calendar.

    The algorithm counts years from March, so that the leap day comes last (Hinnant,
    "chrono-compatible low-level date algorithms").
    """
    shifted = days + 719468
    era, rest = divmod(shifted, 146097)
    year = (rest - rest // 1460 + rest // 36524 - rest // 146096) // 365
    rest -= 365 * year + year // 4 - year // 100
    month = (5 * rest + 2) // 153
    day = rest - (153 * month + 2) // 5 + 1
    number = month + 3 if month < 10 else month - 9
    return year + era * 400 + (number <= 2), number, day


def days(wall: float, offset: int) -> int:
    """Give the local days since 1970-01-01."""
    return int((wall + offset) // DAY)


def _within(wall: float, offset: int) -> tuple[int, int, int]:
    seconds = int((wall + offset) % DAY)
    return seconds // 3600, seconds % 3600 // 60, seconds % 60


def hms(wall: float, offset: int) -> str:
    """Show `13:12:08`."""
    return "{:02}:{:02}:{:02}".format(*_within(wall, offset))


def fine(wall: float, offset: int) -> str:
    """Show `13:12:08.114`."""
    # Rounded first: 59.9996 s is the next minute, not 60.000.
    whole, milli = divmod(round(wall * 1000), 1000)
    return f"{hms(whole, offset)}.{milli:03}"


def hm(wall: float, offset: int) -> str:
    """Show `13:12`."""
    return "{:02}:{:02}".format(*_within(wall, offset))


def weekday(wall: float, offset: int) -> str:
    """Show `Mon`."""
    return WEEKDAYS[days(wall, offset) % 7]


def date(wall: float, offset: int) -> str:
    """Show `Nov 14`."""
    _, month, day = civil(days(wall, offset))
    return f"{MONTHS[month - 1]} {day}"


def since(wall: float, now: float, offset: int) -> str:
    """Show a past time as short as it can be told: `13:12`, `Sat`, `Nov 14`."""
    return _near(wall, now, offset, hm, weekday)


def moment(wall: float, now: float, offset: int) -> str:
    """Show a time near *now* with its day where that is another: `13:12`, `Sat 13:01`."""
    return _near(wall, now, offset, hm, lambda at, off: f"{weekday(at, off)} {hm(at, off)}")


def exact(wall: float, now: float, offset: int) -> str:
    """Show a time near *now* to the second: `13:12:08`, `Sat 13:01:12`."""
    return _near(wall, now, offset, hms, lambda at, off: f"{weekday(at, off)} {hms(at, off)}")


_Shown = Callable[[float, int], str]


def _near(wall: float, now: float, offset: int, today: _Shown, week: _Shown) -> str:
    apart = abs(days(now, offset) - days(wall, offset))
    if apart == 0:
        return today(wall, offset)
    if apart < 7:
        return week(wall, offset)
    year = civil(days(wall, offset))[0]
    this = civil(days(now, offset))[0]
    shown = date(wall, offset)
    return shown if year == this else f"{shown} {year}"


def zone(offset: int) -> str:
    """Show the offset as mail does: `+0100`, `-0330`."""
    sign, minutes = ("-" if offset < 0 else "+"), abs(offset) // 60
    return f"{sign}{minutes // 60:02}{minutes % 60:02}"
