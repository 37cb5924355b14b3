"""The order of work at the start: lock, store, records, and only then the configuration."""

import os
import resource
import time
from collections.abc import Callable

from msgspec import Struct

from svwatch.core import decide
from svwatch.core.admit import admit
from svwatch.core.plan import Service
from svwatch.core.state import State
from svwatch.probe import clock
from svwatch.probe.eyes import Eyes, nofile
from svwatch.probe.look import Looker
from svwatch.shell import lock, paths
from svwatch.shell.claims import Claims, claims
from svwatch.shell.deeds import Deeds
from svwatch.shell.hands import Hands
from svwatch.shell.last_routes import LastRoutes
from svwatch.shell.letters import Letters
from svwatch.shell.lock import Holder, Lock, Locked
from svwatch.shell.membership import Membership
from svwatch.shell.notes import LOOKED, ROUTES
from svwatch.shell.own import NAME, Own
from svwatch.shell.roster import Roster
from svwatch.shell.store import Store, StoreFailed
from svwatch.shell.ward import Mind
from svwatch.shell.watch import Watch

PATIENCE = 5.0  # seconds for other runs to finish their turn
MIND = Mind(decide.step, decide.is_quiet, decide.skip, decide.memory_for, admit)


class Refused(Struct, frozen=True):
    """We do not begin. *why* is a sentence for people; *locked*: another svwatch is at work."""

    why: str
    locked: bool = False


class House(Struct, kw_only=True):
    """What is ours while we run: the lock, the store, everything that is watched.

    *claims*: where no daemon runs; we are inside its door at first. *others*: the services that
    runs beside us act on, and who does: they are none of ours.
    """

    held: Lock | Claims
    store: Store
    watch: Watch
    membership: Membership
    letters: Letters
    last: LastRoutes
    eyes: Eyes
    host: str
    claims: Claims | None = None
    others: dict[str, Holder | None] = {}


def open_house(
    state_dir: str, kind: str, complain: Callable[[str], None], eyes: Eyes
) -> House | Refused:
    """Take the lock of *state_dir*, open the store and take up what is on record.

    *kind* names us to others: "run" has the lock alone, everybody else shares it and comes in by
    the door. Nothing is watched yet.
    """
    if why := paths.make_dir(state_dir, 0o700, os.geteuid()):
        return Refused(why)
    try:
        held = _lock(state_dir, kind)
    except OSError as error:
        return Refused(f"{state_dir}: the lock cannot be taken: {error.strerror}")
    if isinstance(held, Refused):
        return held
    try:
        return _furnish(held, state_dir, complain, eyes)
    except StoreFailed as error:
        held.release()
        return Refused(error.reason)


def _lock(state_dir: str, kind: str) -> Lock | Claims | Refused:
    wall = time.time()
    alone = kind == "run"
    held = lock.take(state_dir, kind, wall) if alone else claims(state_dir, kind, wall, PATIENCE)
    if held is None:
        return Refused("another svwatch --check does not come to its end", locked=True)
    return Refused(str(held), locked=True) if isinstance(held, Locked) else held


def _furnish(
    held: Lock | Claims, state_dir: str, complain: Callable[[str], None], eyes: Eyes
) -> House:
    store = Store.open(state_dir)
    if store.noted(ROUTES) is not None:
        store.forget(ROUTES)
    ours = held if isinstance(held, Claims) else None
    others = ours.others() if ours is not None else {}
    saved = store.states()
    for sentence in (store.said, *store.dropped):
        if sentence:
            complain(sentence)
    own = Own(saved[NAME].state if NAME in saved else State())

    def sight(service: Service) -> Looker:
        return Looker(service, eyes)

    roster = Roster(MIND, sight, saved)
    roster.others = frozenset(others)

    def service_of(name: str) -> Service | None:
        ward = roster.wards.get(name)
        return ward.service if ward is not None else None

    host = os.uname().nodename
    letters = Letters(store, host, service_of, time.time)
    watch = Watch(
        roster=roster,
        store=store,
        deeds=Deeds(Hands(state_dir), store, complain),
        mind=MIND,
        own=own,
        compose=letters.compose,
        clock=clock.now,
        wall=time.time,
    )
    return House(
        held=held,
        store=store,
        watch=watch,
        membership=Membership(watch),
        letters=letters,
        last=LastRoutes(state_dir),
        eyes=eyes,
        host=host,
        claims=ours,
        others=others,
    )


def raise_limit(eyes: Eyes) -> None:
    """Use all the descriptors we may have: three are kept open per watched process.

    What commands of ours get is the limit that we were started with (`newborn.AT_START`).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (nofile(soft, hard), hard))
    eyes.new_limit()


def away(store: Store, wall: float) -> float:
    """Give the seconds since an earlier life watched last; 0 where there was none."""
    noted = store.noted(LOOKED)
    return max(0.0, wall - float(noted)) if noted else 0.0
