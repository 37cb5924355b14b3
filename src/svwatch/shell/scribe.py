"""One turn's effects into rows: records first, then the messages that tell of them."""

from msgspec import Struct

from svwatch.core.audience import Subject, audience
from svwatch.core.event import Event
from svwatch.core.ledger import Notify, Record, What
from svwatch.core.plan import Service
from svwatch.core.route import Route
from svwatch.core.state import Effect, Run, Signal, State, TakeDown
from svwatch.shell.book import Book, stub
from svwatch.shell.outbox import Compose, Letter, Outbox
from svwatch.shell.runs import Runs


class Turn(Struct, frozen=True, kw_only=True):
    """What one step of one service wants written. *state* None: it did not change."""

    service: Service
    state: State | None = None
    effects: tuple[Effect, ...] = ()
    removed: bool = False  # the service left the configuration: forget it


class Committed(Struct, frozen=True, kw_only=True):
    """What is true now and may be performed: (service name, effect, number of its row)."""

    runs: tuple[tuple[str, Run, int], ...] = ()
    signals: tuple[tuple[str, Signal], ...] = ()
    orders: tuple[tuple[str, TakeDown], ...] = ()
    events: tuple[Event, ...] = ()  # written or amended
    owed: tuple[int, ...] = ()  # letters, by their number in the outbox


class Telling(Struct, frozen=True, kw_only=True):
    """Whom to tell and how, at which instant: *wall* in unix seconds."""

    compose: Compose
    routes: tuple[Route, ...]
    wall: float
    mono_to_wall: float


class Scribe:
    """Writes the effects of turns, within a transaction of the store."""

    def __init__(self, book: Book, runs: Runs, outbox: Outbox) -> None:
        self._book = book
        self._runs = runs
        self._outbox = outbox

    def write(self, turn: Turn, telling: Telling) -> Committed:
        """Write every effect of *turn*."""
        name = turn.service.name
        return Committed(
            events=self._record(turn, telling),
            owed=tuple(
                letter
                for effect in turn.effects
                if isinstance(effect, Notify)
                for letter in self._owe(turn, effect, telling)
            ),
            runs=tuple(
                (name, effect, self._runs.owe(name, effect, telling.wall))
                for effect in turn.effects
                if isinstance(effect, Run)
            ),
            signals=tuple((name, one) for one in turn.effects if isinstance(one, Signal)),
            orders=tuple((name, one) for one in turn.effects if isinstance(one, TakeDown)),
        )

    def _record(self, turn: Turn, telling: Telling) -> tuple[Event, ...]:
        written = {}
        for effect in turn.effects:
            if isinstance(effect, Record):
                event = self._book.write(turn.service.name, effect, telling.mono_to_wall)
                written[event.number] = event
        return tuple(written.values())

    def _owe(self, turn: Turn, notify: Notify, telling: Telling) -> list[int]:
        """Owe everybody a letter who hears of it; what a route says is the same to all of it."""
        service = turn.service
        event = self._book.find(service.name, notify.serial)
        earlier = self._outbox.earlier(event.number) if event else None
        event = event or self._lost(turn, notify, telling)
        about = Subject(
            service=service.name, what=event.what, groups=service.groups, alerts=service.alerts
        )
        written: dict[str, Letter] = {}
        owed: list[int] = []
        for route, target in audience(telling.routes, notify, about, earlier, telling.wall):
            if route.name not in written:
                written[route.name] = telling.compose(event, notify.why, route)
            lane, first = (route.name, target.to), (route.name, target.to) not in (earlier or {})
            letter = written[route.name]
            owed += [self._outbox.owe(lane, letter, event, notify, telling.wall, first=first)]
        return owed

    def _lost(self, turn: Turn, notify: Notify, telling: Telling) -> Event:
        raised = turn.state.incidents.values() if turn.state else ()
        what = next((one.what for one in raised if one.serial == notify.serial), What.OUR_BUG)
        name = turn.service.name
        return self._book.keep(stub(name, notify.serial, what, notify.level, telling.wall))
