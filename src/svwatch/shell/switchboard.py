"""All dials: a few begin at a time, each ends at its deadline, nobody waits for one."""

from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import ExitStack

from svwatch.core.connection import Answer, Connection, Dialled
from svwatch.probe import clock
from svwatch.shell.dial import Dial
from svwatch.shell.inbox import Inbox, Timers

AT_ONCE = 256  # dials under way
BURST = 16  # begun in one round of the loop, so that looks come between them
DIAL = "dial"  # owner of the descriptor of a dial

Line = tuple[str, Connection]  # for whom, and where to


class Switchboard:
    """Begins dials, hears what comes of them on *inbox*, keeps the results until they are taken."""

    def __init__(self, inbox: Inbox) -> None:
        """Dial nobody yet."""
        self._inbox = inbox
        self._timers = Timers()
        self._waiting: deque[Line] = deque()
        self._open: dict[Line, Dial] = {}
        self._queued: set[Line] = set()
        self._results: list[tuple[str, Dialled]] = []

    @property
    def under_way(self) -> bool:
        """Whether anybody is being dialled, or waits for it."""
        return bool(self._open or self._waiting)

    def call(self, name: str, endpoints: Iterable[Connection]) -> None:
        """Dial *endpoints* for *name*, each once; one that is being dialled still is left to it."""
        for endpoint in dict.fromkeys(endpoints):
            line = (name, endpoint)
            if line not in self._open and line not in self._queued:
                self._queued.add(line)
                self._waiting.append(line)

    def pump(self, mono: float) -> None:
        """Begin a few of those that wait."""
        for _ in range(min(BURST, len(self._waiting), AT_ONCE - len(self._open))):
            line = self._waiting.popleft()
            self._queued.discard(line)
            self._go(line, Dial(line[1], mono), mono)

    def ready(self, line: Line, mono: float) -> None:
        """Go on with the dial whose socket is ready."""
        dial = self._open.pop(line, None)
        if dial is not None:
            self._go(line, dial, mono)

    def overdue(self, mono: float) -> None:
        """End the dials whose time is over."""
        for owner in self._timers.take(mono):
            line = line_of(owner[1])
            dial = self._open.pop(line, None)
            if dial is not None:
                self._end(line, dial, dial.expire(mono))

    def due(self) -> float | None:
        """Give when something must be done (CLOCK_MONOTONIC): a deadline, or a call to begin."""
        if self._waiting and len(self._open) < AT_ONCE:
            return 0.0
        return self._timers.next()

    def take(self) -> list[tuple[str, Dialled]]:
        """Take out the results so far."""
        results, self._results = self._results, []
        return results

    def lines(self) -> tuple[Line, ...]:
        """Name the lines that have no result yet."""
        return (*self._open, *self._waiting)

    def close(self) -> None:
        """Hang up everywhere."""
        self._waiting.clear()
        self._queued.clear()
        for line, dial in self._open.items():
            self._inbox.forget((DIAL, line))
            dial.close()
        self._open.clear()

    # --- one dial ----------------------------------------------------------------------------

    def _go(self, line: Line, dial: Dial, mono: float) -> None:
        """Go on with *dial*. It is in no list meanwhile: a bug in it ends it, and nothing else."""
        self._inbox.forget((DIAL, line))
        self._timers.put((DIAL, line), None)
        with ExitStack() as bug:
            bug.callback(dial.close)
            result = dial.go(mono)
            bug.pop_all()
        fd = dial.fileno()
        if result is not None or fd is None:
            self._end(line, dial, result or dial.expire(mono))
            return
        self._open[line] = dial
        self._inbox.watch(fd, (DIAL, line), dial.events)
        self._timers.put((DIAL, line), dial.deadline)

    def _end(self, line: Line, dial: Dial, result: Dialled) -> None:
        self._inbox.forget((DIAL, line))
        self._timers.put((DIAL, line), None)
        dial.close()
        self._results.append((line[0], result))


def line_of(who: object) -> Line:
    """Give back the line that an owner stands for."""
    match who:
        case (str() as name, Connection() as endpoint):
            return name, endpoint
    raise LookupError(f"{who} is no line of a dial")


def dial_all(
    calls: Mapping[str, Iterable[Connection]], seconds: float
) -> list[tuple[str, Dialled]]:
    """Dial everybody and wait, *seconds* at most: for those who look once and have no loop."""
    inbox = Inbox()
    board = Switchboard(inbox)
    until = clock.now().mono + seconds
    for name, endpoints in calls.items():
        board.call(name, endpoints)
    while board.under_way and (mono := clock.now().mono) < until:
        board.pump(mono)
        board.overdue(mono)
        due = board.due()
        soonest = min(until, due) if due is not None else mono
        for owner, _, _ in inbox.wait(max(0.0, soonest - mono)):
            board.ready(line_of(owner[1]), clock.now().mono)
    late = [(line[0], _late(line[1], until)) for line in board.lines()]
    board.close()
    inbox.close()
    return board.take() + late


def _late(endpoint: Connection, mono: float) -> Dialled:
    return Dialled(endpoint, Answer.UNKNOWN, mono, mono, "there was no time left to wait for it")
