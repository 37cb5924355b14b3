"""A rule sentence to tokens, each with its column, and a cursor that walks over them."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from enum import StrEnum
from functools import cache

from msgspec import Struct


class Sort(StrEnum):
    """The sorts of token."""

    WORD = "word"
    NUMBER = "number"
    STRING = "string"
    OPERATOR = "operator"
    PERCENT = "percent"
    END = "end"


class Token(Struct, frozen=True):
    """One token: *word* in lower case, or the inside of a string as it is. Columns from 0."""

    sort: Sort
    word: str
    column: int
    end: int


class RefusedError(Exception):
    """The sentence is none of ours. Travels from a production to `rules.parse_rule` only."""

    def __init__(self, column: int, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.column = column
        self.what = what
        self.hint = hint


# What monit ignores anywhere between two tokens; those that mean something to us are left out.
NOISE = frozenset(
    [
        "activity",
        "are",
        "but",
        "capacity",
        "does",
        "has",
        "in",
        "is",
        "last",
        "of",
        "on",
        "only",
        "option",
        "options",
        "per",
        "program",
        "programs",
        "rate",
        "sum",
        "than",
        "the",
        "usage",
        "use",
        "using",
        "via",
        "was",
        "with",
    ],
)


@cache
def _pattern() -> re.Pattern[str]:
    # `; , ( )` are blanks, `#` is a comment only where a token could begin, quotes have no
    # escape: all as in monit. A unit may be glued to its number.
    return re.compile(
        r"""(?P<blank>[\s;,()]+|\#.*)
          | (?P<string>"[^"]*"|'[^']*')
          | (?P<number>[0-9]+(?:\.[0-9]+)?)
          | (?P<operator>[<>=!]=?)
          | (?P<percent>%)
          | (?P<unit>(?<=[0-9])[A-Za-z]+)
          | (?P<word>[^\s;,()"'<>=!%0-9\#][^\s;,()"'<>=!%]*)
        """,
        re.VERBOSE | re.DOTALL,
    )


def tokens(text: str) -> Iterator[Token]:
    """Give the tokens of *text*, an END last. Raises RefusedError."""
    at = end = 0
    while at < len(text):
        found = _pattern().match(text, at)
        if found is None:
            raise RefusedError(at, "a quote that does not end", 'exec "command"')
        at, sort, word = found.end(), found.lastgroup, found[0]
        if sort == "string":
            yield Token(Sort.STRING, word[1:-1], found.start(), at)
        elif sort == "unit" or (sort == "word" and word[0] != "/"):
            yield Token(Sort.WORD, word.lower(), found.start(), at)
        elif sort is not None and sort != "blank":
            yield Token(Sort(sort), word, found.start(), at)
        end = end if sort == "blank" else at
    yield Token(Sort.END, "", end, end)


class Cursor:
    """Walks over the tokens of one sentence; noise words are never seen."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = tuple(
            token
            for token in tokens(text)
            if token.sort is not Sort.WORD or token.word not in NOISE
        )
        self._at = 0

    def peek(self, ahead: int = 0) -> Token:
        """Give the next token, or one further *ahead*, without taking it."""
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def next(self) -> Token:
        """Take the next token."""
        token = self.peek()
        self._at += 1
        return token

    def take(self, *words: str) -> Token | None:
        """Take the next token if it is one of *words*."""
        token = self.peek()
        return self.next() if token.sort is Sort.WORD and token.word in words else None

    def whole(self, name: str, least: int, most: int, token: Token) -> int:
        """Give the whole number that *token* is, *least* .. *most*. Raises RefusedError."""
        if not token.word.isdecimal() or len(token.word) > 9:
            raise RefusedError(token.column, f'"{token.word}" is not a whole number of {name}')
        number = int(token.word)
        if not least <= number <= most:
            raise RefusedError(token.column, f"{number} {name}", f"{least} to {most} are possible")
        return number

    def written(self, first: Token) -> str:
        """Give the text from *first* to just before the next token, as it was written."""
        return self.text[first.column : self._tokens[self._at - 1].end]


def shown(token: Token) -> str:
    """Name *token* in a message."""
    return "the end" if token.sort is Sort.END else f'"{token.word}"'


def meant(word: str, known: tuple[str, ...]) -> str:
    """Say which of *known* was perhaps meant by *word*; empty if none is near."""
    near = get_close_matches(word, known, 1, 0.7)
    return f'did you mean "{near[0]}"?' if near else ""
