"""Turns for the store, as short as a test can say them."""

from msgspec import Struct

from svwatch.core.event import Event
from svwatch.core.ledger import Facts, Line, Notify, Record, What, Why
from svwatch.core.level import Level
from svwatch.core.plan import Service
from svwatch.core.route import Route, single
from svwatch.core.seen import Now
from svwatch.core.state import Effect, State
from svwatch.shell.store import Committed, Store, Turn

AT = Now(100.0, 100.0)
WALL = 1_800_000_000.0
OPS = single("ops", "mailto://127.0.0.1:1/?from=a@example.com&to=b@example.com")


class Letter(Struct, frozen=True):
    subject: str
    body: str
    brief: str = ""


def compose(event: Event, why: Why, route: Route) -> Letter:
    return Letter(f"{event.service} {event.facts.reason} {why.value}", f"to {route.name}")


def record(serial: int, what: What = What.OVER, at: Now = AT, **facts: object) -> Record:
    lines = (Line(at.mono, "seen", what.value),)
    return Record(serial=serial, at=at, what=what, facts=Facts(**facts), lines=lines)  # type: ignore[arg-type]


def commit(
    store: Store,
    *effects: Effect,
    name: str = "web",
    state: State | None = None,
    routes: tuple[Route, ...] = (OPS,),
    wall: float = WALL,
    now: Now = AT,
    removed: bool = False,
) -> Committed:
    service = Service(name=name, where="web.yaml:1")
    turn = Turn(service=service, state=state, effects=effects, removed=removed)
    return store.commit((turn,), compose, routes, wall, now)


def alert(
    store: Store,
    word: str,
    *,
    serial: int = 1,
    level: Level = Level.CRITICAL,
    routes: tuple[Route, ...] = (OPS,),
    wall: float = WALL,
    name: str = "web",
) -> Committed:
    """Owe everybody a letter whose subject holds *word*."""
    told = Notify(serial, Why.RAISED, level)
    return commit(store, record(serial, reason=word), told, name=name, routes=routes, wall=wall)
