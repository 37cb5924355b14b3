"""Patterns and what is in their directories, to the services that are watched: pure."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.family import PART, compiled, members_of
from svwatch.core.plan import Mold, Plan, Service

NEVER = frozenset({"all", "svwatch"})
"""Names that mean something else: every service, and the watchdog itself."""

NAME = r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,99}"


class Expanded(Struct, frozen=True):
    """*plan* with every member as a service; *here*: those whose directory or file is there."""

    plan: Plan
    here: frozenset[str] = frozenset()


Listed = Mapping[tuple[str, ...], Iterable[str]]
"""Entries of the directory of each mold, by its patterns."""


def expand(plan: Plan, listed: Listed, known: Iterable[str] = ()) -> Expanded:
    """Give the services that *plan* means.

    A mold whose directory could not be read is left out of *listed*: nothing is known of it.
    *known* are members of an earlier time: they stay, whether they are here or not, until they
    are forgotten. What is named in the configuration is never made a second time.
    """
    taken = {service.name for service in plan.services}
    targets = {target(service) for service in plan.services}
    made: dict[str, Service] = {}
    here: set[str] = set()
    for mold in plan.molds:
        for name, service in _members(plan, mold, listed.get(mold.patterns, ())):
            if name not in taken and target(service) not in targets:
                made[name] = service
                here.add(name)
    for name in known:
        again = None if name in taken or name in made else cast(plan, name)
        if again is not None:
            made[name] = again
    members = tuple(made[name] for name in sorted(made, key=natural))
    return Expanded(replace(plan, services=(*plan.services, *members)), frozenset(here))


def _members(plan: Plan, mold: Mold, entries: Iterable[str]) -> Iterable[tuple[str, Service]]:
    raw = msgspec.json.encode(mold.service)
    for entry in entries:
        found = compiled(mold.entry).fullmatch(entry)
        if found is None or not found[1]:
            continue
        name = mold.service.name.replace(PART, found[1])
        if is_name(name) and members_of(plan.families, name) == mold.patterns:
            yield name, poured(raw, found[1])


def is_name(name: str) -> bool:
    """Whether a service may be called *name*."""
    return name not in NEVER and compiled(NAME).fullmatch(name) is not None


def cast(plan: Plan, name: str) -> Service | None:
    """Give the service that the patterns of *plan* make of *name*; None: they name no such one."""
    patterns = members_of(plan.families, name)
    if not patterns or not is_name(name):
        return None
    mold = next((one for one in plan.molds if one.patterns == patterns), None)
    family = next(one for one in plan.families if one.pattern == patterns[-1])
    part = family.part(name)
    if mold is None or part is None:
        return None
    return poured(msgspec.json.encode(mold.service), part)


def poured(raw: bytes, part: str) -> Service:
    """Give the service of the member whose varying part is *part*; *raw*: its mold as JSON.

    A name has no sign that JSON must escape, so it can be put into the text as it is.
    """
    return msgspec.json.decode(raw.replace(PART.encode(), part.encode()), type=Service)


def target(service: Service) -> str:
    """Give what no two services may share: the directory, or the pidfile."""
    return service.service_dir or service.pidfile or service.name


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Order names as people do: worker-9 before worker-10."""
    parts = compiled(r"[0-9]+|[^0-9]+").findall(name)
    return tuple((0, int(one), "") if one.isdecimal() else (1, 0, one) for one in parts)
