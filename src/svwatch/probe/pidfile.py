"""Read a pidfile strictly: a small regular file that holds one decimal number, or say why not."""

import errno
import os
import stat

from msgspec import Struct

from svwatch.core.seen import Absent, Unreadable
from svwatch.probe.content import FLAGS, GONE

LONGEST = 64  # bytes: more is no pidfile
LARGEST = 1 << 22  # PID_MAX_LIMIT, include/linux/threads.h
BLANKS = b" \t\r\n\f\v"


class Named(Struct, frozen=True):
    """A pidfile that names a pid; *mtime* is wall time in unix seconds, *owner* a uid."""

    pid: int
    mtime: float
    owner: int
    mode: int


Reading = Named | Absent | Unreadable


def parse_pid(raw: bytes) -> int | Absent:
    """Understand the bytes of a pidfile. Pid 1 is a number as well: judging it comes later."""
    word = raw.strip(BLANKS)
    if not word:
        return Absent("empty")
    if len(raw) > LONGEST or len(word) > 10 or not word.isdigit():
        return Absent("garbage")
    pid = int(word)
    return pid if 0 < pid <= LARGEST else Absent("garbage")


def read(path: str) -> Reading:
    """Read the pidfile at *path*. Its owner, mode and age are those of what was opened."""
    try:
        fd = os.open(path, FLAGS)  # O_NONBLOCK: a FIFO must not hold us
    except OSError as error:
        return _unopened(path, error.errno or errno.EIO)
    except ValueError:
        return Unreadable(f"{path!r} is no path")
    try:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode):
            return Unreadable(f"{path} is {_kind(about.st_mode)}, not a regular file")
        pid = parse_pid(os.read(fd, LONGEST + 1))
    except OSError as error:
        return Unreadable(f"{path}: {error.strerror}")
    finally:
        os.close(fd)
    if isinstance(pid, Absent):
        return pid
    return Named(pid, about.st_mtime, about.st_uid, stat.S_IMODE(about.st_mode))


def _unopened(path: str, code: int) -> Absent | Unreadable:
    """Say what a failed open means; ELOOP and ENXIO (a socket) are no absence."""
    if code in GONE:
        return Absent("no pidfile")
    return Unreadable(f"{path}: {os.strerror(code)}")


def _kind(mode: int) -> str:
    """Name a file type in words."""
    if stat.S_ISDIR(mode):
        return "a directory"
    if stat.S_ISFIFO(mode):
        return "a FIFO"
    return "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "special"
