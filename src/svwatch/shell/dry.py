"""A look that neither acts nor remembers: it says what would be done."""

import os
import time

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core import decide
from svwatch.core.connection import Dialled
from svwatch.core.event import begun
from svwatch.core.ledger import Record, What
from svwatch.core.plan import Plan, Service
from svwatch.core.seen import Now
from svwatch.core.snapshot import ServiceSnap, Snapshot, service_snap
from svwatch.core.state import State, Step
from svwatch.probe import clock
from svwatch.probe.eyes import Eyes
from svwatch.probe.look import Looker
from svwatch.shell import stored
from svwatch.shell.calls import endpoints
from svwatch.shell.portrait import Painter
from svwatch.shell.store import Store
from svwatch.shell.switchboard import dial_all
from svwatch.view.story import outcome


class Dry(Struct, frozen=True):
    """What was seen, and by service what a real look would have done about it."""

    snapshot: Snapshot
    doing: dict[str, str]


def dry(
    plan: Plan, store: Store | None, names: tuple[str, ...], *, watched: bool, seconds: float
) -> Dry:
    """Look at every service of *plan* (*names*: only these) with what *store* remembers.

    *watched*: a daemon is at work meanwhile. *seconds*: for connection tests.
    """
    eyes, saved = Eyes(), store.states() if store else {}
    snaps: list[ServiceSnap] = []
    asked = [one for one in plan.services if not names or one.name in names]
    dialled = dial_all({one.name: endpoints(one) for one in asked}, seconds)
    doing: dict[str, str] = {}
    for service in asked:
        state = saved[service.name].state if service.name in saved else State()
        if state.gone is not None:
            snaps.append(service_snap(service, state, clock.now(), time.time()))
            continue
        results = tuple(result for name, result in dialled if name == service.name)
        snap, would = _look(service, state, eyes, results)
        snaps.append(snap)
        if would:
            doing[service.name] = would
    eyes.close()
    return Dry(_picture(plan, store, snaps, watched=watched), doing)


def _look(
    service: Service, state: State, eyes: Eyes, dialled: tuple[Dialled, ...]
) -> tuple[ServiceSnap, str]:
    watched = replace(service, observe=True)  # the core's own way of deciding without deeds
    looker = Looker(watched, eyes)
    seen = looker.observe(decide.memory_for(watched, state), scheduled=_counts(service, state))
    looker.close()
    seen = replace(seen, dialled=dialled)
    step = decide.step(watched, state, seen, ())
    wall = time.time()
    snap = service_snap(
        service, step.state, seen.at, wall, observation=seen, findings=step.findings
    )
    return snap, _would(service, step, wall - seen.at.mono)


def _counts(service: Service, state: State) -> bool:
    now: Now = clock.now()
    return state.looked is None or now.boot - state.looked.boot >= service.interval / 2


def _would(service: Service, step: Step, mono_to_wall: float) -> str:
    """Say what would have been done; "" for nothing."""
    records = (one for one in step.effects if isinstance(one, Record) and one.what is What.WOULD)
    return "; ".join(outcome(begun(0, service.name, one, mono_to_wall)) for one in records)


def _picture(
    plan: Plan, store: Store | None, snaps: list[ServiceSnap], *, watched: bool
) -> Snapshot:
    host, wall = os.uname().nodename, time.time()
    if store is None:
        return Snapshot(host=host, wall=wall, services=tuple(snaps))
    painter = Painter(store, host)
    return painter.picture(snaps, wall, plan=plan, gone=stored.gone(store, watched=watched))
