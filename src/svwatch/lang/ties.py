"""`after:` and `depends_on:`: the names must exist, and nobody may wait for himself."""

from collections.abc import Iterable, Mapping

from svwatch.core.family import PART, Family
from svwatch.core.plan import Service
from svwatch.lang.fields import Fields
from svwatch.lang.nodes import Text
from svwatch.lang.problem import Complaints
from svwatch.lang.tokens import meant

KEYS = ("after", "depends_on")


def needed(given: Fields, key: str) -> tuple[str, ...]:
    """Give the names under *key*, each once."""
    return tuple(dict.fromkeys(node.value.strip() for node in given.words(key)))


def check_able(service: Service, given: Fields) -> None:
    """Complain where a service could not go down, or not come back, with what it depends on."""
    if not service.depends_on:
        return
    where = given.where("depends_on")
    hint = "after: it is left alone while the other one is the problem"
    if service.external:
        what = "depends_on: its own supervisor would start it again at once"
        given.complaints.error(where, what, hint)
    elif not service.runit and service.start is None:
        what = "depends_on: without a start command it could not come back"
        given.complaints.error(where, what, hint)


class Needs:
    """Who needs whom, and where that is written. *named* holds services with mistakes as well."""

    def __init__(self) -> None:
        """Know of nobody yet."""
        self.named: set[str] = set()
        self.made: list[tuple[Service, Text]] = []

    def of(self, service: Service, nodes: Iterable[Text]) -> None:
        """Note the *nodes* that name what *service* needs."""
        self.made += [(service, node) for node in nodes]


def check_names(
    needs: Needs,
    services: tuple[Service, ...],
    families: tuple[Family, ...],
    complaints: Complaints,
) -> None:
    """Complain of names that nothing has, and of loops."""
    known = {service.name: service for service in services}
    said: set[tuple[str, str]] = set()
    loops: set[frozenset[str]] = set()
    for service, node in needs.made:
        name = node.value.strip()
        place = (node.place.short(), name)
        if name not in known:
            unknown = name not in needs.named and not _may_come(name, families)
            if unknown and place not in said:
                hint = meant(name, tuple(known)) or "name one of the services"
                complaints.error(node.place, f'there is no service "{name}"', hint)
                said.add(place)
            continue
        loop = _loop(service.name, name, known)
        if loop and frozenset(loop) not in loops:
            way = " -> ".join((*loop, loop[0]))
            complaints.error(node.place, f"this is a loop: {way}", "one must be first")
            loops.add(frozenset(loop))


def _may_come(name: str, families: tuple[Family, ...]) -> bool:
    """Whether a pattern names it: it may not be there yet."""
    return PART in name or any(family.part(name) is not None for family in families)


def _loop(name: str, needs: str, known: Mapping[str, Service]) -> tuple[str, ...]:
    """Give the way from *needs* back to *name*, *name* first; empty: there is none."""
    if name == needs:
        return (name,)
    ways: list[tuple[str, ...]] = [(name, needs)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        one = known.get(way[-1])
        if one is None or one.name in seen:
            continue
        seen.add(one.name)
        for other in (*one.after, *one.depends_on):
            if other == name:
                return way
            ways.append((*way, other))
    return ()
