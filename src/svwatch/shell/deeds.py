"""What was decided is done here, and what came of it goes on record."""

from collections.abc import Callable, Container, Iterable

from svwatch.core.seen import Incarnation, Kind, Outcome, World
from svwatch.core.state import Run, Signal, TakeDown
from svwatch.shell.hands import Hands, Report
from svwatch.shell.store import Committed, Store, StoreFailed

News = list[tuple[str, Outcome]]  # the service, and what became of its command


class Deeds:
    """The hands with a record of what they do. Instants are CLOCK_MONOTONIC seconds."""

    def __init__(self, hands: Hands, store: Store, complain: Callable[[str], None]) -> None:
        """Use *hands*, write to *store*, and *complain* of what neither could do."""
        self.hands = hands
        self._store = store
        self._complain = complain
        self._earlier: dict[str, tuple[Incarnation, ...]] = {}

    def resume(self, world: World, others: Container[str] = ()) -> News:
        """Take over the commands of an earlier life: their outcome is lost, they may live.

        *others*: services whose commands belong to a svwatch that is at work.
        """
        news: News = []
        for one in self._store.open_commands():
            if one.service in others:
                continue
            self._close(one.run_id, None, "svwatch ended before it did")
            news.append((one.service, Outcome(one.kind, one.serial, None, lost=True)))
            if one.pid and one.boot_id == world.boot_id:
                living = (*self._earlier.get(one.service, ()), Incarnation(one.pid, one.ticks or 0))
                self._earlier[one.service] = living
        return news

    def commands(self, service: str) -> tuple[Incarnation, ...]:
        """Give our commands for *service* that live, or may live."""
        return self.hands.busy(service) + self._earlier.get(service, ())

    def perform(self, committed: Committed, now: float) -> News:
        """Run and signal what is on record; give what failed at once."""
        news = [one for name, signal in committed.signals for one in self._signal(name, signal)]
        news += [one for name, order in committed.orders for one in self._take_down(name, order)]
        events = {(event.service, event.serial): event.number for event in committed.events}
        begun = [
            self._begin(name, run, run_id, events.get((name, run.serial)), now)
            for name, run, run_id in committed.runs
        ]
        return news + self._news(report for report in begun if report is not None)

    def _signal(self, name: str, signal: Signal) -> News:
        """Send *signal*; give what came of it where an event waits for that."""
        pid, why = signal.incarnation.pid, self.hands.signal(signal)
        if why:
            self._complain(f"{name}: {signal.name} not sent to pid {pid}: {why}")
        if signal.serial is None:
            return []
        said = f"not sent to pid {pid}: {why}" if why else f"sent to pid {pid}"
        said = f"{signal.name} {said}"
        return [(name, Outcome(Kind.SIGNAL, signal.serial, None, said))]

    def _take_down(self, name: str, order: TakeDown) -> News:
        """Have runsv take it down; give why not, where that could not be said to it."""
        why = self.hands.take_down(order)
        if not why:
            return []
        self._complain(f"{name}: not taken down by {order.name}: {why}")
        return [(name, Outcome(Kind.SIGNAL, order.serial, None, f"{order.name} not sent: {why}"))]

    def _begin(
        self, name: str, run: Run, run_id: int, event: int | None, now: float
    ) -> Report | None:
        child = self.hands.begin(name, run, run_id, now=now, event=event)
        if isinstance(child, Report):
            return child
        try:
            self._store.command_began(run_id, child.pid, child.ticks)
        except StoreFailed as error:
            self._complain(f"{name}: the pid of a command is not on record: {error}")
        return None

    def readable(self, fd: int, now: float) -> News:
        """Collect the command behind *fd*."""
        report = self.hands.readable(fd, now)
        return self._news([report] if report else [])

    def overdue(self, now: float) -> News:
        """End what is over its timeout, and keep outputs bounded."""
        self.hands.tend(now)
        return self._news(self.hands.overdue(now))

    def _news(self, reports: Iterable[Report]) -> News:
        news: News = []
        for report in reports:
            if report.ended:
                self._close(report.run_id, report.outcome.exit, report.outcome.detail)
            if not report.late:
                news.append((report.service, report.outcome))
        return news

    def _close(self, run_id: int, code: int | None, detail: str) -> None:
        try:
            self._store.command_ended(run_id, code, detail)
        except StoreFailed as error:
            self._complain(f"the end of command {run_id} is not on record: {error}")
