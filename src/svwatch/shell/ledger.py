"""Answers from the ledger: what happened, and why, or why not."""

from collections.abc import Callable

from msgspec import Struct

from svwatch.core.event import Event
from svwatch.core.plan import Service
from svwatch.core.seen import Now
from svwatch.core.snapshot import ServiceSnap
from svwatch.core.state import Finding, State
from svwatch.shell.outbox import Told
from svwatch.shell.store import Store

MOST = 500  # events at once
WEEK = 8 * 86400.0


class Listed(Struct, frozen=True):
    """The answer to `events`: at *wall*, unix seconds."""

    wall: float
    events: tuple[Event, ...]


class Nothing(Struct, frozen=True):
    """Why nothing was done about a service: where it stands, and what its rules say."""

    service: Service
    state: State
    findings: tuple[Finding, ...]
    now: Now
    snap: ServiceSnap


class Explained(Struct, frozen=True, kw_only=True):
    """The answer to `why`: an event with what was told of it, or why there is none.

    *before* are its earlier events within 8 days, the newest first; *history* are the restarts
    among them as (unix seconds, cause).
    """

    wall: float
    event: Event | None = None
    told: tuple[Told, ...] = ()
    before: tuple[Event, ...] = ()
    history: tuple[tuple[float, str], ...] = ()
    nothing: Nothing | None = None
    service: Service | None = None


Stand = Callable[[str], Nothing | None]


def listed(store: Store, wall: float, since: float | None, names: tuple[str, ...]) -> Listed:
    """List the events since *since* (unix seconds; None: the last day) of *names* (all)."""
    begin = wall - 86400.0 if since is None else since
    if not names:
        return Listed(wall, store.events(begin, None, MOST))
    found = [event for name in names for event in store.events(begin, name, MOST)]
    return Listed(wall, tuple(sorted(found, key=lambda event: (event.at, event.number))))


def explained(store: Store, wall: float, subject: str, stand: Stand) -> Explained | str:
    """Explain *subject*, the number of an event or a service; or say that it is unknown.

    A service with an open event is explained by it; else by where it stands.
    """
    number = subject.removeprefix("#")
    if number.isdecimal():
        event = store.event(int(number))
        return _event(store, wall, event, stand) if event else f"there is no event #{number}"
    nothing, newest = stand(subject), store.newest(subject)
    if newest is not None and (nothing is None or not newest.closed):
        return _event(store, wall, newest, stand)
    if nothing is None:
        return f"there is no service {subject!r}"
    return Explained(wall=wall, nothing=nothing, service=nothing.service)


def _event(store: Store, wall: float, event: Event, stand: Stand) -> Explained:
    nothing = stand(event.service)
    earlier = store.events(event.at - WEEK, event.service, MOST)
    return Explained(
        wall=wall,
        event=event,
        told=store.told(event.number),
        before=tuple(one for one in reversed(earlier) if one.number < event.number),
        history=store.restarts(event.service, event.at - WEEK),
        service=nothing.service if nothing else None,
    )
