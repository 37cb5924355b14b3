"""A mind that is told what to think, and eyes that see what they are told."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from svwatch.core.admit import Admission
from svwatch.core.event import Event
from svwatch.core.ledger import Facts, Notify, Record, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Command, Plan, Service
from svwatch.core.route import Route
from svwatch.core.seen import (
    HZ,
    Absent,
    Incarnation,
    Input,
    Kind,
    Memory,
    Now,
    Observation,
    Proc,
    Running,
    Tree,
    World,
)
from svwatch.core.state import Known, Run, State, Step
from svwatch.shell.deeds import Deeds
from svwatch.shell.hands import Hands
from svwatch.shell.own import Own
from svwatch.shell.roster import Roster
from svwatch.shell.store import Saved, Store, StoreFailed
from svwatch.shell.ward import Mind
from svwatch.shell.watch import Watch
from svwatch.view.letter import Message

WORLD = World("boot", 1)
WALL = 1_795_000_000.0


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.mono = 1000.0

    def __call__(self) -> Now:
        return Now(self.mono + 500, self.mono)

    def wall(self) -> float:
        return WALL + self.mono


def process(pid: int, rss: int = 10) -> tuple[Running, Tree]:
    incarnation = Incarnation(pid, pid * HZ)
    return Running(incarnation), Tree((Proc(incarnation, 1, rss),))


class Eye:
    """Sees *pid* (None: nothing), and counts how it was asked."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.pid: int | None = 7
        self.fd: int | None = None
        self.same = False
        self.looks: list[bool] = []
        self.told: list[tuple[int, bool, bool]] = []
        self.memories: list[Memory] = []
        self.closed = False

    def poll(self, memory: Memory) -> bool:
        self.memories.append(memory)
        return self.same

    def observe(
        self,
        memory: Memory,
        *,
        scheduled: bool = True,
        starts: int = 0,
        exact: bool = True,
        term: bool = False,
    ) -> Observation:
        self.looks.append(scheduled)
        self.told.append((starts, exact, term))
        self.memories.append(memory)
        verdict, tree = process(self.pid) if self.pid else (Absent("no pidfile"), None)
        return Observation(
            at=self.clock(), world=WORLD, verdict=verdict, tree=tree, scheduled=scheduled
        )

    def pidfd(self) -> int | None:
        return self.fd

    def renew_watch(self) -> None:
        self.told.clear()

    def close(self) -> None:
        self.closed = True


Thought = Callable[[Service, State, Observation, tuple[Input, ...]], Step]


def content(_service: Service, state: State, seen: Observation, _inputs: tuple[Input, ...]) -> Step:
    """Believe what is seen and want nothing."""
    verdict = seen.verdict
    known = Known(verdict.incarnation) if isinstance(verdict, Running) else None
    return Step(State(serial=state.serial, cycle=state.cycle + 1, known=known, looked=seen.at))


def mind(
    step: Thought = content,
    *,
    quiet: bool = False,
    granted: Sequence[str] = (),
    behind: Mapping[str, tuple[str, ...]] | None = None,
) -> Mind:
    def admit(_plan: Plan, _states: Mapping[str, State]) -> Admission:
        return Admission(tuple(granted), dict(behind or {}))

    def skip(state: State, now: Now) -> State:
        return State(cycle=state.cycle + 1, looked=now, known=state.known, serial=state.serial)

    return Mind(step, lambda _s, _t, _n: quiet, skip, lambda _s, _t: Memory(), admit)


def service(name: str = "one", **changes: object) -> Service:
    return Service(name=name, where="x.yaml:1", **({"pidfile": f"/run/{name}"} | changes))  # type: ignore[arg-type]


def plan(*services: Service, routes: tuple[Route, ...] = ()) -> Plan:
    return Plan(source="x.yaml", services=services, routes=routes)


def record(serial: int, now: Now, what: What = What.DOWN) -> Record:
    return Record(serial=serial, at=now, what=what, facts=Facts(reason="so"))


def notify(serial: int) -> Notify:
    return Notify(serial, Why.RAISED, Level.CRITICAL)


def command(*argv: str, kind: Kind = Kind.EXEC, timeout: float = 30.0) -> Run:
    return Run(kind, 1, Command(argv, timeout=timeout))


def compose(event: Event, why: Why, route: Route) -> Message:
    return Message(f"{event.service} {event.what} {why} {route.name}", "body\n")


class Ground:
    """A watch over a real store and real hands, with eyes and a mind of the test's own."""

    def __init__(self, root: Path, thinks: Mind, saved: Mapping[str, Saved] | None = None) -> None:
        self.clock = Clock()
        self.complaints: list[str] = []
        self.eyes: dict[str, Eye] = {}
        self.store = Store.open(str(root / "state"))
        self.roster = Roster(thinks, self._sight, saved or {})
        self.hands = Hands(str(root / "state"))
        self.going_down = False
        self.watch = Watch(
            roster=self.roster,
            store=self.store,
            deeds=Deeds(self.hands, self.store, self.complaints.append),
            mind=thinks,
            own=Own(State()),
            compose=compose,
            clock=self.clock,
            wall=self.clock.wall,
            going_down=lambda: self.going_down,
        )

    def _sight(self, one: Service) -> Eye:
        self.eyes[one.name] = Eye(self.clock)
        return self.eyes[one.name]

    def close(self) -> None:
        self.hands.close()
        self.store.close()


def held_down(**changes: object) -> State:
    base = {"phase": Phase.BACKOFF, "holding": True, "until": 2000.0, "serial": 3}
    return State(**(base | changes))  # type: ignore[arg-type]


class Full:
    """A store whose disk is full."""

    def commit(self, *_: object) -> None:
        raise StoreFailed("the disk is full")
