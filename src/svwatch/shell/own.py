"""What svwatch has to say of itself, in the same ledger as everything else."""

from msgspec.structs import replace

from svwatch.core.ledger import Discard, Facts, Line, Notify, Record, What, Why
from svwatch.core.level import Level
from svwatch.core.plan import Service
from svwatch.core.seen import Now
from svwatch.core.state import Daily, Effect, Incident, State

NAME = "svwatch"
SERVICE = Service(name=NAME, where="built in")


class Own:
    """The watchdog as a name in its own ledger: events, and the serial of the last one."""

    def __init__(self, state: State) -> None:
        """Go on after the last event that *state* knows."""
        self.state = state
        self._effects: list[Effect] = []
        self._serials: dict[str, int] = {}  # of events that are amended: by their cause

    def record(
        self,
        at: Now,
        what: What,
        level: Level = Level.NOTICE,
        *,
        facts: Facts | None = None,
        lines: tuple[Line, ...] = (),
        told: bool = False,
        cause: str = "",
    ) -> int:
        """Write an event, or amend the one of the same *cause*; *told*: people hear of it."""
        known = self._serials.get(cause) if cause else None
        serial = self._new(cause) if known is None else known
        facts = facts or Facts()
        record = Record(
            serial=serial, at=at, what=what, level=level, facts=facts, lines=lines, closed=not cause
        )
        self._effects.append(record)
        if told and known is None:
            self._effects.append(Notify(serial, Why.RAISED, level))
        return serial

    def discard(self, letters: tuple[int, ...]) -> None:
        """Take *letters* out of the outbox in the transaction of what was recorded before."""
        self._effects.append(Discard(letters))

    def raise_(
        self,
        at: Now,
        key: str,
        what: What,
        level: Level,
        facts: Facts,
        *,
        tell: bool = True,
        not_to: tuple[str, ...] = (),
    ) -> None:
        """Open incident *key*: it is kept over restarts of ours, and told once (*tell*).

        *not_to*: these routes, or targets of routes, hear nothing of it.
        """
        self.state = replace(self.state, serial=self.state.serial + 1)
        serial = self.state.serial
        told = at.mono if tell else None
        incident = Incident(serial=serial, what=what, level=level, raised=at.mono, told=told)
        self.state = replace(self.state, incidents=self.state.incidents | {key: incident})
        self._effects.append(Record(serial=serial, at=at, what=what, level=level, facts=facts))
        if tell:
            self._effects.append(Notify(serial, Why.RAISED, level, not_to=not_to))

    def clear(self, at: Now, key: str, what: What, facts: Facts) -> None:
        """Close incident *key* and tell those who heard of it."""
        incident = self.state.incidents[key]
        rest = {name: one for name, one in self.state.incidents.items() if name != key}
        self.state = replace(self.state, incidents=rest)
        record = Record(serial=incident.serial, at=at, what=what, facts=facts, closed=True)
        self._effects += [record, Notify(incident.serial, Why.CLEARED, incident.level)]

    def remember(self, said: Daily) -> None:
        """Keep when the daily word was said."""
        self.state = replace(self.state, daily=said)

    def _new(self, cause: str) -> int:
        self.state = replace(self.state, serial=self.state.serial + 1)
        if cause:
            self._serials[cause] = self.state.serial
        return self.state.serial

    @property
    def owed(self) -> tuple[Effect, ...]:
        """What is not on record yet."""
        return tuple(self._effects)

    def recorded(self, count: int) -> None:
        """Forget the first *count* of what was owed: they are on record."""
        del self._effects[:count]
