"""Service keys that are patterns: `worker-*` is every name that begins so."""

import re
from collections.abc import Iterator

from msgspec import Struct

from svwatch.core.family import PART

SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.@+-")
"""What a name is made of."""

WILD = "*?["
TOKEN = re.compile(r"\*|\?|\[(!?)([^\]]+)\]|[^*?\[\]]")


class Token(Struct, frozen=True):
    """One sign of a pattern: what it may be, or any number of any (*many*)."""

    text: str
    signs: frozenset[str] = SIGNS
    many: bool = False

    @property
    def regex(self) -> str:
        """Give it as a regular expression."""
        if self.many or self.text == "?":
            return ".*" if self.many else "."
        if len(self.signs) == 1:
            return re.escape(self.text)
        return f"[{re.escape(''.join(sorted(self.signs)))}]"

    @property
    def wild(self) -> bool:
        """Whether it can be more than the one sign that is written."""
        return self.many or self.text[:1] in WILD


class Glob(Struct, frozen=True):
    """A pattern: the plain *before* and *after*, and the *middle* that varies."""

    text: str
    before: str
    middle: tuple[Token, ...]
    after: str

    @property
    def inner(self) -> str:
        """Give the expression of what varies."""
        return "".join(token.regex for token in self.middle)

    @property
    def regex(self) -> str:
        """Give the expression of a whole name; its group is the part that varies."""
        return f"{re.escape(self.before)}({self.inner}){re.escape(self.after)}"

    @property
    def name(self) -> str:
        """Give what a member is called, before it is known which."""
        return f"{self.before}{PART}{self.after}"

    def tokens(self) -> tuple[Token, ...]:
        """Give all of it, sign by sign."""
        plain = [tuple(Token(sign, frozenset(sign)) for sign in text) for text in self.ends]
        return (*plain[0], *self.middle, *plain[1])

    @property
    def ends(self) -> tuple[str, str]:
        """Give what does not vary."""
        return self.before, self.after

    def within(self, longer: "Glob") -> str | None:
        """Give our varying part for the members of *longer*; None: that cannot be said."""
        name = longer.name
        if not (longer.before.startswith(self.before) and longer.after.endswith(self.after)):
            return None
        return name[len(self.before) : len(name) - len(self.after)]


def is_pattern(key: str) -> bool:
    """Whether *key* is a pattern."""
    return any(sign in key for sign in WILD)


def parse(text: str) -> Glob:
    """Read a pattern. Raises ValueError with a sentence."""
    if "{" in text or "}" in text:
        raise ValueError(f'"{text}": braces or a pattern, not both')
    tokens = tuple(_tokens(text))
    wild = [at for at, token in enumerate(tokens) if token.wild]
    first, last = wild[0], wild[-1] + 1
    before = "".join(token.text for token in tokens[:first])
    return Glob(text, before, tokens[first:last], "".join(token.text for token in tokens[last:]))


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise ValueError(f'"{text}": a [ without its ]')
        at = found.end()
        yield _token(text, found)


def _token(text: str, found: re.Match[str]) -> Token:
    word = found[0]
    if word in "*?":
        return Token(word, many=word == "*")
    signs = frozenset(_listed(found[2])) if found[2] else frozenset(word)
    if not signs <= SIGNS:
        strange = min(signs - SIGNS)
        raise ValueError(f'"{text}": no name has a "{strange}" in it')
    return Token(word, SIGNS - signs if found[1] else signs)


def _listed(inside: str) -> Iterator[str]:
    at = 0
    while at < len(inside):
        if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
            yield from (chr(code) for code in range(ord(inside[at]), ord(inside[at + 2]) + 1))
            at += 3
        else:
            yield inside[at]
            at += 1


def overlap(one: Glob, other: Glob) -> bool:
    """Say whether any name is matched by both."""
    left, right = one.tokens(), other.tokens()
    todo, seen = [(0, 0)], {(0, 0)}
    while todo:
        at = todo.pop()
        if at == (len(left), len(right)):
            return True
        for step in _steps(left, right, at):
            if step not in seen:
                seen.add(step)
                todo.append(step)
    return False


def within(inner: Glob, outer: Glob) -> bool:
    """Say whether *outer* surely matches every name that *inner* matches."""
    left, right = inner.tokens(), outer.tokens()
    todo, seen = [(0, 0)], {(0, 0)}
    while todo:
        i, j = todo.pop()
        if (i, j) == (len(left), len(right)):
            return True
        a = left[i] if i < len(left) else None
        b = right[j] if j < len(right) else None
        steps = []
        if b is not None and b.many:
            steps = [(i, j + 1), (i + 1, j)] if a is not None else [(i, j + 1)]
        elif a is not None and b is not None and not a.many and a.signs <= b.signs:
            steps = [(i + 1, j + 1)]
        todo += [step for step in steps if step not in seen]
        seen.update(steps)
    return False


def _steps(
    left: tuple[Token, ...], right: tuple[Token, ...], at: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    """Give where the two can stand after one more sign of a name, or none."""
    i, j = at
    a = left[i] if i < len(left) else None
    b = right[j] if j < len(right) else None
    if a is not None and a.many:
        yield i + 1, j
    if b is not None and b.many:
        yield i, j + 1
    if a is not None and b is not None and a.signs & b.signs:
        yield i + (not a.many), j + (not b.many)
