"""What the configuration says, resolved: the nouns that nobody downstream must doubt."""

from enum import StrEnum

from msgspec import Struct

from svwatch.core.family import Family
from svwatch.core.ladder import USUAL, Rung
from svwatch.core.level import Level
from svwatch.core.route import Heartbeat, Route
from svwatch.core.tests import (
    Acts,
    ChangedPid,
    ChangedPpid,
    ChildOver,
    Exists,
    Gauge,
    Gauged,
    Ident,
    Metric,
    NotExists,
    Older,
    Op,
    Resource,
    Silent,
    Size,
    Storm,
    Test,
    Uptime,
)

__all__ = [  # what a rule asks stands in a file of its own, and belongs to the plan
    "Acts",
    "ChangedPid",
    "ChangedPpid",
    "ChildOver",
    "Exists",
    "Gauge",
    "Gauged",
    "Ident",
    "Metric",
    "NotExists",
    "Older",
    "Op",
    "Resource",
    "Silent",
    "Size",
    "Storm",
    "Test",
    "Uptime",
]


# --- windows ---------------------------------------------------------------------------------


class Times(Struct, frozen=True, tag="times"):
    """At least *n* bad marks among the last *of* (1 <= n <= of <= 64)."""

    n: int = 1
    of: int = 1


class Lasting(Struct, frozen=True, tag="lasting"):
    """Every look of the last *seconds* was bad, the oldest at least that old, two or more."""

    seconds: float


Window = Times | Lasting

# --- actions ---------------------------------------------------------------------------------


class Alert(Struct, frozen=True, tag="alert"):
    """Tell, do nothing. *level* is set by `alert critical`; None: what the cause is worth."""

    level: Level | None = None


class Restart(Struct, frozen=True, tag="restart"):
    """Stop, prove gone, start; *now* ends the recorded tree by KILL after 5 s."""

    now: bool = False


class Start(Struct, frozen=True, tag="start"):
    """Start if nothing runs."""


class Stop(Struct, frozen=True, tag="stop"):
    """Stop and stay down; for *seconds* where given, then start again."""

    seconds: float | None = None


class Unmonitor(Struct, frozen=True, tag="unmonitor"):
    """Give up acting (the service stays judged); for *seconds* where given."""

    seconds: float | None = None


class Command(Struct, frozen=True):
    """An argv to run without a shell, its user (None: ours), timeout in s, added environment."""

    argv: tuple[str, ...]
    user: str | None = None
    timeout: float = 30.0
    env: tuple[tuple[str, str], ...] = ()


class Exec(Struct, frozen=True, tag="exec"):
    """Run a command beside whatever else is decided."""

    command: Command


class SendSignal(Struct, frozen=True, tag="signal"):
    """Signal the judged process, for a `child` test the judged child: once per incarnation."""

    name: str  # "HUP", "TERM", ...


Action = Alert | Restart | Start | Stop | Unmonitor | Exec | SendSignal


class Rule(Struct, frozen=True, kw_only=True):
    """One sentence.

    *key* is the canonical sentence (what incidents and windows are stored under), *text* the
    sentence as it was written, *where* its `file:line` ("built in" for those nobody wrote).
    *repeat*: alert, exec and signal come again every so many cycles while it stays true.
    *otherwise* is done once when it has become false, *well* says how often it must be (None: as
    often as usual). *to*: only these routes hear of it; empty: all that want its level.
    """

    key: str
    text: str
    where: str
    test: Test
    window: Window = Times()
    action: Action
    quietly: bool = False
    repeat: int | None = None
    otherwise: Alert | Exec | None = None
    well: Window | None = None
    to: tuple[str, ...] = ()


# --- services --------------------------------------------------------------------------------


class Survivors(StrEnum):
    """What happens to descendants that outlive the main process during a stop."""

    SIGNAL = "signal"  # the stop signal, once, by pidfd; the start waits for them
    WAIT = "wait"  # nothing; the start waits for them
    START = "start"  # the start does not wait for them


class Service(Struct, frozen=True, kw_only=True):
    """One watched service. Times are seconds.

    Exactly one of *service_dir* (runit) and *pidfile* is set. *start*, *stop* and *restart* are
    None under runit, where `sv up` and `sv down` serve, and where *external*: something else
    starts what has ended. *stop_signal* empty: TERM.
    """

    name: str
    where: str
    service_dir: str | None = None
    pidfile: str | None = None
    cmdline: str | None = None  # regular expression the command line must match
    trust_pidfile: bool = False
    start: Command | None = None
    stop: Command | None = None
    restart: Command | None = None  # instead of stop and start
    external: bool = False
    stop_signal: tuple[Rung, ...] = ()
    interval: float = 5.0
    start_after: float = 10.0
    start_timeout: float = 30.0
    stop_timeout: float = 30.0
    kill_after: float | None = None  # counted from the end of stop_timeout
    settle: float = 10.0
    warm_up: float = 0.0
    survivors: Survivors = Survivors.SIGNAL
    expect_up: bool = False
    observe: bool = False
    log: str | None = None
    groups: tuple[str, ...] = ()
    after: tuple[str, ...] = ()  # silent, and not restarted, while one of these is the problem
    depends_on: tuple[str, ...] = ()  # `after`, and down before and up after each of these
    rules: tuple[Rule, ...] = ()
    alerts: tuple[str, ...] = ()  # the routes that hear of it; empty: all
    remind: float | None = 4 * 3600.0  # between reminders of what is critical; None: never
    family: str | None = None  # the pattern that it is a member of; nobody named it

    @property
    def runit(self) -> bool:
        """Whether runit supervises it."""
        return self.service_dir is not None

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """The signals that tell it to end."""
        return self.stop_signal or USUAL

    @property
    def final(self) -> str:
        """The last of them, which is also what survivors get."""
        return self.ladder[-1].name


class Share(Struct, frozen=True):
    """A number of members, or a percentage of them."""

    number: int = 0
    percent: float | None = None

    def of(self, members: int, *, up: bool = False) -> int:
        """Give the number for *members*; a percentage is rounded down, *up*: rounded up."""
        if self.percent is None:
            return self.number
        exact = members * self.percent / 100
        return -int(-exact // 1) if up else int(exact)


class Group(Struct, frozen=True):
    """Services that must not all be down at once."""

    name: str
    max_down: Share = Share(1)
    min_up: Share | None = None


class Mold(Struct, frozen=True, kw_only=True):
    """What every member is that just *patterns* name, the more general first.

    `{member}` in *service* stands for the part that varies. Members are the entries of
    *directory* that *entry* matches (its group is the part); *tail* must be there below each.
    """

    patterns: tuple[str, ...]
    service: Service
    directory: str
    entry: str
    tail: str = ""


class Plan(Struct, frozen=True, kw_only=True):
    """All of a configuration. *source* is the file it began with, *files* all that were read."""

    source: str
    files: tuple[str, ...] = ()
    interval: float = 5.0
    check_timeout: float = 50.0
    observe: bool = False
    state_dir: str | None = None
    control_socket: str | None = None
    control_group: str | None = None
    metrics_file: str | None = None  # a textfile for Prometheus
    restarts_at_once: int = 4
    services: tuple[Service, ...] = ()
    families: tuple[Family, ...] = ()
    molds: tuple[Mold, ...] = ()
    groups: tuple[Group, ...] = ()
    routes: tuple[Route, ...] = ()
    heartbeat: Heartbeat | None = None
    remarks: tuple[str, ...] = ()  # what is not wrong but should be known, `file:line: text`
