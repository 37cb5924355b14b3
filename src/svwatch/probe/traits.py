"""Say what a process is: what /proc tells of one pid at one instant."""

import os

from msgspec import Struct

from svwatch.core.seen import Identity, Incarnation, Unreadable
from svwatch.probe.content import GONE, attempt, content
from svwatch.probe.procfile import Stat, parse_argv, parse_ids, parse_stat


class Traits(Struct, frozen=True, kw_only=True):
    """One live process. *uids* are real, effective, saved; None: nobody lets us read it."""

    incarnation: Incarnation
    ppid: int
    session: int
    name: str
    tgid: int
    kernel: bool = False
    depth: int = 1  # pid namespaces from ours down to its own
    uids: tuple[int, int, int] | None = None
    exe: str | None = None
    argv: str | None = None

    @property
    def identity(self) -> Identity:
        """What it is besides its number."""
        uid = None if self.uids is None else self.uids[0]
        return Identity(exe=self.exe, uid=uid, argv=self.argv)


def traits_of(pid: int, proc: str = "/proc") -> Traits | Unreadable | None:
    """Look at *pid*; None where it is dead (a zombie is), Unreadable where nobody may say."""
    before = stat_of(pid, proc)
    if not isinstance(before, Stat):
        return before
    if before.dead:
        return None
    ids = parse_ids(content(f"{proc}/{pid}/status") or b"")
    argv = content(f"{proc}/{pid}/cmdline")
    exe = executable(pid, proc)
    after = stat_of(pid, proc)
    if not isinstance(after, Stat) or after.ticks != before.ticks:
        return None  # it ended while we read, and its successor is another matter
    if ids is None:
        return Unreadable(f"{proc}/{pid}/status cannot be read")
    return Traits(
        incarnation=Incarnation(pid, before.ticks),
        ppid=before.ppid,
        session=before.session,
        name=after.name,
        tgid=ids.tgid,
        kernel=before.kernel,
        depth=ids.depth,
        uids=ids.uids,
        exe=exe,
        argv=None if argv is None else parse_argv(argv),
    )


def stat_of(pid: int, proc: str = "/proc") -> Stat | Unreadable | None:
    """Read /proc/PID/stat; None where the kernel says that there is no such process."""
    for _ in range(2):  # a process may come between the first look and the question
        raw = attempt(f"{proc}/{pid}/stat", 1024)
        if isinstance(raw, bytes):
            stat = parse_stat(raw)
            return Unreadable(f"{proc}/{pid}/stat makes no sense") if stat is None else stat
        if raw not in GONE:
            return Unreadable(f"{proc}/{pid}/stat: {os.strerror(raw)}")
        if not exists(pid):
            return None
    return Unreadable(f"process {pid} is hidden from us: {proc} is mounted with hidepid")


def exists(pid: int) -> bool:
    """Ask the kernel, not /proc (hidepid), whether *pid* is taken, by a zombie even."""
    try:
        os.getsid(pid)  # getsid(2) asks for no permission and fails with ESRCH only
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def lives(incarnation: Incarnation, proc: str = "/proc") -> bool:
    """Say whether exactly this process lives; where nobody may say, it is taken to live."""
    stat = stat_of(incarnation.pid, proc)
    if isinstance(stat, Unreadable):
        return True
    return stat is not None and stat.ticks == incarnation.ticks and not stat.dead


def executable(pid: int, proc: str = "/proc") -> str | None:
    """Give the path of the executable, also of one that was replaced; None: not for us."""
    try:
        return os.readlink(f"{proc}/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return None


def ancestors(proc: str = "/proc") -> frozenset[int]:
    """Name ourselves and everything above us."""
    line: set[int] = set()
    pid = os.getpid()
    while pid > 0 and pid not in line:
        line.add(pid)
        stat = stat_of(pid, proc)
        pid = stat.ppid if isinstance(stat, Stat) else 0
    return frozenset(line)


def pin(incarnation: Incarnation, proc: str = "/proc") -> int | None:
    """Open a pidfd and verify afterwards that it is this incarnation's; None where it is not.

    It is readable from the end of the process on. Kernels before 5.3, seccomp and other systems
    refuse: None.
    """
    try:
        fd = os.pidfd_open(incarnation.pid)
    except (OSError, AttributeError):
        return None
    stat = stat_of(incarnation.pid, proc)
    if isinstance(stat, Stat) and stat.ticks == incarnation.ticks and not stat.dead:
        return fd
    os.close(fd)
    return None
