"""Keeps services that hang together informed of each other (`after:`, `depends_on:`)."""

from collections.abc import Iterable, Mapping

from svwatch.core.lease import Ties
from svwatch.core.neighbours import Web, ties, web
from svwatch.core.plan import Plan
from svwatch.core.state import State
from svwatch.shell.ward import Ward


class Tied:
    """The web of the configuration in force."""

    def __init__(self) -> None:
        """Know of no services yet."""
        self.musters = False  # whether a group must have some of its members up
        self._plan: Plan | None = None
        self._web = Web({}, {}, {})

    def of(self, plan: Plan) -> None:
        """Go by *plan* from now on."""
        if plan is not self._plan:
            self._plan, self._web = plan, web(plan)
            self.musters = any(group.min_up is not None for group in plan.groups)

    def __contains__(self, name: str) -> bool:
        return name in self._web.services

    @property
    def any(self) -> bool:
        """Whether any service is tied to another."""
        return bool(self._web.services)

    def order(self, names: Iterable[str]) -> list[str]:
        """Put prerequisites before what needs them: what ails them is known first."""
        rank = self._web.rank
        return sorted(names, key=lambda name: rank.get(name, 0)) if rank else list(names)

    def tell(self, ward: Ward, states: Mapping[str, State]) -> None:
        """Let *ward*, which is tied to others, know what they mean for it now."""
        found = ties(self._web, ward.name, states)
        told = [one for one in ward.inputs if not isinstance(one, Ties)]
        if len(told) != len(ward.inputs):
            ward.inputs[:] = told
        if found != ward.state.ties:
            ward.inputs.append(found)

    def stale(self, states: Mapping[str, State]) -> list[str]:
        """Give the services that must be looked at because another one has changed."""
        known = self._web.services
        return [
            name
            for name in known
            if name in states and ties(self._web, name, states) != states[name].ties
        ]
