"""Admission: which of the restarts that are due may begin, so that not all are down at once."""

from collections.abc import Mapping

from msgspec import Struct

from svwatch.core.phases import Phase
from svwatch.core.plan import Group, Plan, Service
from svwatch.core.standing import serving
from svwatch.core.state import Bid, Goal, State

Wish = tuple[str, Bid]

DOWN = {Phase.STOPPING, Phase.STUCK, Phase.STARTING, Phase.SETTLING, Phase.AWAITING}


class Admission(Struct, frozen=True):
    """Who may begin, and behind whom the others wait."""

    granted: tuple[str, ...] = ()
    behind: dict[str, tuple[str, ...]] = {}


def is_down(state: State) -> bool:
    """Whether a member counts as down: under remediation, absent, or held down by us."""
    if state.intent is not None or state.phase in DOWN:
        return True
    return state.phase is Phase.BACKOFF and state.holding


def is_missing(state: State) -> bool:
    """Whether a member is not up for `min_up`: down, for whatever reason."""
    return state.looked is not None and not serving(state)


def admit(plan: Plan, states: Mapping[str, State]) -> Admission:
    """Grant bids, the one furthest over its limit first, within every group and the host.

    What operators asked for goes before what rules want. A restart of what is down already
    takes nobody away, so only the host's limit holds for it.
    """
    services = {service.name: service for service in plan.services}
    floor = Floor(plan, states)
    busy = {name for name in services if name in states and _restarts(states[name])}
    granted: list[str] = []
    behind: dict[str, tuple[str, ...]] = {}
    for name, bid in _in_order(services, states):
        ahead = _needed(states[name], bid) or floor.ahead(services[name], bid.goal)
        if not ahead and len(busy) >= plan.restarts_at_once:
            ahead = tuple(sorted(busy))
        if ahead:
            behind[name] = ahead
            continue
        granted.append(name)
        floor.take(name)
        busy.add(name)
    return Admission(tuple(granted), behind)


def _needed(state: State, bid: Bid) -> tuple[str, ...]:
    """Give the services that must be well first."""
    if not bid.who:
        return state.ties.problem
    return state.ties.missing if bid.goal is Goal.START else ()


def _restarts(state: State) -> bool:
    intent = state.intent
    return intent is not None and (intent.goal is Goal.RESTART or intent.who.startswith("operator"))


def _in_order(services: Mapping[str, Service], states: Mapping[str, State]) -> list[Wish]:
    bids = [
        (not state.bid.who, -state.bid.excess, state.bid.since, name, state.bid)
        for name, state in states.items()
        if state.bid is not None and name in services
    ]
    order = {name: at for at, name in enumerate(services)}
    bids.sort(key=lambda one: (*one[:3], order[one[3]]))
    return [(name, bid) for _, _, _, name, bid in bids]


class Floor:
    """Who of every group is down, or about to be, while bids are granted one by one."""

    def __init__(self, plan: Plan, states: Mapping[str, State]) -> None:
        """Begin with what is so already."""
        known = {one.name: states[one.name] for one in plan.services if one.name in states}
        self._plan = plan
        self._down = {name for name, state in known.items() if is_down(state)}
        self._acting = {name for name, state in known.items() if state.intent is not None}
        self._missing = {name for name, state in known.items() if is_missing(state)}

    def take(self, name: str) -> None:
        """Count *name* as down from now on."""
        self._down.add(name)
        self._acting.add(name)

    def ahead(self, service: Service, goal: Goal) -> tuple[str, ...]:
        """Give the members that are down where one more would be too many."""
        ahead: set[str] = set()
        for group in self._plan.groups:
            if group.name not in service.groups:
                continue
            members = [one.name for one in self._plan.services if group.name in one.groups]
            ahead.update(self._too_many(group, members, service.name, goal))
        return tuple(sorted(ahead))

    def _too_many(self, group: Group, members: list[str], name: str, goal: Goal) -> list[str]:
        # Only a restart takes somebody away who is wanted; a stop of all must come to its end.
        counted = self._down if goal is Goal.RESTART else self._acting
        gone = [one for one in members if one in counted and one != name]
        if name in self._down:
            return []
        if len(gone) >= limit(group, len(members)):
            return gone
        if goal is not Goal.RESTART or group.min_up is None:
            return []
        missing = [one for one in members if one in self._missing | self._down and one != name]
        wanted = group.min_up.of(len(members), up=True)
        left = len(members) - len(missing) - 1
        # Where all must be up, max_down alone decides: else no restart could ever be.
        return missing if missing and left < wanted < len(members) else []


def limit(group: Group, members: int) -> int:
    """Give how many of *members* may be down; a percentage allows one at least."""
    return max(1, group.max_down.of(members)) if members else 0
