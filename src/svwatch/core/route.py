"""Routes: who is told, of what, how often, and in which form."""

from enum import StrEnum

from msgspec import Struct

from svwatch.core.level import Level


class Form(StrEnum):
    """How a message is written for a route."""

    MAIL = "mail"  # subject and body
    SLACK = "slack"  # one to three lines with Slack's marks
    CHAT = "chat"  # the same lines without marks
    JSON = "json"  # our own document, for webhooks
    ALERTMANAGER = "alertmanager"  # no messages: what is open, refreshed and resolved


class Word(StrEnum):
    """What `only` and `except` name: kinds of events, as people think of them."""

    DOWN = "down"
    RESTARTED = "restarted"
    OVER = "over"
    NO_ANSWER = "no-answer"
    WILL_NOT_STOP = "will-not-stop"
    START_FAILED = "start-failed"
    STORM = "storm"
    STRAY = "stray"
    CANNOT_MEASURE = "cannot-measure"
    PIDFILE = "pidfile"
    CONFIG = "config"  # and everything else that svwatch says of itself
    DELIVERY = "delivery"
    ORDER = "order"  # somebody's: stopped, held, not watched, forgotten


NEVER_HIDDEN = frozenset(
    {Word.WILL_NOT_STOP, Word.START_FAILED, Word.STORM, Word.CONFIG, Word.DELIVERY}
)
"""Whoever is told at all is told of these."""


class Target(Struct, frozen=True):
    """One place that a message goes to. *url* is a secret; *to*: the one recipient, if it has one.

    Each target has its own order, rate and retries, so that none delays another.
    """

    url: str
    shown: str = ""  # the URL without its secrets
    to: str = ""

    def __repr__(self) -> str:
        return f"Target({self.shown!r}, {self.to!r})"


class Rate(Struct, frozen=True):
    """At most *most* messages within any *seconds*, for each target."""

    most: int = 10
    seconds: float = 600.0


class Route(Struct, frozen=True):
    """One way to tell people, and what is told there.

    *only*: nothing but these words and those never hidden; empty: all. *services*, *groups*:
    patterns and names; a service that matches either is told of, and svwatch itself always;
    both empty: all. *remind*: seconds between reminders of what is critical; None: never.
    *gather*: seconds that the first message waits for others to go along with it.
    """

    name: str
    targets: tuple[Target, ...]
    level: Level = Level.NOTICE
    form: Form = Form.MAIL
    only: tuple[Word, ...] = ()
    hidden: tuple[Word, ...] = ()  # `except`
    services: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    remind: float | None = 4 * 3600.0
    rate: Rate = Rate()
    gather: float = 10.0

    @property
    def shown(self) -> str:
        """Say where it goes, without secrets."""
        return ", ".join(target.shown for target in self.targets)


class Heartbeat(Struct, frozen=True):
    """Who hears that we are alive: *url* is a secret. *every*: seconds between two beats."""

    url: str
    shown: str = ""
    every: float = 60.0

    def __repr__(self) -> str:
        return f"Heartbeat({self.shown!r})"


def single(
    name: str,
    url: str,
    level: Level = Level.NOTICE,
    shown: str = "",
    form: Form = Form.MAIL,
    *,
    gather: float = 0.0,
) -> Route:
    """Make the route that goes to one URL and has no wishes: it gathers nothing, either."""
    return Route(name, (Target(url, shown),), level, form, gather=gather)
