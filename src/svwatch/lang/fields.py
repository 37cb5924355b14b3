"""One value at a time: a text to what it must be, or a complaint at its place."""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TypeVar

from svwatch.core.plan import Share
from svwatch.core.units import parse_duration, show_duration
from svwatch.lang.keys import LATER, Key
from svwatch.lang.nodes import Map, Node, Seq, Style, Text, kind
from svwatch.lang.place import Place
from svwatch.lang.problem import Complaints
from svwatch.lang.tokens import meant

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

YES = ("yes", "true", "on")
NO = ("no", "false", "off")


class Fields:
    """The values of a mapping under known keys, read one by one; each mistake is complained of.

    A reader gives None (or the default) for what is absent and for what was complained of.
    """

    def __init__(self, nodes: dict[str, Node], place: Place, complaints: Complaints) -> None:
        self.place = place
        self.complaints = complaints
        self._nodes = nodes

    def __contains__(self, key: str) -> bool:
        return key in self._nodes

    def node(self, key: str) -> Node | None:
        """Give what stands under *key*, as it is."""
        return self._nodes.get(key)

    def where(self, key: str) -> Place:
        """Give the place of the value of *key*, or of the mapping where it has none."""
        node = self._nodes.get(key)
        return node.place if node is not None else self.place

    def text(self, key: str, example: str = "") -> str | None:
        """Give a text that is not empty."""
        node = self._nodes.get(key)
        return None if node is None else text(node, key, self.complaints, example)

    def parsed(self, key: str, parse: Callable[[str], T], example: str) -> T | None:
        """Give what *parse* makes of the text; a ValueError of its is a complaint."""
        value = self.text(key, example)
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.complaints.error(self.where(key), f"{key}: {error}")
            return None

    def duration(self, key: str, default: float, least: float = 0.0) -> float:
        """Give seconds, *least* or more."""
        seconds = self.parsed(key, parse_duration, "30s")
        if seconds is None:
            return default
        if seconds < least:
            what = f"{key}: {show_duration(seconds)} is too short"
            self.complaints.error(self.where(key), what, f"at least {show_duration(least)}")
            return default
        return seconds

    def path(self, key: str) -> str | None:
        """Give an absolute path."""
        return self.parsed(key, absolute, "/an/absolute/path")

    def yes(self, key: str, *, default: bool) -> bool:
        """Give whether it says yes."""
        value = self.parsed(key, yes_or_no, "yes or no")
        return default if value is None else value

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        """Give a whole number, *least* .. *most*."""

        def parse(value: str) -> int:
            if not re.fullmatch("[0-9]{1,9}", value) or not least <= int(value) <= most:
                raise ValueError(f"{value} is not a whole number from {least} to {most}")
            return int(value)

        value = self.parsed(key, parse, str(default))
        return default if value is None else value

    def share(self, key: str) -> Share | None:
        """Give a number of members, or a percentage of them."""
        return self.parsed(key, share, "1 or 25%")

    def choice(self, key: str, kinds: type[E], default: E) -> E:
        """Give one of the words of *kinds*."""
        value = self.word(key, tuple(kinds))
        return default if value is None else kinds(value)

    def word(self, key: str, words: tuple[str, ...]) -> str | None:
        """Give one of *words*."""
        value = self.text(key, words[0])
        if value is None or value in words:
            return value
        hint = meant(value, words) or f"it can be {', '.join(words)}"
        self.complaints.error(self.where(key), f'{key}: "{value}" is not known', hint)
        return None

    def words(self, key: str) -> tuple[Text, ...]:
        """Give a list of texts; a single one is a list of one."""
        node = self._nodes.get(key)
        if node is None:
            return ()
        items = node.items if isinstance(node, Seq) else (node,)
        good = [item for item in items if text(item, key, self.complaints) is not None]
        return tuple(item for item in good if isinstance(item, Text))

    def fields(self, key: str, known: dict[str, Key], within: str) -> "Fields | None":
        """Give the mapping under *key*, its keys checked."""
        node = self._nodes.get(key)
        return None if node is None else fields(node, known, within, self.complaints)


def fields(node: Node, known: dict[str, Key], within: str, complaints: Complaints) -> Fields | None:
    """Give the mapping *node* as fields; unknown keys are complained of."""
    if not isinstance(node, Map):
        # What stands there is not repeated: it may be a secret.
        complaints.error(
            node.place, f"{within} is a mapping", f"{within}: {{{next(iter(known))}: ...}}"
        )
        return None
    check_keys(node, known, within, complaints)
    return Fields({entry.key.value: entry.value for entry in node}, node.place, complaints)


def check_keys(node: Map, known: Iterable[str], within: str, complaints: Complaints) -> None:
    """Complain of every key of *node* that is not *known*."""
    names = tuple(known)
    for entry in node:
        key = entry.key.value
        if key in names:
            continue
        near = meant(key, names)
        if key in LATER:
            what = f'"{key}" is not in this version'
            complaints.error(
                entry.key.place, what, LATER[key] or f"{within} has {', '.join(names)}"
            )
        else:
            hint = near or f"{within} has {', '.join(names)}"
            plain = re.fullmatch(r"[\w-]{1,40}", key)  # else it may be a URL, and so a secret
            what = f'unknown key "{key}"' if plain else "this is not one of the keys"
            complaints.error(entry.key.place, what, hint)


def text(node: Node, key: str, complaints: Complaints, example: str = "") -> str | None:
    """Give the text that *node* is; complain where it is none, or empty."""
    hint = f"{key}: {example}" if example else ""
    match node:
        case Text(style=Style.PLAIN, value="" | "~" | "null"):
            complaints.error(node.place, f'"{key}" is empty', hint)
        case Text(value=""):
            complaints.error(node.place, f'"{key}" is empty', hint)
        case Text(value=value) if "\0" in value:
            complaints.error(node.place, f'"{key}" holds a zero byte')
        case Text():
            return node.value.strip()
        case _:
            complaints.error(node.place, f'"{key}" is a text, not {kind(node)}', hint)
    return None


def absolute(value: str) -> str:
    """Give *value* if it is an absolute path. Raises ValueError."""
    if "${" in value:
        raise ValueError("${...} is filled in under url, password and env only")
    if not value.startswith("/"):
        raise ValueError(f'"{value}" is not an absolute path')
    return value


def prom_file(value: str) -> str:
    """Give *value* if it is a file that node_exporter would read. Raises ValueError."""
    path = absolute(value)
    name = path.rpartition("/")[2]
    if not name.endswith(".prom") or name.startswith("."):
        raise ValueError(f'"{value}" must end in NAME.prom: node_exporter reads no other')
    return path


def yes_or_no(value: str) -> bool:
    """Give whether *value* says yes. Raises ValueError."""
    word = value.lower()
    if word not in YES + NO:
        raise ValueError(f'"{value}" is neither yes nor no')
    return word in YES


def share(value: str) -> Share:
    """Give a number of members or a percentage of them. Raises ValueError."""
    if re.fullmatch("[0-9]{1,6}", value):
        return Share(int(value))
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%", value)
    if found is None or float(found[1]) > 100:
        raise ValueError(f'"{value}" is neither a number nor a percentage')
    return Share(percent=float(found[1]))
