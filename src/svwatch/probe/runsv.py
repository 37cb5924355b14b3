"""Read what runsv says of its service: the 20 bytes of `supervise/status` (runsv.c)."""

import errno
import os
from struct import Struct as Layout

from svwatch.core.seen import SvStatus, Unreadable
from svwatch.probe.content import GONE, attempt

SIZE = 20
TAI = 4611686018427387914  # 2^62 + 10: what tai.h of runit adds to unix seconds
LAYOUT = Layout(">QI")  # the stamp is big-endian, the pid after it little-endian
OTHERS = {18: "daemontools", 35: "s6"}


def parse_status(raw: bytes) -> SvStatus | Unreadable:
    """Understand the bytes of a status file; anything but runit's 20 is Unreadable."""
    if len(raw) != SIZE:
        return Unreadable(_wrong_size(len(raw)))
    seconds, nanoseconds = LAYOUT.unpack_from(raw)
    want, state = chr(raw[17]), raw[19]
    if want not in "ud" or state > 2 or nanoseconds >= 1_000_000_000:
        return Unreadable("supervise/status has 20 bytes, but not runit's")
    return SvStatus(
        pid=int.from_bytes(raw[12:16], "little"),
        want=want,
        state=state,
        paused=raw[16] != 0,
        term=raw[18] != 0,
        since=seconds - TAI + nanoseconds / 1e9,
    )


def read(service_dir: str) -> SvStatus | Unreadable:
    """Read the status of the service in *service_dir*, and whether a runsv serves it.

    A dead runsv is a status with `alive=False`: its bytes are stale, its process may still run.
    """
    return read_with(service_dir, attempt(f"{service_dir}/supervise/status", SIZE + 16))


def read_with(service_dir: str, raw: bytes | int) -> SvStatus | Unreadable:
    """Judge the bytes (or the errno) that reading the status file gave."""
    if isinstance(raw, int):
        return Unreadable(_why_unread(service_dir, raw))
    status = parse_status(raw)
    if isinstance(status, Unreadable):
        return Unreadable(f"{service_dir}: {status.why}")
    return SvStatus(
        pid=status.pid,
        want=status.want,
        state=status.state,
        paused=status.paused,
        term=status.term,
        since=status.since,
        alive=served(service_dir) is not False,
        has_check=os.access(f"{service_dir}/check", os.X_OK),
    )


def served(service_dir: str) -> bool | None:
    """Say whether a runsv reads `supervise/ok`; None where we may not ask.

    Opening a FIFO for writing fails with ENXIO where nobody reads it: what sv itself does.
    """
    try:
        fd = os.open(f"{service_dir}/supervise/ok", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return False if error.errno in (errno.ENXIO, *GONE) else None
    os.close(fd)
    return True


def _wrong_size(size: int) -> str:
    """Say whose status file has that many bytes."""
    owner = OTHERS.get(size)
    whose = f", as {owner} writes it" if owner else ""
    return f"supervise/status has {size} bytes{whose}; runit's has {SIZE}"


def _why_unread(service_dir: str, code: int) -> str:
    """Say what keeps us from the status file, from the outside in."""
    if code not in GONE:
        return f"{service_dir}/supervise/status: {os.strerror(code)}"
    if not os.path.isdir(service_dir):
        return f"{service_dir} is not there, or no directory"
    if not os.path.isdir(f"{service_dir}/supervise"):
        return f"{service_dir} has no supervise/: no runsv ever served it"
    return f"{service_dir}/supervise has no status: runsv has not begun, or it was deleted"
