"""Names with braces: `rm-dj-{1..4}` is four services, `celery-{mail,reports}` two."""

import re

from msgspec import Struct

from svwatch.lang.nodes import Entry, Line, Map, Node, Seq, Text
from svwatch.lang.problem import Complaints

MOST = 1000  # members of one entry

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,99}")
TAKEN = {"all": "every service", "svwatch": "the watchdog itself"}
BRACES = re.compile(r"([^{}]*)\{([^{}]*)\}([^{}]*)")
RANGE = re.compile(r"([0-9]{1,6})\.\.([0-9]{1,6})")


class Member(Struct, frozen=True):
    """A service name, and the part of it that varies (None: it was written out)."""

    name: str
    part: str | None = None


def members(pattern: str) -> tuple[Member, ...]:
    """Give the services that the key *pattern* names. Raises ValueError with a sentence."""
    found = BRACES.fullmatch(pattern)
    if found is None and ("{" in pattern or "}" in pattern):
        raise ValueError(f'"{pattern}": one pair of braces is possible, as in dj-{{1..4}}')
    if found is None:
        return (Member(_checked(pattern)),)
    before, inside, after = found.groups()
    parts = _parts(pattern, inside)
    if len(set(parts)) != len(parts):
        raise ValueError(f'"{pattern}" names a member twice')
    return tuple(Member(_checked(before + part + after), part) for part in parts)


def _parts(pattern: str, inside: str) -> list[str]:
    span = RANGE.fullmatch(inside)
    if span is None:
        parts = [part.strip() for part in inside.split(",")]
        if not all(parts) or len(parts) < 2:
            raise ValueError(f'"{pattern}": in braces stands {{1..4}} or {{a,b}}')
        return parts
    first, last = span.groups()
    if int(last) < int(first):
        raise ValueError(f'"{pattern}" counts backwards')
    if int(last) - int(first) >= MOST:
        raise ValueError(f'"{pattern}" names more than {MOST} members')
    width = len(first) if first[0] == "0" else 0  # {01..12} keeps its zeros
    return [str(number).zfill(width) for number in range(int(first), int(last) + 1)]


def _checked(name: str) -> str:
    if name in TAKEN:
        raise ValueError(f'"{name}" means {TAKEN[name]} and cannot name one')
    if not NAME.fullmatch(name):
        raise ValueError(f'"{name}" is no name: letters, digits and . _ @ + - are possible')
    return name


def fill(node: Node, member: Member, complaints: Complaints) -> Node:
    """Give *node* with `{name}` and `{member}` filled in everywhere."""
    match node:
        case Map():
            return Map(
                tuple(Entry(one.key, fill(one.value, member, complaints)) for one in node),
                node.place,
            )
        case Seq():
            return Seq(tuple(fill(item, member, complaints) for item in node.items), node.place)
        case Text():
            return _filled(node, member, complaints)


def _filled(node: Text, member: Member, complaints: Complaints) -> Text:
    if "{name}" not in node.value and "{member}" not in node.value:
        return node
    if member.part is None and "{member}" in node.value:
        what = '"{member}" in a service without members'
        complaints.error(node.place, what, "use {name}, or a key like dj-{1..4} or dj-*")
        return node

    def put(value: str) -> str:
        # In this order: the name of a member of a pattern holds {member} itself.
        return value.replace("{member}", member.part or "").replace("{name}", member.name)

    lines = tuple(Line(put(line.text), line.place, line.tail) for line in node.lines)
    return Text(put(node.value), node.place, node.style, lines)
