"""Sample a process tree through psutil: hosts without Linux' /proc, and a second opinion."""

import os
from typing import Any

import psutil
from msgspec.structs import replace

from svwatch.core.seen import HZ, Incarnation, Lookalike, Need, Owner, Proc, Tree, Unreadable
from svwatch.probe.census import Likeness
from svwatch.probe.eyes import Eyes
from svwatch.probe.procfile import parse_argv
from svwatch.probe.traits import Traits

GONE = (psutil.NoSuchProcess, psutil.ZombieProcess)


class Sampler:
    """The tree below one main process, as `svwatch.probe.procfs.Sampler` sees it, but slower."""

    def __init__(self, eyes: Eyes) -> None:
        """Look at nobody yet."""
        self.main: Incarnation | None = None
        self._eyes = eyes
        self._known: tuple[Incarnation, ...] = ()

    def begin(self, main: Incarnation | None) -> None:
        """Look at the tree of *main* from now on."""
        if main != self.main:
            self.main, self._known = main, ()

    def still(self) -> bool:
        """Say whether nothing changed: never known here, unless there is nobody."""
        return self.main is None

    def sample(
        self, pss_over: int | None = None, needs: frozenset[Need] = frozenset()
    ) -> Tree | Unreadable | None:
        """Read the tree; None where its main process is dead, Unreadable where it hides."""
        main = self.main
        if main is None:
            return None
        try:
            process = psutil.Process(main.pid)
            if incarnation_of(process) != main:
                return None
            below = [incarnation_of(child) for child in process.children(recursive=True)]
        except GONE:
            return None
        except psutil.AccessDenied:
            return Unreadable(f"process {main.pid} cannot be read")
        everybody = dict.fromkeys((main, *self._known, *below))
        procs = [proc for who in everybody if (proc := _proc(who)) is not None]
        if not procs or procs[0].incarnation != main:
            return None
        self._known = tuple(proc.incarnation for proc in procs[1:])
        mapped = pss_over is not None and sum(proc.rss for proc in procs) > pss_over
        return Tree(
            tuple(
                _extended(proc, needs, main=proc.incarnation == main, mapped=mapped)
                for proc in procs
            )
        )

    def owner(self) -> Owner | None:
        """Say whom the main process acts for; None where that cannot be read."""
        try:
            process = psutil.Process(self.main.pid) if self.main else None
            if process is None or incarnation_of(process) != self.main:
                return None
            uids = process.uids()
            return Owner(uids.real, uids.effective, process.gids().real)
        except psutil.Error:
            return None

    def incarnations(self) -> frozenset[Incarnation]:
        """Name everybody in the tree as of the last sample."""
        return frozenset(self._known) | ({self.main} if self.main else frozenset())

    def close(self) -> None:
        """Forget the tree."""
        self.begin(None)


def incarnation_of(process: psutil.Process) -> Incarnation:
    """Name a process for ever. psutil adds the boot time to its start; that is taken back.

    Raises psutil's errors.
    """
    return Incarnation(process.pid, round((process.create_time() - psutil.boot_time()) * HZ))


def traits_of(pid: int) -> Traits | Unreadable | None:
    """Look at *pid*; None where it is dead, Unreadable where nobody may say."""
    try:
        process = psutil.Process(pid)
        if process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
            return None
        uids = process.uids()
        return Traits(
            incarnation=incarnation_of(process),
            ppid=process.ppid(),
            session=os.getsid(pid),
            name=process.name(),
            tgid=pid,
            uids=(uids.real, uids.effective, uids.saved),
            exe=_allowed(process, "exe"),
            argv=_allowed(process, "cmdline"),
        )
    except (*GONE, ProcessLookupError):
        return None
    except (psutil.AccessDenied, PermissionError):
        return Unreadable(f"process {pid} cannot be read")


def lives(incarnation: Incarnation) -> bool:
    """Say whether exactly this process lives; where nobody may say, it is taken to live."""
    try:
        process = psutil.Process(incarnation.pid)
        dead = process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
        return incarnation_of(process) == incarnation and not dead
    except GONE:
        return False
    except psutil.AccessDenied:
        return True


def memtotal() -> int:
    """Give the memory of the host in bytes."""
    return psutil.virtual_memory().total


def alike(likeness: Likeness, *, beside: frozenset[int]) -> tuple[Lookalike, ...]:
    """Find live processes that could be the service, *beside* those pids."""
    found = []
    for pid in psutil.pids():
        traits = traits_of(pid) if pid not in beside else None
        sign = likeness.sign(traits, None) if isinstance(traits, Traits) else ""
        if isinstance(traits, Traits) and sign:
            found.append(Lookalike(traits.incarnation, sign))
    return tuple(found)


def members(leader: Incarnation) -> tuple[Incarnation, ...]:
    """Find who lives in the session that *leader* led, itself included."""
    found = []
    for pid in psutil.pids():
        traits = traits_of(pid)
        if isinstance(traits, Traits) and traits.session == leader.pid:
            found.append(traits.incarnation)
    return tuple(found)


def _proc(who: Incarnation) -> Proc | None:
    """Read one process; None where it is dead."""
    try:
        process = psutil.Process(who.pid)
        dead = process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
        if dead or incarnation_of(process) != who:
            return None
        return Proc(who, process.ppid(), process.memory_info().rss, None, process.name())
    except psutil.Error:
        return None


def _extended(proc: Proc, needs: frozenset[Need], *, main: bool, mapped: bool) -> Proc:
    """Add what is asked for, where the platform knows it."""
    process = _here(proc.incarnation)
    if process is None:
        return proc
    swap = Need.TOTAL_SWAP in needs or (main and Need.SWAP in needs)
    if mapped or swap:
        full = _known(process, "memory_full_info")
        proc = replace(
            proc,
            pss=getattr(full, "pss", None) if mapped else None,
            uss=getattr(full, "uss", None) if mapped else None,
            swap=getattr(full, "swap", None) if swap else None,
        )
    if Need.TOTAL_CPU in needs or (main and needs & {Need.CPU, Need.PARENT}):
        times = _known(process, "cpu_times")
        cpu = None if times is None else times.user + times.system
        proc = replace(proc, cpu=cpu, threads=_known(process, "num_threads"))
    if main and Need.DESCRIPTORS in needs:
        proc = replace(proc, fds=_known(process, "num_fds"))
    if main and Need.IO in needs:
        io = _known(process, "io_counters")
        proc = replace(
            proc, read=getattr(io, "read_bytes", None), written=getattr(io, "write_bytes", None)
        )
    return proc


def _here(who: Incarnation) -> psutil.Process | None:
    try:
        return psutil.Process(who.pid)
    except psutil.Error:
        return None


def _known(process: psutil.Process, what: str) -> Any:
    """Ask psutil; None where we may not know, or it died, or the platform has no such thing."""
    try:
        return getattr(process, what)()
    except (psutil.Error, AttributeError, NotImplementedError):
        return None


def _allowed(process: psutil.Process, what: str) -> str | None:
    """Ask for the executable or the command line; None where we may not know."""
    try:
        if what == "exe":
            return process.exe() or None
        return parse_argv("\0".join(process.cmdline()).encode("utf-8", "surrogateescape"))
    except psutil.AccessDenied:
        return None
