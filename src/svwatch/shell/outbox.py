"""Alerts that are owed: at least once, in order per route, or a dead letter that is seen."""

import os
from collections.abc import Callable
from typing import Protocol

import msgspec
from msgspec import Struct

from svwatch.core.event import Event
from svwatch.core.ledger import Why
from svwatch.core.level import Level
from svwatch.core.route import Route
from svwatch.shell.database import Database, Row

REHEARSAL = "SVWATCH_RETRY_BASE"  # environment: another FIRST_WAIT, to rehearse an outage
MOST_WAIT = 600.0  # seconds
DEAD_AFTER = 3 * 24 * 3600.0  # seconds
DEAD_TRIES = 12  # and this many: a stepped clock, or a host that was off, ends no letter
REFUSALS = 5  # a refusal for good may be a server's bad minute: five, over two minutes, are not
MOST_SUBJECT = 300  # characters
MOST_BODY = 8_000  # even with each character escaped the request fits into a pipe of 64 KiB
KEPT_LETTERS = 5_000

LOUDNESS = {Level.NOTICE: 0, Level.WARNING: 1, Level.CRITICAL: 2}


class Letter(Protocol):
    """A message as the views write it."""

    @property
    def subject(self) -> str:
        """One line."""

    @property
    def body(self) -> str:
        """Plain text."""


Compose = Callable[[Event, Why, Route], Letter]


class Owed(Struct, frozen=True, kw_only=True):
    """One letter that waits. *created* is wall time, unix seconds.

    *message_id* is the same at every attempt, so that a letter sent twice can be recognised;
    *thread* is shared by all letters about one event. *reached*: recipients who have it.
    """

    id: int
    route: str
    number: int
    service: str
    why: Why
    level: Level
    subject: str
    body: str
    created: float
    message_id: str
    thread: str
    attempts: int = 0
    refusals: int = 0
    reached: tuple[str, ...] = ()


class Head(Struct, frozen=True):
    """The next letter of a route. *retry_at*, *created*: wall time, unix seconds."""

    id: int
    route: str
    retry_at: float
    created: float


class RouteBacklog(Struct, frozen=True, kw_only=True):
    """What one route still owes. Instants are wall time, unix seconds; None: there is none."""

    route: str
    waiting: int = 0
    oldest: float | None = None
    retry_at: float | None = None
    error: str = ""  # of the letter that is next
    dead: int = 0
    died: str = ""  # why the newest dead letter was given up


class Told(Struct, frozen=True, kw_only=True):
    """What became of one letter about an event. *status*: owed, sent or dead."""

    route: str
    why: Why
    status: str
    created: float
    finished: float | None
    answer: str  # the receipt, or the last error
    attempts: int


def first_wait(words: str) -> float:
    """Give the seconds before the second attempt: those in *words*, 5 where it holds none."""
    try:
        return min(MOST_WAIT, max(0.05, float(words)))
    except ValueError:
        return 5.0


FIRST_WAIT = first_wait(os.environ.get(REHEARSAL, ""))
LONGEST_WAIT = min(MOST_WAIT, 120 * FIRST_WAIT)  # 10 min, in proportion in a rehearsal


def back_off(attempts: int, jitter: float) -> float:
    """Give the seconds until the next attempt after *attempts* failed; *jitter* in 0 .. 1."""
    most = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempts, 10))
    return FIRST_WAIT + (most - FIRST_WAIT) * (0.5 + 0.5 * jitter)


def admits(route: Route, level: Level) -> bool:
    """Whether *route* wants to hear of *level*."""
    return LOUDNESS[level] >= LOUDNESS[route.level]


class Outbox:
    """Rows of letters. One that is owed goes out before any later one of its route."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._host = "".join(c if c.isalnum() or c in "-." else "-" for c in os.uname().nodename)

    OWE = (
        "INSERT INTO outbox (route, number, service, why, level, subject, body, created,"
        " message_id, thread) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )

    def owe(
        self, route: Route, letter: Letter, *, event: Event, why: Why, level: Level, wall: float
    ) -> int:
        """Owe *letter* to *route*, within a transaction; gives its number."""
        thread = f"svwatch.{event.number}.{event.at:.0f}"
        named = f"{thread}.{why.value}.{wall * 1000:.0f}"
        subject = " ".join(letter.subject.split())[:MOST_SUBJECT]
        return self._db.add(
            self.OWE,
            (route.name, event.number, event.service, why.value, level.value, subject,
             letter.body[:MOST_BODY], wall, f"<{named}@{self._host}>", f"<{thread}@{self._host}>"),
        )  # fmt: skip

    HEADS = (
        "SELECT id, route, retry_at, created FROM outbox WHERE id IN"
        " (SELECT min(id) FROM outbox WHERE status = 'owed' GROUP BY route) ORDER BY id"
    )

    def heads(self) -> tuple[Head, ...]:
        """Give the next letter of each route, oldest first."""
        return tuple(Head(*row) for row in self._db.rows(self.HEADS))

    LETTER = (
        "SELECT id, route, number, service, why, level, subject, body, created, message_id,"
        " thread, attempts, refusals, reached FROM outbox WHERE id = ?"
    )

    def letter(self, number: int) -> Owed | None:
        """Give letter *number*."""
        row = self._db.row(self.LETTER, (number,))
        if row is None:
            return None
        reached = msgspec.json.decode(row[-1])
        named = dict(zip(Owed.__struct_fields__, (*row[:-1], reached), strict=True))
        return msgspec.convert(named, Owed)

    def owed(self, wall: float) -> tuple[Owed, ...]:
        """Give the next letter of each route whose time has come, oldest first."""
        due = (self.letter(head.id) for head in self.heads() if head.retry_at <= wall)
        return tuple(letter for letter in due if letter)

    SENT = (
        "UPDATE outbox SET status = 'sent', attempts = attempts + 1, finished = ?, answer = ?"
        " WHERE id = ?"
    )

    def sent(self, letter: int, receipt: str, wall: float) -> None:
        """Keep the receipt. Raises StoreFailed."""
        with self._db.writing():
            self._db.change(self.SENT, (wall, receipt, letter))

    FAILED = (
        "UPDATE outbox SET attempts = attempts + 1, refusals = refusals + ?, answer = ?,"
        " retry_at = ?, reached = ? WHERE id = ?"
    )

    def failed(
        self,
        letter: int,
        error: str,
        retry_at: float,
        *,
        refused: bool = False,
        reached: tuple[str, ...] = (),
    ) -> None:
        """Keep why it failed, and when to try again (wall time). Raises StoreFailed."""
        told = msgspec.json.encode(reached).decode()
        with self._db.writing():
            self._db.change(self.FAILED, (int(refused), error, retry_at, told, letter))

    DEAD = (
        "UPDATE outbox SET status = 'dead', attempts = attempts + 1, finished = ?, answer = ?"
        " WHERE id = ?"
    )

    def dead(self, letter: int, error: str, wall: float) -> None:
        """Give it up; it stays to be seen. Raises StoreFailed."""
        with self._db.writing():
            self._db.change(self.DEAD, (wall, error, letter))

    BACKLOG = """SELECT route, sum(status = 'owed'), min(iif(status = 'owed', created, NULL)),
          sum(status = 'dead'), min(iif(status = 'owed', id, NULL)),
          max(iif(status = 'dead', id, NULL))
        FROM outbox WHERE status IN ('owed', 'dead') GROUP BY route ORDER BY route"""
    ANSWER = "SELECT answer, retry_at FROM outbox WHERE id = ?"

    def waiting(self) -> tuple[RouteBacklog, ...]:
        """Give what each route owes or gave up; routes that owe nothing are not named."""
        return tuple(self._backlog(row) for row in self._db.rows(self.BACKLOG))

    def _backlog(self, row: Row) -> RouteBacklog:
        route, owed, oldest, dead, head, last = row
        error, retry_at = self._db.row(self.ANSWER, (head,)) or ("", None)
        died, _ = self._db.row(self.ANSWER, (last,)) or ("", None)
        return RouteBacklog(
            route=route, waiting=owed, oldest=oldest, retry_at=retry_at, error=error, dead=dead,
            died=died,
        )  # fmt: skip

    ABOUT = (
        "SELECT route, why, status, created, finished, answer, attempts FROM outbox"
        " WHERE number = ? ORDER BY id"
    )

    def told(self, number: int) -> tuple[Told, ...]:
        """Give what became of every letter about event *number*, oldest first."""
        return tuple(
            msgspec.convert(dict(zip(Told.__struct_fields__, row, strict=True)), Told)
            for row in self._db.rows(self.ABOUT, (number,))
        )

    PRUNE = "DELETE FROM outbox WHERE status <> 'owed' AND id <= (SELECT max(id) FROM outbox) - ?"

    def prune(self) -> None:
        """Drop the oldest letters that are done with; within a transaction."""
        self._db.change(self.PRUNE, (KEPT_LETTERS,))
