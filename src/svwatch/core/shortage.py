"""Groups that have fewer members up than they must have (`min_up`)."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from svwatch.core.headcount import MOST, UNDER_WAY, is_up
from svwatch.core.kinds import TABLE, Kind
from svwatch.core.plan import Group, Plan, Service
from svwatch.core.seen import Now
from svwatch.core.snapshot import ServiceSnap
from svwatch.core.standing import serving
from svwatch.core.state import State
from svwatch.core.status import Status, status_of

IN_HAND = frozenset({Kind.ON_HOLD})
"""Somebody works on it: whatever it does is meant, for a while."""


class Shortage(Struct, frozen=True):
    """A group with *up* of *members* up where *wanted* must be; *down* are the others."""

    group: str
    up: int
    wanted: int
    members: int
    down: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """A sentence: `2 of 4 up, min_up 3; not: dj-3, dj-4`."""
        named, rest = self.down[:MOST], len(self.down) - MOST
        more = f" and {rest} more" if rest > 0 else ""
        return (
            f"{self.up} of {self.members} up, min_up {self.wanted}; not: {', '.join(named)}{more}"
        )


def shortages(plan: Plan, states: Mapping[str, State], at: Now) -> tuple[Shortage, ...]:
    """Give the groups of *plan* that are below their min_up."""
    found = []
    for group in plan.groups:
        if group.min_up is not None:
            members = [one for one in plan.services if group.name in one.groups]
            down = [one.name for one in members if is_missing(one, states.get(one.name), at)]
            found.append(_shortage(group, len(members), down))
    return tuple(one for one in found if one is not None)


def _shortage(group: Group, members: int, down: list[str]) -> Shortage | None:
    wanted = group.min_up.of(members, up=True) if group.min_up is not None else 0
    up = members - len(down)
    return Shortage(group.name, up, wanted, members, tuple(down)) if up < wanted else None


def is_missing(service: Service, state: State | None, at: Now) -> bool:
    """Whether a member is down for longer than a moment; what is unknown is not down."""
    if state is None or state.looked is None or serving(state):
        return False
    return status_of(service, state, at).kind not in UNDER_WAY | IN_HAND


def group_rows(groups: Iterable[Group], services: Iterable[ServiceSnap]) -> tuple[ServiceSnap, ...]:
    """Give a row for every group that is below its min_up, as `status` and `--check` show it."""
    every = tuple(services)
    found = []
    for group in groups:
        members = [one for one in every if group.name in one.groups]
        down = [
            one.name
            for one in members
            if not is_up(one.status.kind, one.pid) and one.status.kind not in IN_HAND
        ]
        short = _shortage(group, len(members), down)
        if short is not None:
            found.append(_row(short))
    return tuple(found)


def _row(short: Shortage) -> ServiceSnap:
    kind = Kind.BELOW
    status = Status(
        kind=kind,
        words=kind.value,
        code=TABLE[kind].code,
        sentence=f"{kind.value}: {short.says}",
        reason=short.says,
    )
    return ServiceSnap(name=f"group {short.group}", status=status)
