"""Who is watched: wards by name, as configurations and records come and go."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from svwatch.core.phases import Phase
from svwatch.core.plan import Plan, Service
from svwatch.core.seen import Now, Removed
from svwatch.core.state import State
from svwatch.shell.own import NAME
from svwatch.shell.records import outdated
from svwatch.shell.store import Saved, Turn
from svwatch.shell.ward import Mind, Sight, Ward, down_by_us


class Roster:
    """The wards. *sight* opens the eyes for a service."""

    def __init__(
        self,
        mind: Mind,
        sight: Callable[[Service], Sight],
        saved: Mapping[str, Saved],
    ) -> None:
        """Know what is on record; nothing is watched yet."""
        self.plan = Plan(source="")
        self.wards: dict[str, Ward] = {}
        self.removed: list[Service] = []  # rows that the next commit takes out
        self.unread: dict[str, str] = {}  # patterns whose directory cannot be read, and why
        self.others: frozenset[str] = frozenset()  # another svwatch acts on them: not our business
        self._mind = mind
        self._sight = sight
        self._saved = {name: one for name, one in saved.items() if name != NAME}

    def records(self) -> tuple[str, ...]:
        """Take up the services that an earlier life took down and did not bring back.

        What is stored of them is enough to go on; the configuration may not even load.
        """
        for name, saved in self._saved.items():
            if name not in self.others and down_by_us(saved.service, saved.state):
                self.wards[name] = ward = self._ward(saved.service, saved.state)
                ward.written = saved.state
        return tuple(self.wards)

    def give_up(self, now: Now, away: float) -> list[Turn]:
        """Give up what is too old to be acted upon, and say what must go on record for that."""
        turns = [turn for saved in self._saved.values() if (turn := outdated(saved, now, away))]
        for turn in turns:
            if turn.state is not None:
                self._saved[turn.service.name] = Saved(turn.state, turn.service)
        return turns

    def before(self) -> dict[str, State]:
        """Give the states on record."""
        return {name: saved.state for name, saved in self._saved.items()}

    def adopt(self, plan: Plan) -> tuple[str, ...]:
        """Watch what *plan* says; give the names that need a look at once."""
        planned = {service.name: service for service in plan.services}
        self.plan = plan
        for name in [name for name in self.wards if name not in planned]:
            self._let_go(self.wards[name])
        for service in plan.services:
            if service.name not in self.others:
                self._take_up(service)
        strange = self.wards.keys() | self.others
        for name in [name for name in self._saved if name not in strange]:
            self.removed.append(self._saved.pop(name).service)
        return tuple(self.wards)

    def _take_up(self, service: Service) -> None:
        ward = self.wards.get(service.name)
        if ward is None:
            self._begin(service)
        elif ward.state.phase is Phase.LEAVING or _leaves(ward):
            ward.heir = service
        elif ward.service != service:
            self._change(ward, service)

    def _begin(self, service: Service) -> None:
        saved = self._saved.pop(service.name, None)
        if saved is None or _target(saved.service) != _target(service):
            state = _anew(saved.state) if saved else State()
            self.wards[service.name] = self._ward(service, state)
            return
        leaves = saved.state.leaving
        ward = self._ward(saved.service if leaves else service, saved.state)
        ward.written = saved.state if saved.service == service else None
        ward.heir = service if leaves else None
        self.wards[service.name] = ward

    def _change(self, ward: Ward, service: Service) -> None:
        """Give *ward* its new definition; another process altogether is another ward."""
        if _target(ward.service) == _target(service):
            ward.looker.close()
            ward.service, ward.looker = service, self._sight(service)
            ward.memory = self._mind.memory_for(service, ward.state)
            ward.written = ward.seen = None
        elif ward.under_way:
            ward.heir = service
            ward.inputs.append(Removed())
        else:
            ward.looker.close()
            self.wards[ward.name] = self._ward(service, _anew(ward.state))

    def _let_go(self, ward: Ward) -> None:
        ward.heir = None
        if not ward.under_way:
            self.closed(ward)
            self.removed.append(ward.service)
        elif not _leaves(ward):
            ward.inputs.append(Removed())

    def leave(self) -> None:
        """Tell every ward that its service is no longer configured."""
        for ward in list(self.wards.values()):
            self._let_go(ward)

    def closed(self, ward: Ward) -> None:
        """Take *ward* out: nothing of it is under way any more. Its heir takes its name."""
        ward.looker.close()
        self._saved.pop(ward.name, None)
        del self.wards[ward.name]
        if ward.heir is not None:
            self.wards[ward.name] = self._ward(ward.heir, _anew(ward.state))

    # --- members of patterns -----------------------------------------------------------------

    def members(self) -> tuple[str, ...]:
        """Give those that a pattern found, now or in an earlier life, and nobody forgot."""
        saved = [name for name, one in self._saved.items() if one.service.family is not None]
        watched = [name for name, ward in self.wards.items() if ward.service.family is not None]
        return tuple(dict.fromkeys((*watched, *saved)))

    def renew(self, ward: Ward, state: State) -> None:
        """Let *ward* be what *state* says: it has gone, or come back, and is looked at anew."""
        ward.looker.close()
        self.wards[ward.name] = fresh = self._ward(ward.service, state)
        fresh.written = state

    def forget(self, ward: Ward) -> None:
        """Take the member *ward* out: it is meant to be gone."""
        ward.looker.close()
        del self.wards[ward.name]
        rest = tuple(one for one in self.plan.services if one.name != ward.name)
        self.plan = replace(self.plan, services=rest)

    def _ward(self, service: Service, state: State) -> Ward:
        memory = self._mind.memory_for(service, state)
        return Ward(service, state, self._sight(service), memory)


def _leaves(ward: Ward) -> bool:
    return ward.state.leaving or any(isinstance(one, Removed) for one in ward.inputs)


def _anew(state: State) -> State:
    """Give the first state of another process under the same name: a hold goes on."""
    return State(serial=state.serial, lease=state.lease)


def _target(service: Service) -> tuple[str | None, str | None]:
    """Say what a service is: its directory, or its pidfile."""
    return service.service_dir, service.pidfile
