"""All services at once: look, think, record in one transaction, and only then act."""

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Protocol, TypeVar

from svwatch.core.event import Event
from svwatch.core.ledger import Notify
from svwatch.core.plan import Service
from svwatch.core.route import Route
from svwatch.core.seen import Now
from svwatch.core.state import State
from svwatch.shell import host
from svwatch.shell.deeds import Deeds, News
from svwatch.shell.evidence import with_evidence
from svwatch.shell.muster import muster
from svwatch.shell.notes import LOOKED
from svwatch.shell.own import SERVICE, Own
from svwatch.shell.roster import Roster
from svwatch.shell.store import Committed, Compose, Store, StoreFailed, Turn
from svwatch.shell.tied import Tied
from svwatch.shell.turn import Turned, adopt, to_write, turn
from svwatch.shell.ward import Mind, Ward

T = TypeVar("T")


class Guard(Protocol):
    """Calls one turn; after a bug of our own in it, it tells so and gives None."""

    def __call__(self, name: str, call: Callable[..., T], /, *args: object) -> T | None:
        """Give what *call* gives for *args*."""
        ...


def unguarded(_name: str, call: Callable[..., T], /, *args: object) -> T | None:
    """Let our own bugs end the process: the way of everything but the daemon."""
    return call(*args)


class Watch:
    """The wards, what is on record of them, and the hands that act for them."""

    def __init__(
        self,
        *,
        roster: Roster,
        store: Store,
        deeds: Deeds,
        mind: Mind,
        own: Own,
        compose: Compose,
        clock: Callable[[], Now],
        wall: Callable[[], float],
        going_down: Callable[[], bool] = host.going_down,
    ) -> None:
        self.roster = roster
        self.store = store
        self.deeds = deeds
        self.own = own
        self.clock = clock
        self.wall = wall
        self.guard: Guard = unguarded
        self.routes: tuple[Route, ...] = ()  # who is told
        self.again: set[str] = set()  # names that must be looked at once more, at once
        self.stepped: tuple[str, ...] = ()  # who was not merely quiet in the last turn
        self.passed: list[Turn] = []  # of members that came and went: to be put on record
        self.elsewhere: dict[str, State] = {}  # of services that another svwatch has in hand
        self.unrecorded = ""  # why nothing can be recorded; then nothing new is begun
        self.notices: list[tuple[Service, Notify]] | None = None  # for who asks: what was told
        self.unexported = ""  # why the file of metrics cannot be written
        self._mind = mind
        self.compose = compose
        self._going_down = going_down
        self._tied = Tied()

    def turn(self, agenda: Mapping[str, bool]) -> tuple[Event, ...]:
        """Take the turns of *agenda* (name: whether its look is a scheduled one).

        Returns the events that were written or amended.
        """
        now = self.clock()
        self._tied.of(self.roster.plan)
        turned = self._looks(agenda, now)
        self.stepped = tuple(turned)
        self._admit(turned)
        if self._tied.musters or self.own.state.incidents:
            muster(self.own, self.roster.plan, self._states(turned), now)
        acts = bool(self.own.owed) or any(one.effects for one in turned.values())
        if acts and self._going_down():
            self._postpone(turned.values(), now)
            return ()
        events = self._settle(list(turned.values()), now)
        if self._tied.any and not self.unrecorded:  # else the next scheduled look is soon enough
            wards = self.roster.wards
            stale = self._tied.stale(self._states({}))
            self.again.update(name for name in stale if not wards[name].trouble)
        return events

    def _states(self, turned: Mapping[str, Turned]) -> dict[str, State]:
        """Give what is believed of everybody, with what was thought just now."""
        states = {name: ward.state for name, ward in self.roster.wards.items()}
        return states | self.elsewhere | {name: one.state for name, one in turned.items()}

    def _looks(self, agenda: Mapping[str, bool], now: Now) -> dict[str, Turned]:
        turned: dict[str, Turned] = {}
        for name in self._tied.order(agenda):
            ward, scheduled = self.roster.wards.get(name), agenda[name]
            if ward is None or ward.is_gone():
                continue
            if name in self._tied:
                self._tied.tell(ward, self._states(turned))
            if (one := self.guard(name, self._look, ward, now, scheduled)) is not None:
                turned[name] = one
        return turned

    def _look(self, ward: Ward, now: Now, scheduled: bool) -> Turned | None:
        return turn(ward, self._mind, now, scheduled=scheduled, commands=self.deeds.commands)

    def _admit(self, turned: Mapping[str, Turned]) -> None:
        """Let those begin whom admission lets; think on over what they saw."""
        if not turned:
            return
        states = self._states(turned)
        if all(state.bid is None for state in states.values()):
            return
        admission = self._mind.admit(self.roster.plan, states)
        for name, one in turned.items():
            one.behind(admission.behind.get(name, ()))
        for name in admission.granted:
            if name in turned:
                self.guard(name, turned[name].then, self._mind)
            else:
                self.again.add(name)  # it was not looked at now, and must be before it acts

    def _settle(self, turned: list[Turned], now: Now) -> tuple[Event, ...]:
        """Put everything on record, believe it, do it."""
        turns, owed = self._turns(turned), len(self.own.owed)
        try:
            committed = self._commit(turns, now) if turns else None
        except StoreFailed as error:
            self._cannot_record(error, turned, now)
            return ()
        for one in turned:
            self._believe(one)
        if committed is None:
            return ()
        self.unrecorded = ""
        self.own.recorded(owed)
        self.roster.removed.clear()
        self.passed.clear()
        self._note_told(turns)
        self.tell(self.deeds.perform(committed, now.mono))
        return committed.events

    def _note_told(self, turns: Iterable[Turn]) -> None:
        """Remember what people were told of, where somebody wants to know."""
        if self.notices is not None:
            self.notices += [
                (turn.service, effect)
                for turn in turns
                for effect in turn.effects
                if isinstance(effect, Notify)
            ]

    def _turns(self, turned: list[Turned]) -> list[Turn]:
        turns = [Turn(service=service, removed=True) for service in self.roster.removed]
        turns += self.passed
        if self.own.owed:
            turns.append(Turn(service=SERVICE, state=self.own.state, effects=self.own.owed))
        for one in turned:
            state = to_write(one)
            if state is not None or one.effects or one.closed:
                turns.append(
                    Turn(
                        service=one.service,
                        state=state,
                        effects=with_evidence(
                            one.effects, one.service, one.ward.state, one.state, one.seen
                        ),
                        removed=one.closed,
                    )
                )
        return turns

    def _commit(self, turns: list[Turn], now: Now) -> Committed:
        return self.store.commit(turns, self.compose, self.routes, self.wall(), now)

    def _believe(self, one: Turned) -> None:
        if (written := to_write(one)) is not None:
            one.ward.written = written
        adopt(one, self._mind)
        if one.closed:
            self.roster.closed(one.ward)
            self.again.add(one.ward.name)  # for an heir

    def _cannot_record(self, error: StoreFailed, turned: list[Turned], now: Now) -> None:
        """Begin nothing that is not on record; look again at the next scheduled look."""
        self.unrecorded = error.reason
        self._postpone(turned, now)

    def _postpone(self, turned: Iterable[Turned], now: Now) -> None:
        """Believe nothing of this turn; its inputs stay for the next one."""
        for one in turned:
            one.ward.due = None
            one.ward.hunted(now.mono)

    def tell(self, news: News) -> None:
        """Hand outcomes to their services, which are looked at once more for it."""
        for name, outcome in news:
            if (ward := self.roster.wards.get(name)) is not None:
                ward.inputs.append(outcome)
                self.again.add(name)

    def ties(self, name: str) -> bool:
        """Whether *name* hangs together with other services."""
        return name in self._tied

    def save(self, now: Now, names: Container[str] | None = None) -> tuple[Event, ...]:
        """Write every state as it is, good marks and all; give the events that were written.

        *names*: of these only.
        """
        wards = [ward for ward in self.roster.wards.values() if names is None or ward.name in names]
        turns = [Turn(service=ward.service, state=ward.state) for ward in wards]
        turns.append(Turn(service=SERVICE, state=self.own.state, effects=self.own.owed))
        owed = len(self.own.owed)
        committed = self._commit(turns, now)
        self.own.recorded(owed)
        return committed.events

    def keep_own(self, now: Now) -> tuple[Event, ...]:
        """Write what is known of svwatch itself, with all that is owed of it, at once."""
        owed = len(self.own.owed)
        told = Turn(service=SERVICE, state=self.own.state, effects=self.own.owed)
        try:
            committed = self._commit([told], now)
        except StoreFailed as error:
            self.unrecorded = error.reason
            return ()
        self.own.recorded(owed)
        return committed.events

    def remember(self, *notes: tuple[str, str]) -> None:
        """Write the largest memory of each service within the last minute, and that we live.

        *notes* (key, value) go into the same batch.
        """
        wall = self.wall()
        minute = int(wall // 60)
        rows = [(ward.name, minute, _peak(ward)) for ward in self.roster.wards.values()]
        self.store.minute([row for row in rows if row[2]], [(LOOKED, f"{wall:.0f}"), *notes])


def _peak(ward: Ward) -> int:
    """Take the largest totalmem since it was asked last; a quiet ward has not moved."""
    known = ward.state.known
    now = 0 if known is None or known.memory is None else known.memory
    peak, ward.peak = max(ward.peak, now), 0
    return peak
