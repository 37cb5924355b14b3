"""What svwatch believes of one service between two looks, and what a step concludes."""

from enum import StrEnum

from msgspec import Struct

from svwatch.core.lease import Lease, Ties
from svwatch.core.ledger import Discard, Notify, Record, Sample, What
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Command
from svwatch.core.seen import Identity, Incarnation, Kind, Now, World


class Mark(StrEnum):
    """What one look says of one rule. Unknown neither accuses nor acquits."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


class Finding(Struct, frozen=True):
    """One rule at one look. *fired*: its window is full of what it asks for."""

    rule: str  # Rule.key
    mark: Mark
    value: float | None = None
    limit: float | None = None
    why: str = ""  # for unknown
    fired: bool = False
    bad: int = 0  # bad marks in the window
    asked: int = 1  # how many it takes
    who: Incarnation | None = None  # the child that it is about, for a `child` test


class Spent(Struct, frozen=True):
    """What one process has used since its start: CPU seconds, bytes from and to disks."""

    incarnation: Incarnation
    cpu: float | None = None
    read: int | None = None
    written: int | None = None


class Rates(Struct, frozen=True):
    """What was used per second between two looks: *cpu* is monit's percent (None: unknown).

    *at* (CLOCK_MONOTONIC) and *spent* are what the next look is compared with, the main process
    first. *whole*: every process of the tree is in the totals.
    """

    at: float
    spent: tuple[Spent, ...] = ()
    cpu: float | None = None
    total_cpu: float | None = None
    cores: float | None = None
    read: float | None = None
    written: float | None = None
    whole: bool = True


class Known(Struct, frozen=True):
    """The incarnation we believe in, what it is, and when we first saw it."""

    incarnation: Incarnation
    identity: Identity = Identity()
    since: Now = Now(0.0, 0.0)
    tree: tuple[Incarnation, ...] = ()  # its descendants at the last look
    memory: int | None = None  # totalmem at the last look, bytes
    least: int | None = None  # smallest totalmem since its start, bytes
    rates: Rates | None = None  # where a rule asks for them
    ppid: int | None = None  # its parent when it had settled


class Restarted(Struct, frozen=True):
    """One entry of the storm window."""

    at: float  # CLOCK_MONOTONIC
    cycle: int
    cause: str
    planned: bool = False
    count: int = 1
    exact: bool = True


class Incident(Struct, frozen=True, kw_only=True):
    """Something raised and not yet cleared. *serial* names its event."""

    serial: int
    what: What
    level: Level
    raised: float  # CLOCK_MONOTONIC
    good: int = 0  # good marks in a row
    good_since: float | None = None
    told: float | None = None  # when people last heard of it
    value: float | None = None  # what they last heard
    incarnation: Incarnation | None = None  # on which an action was last taken
    to: tuple[str, ...] = ()  # the routes that hear of it; empty: all
    acted: int | None = None  # the cycle in which its action was last taken
    flaps: int = 0  # how often it was raised, where it comes and goes; else 0
    quiet: float | None = None  # it flaps, and has been well since then
    held: bool = False  # news of it is kept back (a hold, or another service is the problem)
    said: int = 0  # a spree of restarts: the highest of its stages that was told
    count: int = 0  # restarts by others that are folded into it,
    exact: bool = True  # and whether nobody missed one
    deed: bool = False  # its event is that of a remediation


class Daily(Struct, frozen=True):
    """The last daily word: *day* is local, in days since 1970-01-01, *wall* unix seconds.

    *number*: that of the last event that it knew of.
    """

    day: int
    wall: float
    number: int


class Goal(StrEnum):
    """What a remediation is for."""

    RESTART = "restart"
    START = "start"
    STOP = "stop"


class Intent(Struct, frozen=True, kw_only=True):
    """A remediation on record. Instants are CLOCK_MONOTONIC; None: not yet.

    It is committed before its first effect is performed, so that whoever comes after a crash
    knows that we took the service down.
    """

    goal: Goal
    serial: int
    began: float
    boot: float = 0.0
    rule: str | None = None  # Rule.key; None: an operator asked
    who: str = "rule"
    now: bool = False  # harder: KILL after 5 s
    victim: Incarnation | None = None
    tree: tuple[Incarnation, ...] = ()  # everything recorded through the stop, victim included
    took_down: bool = False  # `sv down` is ours
    stop_sent: float | None = None
    stop_done: float | None = None  # the stop command ended
    stop_tries: int = 0
    main_gone: float | None = None
    rung: int = 0  # signals of the ladder that were sent
    rung_at: float | None = None  # the last of them
    undone: Incarnation | None = None  # what our `o` started by mistake
    by_restart: bool = False  # the service's own restart command does it all
    asked_survivors: bool = False
    overdue: bool = False
    killed: float | None = None
    gone: float | None = None
    start_sent: float | None = None
    start_done: float | None = None
    start_tries: int = 0
    appeared: float | None = None
    successor: Incarnation | None = None
    checked: float | None = None  # ./check passed
    checking: bool = False
    hush: bool = False  # someone else seems to have started it: we do not
    told: bool = False  # people heard of it: "begun", or worse
    quiet: bool = False  # its rule says `quietly`, and nothing is wrong with it so far
    stay: float | None = None  # stop for: seconds to stay down
    not_before: float = 0.0  # no deadline earlier than this (a gap)
    counted: bool = False  # the start was counted as a restart
    wanted_down: bool = False  # want d was seen: a later want u is somebody's wish
    credit: int = 0  # starts that are ours and not yet seen
    missed: bool = False  # nobody looked for a while: how long it was down is not known
    blind: float | None = None  # nothing could be said since then
    confirmed: bool = False  # want u was seen after our `up`
    started_by_hand: bool = False  # somebody else's `up`: ours is not needed


class Bid(Struct, frozen=True):
    """A restart that waits for admission. *excess*: value over limit, the furthest goes first.

    *who*: an operator asked for it ("": a rule), and then *goal* may be another.
    """

    rule: str
    excess: float
    since: float  # CLOCK_MONOTONIC
    behind: tuple[str, ...] = ()  # the services it waits for
    who: str = ""
    goal: Goal = Goal.RESTART
    now: bool = False


class Exit(Struct, frozen=True):
    """An end that was noticed; its successor is awaited."""

    at: Now
    incarnation: Incarnation
    asked: bool = False  # the TERM byte was set: somebody asked for it
    oom: bool = False
    memory: int | None = None
    age: float = 0.0


class State(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that the next step must know. Instants are CLOCK_MONOTONIC."""

    phase: Phase = Phase.WATCHING
    world: World | None = None
    looked: Now | None = None  # the last scheduled look
    cycle: int = 0
    serial: int = 0  # the last event of this service
    known: Known | None = None
    judged: bool = False  # every rule had its mark of the last look: equal bytes are old news
    seen: bool = False  # a process was ever seen
    exit: Exit | None = None
    absent_since: float | None = None
    absent_looks: int = 0
    blind_since: float | None = None
    blind_looks: int = 0
    doubt: str = ""  # why BLIND, for people
    windows: dict[str, tuple[Sample, ...]] = {}
    incidents: dict[str, Incident] = {}  # under Rule.key, or a built-in cause
    restarts: tuple[Restarted, ...] = ()
    intent: Intent | None = None
    bid: Bid | None = None
    until: float | None = None  # BACKOFF, HELD, UNMONITORED end by themselves
    since: float = 0.0  # this phase was entered
    since_boot: float = 0.0
    by: str = ""  # WISHED_DOWN: "hand", "rule", "operator"; HELD: the rule
    holding: bool = False  # BACKOFF, STOPPED: `sv down` is ours
    helpless: int = 0  # restarts in a row that did not help
    rested: bool = False  # waited for that already: one more try is due
    rested_until: float = 0.0  # when that wait was over
    last_rule: str = ""  # the rule of the last remediation
    adopted: Incarnation | None = None
    around: bool = False  # the next look must look over /proc
    leaving: bool = False  # a reload removed the service
    gone: float | None = None  # its directory or pidfile vanished then: wall time, unix seconds
    ahead: int = 0  # restarts counted by pid before their rename was
    ahead_until: float = 0.0  # until then their rename may still come
    unseen: int = 0  # starts told by renames and held back: their process may still be seen
    unseen_until: float = 0.0
    served: float | None = None  # a process was last seen
    raised: dict[str, tuple[float, ...]] = {}  # when what may flap was raised within the hour
    failed: int = 0  # starts in a row that brought no process
    lease: Lease | None = None  # on hold
    ties: Ties = Ties()  # what the other services mean for this one
    signalled: dict[str, tuple[Incarnation, ...]] = {}  # by Rule.key: who had its signal
    unjudged: dict[str, float] = {}  # by Rule.key: since when nobody could judge it
    spoken: tuple[float, ...] = ()  # when people last heard of restarts
    daily: Daily | None = None  # of svwatch itself: the last word about what rules did quietly


class Run(Struct, frozen=True, tag="run"):
    """Run a command; exactly one `Outcome` with its *kind* and *serial* comes back."""

    kind: Kind
    serial: int
    command: Command
    cwd: str = "/"


class Signal(Struct, frozen=True, tag="signal"):
    """Signal exactly this incarnation (pidfd, verified by start ticks), or nobody."""

    incarnation: Incarnation
    name: str  # "TERM", "KILL", ...
    serial: int | None = None  # an `Outcome` of Kind.SIGNAL is wanted for this event


class TakeDown(Struct, frozen=True, tag="take down"):
    """Have runsv want its service down and signal it, in one write to `supervise/control`.

    Only right after a status read that shows state run and this incarnation: the `o` that goes
    before the signal starts a service that is down (runsv.c). TERM is `d`, which starts nothing.
    *wake*: CONT follows. Where it is not written an `Outcome` of Kind.SIGNAL says why.
    """

    incarnation: Incarnation
    service_dir: str
    name: str  # "QUIT", "INT", ...
    wake: bool = False
    serial: int = 0


Effect = Run | Signal | TakeDown | Record | Notify | Discard


class Step(Struct, frozen=True):
    """What is now true, what was concluded, what is to be done, when to look again.

    *due* is CLOCK_MONOTONIC; None: the next scheduled look is soon enough. *closed*: the
    service left the configuration and nothing of it is under way any more.
    """

    state: State
    findings: tuple[Finding, ...] = ()
    effects: tuple[Effect, ...] = ()
    due: float | None = None
    closed: bool = False
    refused: str = ""  # why a request was not taken
    answer: str = ""  # what became of a request that needs no remediation
