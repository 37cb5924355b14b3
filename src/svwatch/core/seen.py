"""What one look found: observations, and everything else that comes in as input."""

from enum import StrEnum

from msgspec import Struct

from svwatch.core.connection import Dialled
from svwatch.core.lease import Ties
from svwatch.core.request import Request

HZ = 100  # USER_HZ: the unit of starttime in /proc/PID/stat, fixed in the kernel's ABI (proc(5))


class Incarnation(Struct, frozen=True, order=True):
    """One process, for ever: its pid and its start in ticks since boot (proc(5), field 22)."""

    pid: int
    ticks: int

    def age(self, boot: float) -> float:
        """Give its age in seconds at *boot* seconds since boot."""
        return max(0.0, boot - self.ticks / HZ)


class World(Struct, frozen=True):
    """A boot and a pid 1: a restarted container keeps the boot id but not its init."""

    boot_id: str
    init_ticks: int


class Now(Struct, frozen=True):
    """One instant on both clocks, seconds since boot.

    *boot* is CLOCK_BOOTTIME (the axis of start ticks, for identity and age), *mono* is
    CLOCK_MONOTONIC (it stands still in suspend; for windows, deadlines, settle and back-off).
    """

    boot: float
    mono: float


class Identity(Struct, frozen=True):
    """What a process is besides its number (None: not readable).

    *exe* and *uid* (the real one) are evidence for and against a pid; *argv*, the command line
    as one string, is what look-alikes are known by. It may change while a process lives.
    """

    exe: str | None = None
    uid: int | None = None
    argv: str | None = None


# --- pidfile verdicts ------------------------------------------------------------------------


class Running(Struct, frozen=True, tag="running"):
    """The pidfile (or runit's status) names a live process that we believe in."""

    incarnation: Incarnation
    identity: Identity = Identity()


class Absent(Struct, frozen=True, tag="absent"):
    """Nothing runs. *why*: `no pidfile`, `empty`, `garbage`, `stale`, `recycled`, `down` ..."""

    why: str
    pid: int | None = None
    finishing: bool = False  # runit's ./finish runs (state 2): on its way


class Suspect(Struct, frozen=True, tag="suspect"):
    """A live process with one sign against it: no signal, no start. *sign* is for people."""

    incarnation: Incarnation
    sign: str


class Forbidden(Struct, frozen=True, tag="forbidden"):
    """A process that must never be touched; *mend* is the command or key that mends it."""

    pid: int
    why: str
    mend: str = ""


class Lost(Struct, frozen=True, tag="lost"):
    """The pidfile is gone or empty while the remembered incarnation lives."""

    incarnation: Incarnation
    why: str


class Doubled(Struct, frozen=True, tag="doubled"):
    """The pidfile names *named* while the *remembered* incarnation lives as well."""

    named: Incarnation
    remembered: Incarnation


class Unreadable(Struct, frozen=True, tag="unreadable"):
    """Nothing can be said. *why* is for people: a permission, a dead runsv, hidepid ..."""

    why: str


Verdict = Running | Absent | Suspect | Forbidden | Lost | Doubled | Unreadable


class SvStatus(Struct, frozen=True):
    """The 20 bytes of `supervise/status` (runsv.c), and whether `supervise/ok` has a reader."""

    pid: int  # 0: none; in state 2 the pid of ./finish
    want: str  # "u" or "d"
    state: int  # 0 down, 1 run, 2 finish
    paused: bool = False
    term: bool = False  # TERM was sent to the present process
    since: float = 0.0  # wall time of the last entry into run or down, unix seconds
    alive: bool = True  # a runsv serves this directory
    has_check: bool = False  # ./check is there and executable


class Proc(Struct, frozen=True):
    """One process of a tree. *rss* in bytes (statm field 2). None: not asked for, or not readable.

    *pss*, *uss* and *swap* are bytes, *cpu* the seconds it has used (utime and stime), *read* and
    *written* the bytes it moved from and to disks since its start (proc(5), io).
    """

    incarnation: Incarnation
    ppid: int
    rss: int
    pss: int | None = None
    name: str = ""
    uss: int | None = None
    swap: int | None = None
    cpu: float | None = None
    threads: int | None = None
    fds: int | None = None
    read: int | None = None
    written: int | None = None


class Owner(Struct, frozen=True):
    """Whom the main process acts for (/proc/PID/status)."""

    uid: int
    euid: int
    gid: int


class Aged(Struct, frozen=True):
    """When a file was last written. *seconds* ago; None: unknown, and *why*."""

    path: str
    seconds: float | None = None
    why: str = ""


class Need(StrEnum):
    """What is read only where a rule asks for it."""

    CPU = "cpu"  # seconds and threads of the main process
    TOTAL_CPU = "total cpu"  # of everybody in the tree
    DESCRIPTORS = "descriptors"
    IO = "io"
    SWAP = "swap"
    TOTAL_SWAP = "total swap"
    OWNER = "owner"
    PARENT = "parent"
    CGROUP = "cgroup"


class Tree(Struct, frozen=True):
    """The main process first, then its descendants. Not *complete*: something was unreadable."""

    procs: tuple[Proc, ...]
    complete: bool = True

    @property
    def main(self) -> Proc:
        """The process that the pidfile names."""
        return self.procs[0]

    @property
    def totalmem(self) -> int:
        """Sum of resident sets in bytes."""
        return sum(proc.rss for proc in self.procs)


class Lookalike(Struct, frozen=True):
    """A live process that could be the service already, and how we know."""

    incarnation: Incarnation
    how: str


class Memory(Struct, frozen=True, kw_only=True):
    """What the probe must be told of the past to judge the present."""

    known: Incarnation | None = None
    identity: Identity = Identity()
    tree: tuple[Incarnation, ...] = ()  # recorded through a stop: which of them live?
    commands: tuple[Incarnation, ...] = ()  # our own start and stop commands
    adopted: Incarnation | None = None  # the operator said: this is the service
    pss_over: int | None = None  # read PSS and USS where summed RSS is over this many bytes
    needs: frozenset[Need] = frozenset()  # what else the rules ask for
    files: tuple[str, ...] = ()  # whose age they ask for
    around: bool = False  # look over /proc for look-alikes (before a start)


class Observation(Struct, frozen=True, kw_only=True):
    """One look at one service."""

    at: Now
    world: World
    verdict: Verdict
    scheduled: bool = True  # False: an extra look (exit, human); it moves no window
    sv: SvStatus | None = None
    tree: Tree | None = None  # None: not running, or unreadable
    alive: tuple[Incarnation, ...] = ()  # those of Memory.tree and .known that live
    busy: tuple[Incarnation, ...] = ()  # our commands, or what runs in their sessions
    around: tuple[Lookalike, ...] | None = None  # None: nobody looked
    starts: int = 0  # starts by the supervisor since the last look (inotify)
    exact: bool = True  # False: at least that many
    term: bool = False  # the TERM byte was seen before the last exit: somebody asked for it
    oom: bool = False  # oom_kill of its cgroup rose since the last look
    memtotal: int = 0  # what 100 % of memory is, bytes
    dialled: tuple[Dialled, ...] = ()  # newest results of connection tests, one per endpoint
    cpus: int = 0  # processors; 0: unknown
    owner: Owner | None = None
    files: tuple[Aged, ...] = ()
    cgroup: int | None = None  # limit of its own control group, bytes
    cgroup_why: str = ""  # why there is none


# --- inputs ----------------------------------------------------------------------------------


class Kind(StrEnum):
    """Which command of a service."""

    STOP = "stop"
    START = "start"
    RESTART = "restart"
    EXEC = "exec"
    CHECK = "check"
    SIGNAL = "signal"  # no command, but what became of it is told in the same way


class Outcome(Struct, frozen=True, tag="outcome"):
    """What became of a `Run`. *exit* is None where nobody knows (lost, or it still runs).

    *over*: its timeout passed. *lost*: svwatch ended before the command did. *detail* is the end
    of its output or the error that kept it from running.
    """

    kind: Kind
    serial: int
    exit: int | None
    detail: str = ""
    seconds: float = 0.0
    over: bool = False
    lost: bool = False


class Granted(Struct, frozen=True, tag="granted"):
    """Admission let the restart begin that the last step bid for."""


class Removed(Struct, frozen=True, tag="removed"):
    """A reload took the service out of the configuration."""


Input = Outcome | Request | Granted | Removed | Ties
