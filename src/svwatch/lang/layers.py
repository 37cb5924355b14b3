"""Members and the layers of keys that they are made of: defaults, braces, name."""

from collections.abc import Iterator

from msgspec import Struct

from svwatch.lang.draft import Draft
from svwatch.lang.fields import check_keys
from svwatch.lang.keys import SERVICE
from svwatch.lang.members import Member, fill, members
from svwatch.lang.nodes import Entry, Map, Node, Text, kind
from svwatch.lang.problem import Complaints

TARGET = ("supervisor", "service_dir", "pidfile")
"""These say together where the process is: the nearest layer that has one decides alone."""


class Layered(Struct, frozen=True):
    """One service: its keys after merging, and its sentences in the order of the layers.

    *entry* is the one that names it, *family* the key with braces that it came from.
    """

    member: Member
    entry: Entry
    nodes: dict[str, Node]
    rules: tuple[Node, ...]
    family: str | None = None


class Found(Struct, frozen=True):
    """A service and the entries that name it, the more general first."""

    member: Member
    entries: tuple[Entry, ...]
    family: str | None = None


def layered(draft: Draft, complaints: Complaints) -> Iterator[tuple[Layered, Complaints]]:
    """Give every service with its keys merged, and where to complain of it."""
    defaults = _defaults(draft, complaints)
    for entry in draft.services:
        if isinstance(entry.value, Map):
            check_keys(entry.value, SERVICE, f'service "{entry.key.value}"', complaints)
    for found in _found(draft, complaints):
        own = Complaints()
        maps = [entry.value for entry in found.entries if isinstance(entry.value, Map)]
        layers = [layer for layer in (defaults, *maps) if layer is not None]
        filled = [fill(layer, found.member, own) for layer in layers]
        nodes, rules = _merged([layer for layer in filled if isinstance(layer, Map)])
        yield Layered(found.member, found.entries[-1], nodes, rules, found.family), own


def _defaults(draft: Draft, complaints: Complaints) -> Map | None:
    entry = draft.top.get("defaults")
    if entry is None or _empty(entry.value):
        return None
    if not isinstance(entry.value, Map):
        complaints.error(entry.value.place, f'"defaults" is a mapping, not {kind(entry.value)}')
        return None
    check_keys(entry.value, SERVICE, "defaults", complaints)
    return entry.value


def _empty(node: Node) -> bool:
    return isinstance(node, Text) and node.value in ("", "~", "null")


def _found(draft: Draft, complaints: Complaints) -> Iterator[Found]:
    """Give the services in the order of the files; a name written out is above its braces."""
    named: dict[str, Found] = {}
    for entry in sorted(draft.services, key=lambda one: "{" not in one.key.value):
        if not isinstance(entry.value, Map) and not _empty(entry.value):
            what = f'service "{entry.key.value}" is a mapping, not {kind(entry.value)}'
            complaints.error(entry.value.place, what, "supervisor: runit")
            continue
        try:
            listed = members(entry.key.value)
        except ValueError as error:
            complaints.error(entry.key.place, str(error))
            continue
        for member in listed:
            _name(named, member, entry, complaints)
    order = {id(entry): at for at, entry in enumerate(draft.services)}
    yield from sorted(named.values(), key=lambda one: order[id(one.entries[0])])


def _name(named: dict[str, Found], member: Member, entry: Entry, complaints: Complaints) -> None:
    family = entry.key.value if member.part is not None else None
    before = named.get(member.name)
    if before is None:
        named[member.name] = Found(member, (entry,), family)
    elif family is None and before.family is not None:
        named[member.name] = Found(before.member, (*before.entries, entry), before.family)
    else:
        first = before.entries[0].key
        what = f'"{member.name}" is already named by "{first.value}"'
        complaints.error(entry.key.place, what, f"in {first.place.short()}")


def _merged(layers: list[Map]) -> tuple[dict[str, Node], tuple[Node, ...]]:
    nodes: dict[str, Node] = {}
    rules: list[Node] = []
    for layer in layers:
        own = {entry.key.value: entry.value for entry in layer}
        if any(key in own for key in TARGET):
            for key in TARGET:
                nodes.pop(key, None)
        if "rules" in own:
            rules = [own["rules"]]
        if "add_rules" in own:
            rules.append(own["add_rules"])
        env, more = nodes.get("env"), own.get("env")
        nodes |= own
        if isinstance(env, Map) and isinstance(more, Map):
            nodes["env"] = _union(env, more)
    return nodes, tuple(rules)


def _union(below: Map, above: Map) -> Map:
    entries = {entry.key.value: entry for entry in (*below, *above)}
    return Map(tuple(entries.values()), above.place)
