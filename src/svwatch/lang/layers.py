"""Services and the layers of keys that they are made of: name over braces over patterns.

Below these are the templates that the nearest `use:` names, and `defaults` below all.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from svwatch.core.family import PART
from svwatch.lang.draft import Draft
from svwatch.lang.fields import check_keys
from svwatch.lang.globs import is_pattern
from svwatch.lang.keys import SERVICE
from svwatch.lang.members import Member, fill, members
from svwatch.lang.nodes import Entry, Map, Node, Text, kind
from svwatch.lang.patterns import ONLY, Pattern, chains, chosen, patterns
from svwatch.lang.problem import Complaints
from svwatch.lang.shipped import is_shipped
from svwatch.lang.templates import Templates

TARGET = ("supervisor", "service_dir", "pidfile")
"""These say together where the process is: the nearest layer that has one decides alone."""


class Layered(Struct, frozen=True):
    """One service: its keys after merging, and its sentences in the order of the layers.

    *entry* is the one that names it, *family* the key with braces or the pattern that it came
    from. *chain* are the patterns of a mold: then the part of the name that varies is not known.
    """

    member: Member
    entry: Entry
    nodes: dict[str, Node]
    rules: tuple[Node, ...]
    family: str | None = None
    chain: tuple[Pattern, ...] = ()


class Found(Struct, frozen=True):
    """A service and the entries that name it, the more general first."""

    member: Member
    entries: tuple[Entry, ...]
    family: str | None = None


class Stack:
    """All layers of a draft; what is wrong with any of them is complained of once."""

    def __init__(self, draft: Draft, complaints: Complaints) -> None:
        self._draft = draft
        self._complaints = complaints
        self._defaults = _defaults(draft, complaints)
        self.templates = Templates(draft, complaints)
        for entry in draft.services:
            if isinstance(entry.value, Map):
                check_keys(entry.value, SERVICE, f'service "{entry.key.value}"', complaints)
        self.patterns = patterns(draft.services, complaints)
        for entry in _plain(draft):
            _refuse_only(entry.value, complaints)
        self._named = {one.member.name: one for one in _found(draft, complaints)}

    def services(self) -> Iterator[tuple[Layered, Complaints]]:
        """Give every service that is named with its keys merged, and where to complain of it."""
        for found in self._named.values():
            yield self._service(found)

    def molds(self) -> Iterator[tuple[Layered, Complaints]]:
        """Give what every member is, for all patterns that can name one together."""
        for chain in chains(self.patterns, self._complaints):
            last, own = chain[-1], Complaints()
            member = Member(last.glob.name, PART)
            layers = [fill(one.node, _as(one, member, last), own) for one in chain]
            yield self._layered(Found(member, (last.entry,), last.key), layers, own, chain), own

    def families(self) -> Iterator[tuple[Layered, Complaints]]:
        """Give what most members of each pattern are."""
        seen: set[str | None] = set()
        for layered, own in self.molds():
            if layered.family not in seen:
                seen.add(layered.family)
                yield layered, own

    def of(self, name: str) -> tuple[Layered, Complaints] | None:
        """Give the service *name*, a pattern itself, or a member that a pattern would make."""
        if name in self._named:
            return self._service(self._named[name])
        for layered, own in self.families():
            if layered.family == name:
                return layered, own
        above = chosen(self.patterns, name)
        if not above:
            return None
        last = above[-1]
        return self._service(Found(Member(name, last.family.part(name)), (last.entry,), last.key))

    def _service(self, found: Found) -> tuple[Layered, Complaints]:
        own, name = Complaints(), found.member.name
        above = chosen(self.patterns, name)
        layers = [fill(one.node, Member(name, one.family.part(name)), own) for one in above]
        member, family = found.member, found.family
        if above and family is None:
            member, family = Member(name, above[-1].family.part(name)), above[-1].key
        entries = [one for one in found.entries if one not in [over.entry for over in above]]
        maps = [entry.value for entry in entries if isinstance(entry.value, Map)]
        layers += [fill(layer, member, own) for layer in maps]
        return self._layered(Found(member, found.entries, family), layers, own), own

    def _layered(
        self, found: Found, layers: list[Node], own: Complaints, chain: tuple[Pattern, ...] = ()
    ) -> Layered:
        base = [] if self._defaults is None else [self._defaults]
        users = [layer for layer in (*base, *layers) if isinstance(layer, Map) and layer.get("use")]
        templates = self.templates.layers(users[-1], own) if users else ()
        below = [fill(layer, found.member, own) for layer in (*base, *templates)]
        nodes, rules = _merged([one for one in (*below, *layers) if isinstance(one, Map)])
        for key in ONLY:
            nodes.pop(key, None)
        if "stop" in nodes and is_shipped(nodes.get("stop_signal", nodes["stop"])):
            del nodes["stop_signal"]  # your command knows how to end it
        return Layered(found.member, found.entries[-1], nodes, rules, found.family, chain)


def _as(one: Pattern, member: Member, last: Pattern) -> Member:
    """Give *member*, which *last* names, as the more general pattern *one* sees it."""
    return member if one is last else Member(member.name, one.glob.within(last.glob))


def _plain(draft: Draft) -> Iterator[Entry]:
    """Give every entry that cannot have members of its own: all but the patterns."""
    named = draft.top.get("templates")
    if named is not None and isinstance(named.value, Map):
        yield from named.value
    if (defaults := draft.top.get("defaults")) is not None:
        yield defaults
    yield from (entry for entry in draft.services if not is_pattern(entry.key.value))


def _refuse_only(node: Node, complaints: Complaints) -> None:
    for key in ONLY if isinstance(node, Map) else ():
        if isinstance(node, Map) and (entry := node.get(key)) is not None:
            what = f'"{key}" belongs to a pattern'
            complaints.error(entry.key.place, what, "to a key like worker-*")


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
        if is_pattern(entry.key.value):
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


def _merged(layers: Iterable[Map]) -> tuple[dict[str, Node], tuple[Node, ...]]:
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
