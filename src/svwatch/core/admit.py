"""Admission: which of the restarts that are due may begin, so that not all are down at once."""

from collections.abc import Mapping

from msgspec import Struct

from svwatch.core.phases import Phase
from svwatch.core.plan import Group, Plan, Service
from svwatch.core.state import Goal, State

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


def admit(plan: Plan, states: Mapping[str, State]) -> Admission:
    """Grant bids, the one furthest over its limit first, within every group and the host."""
    services = {service.name: service for service in plan.services}
    down = {name for name in services if name in states and is_down(states[name])}
    busy = {name for name in services if name in states and _restarts(states[name])}
    granted: list[str] = []
    behind: dict[str, tuple[str, ...]] = {}
    for name in _in_order(services, states):
        ahead = _ahead(plan, services[name], down)
        if not ahead and len(busy) >= plan.restarts_at_once:
            ahead = tuple(sorted(busy))
        if ahead:
            behind[name] = ahead
            continue
        granted.append(name)
        down.add(name)
        busy.add(name)
    return Admission(tuple(granted), behind)


def _restarts(state: State) -> bool:
    return state.intent is not None and state.intent.goal is Goal.RESTART


def _in_order(services: Mapping[str, Service], states: Mapping[str, State]) -> list[str]:
    bids = [
        (-state.bid.excess, state.bid.since, name)
        for name, state in states.items()
        if state.bid is not None and name in services
    ]
    return [name for _, _, name in sorted(bids)]


def _ahead(plan: Plan, service: Service, down: set[str]) -> tuple[str, ...]:
    """Give the members that are down where one more would be too many."""
    ahead: set[str] = set()
    for group in plan.groups:
        if group.name not in service.groups:
            continue
        members = [one.name for one in plan.services if group.name in one.groups]
        gone = [name for name in members if name in down and name != service.name]
        if len(gone) >= limit(group, len(members)):
            ahead.update(gone)
    return tuple(sorted(ahead))


def limit(group: Group, members: int) -> int:
    """Give how many of *members* may be down; a percentage allows one at least."""
    return max(1, group.max_down.of(members)) if members else 0
