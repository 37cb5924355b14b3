"""What a rule asks of a process: the numbers, and the tests on them."""

from enum import StrEnum

from msgspec import Struct

from svwatch.core.connection import Connection


class Op(StrEnum):
    """A comparison, in its shortest spelling."""

    GT = ">"
    LT = "<"
    EQ = "=="
    NE = "!="
    GE = ">="
    LE = "<="


class Metric(StrEnum):
    """A number read from a process or its tree, in bytes."""

    MEMORY = "memory"  # resident set of the main process, as monit's `memory`
    TOTALMEM = "totalmem"  # sum of resident sets over the tree, as monit's `totalmem`
    PSS = "pss"  # proportional set of the main process (smaps_rollup)
    TOTAL_PSS = "total pss"  # sum of proportional sets over the tree
    USS = "uss"  # what the main process would give back at its end (private pages)
    TOTAL_USS = "total uss"
    SWAP = "swap"  # what of the main process lies in swap (VmSwap, proc(5))
    TOTAL_SWAP = "total swap"


class Gauge(StrEnum):
    """A number read from a process or its tree that is no size."""

    CPU = "cpu"  # percent of what its threads could use, as monit's `cpu`: at most 100
    TOTAL_CPU = "total cpu"  # the same with the descendants, as monit's `total cpu`
    CORES = "cores"  # CPU seconds per second over the tree
    THREADS = "threads"  # of the main process
    CHILDREN = "children"  # all descendants
    DESCRIPTORS = "filedescriptors"  # open in the main process
    READ = "disk read"  # bytes per second that the main process had fetched from disks
    WRITE = "disk write"  # bytes per second that it caused to be written


class Ident(StrEnum):
    """A number that says whom a process acts for (credentials(7))."""

    UID = "uid"
    EUID = "euid"
    GID = "gid"


class Size(Struct, frozen=True):
    """A limit in bytes, or in percent of the memory of the host (or container).

    *cgroup*: the percentage is of the limit of the service's own control group.
    """

    bytes: int = 0
    percent: float | None = None
    cgroup: bool = False

    def of(self, memtotal: int) -> int:
        """Give the limit in bytes where *memtotal* bytes are 100 %."""
        return self.bytes if self.percent is None else int(memtotal * self.percent / 100)


class Exists(Struct, frozen=True, tag="exist"):
    """A process is there."""


class NotExists(Struct, frozen=True, tag="not exist"):
    """No process at two scheduled looks in a row, and for `start_after` seconds."""


class ChangedPid(Struct, frozen=True, tag="changed pid"):
    """Another incarnation appeared that nobody planned."""


class Resource(Struct, frozen=True, tag="resource"):
    """A metric against a limit."""

    metric: Metric
    op: Op
    limit: Size


class Uptime(Struct, frozen=True, tag="uptime"):
    """Age of the main process against a limit in seconds."""

    op: Op
    limit: float


class Storm(Struct, frozen=True, tag="storm"):
    """*count* unplanned restarts within *cycles* cycles or *seconds* seconds (one is set).

    *planned*: those that somebody asked for count as well.
    """

    count: int
    cycles: int | None = None
    seconds: float | None = None
    planned: bool = False


class ChangedPpid(Struct, frozen=True, tag="changed ppid"):
    """Its parent is another than when it had settled: whoever supervised it is gone."""


class Gauged(Struct, frozen=True, tag="gauge"):
    """A number against a limit: percent, cores, a count, or bytes per second."""

    gauge: Gauge
    op: Op
    limit: float


class ChildOver(Struct, frozen=True, tag="child"):
    """One descendant against a limit, each by itself; *metric* is MEMORY, PSS or USS."""

    metric: Metric
    op: Op
    limit: Size


class Silent(Struct, frozen=True, tag="log silent"):
    """Nothing was written to the service's log for so many seconds of its life."""

    seconds: float


class Older(Struct, frozen=True, tag="file older"):
    """The file at *path* was not written for so many seconds of the life of the process."""

    path: str
    seconds: float


class Acts(Struct, frozen=True, tag="owner"):
    """Whom the main process acts for: *name* is as written, *number* what it means."""

    ident: Ident
    op: Op  # EQ or NE
    name: str
    number: int | None = None


Test = (
    Exists
    | NotExists
    | ChangedPid
    | ChangedPpid
    | Resource
    | Gauged
    | ChildOver
    | Silent
    | Older
    | Acts
    | Uptime
    | Storm
    | Connection
)
