"""What surrounds an event in a message: host, time, the past, the log; and the message itself."""

from msgspec import Struct

from svwatch.core.ledger import Facts, What, Why
from svwatch.core.level import Level
from svwatch.core.phrase import ordinal
from svwatch.core.plan import Service
from svwatch.core.units import age, show_duration
from svwatch.view import when


class Message(Struct, frozen=True):
    """A message: *subject* is one line of at most 140 characters, *body* ends with a line end.

    *brief* says it in one line where it is one of many: without host, level and service, never
    escaped for a chat. A message for a chat has no subject, one for a webhook has a JSON document
    as its body.
    """

    subject: str
    body: str
    brief: str = ""


class Item(Struct, frozen=True):
    """One message that goes out as one of many. *at*: when it was decided, unix seconds.

    *brief* is the one of its message, *number* that of its event.
    """

    service: str
    what: What
    why: Why
    level: Level
    at: float
    brief: str = ""
    number: int = 0


class Letter(Struct, frozen=True, kw_only=True):
    """Everything that a message needs beside its event.

    *now* is unix seconds, *offset* the seconds that local time is ahead of UTC. *history* holds
    earlier restarts of the service as (unix seconds, cause), any order, 8 days are enough. *log*
    is the end of its log, *log_path* where that is. *remind*: seconds between reminders of what
    is critical; None: there are none.
    """

    host: str
    now: float
    offset: int = 0
    service: Service | None = None
    history: tuple[tuple[float, str], ...] = ()
    log: tuple[str, ...] = ()
    log_path: str = ""
    remind: float | None = 4 * 3600.0

    @property
    def runit(self) -> bool:
        """Whether runit supervises the service."""
        return self.service is not None and self.service.runit

    def clock(self, wall: float) -> str:
        """Show a time to the minute, with its day where that is not today."""
        return when.moment(wall, self.now, self.offset)

    def second(self, wall: float) -> str:
        """Show a time to the second, with its day where that is not today."""
        return when.exact(wall, self.now, self.offset)


REASONS = {
    "memory": " for memory",
    "crash": " after a crash",
    "oom": " after an oom kill",
    "no answer": " for no answer",
}
"""Causes that are counted apart, as they read in a sentence."""


def rhythm(letter: Letter, at: float, facts: Facts) -> str:
    """Say how often this happens: `3rd restart for memory today, one every 5h 11m (...)`."""
    words = rank(letter, at, facts)
    if not words:
        return ""
    earlier, today = _earlier(letter, at, facts)
    reason = REASONS.get(facts.cause or "", "")
    if not today:
        return f"{words} restart{reason}" + (" today" if earlier else " on record")
    every = (at - min(today)) / len(today)
    day = when.days(at, letter.offset)
    before = pause(tuple(wall for wall in earlier if when.days(wall, letter.offset) < day))
    past = f" (before: {age(before)})" if before else ""
    return f"{words} restart{reason} today, one every {age(every)}{past}"


def rank(letter: Letter, at: float, facts: Facts) -> str:
    """Say which one today it is: `3rd`; `First` where there was none before; "" without a cause."""
    if not facts.cause:
        return ""
    earlier, today = _earlier(letter, at, facts)
    return ordinal(len(today) + 1) if earlier else "First"


def _earlier(
    letter: Letter, at: float, facts: Facts
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Give when it happened before for the same cause, and those of the same day."""
    counted = facts.cause if facts.cause in REASONS else None
    earlier = tuple(wall for wall, one in letter.history if wall < at and counted in {None, one})
    day = when.days(at, letter.offset)
    return earlier, tuple(wall for wall in earlier if when.days(wall, letter.offset) == day)


def pause(walls: tuple[float, ...]) -> float | None:
    """Give the mean seconds between *walls*; None for fewer than two."""
    if len(walls) < 2:
        return None
    return (max(walls) - min(walls)) / (len(walls) - 1)


def patience(letter: Letter) -> str:
    """Say how long a stop may take: `50m`; "" where nobody knows."""
    return show_duration(letter.service.stop_timeout) if letter.service is not None else ""
