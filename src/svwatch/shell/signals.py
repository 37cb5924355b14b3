"""Signals exactly the process that was judged, or nobody."""

import os
import signal

from msgspec import Struct

from svwatch.core.seen import Incarnation

# Offsets behind the last ")" of /proc/PID/stat, whose third field (proc(5)) is the first there.
_STATE, _THREADS, _START = 0, 17, 19


class Start(Struct, frozen=True):
    """When a process started, in ticks since boot (proc(5)), and whether it has *ended*."""

    ticks: int
    ended: bool


def start_of(pid: int, proc: str = "/proc") -> Start | None:
    """Read when *pid* started; None where there is no such process or it is hidden."""
    try:
        fd = os.open(f"{proc}/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _parse(os.read(fd, 4096))
    except OSError:  # it ended in between
        return None
    finally:
        os.close(fd)


def _parse(raw: bytes) -> Start | None:
    # A process chooses its own name, blanks and ")" included: only the last ")" ends it.
    fields = raw[raw.rfind(b")") + 1 :].split()
    if len(fields) <= _START:
        return None
    # A zombie whose other threads live is a process whose main thread has ended: it is alive.
    ended = fields[_STATE] in {b"Z", b"X"} and int(fields[_THREADS]) <= 1
    return Start(int(fields[_START]), ended)


def open_pidfd(pid: int) -> int | str:
    """Open a pidfd of *pid*, or say why there is none."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return f"pid {pid} has ended"
    except OSError as error:
        # ENOSYS before Linux 5.3, EPERM where an old container runtime filters the call.
        return f"no pidfd on this kernel: {error.strerror}"


def send(target: Incarnation, name: str, proc: str = "/proc") -> str:
    """Send the signal *name* ("TERM", "KILL" ...) to *target*; "" or why it was not sent.

    The pidfd is opened first and the start ticks are compared afterwards: whatever takes over the
    number later cannot take over the pidfd.
    """
    number = getattr(signal, f"SIG{name}", None)
    if not isinstance(number, signal.Signals):
        return f"there is no signal {name!r}"
    if target.pid <= 1 or target.pid == os.getpid():
        return f"pid {target.pid} is never signalled"
    pidfd = open_pidfd(target.pid)
    if isinstance(pidfd, str):
        return pidfd
    try:
        return _send_verified(pidfd, target, number, proc)
    finally:
        os.close(pidfd)


def _send_verified(pidfd: int, target: Incarnation, number: signal.Signals, proc: str) -> str:
    start = start_of(target.pid, proc)
    if start is None:
        return f"pid {target.pid} has ended or is hidden"
    if start.ended:
        return f"pid {target.pid} has ended"
    if start.ticks != target.ticks:
        return f"pid {target.pid} is another process by now"
    return send_to(pidfd, number)


def send_to(pidfd: int, number: signal.Signals) -> str:
    """Send *number* through an open *pidfd*; "" or why it was not sent."""
    try:
        signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError:
        return "it has ended"
    except OSError as error:
        return f"{number.name} was refused: {error.strerror}"
    return ""
