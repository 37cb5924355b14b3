"""When whom to look at: scheduled rounds, and extra looks in between."""

from collections.abc import Hashable, Iterable

from svwatch.shell.inbox import Owner, Timers
from svwatch.shell.ward import Ward

ROUND = "round"  # timer of all services with one interval: their looks share one commit
WARD = "ward"  # timer of an extra look at one service


class Agenda:
    """The names that are due, and whether their look is a scheduled one."""

    def __init__(self) -> None:
        self.timers = Timers()
        self.names: dict[str, bool] = {}

    def look(self, names: Iterable[str], *, scheduled: bool = False) -> None:
        """Look at *names* in the next turn."""
        for name in names:
            self.names[name] = scheduled or self.names.get(name, False)

    def begin(self, wards: Iterable[Ward], mono: float) -> None:
        """Schedule a round for every interval that has none yet."""
        for interval in {ward.service.interval for ward in wards}:
            if not self.timers.has((ROUND, interval)):
                self.timers.put((ROUND, interval), mono + interval)

    def wake(self, ward: Ward, mono: float) -> None:
        """Plan the next extra look at *ward*."""
        self.timers.put((WARD, ward.name), ward.wake(mono))

    def forget(self, name: str) -> None:
        """Plan nothing more for *name*."""
        self.timers.put((WARD, name), None)
        self.names.pop(name, None)

    def due(self, wards: Iterable[Ward], mono: float) -> list[Owner]:
        """Enter everybody who is due at *mono*; give the other timers that are."""
        others: list[Owner] = []
        for kind, who in self.timers.take(mono):
            if kind == ROUND:
                self._round(wards, who, mono)
            elif kind == WARD:
                self.look([str(who)])
            else:
                others.append((kind, who))
        return others

    def _round(self, wards: Iterable[Ward], interval: Hashable, mono: float) -> None:
        """Look at all with *interval*; a round that was missed is not made up for."""
        names = [ward.name for ward in wards if ward.service.interval == interval]
        self.look(names, scheduled=True)
        if names and isinstance(interval, float | int):
            self.timers.put((ROUND, interval), mono + interval)

    def take(self) -> dict[str, bool]:
        """Take out the names for this turn."""
        names, self.names = self.names, {}
        return names
