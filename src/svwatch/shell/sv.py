"""Speaks to runsv: by `sv`, or straight into its control FIFO."""

import os
import stat

from svwatch.core.seen import Incarnation, Unreadable
from svwatch.core.state import TakeDown
from svwatch.probe.runsv import read
from svwatch.shell.account import PATH
from svwatch.shell.signals import start_of

# GitLab's packages bring a runit of their own that no PATH knows.
_PLACES = (*PATH.split(":"), "/opt/gitlab/embedded/bin")


def find_sv(places: tuple[str, ...] = ()) -> str | None:
    """Give the absolute path of `sv`, or None where runit is not installed.

    Without *places* it is looked for where systems keep it, and then along our own $PATH: runit
    may be unpacked where only its user knows.
    """
    own = tuple(filter(os.path.isabs, os.environ.get("PATH", "").split(":")))
    for place in places or (*_PLACES, *own):
        path = f"{place}/sv"
        if os.access(path, os.X_OK):
            return path
    return None


def put_up(service_dir: str) -> str:
    """Tell the runsv of *service_dir* that its service is wanted up; "" or why it was not told.

    It writes `u` itself and neither forks nor waits (runsv.c reads one byte per command, in
    order; `sv up` right after `sv down` can be lost), so it works while svwatch is being ended.
    """
    return _control(service_dir, b"u")


BYTES = {
    "INT": b"i", "QUIT": b"q", "HUP": b"h", "ALRM": b"a", "USR1": b"1", "USR2": b"2"
}  # fmt: skip
"""What runsv reads as "send it this signal" (runsv.c)."""


def take_down(order: TakeDown) -> str:
    """Have runsv want its service down and signal it, in one write; "" or why it was not written.

    `o`, want down and send nothing, starts a service that is down: so the status is read here
    once more, right before the write.
    """
    gentle = BYTES.get(order.name)
    if gentle is None and order.name != "TERM":
        return f"runsv cannot send {order.name}"
    if why := _not_running(order.service_dir, order.incarnation):
        return why
    orders = b"d" if gentle is None else b"o" + gentle
    return _control(order.service_dir, orders + (b"c" if order.wake and gentle else b""))


def _not_running(service_dir: str, judged: Incarnation) -> str:
    """Say why it cannot be said that runsv runs *judged*; "" where it does."""
    status = read(service_dir)
    if isinstance(status, Unreadable):
        return status.why
    if not status.alive:
        return f"{service_dir} has no runsv"
    if status.state != 1 or status.pid != judged.pid:
        return f"pid {judged.pid} is not what runs there any more"
    start = start_of(judged.pid)
    if start is None or start.ended or start.ticks != judged.ticks:
        return f"pid {judged.pid} has ended"
    return ""


def _control(service_dir: str, orders: bytes) -> str:
    """Write *orders* to the FIFO that runsv reads, at once and whole; "" or why not."""
    path = f"{service_dir}/supervise/control"
    try:
        # Without a reader a blocking open would hang for ever; so it is ENXIO at once.
        fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return f"{path}: {error.strerror}"
    try:
        if not stat.S_ISFIFO(os.fstat(fd).st_mode):
            return f"{path}: not a FIFO"
        os.write(fd, orders)
    except OSError as error:
        return f"{path}: {error.strerror}"
    finally:
        os.close(fd)
    return ""
