"""Entries whose key is a pattern: which of them name a service together, and in which order."""

from msgspec import Struct

from svwatch.core.family import Family
from svwatch.lang.fields import Fields
from svwatch.lang.globs import Glob, is_pattern, overlap, parse, within
from svwatch.lang.nodes import Entry, Map, Node
from svwatch.lang.problem import Complaints

ONLY = ("members", "exclude")
"""Keys that belong to a pattern itself, and to no service."""

MOST = 200  # ways in which patterns can name a service together
MANY = 10_000


class Pattern(Struct, frozen=True):
    """One such entry."""

    key: str
    glob: Glob
    family: Family
    entry: Entry
    excluded: tuple[Glob, ...] = ()

    @property
    def node(self) -> Node:
        """Give what stands under it."""
        return self.entry.value


def patterns(entries: tuple[Entry, ...], complaints: Complaints) -> tuple[Pattern, ...]:
    """Give the patterns among *entries*, the more general first."""
    found: list[Pattern] = []
    for entry in entries:
        key = entry.key.value
        if not is_pattern(key):
            continue
        try:
            glob = parse(key)
        except ValueError as error:
            complaints.error(entry.key.place, str(error))
            continue
        given = _fields(entry, complaints)
        out = tuple(_excluded(given))
        found.append(Pattern(key, glob, _family(glob, entry, given, out), entry, out))
    for at, one in enumerate(found):
        for other in found[:at]:
            _refuse_equals(one, other, complaints)
    return tuple(sorted(found, key=lambda one: (len(one.key), one.key)))


def _refuse_equals(one: Pattern, other: Pattern, complaints: Complaints) -> None:
    if len(one.key) == len(other.key) and overlap(one.glob, other.glob):
        what = f'"{one.key}" and "{other.key}" can name one service, and neither is longer'
        where = f"the other is in {other.entry.key.place.short()}"
        complaints.error(one.entry.key.place, what, where)


def _fields(entry: Entry, complaints: Complaints) -> Fields:
    held = entry.value if isinstance(entry.value, Map) else ()
    nodes = {one.key.value: one.value for one in held}
    return Fields(nodes, entry.key.place, complaints)


def _family(glob: Glob, entry: Entry, given: Fields, out: tuple[Glob, ...]) -> Family:
    return Family(
        pattern=glob.text,
        regex=glob.regex,
        where=entry.key.place.short(),
        exclude=tuple(one.regex for one in out),
        members=given.whole("members", 0, 1, MANY) or None,
    )


def _excluded(given: Fields) -> list[Glob]:
    found = []
    for node in given.words("exclude"):
        name = node.value.strip()
        try:
            found.append(parse(name) if is_pattern(name) else Glob(name, name, (), ""))
        except ValueError as error:
            given.complaints.error(node.place, str(error))
    return found


def chosen(known: tuple[Pattern, ...], name: str) -> tuple[Pattern, ...]:
    """Give those that name *name*, the more general first."""
    return tuple(one for one in known if one.family.part(name) is not None)


def chains(known: tuple[Pattern, ...], complaints: Complaints) -> list[tuple[Pattern, ...]]:
    """Give every set of patterns that may name a service together, the more general first."""
    found: list[tuple[Pattern, ...]] = []
    for one in known:
        under = [chain for chain in found if all(overlap(one.glob, two.glob) for two in chain)]
        found += [(one,), *((*chain, one) for chain in under)]
        if len(found) > MOST:
            what = "too many patterns that can name the same service"
            complaints.error(one.entry.key.place, what, "use fewer of them")
            return []
    return [chain for chain in found if not any(_must_be_in(one, chain) for one in known)]


def _must_be_in(one: Pattern, chain: tuple[Pattern, ...]) -> bool:
    """Whether *one*, which is not in *chain*, names all that the chain names together."""
    if one in chain or not any(within(two.glob, one.glob) for two in chain):
        return False
    return not any(all(overlap(out, two.glob) for two in chain) for out in one.excluded)
