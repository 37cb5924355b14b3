"""How many members of a pattern are up, and whether that is enough. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from svwatch.core.family import Family
from svwatch.core.kinds import Code, Kind
from svwatch.core.phrase import several
from svwatch.core.plan import Service
from svwatch.core.seen import Now
from svwatch.core.snapshot import ServiceSnap
from svwatch.core.standing import serving
from svwatch.core.state import State
from svwatch.core.status import Status, status_of

UNDER_WAY = frozenset(
    {Kind.STOPPING, Kind.STARTING, Kind.ABSENT, Kind.NOT_LOOKED, Kind.CANNOT_MEASURE}
)
"""Down for a moment, or nobody knows: no reason to call a member missing."""

MOST = 10  # names in a sentence


def is_up(kind: Kind, pid: int | None) -> bool:
    """Whether a member in that state counts."""
    return kind is not Kind.GONE and (pid is not None or kind in UNDER_WAY)


def rows(
    families: tuple[Family, ...], services: Iterable[ServiceSnap], unread: Mapping[str, str]
) -> tuple[ServiceSnap, ...]:
    """Give a row for every pattern that has too few members up, or nobody knows how many.

    *unread*: patterns whose directory cannot be read, and why.
    """
    every = tuple(services)
    found = [
        _row(family, Kind.CANNOT_MEASURE, Code.UNKNOWN, unread[family.pattern])
        for family in families
        if family.pattern in unread
    ]
    for family in families:
        members = [one for one in every if family.part(one.name) is not None]
        up = [one for one in members if is_up(one.status.kind, one.pid)]
        if family.members is not None and len(up) < family.members:
            missing = [one.name for one in members if one not in up]
            words = sentence(family, len(up), missing)
            found.append(_row(family, Kind.TOO_FEW, Code.WARNING, words))
    return tuple(found)


def _row(family: Family, kind: Kind, code: Code, reason: str) -> ServiceSnap:
    sentence = f"{kind.value}: {reason}"
    status = Status(kind=kind, words=kind.value, code=code, sentence=sentence, reason=reason)
    return ServiceSnap(name=family.pattern, status=status)


def sentence(family: Family, up: int, missing: list[str]) -> str:
    """Say how many are up of how many, and who is not: `198 of 200 members up; not: w-3, w-9`."""
    wanted = several(family.members or 0, "member")
    named, rest = missing[:MOST], len(missing) - MOST
    more = f" and {rest} more" if rest > 0 else ""
    return f"{up} of {wanted} up" + (f"; not: {', '.join(named)}{more}" if named else "")


def too_few(family: Family, members: Sequence[tuple[Service, State]], at: Now) -> str:
    """Say in a sentence that too few of *members* are up; "" where there are enough."""
    wanted = family.members
    down = [one for one in members if not is_plainly_up(one[1])]
    if wanted is None or len(members) - len(down) >= wanted:
        return ""
    missing = [service.name for service, state in down if not _counts(service, state, at)]
    up = len(members) - len(missing)
    return "" if up >= wanted else sentence(family, up, missing)


def is_plainly_up(state: State) -> bool:
    """Whether nothing more need be asked to count it."""
    return state.gone is None and (state.looked is None or serving(state))


def _counts(service: Service, state: State, at: Now) -> bool:
    kind = status_of(service, state, at).kind
    return is_up(kind, state.known.incarnation.pid if state.known and serving(state) else None)
