"""YAML text to nodes: no types are resolved, nothing is executed, nothing can blow up.

The nodes are built from the parser's events rather than from `yaml.compose`, so that depth is
bounded without recursion and an alias is refused before it can multiply anything.
"""

import re
from collections.abc import Iterator
from typing import Protocol

import yaml
from msgspec import Struct

from svwatch.lang.nodes import Entry, Line, Map, Node, Seq, Style, Text
from svwatch.lang.place import Place
from svwatch.lang.problem import Complaints

DEEPEST = 12  # the language needs six levels
MOST_NODES = 20_000


class RefusedError(Exception):
    """The text is not what we read. Never leaves this module."""

    def __init__(self, place: Place, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.place = place
        self.what = what
        self.hint = hint


class Mark(Protocol):
    """A position of the parser, counted from 0."""

    line: int
    column: int


class Source(Struct, frozen=True):
    """The name and the lines of a file, to say where things are."""

    file: str
    lines: tuple[str, ...]

    def place(self, mark: Mark | None) -> Place:
        """Give the place of a mark of the parser, which counts from 0."""
        if mark is None:
            return Place(self.file)
        return Place(self.file, mark.line + 1, mark.column + 1)

    def line(self, number: int) -> str:
        """Give line *number*, counted from 1; empty where there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


def read_text(text: str, file: str, complaints: Complaints) -> Map | None:
    """Give the mapping that *text* is; None after at least one complaint, or when it is empty."""
    source = Source(file, tuple(re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text)))
    try:
        node = _document(source, text, complaints)
    except RefusedError as refused:
        complaints.error(refused.place, refused.what, refused.hint)
        return None
    match node:
        case Map():
            return node
        case Text(value=""):
            return Map((), Place(file, 1, 1))
        case _:
            complaints.error(node.place, "a configuration is a mapping", "services: ...")
            return None


def _document(source: Source, text: str, complaints: Complaints) -> Node:
    try:
        builder = Builder(source, complaints)
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise _marked(source, error) from error
    except yaml.reader.ReaderError as error:
        raise _unreadable(source, text, error) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # ValueError: PyYAML itself converts "\UFFFFFFFF" and the numbers of %YAML.
        raise RefusedError(Place(source.file), f"this is not YAML: {error}") from error
    return builder.root or Text("", Place(source.file, 1, 1))


def _marked(source: Source, error: yaml.MarkedYAMLError) -> RefusedError:
    place = source.place(error.problem_mark or error.context_mark)
    said = (error.problem or error.context or "it cannot be read").strip()
    # A quoted word of the file may be a password; one sign, or the name of a token, is none.
    what = re.sub(r"'[^']*'", _unless_secret, said)
    line = source.line(place.line)
    if line.strip().lower().startswith(("- if ", "if ")):
        return RefusedError(place, f"YAML does not take this rule: {what}", BLOCK_FORM)
    if "\\t" in what or "\t" in line[: place.column]:
        return RefusedError(place, "a tab in the indentation", "YAML wants blanks")
    return RefusedError(place, f"this is not YAML: {what}")


def _unless_secret(quoted: re.Match[str]) -> str:
    inside = quoted[0][1:-1]
    return quoted[0] if len(inside) == 1 or inside.startswith("<") else "this word"


def _unreadable(source: Source, text: str, error: yaml.reader.ReaderError) -> RefusedError:
    before = text[: error.position]
    place = Place(source.file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    return RefusedError(place, f"a character that no text has: U+{ord(text[error.position]):04X}")


BLOCK_FORM = "write rules: | (a text block), one sentence to a line"


class _Open(Struct):
    """A list or a mapping whose end has not come yet."""

    place: Place
    mapping: bool
    nodes: list[Node]


class Builder:
    """Takes the parser's events one by one and keeps the tree that they describe."""

    def __init__(self, source: Source, complaints: Complaints) -> None:
        self.root: Node | None = None
        self._source = source
        self._complaints = complaints
        self._open: list[_Open] = []
        self._count = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event. Raises RefusedError."""
        if isinstance(event, yaml.NodeEvent):
            self._refuse_magic(event)
        match event:
            case yaml.ScalarEvent():
                self._add(_text(self._source, event))
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._begin(event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                done = self._open.pop()
                self._add(self._map(done) if done.mapping else Seq(tuple(done.nodes), done.place))
            case yaml.DocumentStartEvent() if self.root is not None:
                place = self._source.place(event.start_mark)
                raise RefusedError(place, "a second document in one file", "remove the ---")

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        place = self._source.place(event.start_mark)
        if len(self._open) >= DEEPEST:
            raise RefusedError(place, f"more than {DEEPEST} levels inside each other")
        self._open.append(_Open(place, isinstance(event, yaml.MappingStartEvent), []))

    def _add(self, node: Node) -> None:
        self._count += 1
        if self._count > MOST_NODES:
            raise RefusedError(node.place, f"more than {MOST_NODES} values in one file")
        if self._open:
            self._open[-1].nodes.append(node)
        else:
            self.root = node

    def _refuse_magic(self, event: yaml.NodeEvent) -> None:
        place = self._source.place(event.start_mark)
        # The words themselves are not repeated: they may be a password that nobody quoted.
        if event.anchor is not None:
            what = "anchors (&) and aliases (*) are not read"
            raise RefusedError(place, what, "write defaults:, or quote a text that begins so")
        if getattr(event, "tag", None) is not None:
            raise RefusedError(place, "tags (!) are not read", "quote a text that begins so")

    def _map(self, done: _Open) -> Map:
        entries: dict[str, Entry] = {}
        for key, value in _pairs(done.nodes):
            if not isinstance(key, Text):
                self._complaints.error(key.place, "a key must be a word")
            elif (first := entries.get(key.value)) is not None:
                where = f"the first is in line {first.key.place.line}"
                self._complaints.error(key.place, f'"{key.value}" is here twice', where)
            else:
                entries[key.value] = Entry(key, value)
        return Map(tuple(entries.values()), done.place)


def _pairs(nodes: list[Node]) -> Iterator[tuple[Node, Node]]:
    yield from zip(nodes[::2], nodes[1::2], strict=True)


def _text(source: Source, event: yaml.ScalarEvent) -> Text:
    if any("\ud800" <= character <= "\udfff" for character in event.value):
        # Only an escape can make one, and no system call or message takes it.
        raise RefusedError(source.place(event.start_mark), "half a character", "write it out")
    place, end = source.place(event.start_mark), source.place(event.end_mark)
    if event.style == "|":
        return Text(
            event.value, place, Style.BLOCK, tuple(_block_lines(source, place, event.value))
        )
    if event.style == ">" or end.line > place.line:
        return Text(event.value, place, Style.FOLDED)
    quoted = event.style is not None
    tail = source.line(end.line)[end.column - 1 :].lstrip()
    line = Line(event.value, place.right(1 if quoted else 0), tail if tail[:1] == "#" else "")
    return Text(event.value, place, Style.QUOTED if quoted else Style.PLAIN, (line,))


def _block_lines(source: Source, place: Place, value: str) -> Iterator[Line]:
    for number, text in enumerate(value.split("\n"), place.line + 1):
        if text.strip():
            indent = max(0, len(source.line(number)) - len(text))
            blanks = len(text) - len(text.lstrip())
            yield Line(text.strip(), Place(source.file, number, indent + blanks + 1))
