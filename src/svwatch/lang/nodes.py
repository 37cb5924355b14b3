"""What a file says, with its places, and nothing resolved: every scalar is a text."""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from svwatch.lang.place import Place


class Style(StrEnum):
    """How a text was written."""

    PLAIN = "plain"
    QUOTED = "quoted"
    BLOCK = "block"  # |
    FOLDED = "folded"  # >, or a plain or quoted text over several lines


class Line(Struct, frozen=True):
    """One line of a text, and where it begins."""

    text: str
    place: Place
    tail: str = ""  # what YAML cut off as a comment, from its `#`


class Text(Struct, frozen=True):
    """A scalar. *lines* are those of a block; a text in one line is one."""

    value: str
    place: Place
    style: Style = Style.PLAIN
    lines: tuple[Line, ...] = ()


class Seq(Struct, frozen=True):
    """A list."""

    items: tuple["Node", ...]
    place: Place


class Entry(Struct, frozen=True):
    """A key and what it holds."""

    key: Text
    value: "Node"


class Map(Struct, frozen=True):
    """A mapping, in the order of the file; no key is in it twice."""

    entries: tuple[Entry, ...]
    place: Place

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def get(self, key: str) -> Entry | None:
        """Give the entry of *key*, None where it has none."""
        return next((entry for entry in self.entries if entry.key.value == key), None)


Node = Text | Seq | Map


def kind(node: Node) -> str:
    """Name what *node* is, for people; never what it says, which may be a secret."""
    match node:
        case Seq():
            return "a list"
        case Map():
            return "a mapping"
        case Text(value="", style=Style.PLAIN):
            return "empty"
        case Text():
            return "a text"
