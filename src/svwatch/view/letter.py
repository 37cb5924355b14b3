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
    is the end of its log, *log_path* where that is.
    """

    host: str
    now: float
    offset: int = 0
    service: Service | None = None
    history: tuple[tuple[float, str], ...] = ()
    log: tuple[str, ...] = ()
    log_path: str = ""

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
    cause = facts.cause
    if not cause:
        return ""
    reason = REASONS.get(cause, "")
    earlier = [wall for wall, one in letter.history if wall < at and (one == cause or not reason)]
    day = when.days(at, letter.offset)
    today = [wall for wall in earlier if when.days(wall, letter.offset) == day]
    rank = ordinal(len(today) + 1)
    words = f"{rank} restart{reason} today"
    if not today:
        return words if earlier else f"First restart{reason} on record"
    every = (at - min(today)) / len(today)
    before = pause(tuple(wall for wall in earlier if when.days(wall, letter.offset) < day))
    return f"{words}, one every {age(every)}" + (f" (before: {age(before)})" if before else "")


def pause(walls: tuple[float, ...]) -> float | None:
    """Give the mean seconds between *walls*; None for fewer than two."""
    if len(walls) < 2:
        return None
    return (max(walls) - min(walls)) / (len(walls) - 1)


def patience(letter: Letter) -> str:
    """Say how long a stop may take: `50m`; "" where nobody knows."""
    return show_duration(letter.service.stop_timeout) if letter.service is not None else ""
