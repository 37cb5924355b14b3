"""The outbox as people see it: what waits, what was given up, what went out lately."""

from enum import StrEnum

from msgspec import Struct

from svwatch.core.level import Level
from svwatch.core.snapshot import Snapshot


class Fate(StrEnum):
    """What became of a letter."""

    OWED = "owed"
    DEAD = "dead"
    SENT = "sent"
    FOLDED = "folded"  # another letter, a digest, tells of it
    DROPPED = "dropped"  # somebody said so


OPEN = frozenset({Fate.OWED, Fate.DEAD})
"""Nobody has it, and it can still be sent."""


class LetterSnap(Struct, frozen=True, kw_only=True):
    """One letter to one place. Times are unix seconds.

    *answer*: the receipt of the server, or its last error. *digest*: the letter that tells of
    this one. *event*: the number of what it is about.
    """

    number: int
    route: str
    target: str
    fate: Fate
    level: Level
    event: int
    service: str
    subject: str
    brief: str
    created: float
    attempts: int
    retry: float
    finished: float | None
    answer: str
    digest: int | None

    @property
    def title(self) -> str:
        """What it says, in one line: messages for a chat have no subject."""
        loud = "" if self.level is Level.NOTICE else f"{self.level.value.upper()} "
        return self.subject or f"{loud}{self.service} {self.brief}".rstrip()


class OutboxSnap(Struct, frozen=True, kw_only=True):
    """What there is to see at one instant: the routes of *page*, and letters, by number.

    Of a place where many wait some are left out; its route counts them all. *all*: also those
    that are done with.
    """

    page: Snapshot
    letters: tuple[LetterSnap, ...] = ()
    all: bool = False


class Said(Struct, frozen=True, kw_only=True):
    """What was done about a letter (*number*), or about a word of the call (*word*).

    *code* is that of the verb: 0 done, 1 failed, 2 usage, 3 refused.
    """

    text: str
    number: int = 0
    word: str = ""
    code: int = 0


class Rehearsed(Struct, frozen=True, kw_only=True):
    """What came of a test message to one place; *seconds*: how long it took.

    *said*: the server's own words, without secrets.
    """

    route: str
    shown: str
    ok: bool
    seconds: float
    said: str
