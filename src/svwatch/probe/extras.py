"""What is read of a process only where a rule asks for it."""

import os

from msgspec.structs import replace

from svwatch.core.seen import HZ, Need, Owner, Proc
from svwatch.probe.content import content
from svwatch.probe.procfile import parse_ids, parse_io, parse_rollup, parse_swap
from svwatch.probe.seat import Seat

Needs = frozenset[Need]
OF_ALL = frozenset({Need.TOTAL_CPU, Need.TOTAL_SWAP})
OF_MAIN = frozenset({Need.CPU, Need.DESCRIPTORS, Need.IO, Need.SWAP, Need.PARENT})


def extended(seat: Seat, needs: Needs, *, main: bool, mapped: bool) -> Proc:
    """Give the process of *seat* with what *needs* name; *mapped*: PSS and USS as well.

    What goes by its path counts only where its own descriptor says afterwards that it lives:
    until then nobody else can have its number.
    """
    asked = needs if main else needs & OF_ALL
    wanted = asked & (OF_ALL | OF_MAIN)
    if not (wanted or mapped):
        return seat.proc
    proc = _by_path(seat, wanted, mapped=mapped)
    stat = seat.stat()
    if stat is None:
        return seat.proc
    if wanted & {Need.CPU, Need.TOTAL_CPU, Need.PARENT}:
        proc = replace(proc, cpu=stat.used / HZ, threads=stat.threads, ppid=stat.ppid)
    return proc


def _by_path(seat: Seat, wanted: Needs, *, mapped: bool) -> Proc:
    path = f"{seat.root}/{seat.incarnation.pid}"
    proc = seat.proc
    if mapped:
        pss, uss = parse_rollup(content(f"{path}/smaps_rollup") or b"")
        proc = replace(proc, pss=pss, uss=uss)
    if wanted & {Need.SWAP, Need.TOTAL_SWAP}:
        proc = replace(proc, swap=parse_swap(content(f"{path}/status") or b""))
    if Need.DESCRIPTORS in wanted:
        proc = replace(proc, fds=descriptors(path))
    if Need.IO in wanted:
        read, written = parse_io(content(f"{path}/io") or b"")
        proc = replace(proc, read=read, written=written)
    return proc


def descriptors(path: str) -> int | None:
    """Count the open descriptors of the process at *path*; None where that is not ours to know.

    Since Linux 6.2 the size of `fd/` is their number (proc_readfd_count); before, it is 0.
    """
    try:
        return os.stat(f"{path}/fd").st_size or len(os.listdir(f"{path}/fd"))
    except OSError:
        return None


def owner_of(pid: int, proc: str = "/proc") -> Owner | None:
    """Say whom process *pid* acts for; None where it cannot be read."""
    ids = parse_ids(content(f"{proc}/{pid}/status") or b"")
    if ids is None or ids.gid is None:
        return None
    return Owner(ids.uids[0], ids.uids[1], ids.gid)
