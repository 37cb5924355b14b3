"""What is on record, for when nobody watches or somebody else does."""

import fcntl
import os
import time

from svwatch.core.plan import Plan
from svwatch.core.snapshot import Gone, Snapshot
from svwatch.probe import clock
from svwatch.shell import lock
from svwatch.shell.ledger import Nothing
from svwatch.shell.notes import DAEMON, GOODBYE, LOOKED
from svwatch.shell.own import NAME
from svwatch.shell.portrait import Painter
from svwatch.shell.store import Store


def gone(store: Store, *, watched: bool = False) -> Gone | None:
    """Say since when nobody watches, where the last daemon ended without a goodbye.

    *watched*: somebody holds the lock, so a daemon (or a check) is at work.
    """
    daemon, goodbye = store.noted(DAEMON), store.noted(GOODBYE)
    if watched or not daemon or goodbye:
        return None
    pid, _, started = daemon.partition(" ")
    since = max(float(store.noted(LOOKED) or 0), float(started or 0))
    return Gone(since, int(pid) if pid.isdecimal() else None)


def is_watched(state_dir: str) -> bool:
    """Whether somebody holds the lock of *state_dir* (flock(2)); without one nobody does."""
    try:
        fd = os.open(f"{state_dir}/{lock.FILE}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def snapshot(
    store: Store, plan: Plan | None, names: tuple[str, ...] = (), *, watched: bool = False
) -> Snapshot:
    """Paint every service as it was last known."""
    painter = Painter(store, os.uname().nodename)
    now, wall = clock.now(), time.time()
    snaps = [
        painter.stored(saved.service, saved.state, now, wall)
        for name, saved in store.states().items()
        if name != NAME
    ]
    whole = plan or Plan(source="")
    return painter.picture(snaps, wall, plan=whole, gone=gone(store, watched=watched), names=names)


def stand(store: Store, name: str) -> Nothing | None:
    """Say where *name* stood last; None: there is no such service."""
    saved = store.states().get(name)
    if saved is None:
        return None
    now, painter = clock.now(), Painter(store, os.uname().nodename)
    snap = painter.stored(saved.service, saved.state, now, time.time())
    return Nothing(saved.service, saved.state, (), now, snap)
