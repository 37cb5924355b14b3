"""When the daily word is due: once a day at eight, whatever clocks, zones and daemons do."""

from msgspec.structs import replace

from svwatch.core.state import Daily

DAY = 86400
HOUR = 8 * 3600  # of local time: people read it in the morning


def day_of(wall: float, offset: int) -> int:
    """Give the local days since 1970-01-01; *offset*: seconds that local time is ahead of UTC."""
    return int((wall + offset) // DAY)


def first(wall: float, offset: int, number: int) -> Daily:
    """Begin: what is after event *number* is told the next time that it is eight."""
    day = day_of(wall, offset)
    return Daily(day if _is_time(wall, offset) else day - 1, wall, number)


def _is_time(wall: float, offset: int) -> bool:
    return (wall + offset) % DAY >= HOUR


def due(last: Daily, wall: float, offset: int) -> bool:
    """Whether it is time for the word of this day."""
    return _is_time(wall, offset) and day_of(wall, offset) > last.day


def turned_back(last: Daily, wall: float, offset: int) -> Daily | None:
    """Give what holds from now on where the clock shows less than at the last word; else None.

    The word of the day that it shows was said: later, as it were.
    """
    return replace(last, day=day_of(wall, offset), wall=wall) if wall < last.wall else None
