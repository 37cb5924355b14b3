"""What services mean for each other: who is the problem, who must be down before whom."""

from collections.abc import Mapping

from msgspec import Struct

from svwatch.core.lease import Ties
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Plan, Service
from svwatch.core.standing import serving
from svwatch.core.state import Goal, State

FREE = Ties()


class Web(Struct, frozen=True):
    """Who is tied to whom. *rank*: prerequisites have a lower one than what needs them."""

    services: dict[str, Service]
    dependants: dict[str, tuple[str, ...]]
    rank: dict[str, int]


def web(plan: Plan) -> Web:
    """Give the web of *plan*: only those services that are tied to another one."""
    services = {one.name: one for one in plan.services}
    tied: set[str] = set()
    dependants: dict[str, tuple[str, ...]] = {}
    for one in plan.services:
        for name in (*one.after, *one.depends_on):
            tied |= {one.name, name}
        for name in one.depends_on:
            dependants[name] = (*dependants.get(name, ()), one.name)
    kept = {name: services[name] for name in services if name in tied}
    rank: dict[str, int] = {}
    for name in kept:
        _rank(name, kept, rank)
    return Web(kept, dependants, rank)


def _rank(name: str, services: Mapping[str, Service], rank: dict[str, int]) -> int:
    if name not in rank:
        rank[name] = 0  # should there be a loop after all, it ends here
        one = services.get(name)
        below = (*one.after, *one.depends_on) if one is not None else ()
        rank[name] = 1 + max((_rank(other, services, rank) for other in below), default=-1)
    return rank[name]


def ties(found: Web, name: str, states: Mapping[str, State]) -> Ties:
    """Give what the others mean for *name* now."""
    service = found.services.get(name)
    if service is None:
        return FREE
    needed = tuple(one for one in service.depends_on if one in states)
    watched = tuple(one for one in (*service.after, *needed) if one in states)
    ending = tuple(one for one in needed if _waits_to_end(states[one]))
    dependants = found.dependants.get(name, ())
    return Ties(
        problem=tuple(one for one in watched if is_problem(states[one])),
        first=ending,
        missing=tuple(one for one in needed if _is_missing(states[one])),
        above=tuple(one for one in dependants if _is_above(found.services.get(one), states, one)),
        for_good=bool(ending) and all(_for_good(states[one]) for one in ending),
    )


def is_problem(state: State) -> bool:
    """Whether a service is what is wrong: down, being restarted, or critical."""
    if state.looked is None and state.known is None:
        return False
    loud = any(one.level is Level.CRITICAL for one in state.incidents.values())
    return state.intent is not None or not serving(state) or loud


def _is_missing(state: State) -> bool:
    return state.intent is not None or not serving(state)


def _waits_to_end(state: State) -> bool:
    intent = state.intent
    if intent is None or intent.goal is Goal.START or intent.now:
        return False
    return intent.stop_sent is None and intent.gone is None


def _for_good(state: State) -> bool:
    intent = state.intent
    return intent is not None and intent.goal is Goal.STOP and intent.stay is None


def _is_above(service: Service | None, states: Mapping[str, State], name: str) -> bool:
    """Whether it still runs and will go down; what nobody may touch is not waited for."""
    state = states.get(name)
    if service is None or state is None or service.observe or state.lease is not None:
        return False
    if state.phase in {Phase.UNMONITORED, Phase.BLIND}:
        return False
    intent = state.intent
    ending = intent is not None and intent.goal is not Goal.START and intent.gone is None
    return ending or serving(state)
