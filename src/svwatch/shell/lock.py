"""Sees to it that one svwatch at a time acts on one state directory."""

import fcntl
import os

from msgspec import DecodeError, Struct
from msgspec.json import decode, encode

from svwatch.core.seen import Incarnation
from svwatch.shell.signals import start_of

FILE = "lock"


class Holder(Struct, frozen=True):
    """Who holds a lock: *kind* is "run" or "check", *since* unix seconds."""

    pid: int
    ticks: int
    kind: str
    since: float

    @property
    def incarnation(self) -> Incarnation:
        """Who it is, for ever."""
        return Incarnation(self.pid, self.ticks)


class Locked(Struct, frozen=True):
    """Another svwatch is at work. *holder* is None for the moment before it wrote its name."""

    holder: Holder | None

    def __str__(self) -> str:
        """Name the holder for people."""
        if self.holder is None:
            return "another svwatch is at work"
        return f"svwatch {self.holder.kind} (pid {self.holder.pid}) holds the lock"


class Lock:
    """A lock that we hold. The kernel gives it up for us should we die (flock(2))."""

    def __init__(self, fd: int, holder: Holder, *, shared: bool = False) -> None:
        self._fd = fd
        self._shared = shared
        self.holder = holder

    def release(self) -> None:
        """Let others in. The file stays: to unlink it would let two of them in."""
        if not self._shared:
            os.ftruncate(self._fd, 0)
        # Not by close alone: a child between fork and exec shares the lock for a moment.
        fcntl.flock(self._fd, fcntl.LOCK_UN)
        os.close(self._fd)


def take(state_dir: str, kind: str, wall: float, *, shared: bool = False) -> Lock | Locked:
    """Take the lock of *state_dir* at unix second *wall* and write our name into it.

    *shared*: beside others who share it; then no name is written. It never waits. Raises OSError
    where the directory cannot be written.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(f"{state_dir}/{FILE}", flags, 0o600)
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        locked = Locked(read(fd))
        os.close(fd)
        return locked
    except OSError:  # a file system without locks
        os.close(fd)
        raise
    holder = ourselves(kind, wall)
    if not shared:
        write(fd, holder)
    return Lock(fd, holder, shared=shared)


def ourselves(kind: str, wall: float) -> Holder:
    """Give our own name; *wall*: when we began, unix seconds."""
    start = start_of(os.getpid())
    return Holder(os.getpid(), 0 if start is None else start.ticks, kind, wall)


def write(fd: int, holder: Holder) -> None:
    """Name *holder* in the file *fd*, which is locked by us."""
    os.ftruncate(fd, 0)
    os.pwrite(fd, encode(holder) + b"\n", 0)


def read(fd: int) -> Holder | None:
    """Give who is named in the file *fd*; None for the moment before it is written."""
    try:
        return decode(os.pread(fd, 4096, 0), type=Holder)
    except (DecodeError, UnicodeDecodeError):
        return None
