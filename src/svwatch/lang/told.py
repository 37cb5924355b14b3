"""Who hears of which service: names in routes that must mean something, and nobody forgotten."""

from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.family import PART, compiled
from svwatch.core.phrase import several
from svwatch.core.plan import Mold, Service
from svwatch.core.route import Form, Route
from svwatch.lang.draft import Draft
from svwatch.lang.fields import Fields
from svwatch.lang.globs import Glob, is_pattern, overlap, parse
from svwatch.lang.nodes import Map
from svwatch.lang.place import placed
from svwatch.lang.problem import Complaints
from svwatch.lang.tokens import meant
from svwatch.lang.wishes import listed, service_names


class Cast(Struct, frozen=True):
    """All that is watched. *named* are services with mistakes, too."""

    services: tuple[Service, ...]
    molds: tuple[Mold, ...]
    named: frozenset[str] = frozenset()

    @property
    def all(self) -> tuple[Service, ...]:
        """Give every service, those of patterns with the part of their name that varies."""
        return (*self.services, *(mold.service for mold in self.molds))

    def has(self, wanted: str) -> bool:
        """Whether the name or pattern *wanted* is one of these, or may come to be one."""
        own = _glob(wanted)
        if any(overlap(own, _glob(mold.patterns[-1])) for mold in self.molds):
            return True
        return any(_is(wanted, name) for name in self.named)


def _is(wanted: str, name: str) -> bool:
    """Whether the name or pattern *wanted* is *name*."""
    return wanted == name or (
        is_pattern(wanted) and compiled(_glob(wanted).regex).fullmatch(name) is not None
    )


@lru_cache(maxsize=256)
def _glob(text: str) -> Glob:
    """Give the pattern that *text* is; a name is one that only it matches."""
    return parse(text) if is_pattern(text) else Glob(text, text, (), "")


def check_told(draft: Draft, cast: Cast, routes: tuple[Route, ...], complaints: Complaints) -> None:
    """Complain of names in routes that mean nothing, and say of what nobody would hear."""
    _check_routes(draft, cast, complaints)
    if len(routes) == len(draft.alerts):  # else one with a mistake may be the one that hears
        _warn_of_unheard(cast, routes, complaints)


def _check_routes(draft: Draft, cast: Cast, complaints: Complaints) -> None:
    groups = {entry.key.value for entry in draft.groups}
    groups |= {name for service in cast.all for name in service.groups}
    for entry in draft.alerts:
        if isinstance(entry.value, Map):
            nodes = {one.key.value: one.value for one in entry.value}
            given = Fields(nodes, entry.value.place, Complaints())  # read before, complaints too
            _check_services(given, cast, complaints)
            _check_groups(given, groups, complaints)


def _check_services(given: Fields, cast: Cast, complaints: Complaints) -> None:
    for wanted, place in service_names(given):
        if cast.has(wanted):
            continue
        if is_pattern(wanted):
            complaints.warn(place, f'services: no service is named like "{wanted}"')
        else:
            hint = meant(wanted, tuple(cast.named)) or "name one of the services"
            complaints.error(place, f'there is no service "{wanted}"', hint)


def _check_groups(given: Fields, known: Iterable[str], complaints: Complaints) -> None:
    names = tuple(sorted(known))
    for node in listed(given, "groups"):
        name = node.value.strip()
        if name not in names:
            there = f"there is {', '.join(names)}" if names else "there are none"
            hint = meant(name, names) or there
            complaints.error(node.place, f'there is no group "{name}"', hint)


# --- who hears -------------------------------------------------------------------------------


def hears(route: Route, service: Service) -> bool:
    """Whether *route* tells of *service*, or may tell of a member where that is a mold."""
    if service.alerts and route.name not in service.alerts:
        return False
    if not route.services and not route.groups:
        return True
    if set(route.groups) & set(service.groups):
        return True
    if PART not in service.name:
        return any(_is(wanted, service.name) for wanted in route.services)
    own = _glob(service.name.replace(PART, "*"))
    return any(overlap(_glob(wanted), own) for wanted in route.services)


def heard(cast: Cast, routes: tuple[Route, ...]) -> Cast:
    """Give *cast* with the interval at which each service is reminded of."""
    if not routes:
        return cast
    return replace(
        cast,
        services=tuple(_reminded(one, routes) for one in cast.services),
        molds=tuple(replace(one, service=_reminded(one.service, routes)) for one in cast.molds),
    )


def _reminded(service: Service, routes: tuple[Route, ...]) -> Service:
    """Take the shortest that a route wants. Alertmanager reminds by itself."""
    wanted = [
        route.remind
        for route in routes
        if route.remind is not None and route.form != Form.ALERTMANAGER and hears(route, service)
    ]
    return replace(service, remind=min(wanted, default=None))


def _warn_of_unheard(cast: Cast, routes: tuple[Route, ...], complaints: Complaints) -> None:
    """Say of which services nobody would hear although there are routes."""
    unheard: dict[str, list[str]] = {}
    for service in cast.all if routes else ():
        if not any(hears(route, service) for route in routes):
            unheard.setdefault(service.where, []).append(service.name.replace(PART, "*"))
    for where, names in unheard.items():
        more = f" and {several(len(names) - 1, 'other')}" if len(names) > 1 else ""
        what = f'nobody is told of "{names[0]}"{more}: no route lets it through'
        complaints.warn(placed(where), what, "name it in services: or groups: of a route")
