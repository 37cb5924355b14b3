"""What is on record, for when nobody watches or somebody else does."""

import os
import time

from svwatch.core.plan import Plan
from svwatch.core.snapshot import Gone, Snapshot
from svwatch.probe import clock
from svwatch.shell.assemble import DAEMON, GOODBYE
from svwatch.shell.ledger import Nothing
from svwatch.shell.own import NAME
from svwatch.shell.portrait import Painter
from svwatch.shell.store import Store
from svwatch.shell.watch import LOOKED


def gone(store: Store) -> Gone | None:
    """Say since when nobody watches, where the last daemon ended without a goodbye."""
    daemon, goodbye = store.noted(DAEMON), store.noted(GOODBYE)
    if not daemon or goodbye:
        return None
    pid, _, started = daemon.partition(" ")
    since = max(float(store.noted(LOOKED) or 0), float(started or 0))
    return Gone(since, int(pid) if pid.isdecimal() else None)


def snapshot(store: Store, plan: Plan | None, names: tuple[str, ...] = ()) -> Snapshot:
    """Paint every service as it was last known."""
    painter = Painter(store, os.uname().nodename)
    now, wall = clock.now(), time.time()
    snaps = [
        painter.stored(saved.service, saved.state, now, wall)
        for name, saved in store.states().items()
        if name != NAME
    ]
    whole = plan or Plan(source="")
    return painter.picture(snaps, wall, plan=whole, gone=gone(store), names=names)


def stand(store: Store, name: str) -> Nothing | None:
    """Say where *name* stood last; None: there is no such service."""
    saved = store.states().get(name)
    if saved is None:
        return None
    now, painter = clock.now(), Painter(store, os.uname().nodename)
    snap = painter.stored(saved.service, saved.state, now, time.time())
    return Nothing(saved.service, saved.state, (), now, snap)
