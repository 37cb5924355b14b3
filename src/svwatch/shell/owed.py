"""Letters as they wait in the outbox, and what people are told of them."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from svwatch.core.audience import Lane
from svwatch.core.event import Event
from svwatch.core.ledger import Why
from svwatch.core.level import Level
from svwatch.core.route import Route
from svwatch.view.letter import Item


class Letter(Protocol):
    """A message as the views write it."""

    @property
    def subject(self) -> str:
        """One line; "" where the form knows none."""

    @property
    def body(self) -> str:
        """Plain text, or a document."""

    @property
    def brief(self) -> str:
        """One line, for where it is one of many."""


Compose = Callable[[Event, Why, Route], Letter]


class Owed(Struct, frozen=True, kw_only=True):
    """One letter that waits. *created* is wall time, unix seconds.

    *message_id* is the same at every attempt, so that a letter sent twice can be recognised.
    *thread* is that of the first letter about the event on this lane, "" for the first itself.
    *reached*: recipients who have it. *what* is a core.ledger.What; "" in a digest, whose
    *service* is "" as well where it tells of several.
    """

    id: int
    route: str
    target: str
    number: int
    service: str
    what: str
    why: Why
    level: Level
    subject: str
    body: str
    brief: str
    created: float
    message_id: str
    thread: str = ""
    attempts: int = 0
    refusals: int = 0
    reached: tuple[str, ...] = ()
    answer: str = ""  # why the last attempt failed

    @property
    def lane(self) -> Lane:
        """Where it goes."""
        return self.route, self.target


class Writer(Protocol):
    """Writes what only the courier knows to be needed. It never raises."""

    def digest(
        self, items: tuple[Item, ...], last: Owed, route: Route, held: float | None
    ) -> Letter:
        """Make one letter of *items*, the newest of which is *last*."""

    def late(self, letter: Owed, route: Route) -> str:
        """Give the body of *letter* with words that say why it comes only now."""

    def bare(self, said: str, text: str, level: Level, route: Route) -> Letter:
        """Write what is no event: a headline and *text*."""


class Head(Struct, frozen=True):
    """The next letter of a lane. *retry_at*, *created*: wall time, unix seconds.

    *last* is the newest letter that waits there, *attempts* how often this one was tried.
    """

    id: int
    route: str
    target: str
    retry_at: float
    created: float
    attempts: int = 0
    last: int = 0

    @property
    def lane(self) -> Lane:
        """Where it goes."""
        return self.route, self.target


class RouteBacklog(Struct, frozen=True, kw_only=True):
    """What one lane still owes. Instants are wall time, unix seconds; None: there is none."""

    route: str
    target: str = ""
    waiting: int = 0
    oldest: float | None = None
    attempts: int = 0  # of the letter that is next
    retry_at: float | None = None
    error: str = ""  # of the letter that is next
    dead: int = 0
    died: str = ""  # why the newest dead letter was given up
    recovered: bool = False  # something was taken after that


class Told(Struct, frozen=True, kw_only=True):
    """What became of one letter about an event. *status*: owed, sent, dead or dropped.

    Of one that went out within a digest it is that of the digest.
    """

    route: str
    target: str
    why: Why
    status: str
    created: float
    finished: float | None
    answer: str  # the receipt, or the last error
    attempts: int
