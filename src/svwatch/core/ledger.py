"""What is told and kept: one event per incident, written once and then amended."""

from enum import StrEnum

from msgspec import Struct

from svwatch.core.level import Level
from svwatch.core.seen import Incarnation, Now


class What(StrEnum):
    """The kinds of event, in the words that `svwatch events` prints."""

    RESTART_BEGUN = "restart: begun"
    RESTART_FIXED = "restart: fixed"
    RESTART_FAILED = "restart: failed"
    RESTART_WITHDRAWN = "restart: withdrawn"
    START_BEGUN = "start: begun"
    START_FIXED = "start: fixed"
    START_FAILED = "start: failed"
    STOP_BEGUN = "stop: begun"
    STOPPED = "stopped"
    BACKING_OFF = "backing off"  # `stop for`, or restarting does not help
    GAVE_UP = "gave up"
    NO_HELP = "restarting does not help"
    WILL_NOT_STOP = "will not stop"
    RESTARTED = "restarted"  # by somebody else; Facts.who says by whom
    CRASHING = "crashing"
    DOWN = "down"
    BACK = "back"
    DOWN_BY_HAND = "down by hand"
    OVER = "over the limit"
    NO_ANSWER = "no answer"  # of a connection test
    RULE = "rule"  # an alert rule other than a limit
    WELL = "well again"
    SUSPECT_PID = "suspect pid"
    PIDFILE_LOST = "pidfile lost"
    DOUBLED = "two copies"
    SOMEONE_ELSE = "someone else started it"
    CANNOT_MEASURE = "cannot measure"
    GONE = "gone"  # the directory or pidfile of a member vanished
    FORGOTTEN = "forgotten"  # `svwatch forget`
    WOULD = "would"  # observe mode
    QUIETLY = "done quietly"  # once a day: what rules did that say `quietly`
    EXEC = "exec"
    SIGNALLED = "signal"
    MONITORED = "monitored again"
    NOT_WATCHED = "not watched"  # `svwatch unmonitor`
    ON_HOLD = "on hold"
    RELEASED = "released"
    TOO_FEW = "too few up"  # a group is below its min_up
    ENOUGH = "enough up again"
    CONFIG_REJECTED = "config rejected"
    CONFIG_LOADED = "config loaded"
    DAEMON_STARTED = "daemon started"
    DAEMON_ENDED = "daemon ended"
    DAEMON_BACK = "daemon back"  # after a gap: what changed meanwhile
    OUR_BUG = "internal error"
    NOT_DELIVERED = "not delivered"  # a route takes no messages; told on the others
    DELIVERED = "delivered again"
    ALERTS_DROPPED = "alerts dropped"  # `svwatch alerts drop`: messages that nobody will get
    TESTED = "test message"  # `svwatch alerts test`: it is in no ledger


class Why(StrEnum):
    """Why a message goes out now."""

    RAISED = "raised"
    BEGUN = "begun"  # a remediation that takes longer than 30 s
    VERDICT = "verdict"
    WORSENED = "worsened"
    REMINDER = "reminder"
    CLEARED = "cleared"


class Sample(Struct, frozen=True):
    """A measured value (bytes, or seconds) and when (CLOCK_MONOTONIC)."""

    at: float
    value: float
    bad: bool = True


class Line(Struct, frozen=True):
    """One line of an event's timeline: *what* was done or seen, and what came of it."""

    at: float  # CLOCK_MONOTONIC
    what: str
    detail: str = ""


class ProcLine(Struct, frozen=True, omit_defaults=True):
    """One process of a tree as people want to see it: *age* in seconds, *memory* in bytes.

    *state* is the letter of proc(5), *depth* how many of the tree stand above it. *late*: it
    began after the service was told to end.
    """

    pid: int
    command: str = ""
    age: float | None = None
    memory: int | None = None
    state: str = ""
    depth: int = 0
    late: bool = False


class Facts(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Numbers and names behind an event; those unset are unknown or beside the point.

    Of a route that takes no messages: *who* is its name (and recipient), *reason* what its server
    said, *count* how many wait, *dead* how many were given up, *span* the seconds since the first
    of them.
    """

    rule: str | None = None  # the sentence
    where: str | None = None  # its file:line
    test: str | None = None  # "totalmem", "pss", "changed pid", ...
    op: str | None = None
    measured: float | None = None
    limit: float | None = None
    unit: str | None = None  # "bytes", "seconds", "percent", "cores", "bytes/s" or "count"
    percent: float | None = None  # the limit as it was written, where in percent
    samples: tuple[Sample, ...] | None = None
    needed: str | None = None  # "3 of 3", "2m"
    old: Incarnation | None = None
    old_age: float | None = None  # seconds
    old_memory: int | None = None  # bytes, totalmem at the last look
    procs: int | None = None
    new: Incarnation | None = None
    after: int | None = None  # bytes, totalmem after
    stopped_after: float | None = None  # seconds from the stop to proven gone
    down: float | None = None  # seconds without a process
    count: int | None = None  # restarts counted
    exact: bool | None = None
    span: float | None = None  # seconds they took
    who: str | None = None  # "runit", "operator ann", "rule", "unknown", "kernel (oom)"
    planned: bool | None = None
    reason: str | None = None  # a sentence for people
    mend: str | None = None  # the command that mends it
    until: float | None = None  # CLOCK_MONOTONIC at which it ends by itself
    exit: int | None = None  # exit code of a command
    max_down: int | None = None
    siblings_down: int | None = None
    doing: str | None = None  # "restart", "stop" ...: what observe mode would have done
    log: tuple[str, ...] | None = None  # the end of its log when it ended
    child: Incarnation | None = None  # the descendant that it is about
    flaps: int | None = None  # it comes and goes: so often it was raised
    crashes: int | None = None  # restarts by others that are folded into it,
    crashing: float | None = None  # and the seconds from the first of them to the last
    quiet: bool | None = None  # a rule said `quietly`: it is told once a day only
    command: str | None = None  # command line of *old*
    tree: tuple[ProcLine, ...] | None = None  # who lives of it, the main process first
    was: str | None = None  # the kind of event it was before it became what it is
    watching: bool | None = None  # of a rejected configuration: whether another is in force
    dead: int | None = None
    cause: str | None = None  # "memory", "crash", "oom", "operator", "changed pid", "absent" ...


class Record(Struct, frozen=True, kw_only=True, tag="record"):
    """Write or amend event *serial* of the service: lines are appended, facts merged.

    *aside*: only those; what it is, how loud, and whether it is closed stay as they stand.
    """

    serial: int
    at: Now
    what: What
    level: Level = Level.NOTICE
    facts: Facts = Facts()
    lines: tuple[Line, ...] = ()
    closed: bool = False  # nothing more will be added
    aside: bool = False


class Notify(Struct, frozen=True, tag="notify"):
    """Owe everybody whom *level* reaches a message about event *serial*.

    *to*: these routes and no others, whatever their level. *not_to*: never these, nor these targets
    of a route (`core.audience.lane_name`).
    """

    serial: int
    why: Why
    level: Level
    to: tuple[str, ...] = ()
    not_to: tuple[str, ...] = ()


class Discard(Struct, frozen=True, tag="discard"):
    """Send *letters* (their numbers in the outbox) no more: somebody said so."""

    letters: tuple[int, ...]
