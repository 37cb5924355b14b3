"""Runs without a daemon beside each other: one takes turns at a time, each service has one."""

import fcntl
import os
import select
import time
from collections.abc import Iterable

from svwatch.shell import lock
from svwatch.shell.lock import Holder, Locked

DOOR = "door"  # who holds it looks and decides; everybody else waits a moment
POST = "post"  # who holds it delivers
PLACE = "lock.d"  # one file per service that is acted on, locked by who acts
STEP = 20  # ms between two tries to come in


class Latch:
    """A lock on a file of its own; the kernel gives it up for us should we die (flock(2))."""

    def __init__(self, path: str) -> None:
        """Open *path*; it is not locked yet. Raises OSError."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self.path = path
        self.fd = os.open(path, flags, 0o600)
        self.held = False

    def take(self) -> bool:
        """Lock it, unless another process has; say whether it is ours."""
        if self.held:
            return True
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self.held = True
        return True

    def release(self) -> None:
        """Let others have it."""
        if self.held:
            fcntl.flock(self.fd, fcntl.LOCK_UN)
            self.held = False

    def close(self) -> None:
        """Let others have it, and close the file."""
        self.release()
        os.close(self.fd)


class Claims:
    """What one run has to itself: the door for moments, a service while it acts on that.

    Files of services are made, taken over and removed by who is inside only; so no two runs
    ever act on one service, and what a dead one left holds nobody back.
    """

    def __init__(self, state_dir: str, kind: str, wall: float, shared: lock.Lock) -> None:
        """Hold nothing yet but *shared*, which keeps a daemon from beginning meanwhile."""
        self._dir = f"{state_dir}/{PLACE}"
        os.makedirs(self._dir, 0o700, exist_ok=True)
        self._shared = shared
        self._door = Latch(f"{state_dir}/{DOOR}")
        self.post = Latch(f"{state_dir}/{POST}")
        self._mine: dict[str, Latch] = {}
        self._holder = lock.ourselves(kind, wall)

    # --- the door ----------------------------------------------------------------------------

    def enter(self, seconds: float) -> bool:
        """Come in, waiting *seconds* at most; say whether we are inside."""
        until = time.monotonic() + seconds
        while not self._door.take():
            if time.monotonic() >= until:
                return False
            select.poll().poll(STEP)
        return True

    def leave(self) -> None:
        """Let others in."""
        self._door.release()

    # --- services ----------------------------------------------------------------------------

    def others(self) -> dict[str, Holder | None]:
        """Give the services that other runs act on, and who does; only inside."""
        found: dict[str, Holder | None] = {}
        for name in os.listdir(self._dir):
            if name in self._mine:
                continue
            latch = Latch(f"{self._dir}/{name}")
            if latch.take():  # of one that was killed
                os.unlink(latch.path)
            else:
                found[name] = lock.read(latch.fd)
            latch.close()
        return found

    def keep(self, names: Iterable[str]) -> None:
        """Have *names* to ourselves from now on, and no others; only inside.

        None of *names* may be among `others`.
        """
        wanted = set(names)
        for name in wanted - self._mine.keys():
            latch = Latch(f"{self._dir}/{name}")
            latch.take()
            lock.write(latch.fd, self._holder)
            self._mine[name] = latch
        for name in self._mine.keys() - wanted:
            latch = self._mine.pop(name)
            os.unlink(latch.path)
            latch.close()

    def release(self) -> None:
        """Give everything up."""
        if self._mine and self.enter(1.0):
            self.keep(())
        for latch in (*self._mine.values(), self.post, self._door):
            latch.close()
        self._shared.release()


def claims(state_dir: str, kind: str, wall: float, patience: float) -> Claims | Locked | None:
    """Begin a run of *kind* beside others, and come in; None: not within *patience* seconds.

    Locked: a daemon runs. Raises OSError where the directory cannot be written.
    """
    shared = lock.take(state_dir, kind, wall, shared=True)
    if isinstance(shared, Locked):
        return shared
    made = Claims(state_dir, kind, wall, shared)
    if made.enter(patience):
        return made
    made.release()
    return None
