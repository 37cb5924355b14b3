"""The rule sentence: one parser for every language that contains it.

if <test> [for <n> cycles | <n> [times] within <m> cycles | for <duration>]
   then <action> [repeat every <k> cycles] [quietly] [to <route>, ...]
   [else [if succeeded [for <n> cycles] then] <action>]
"""

from msgspec import Struct

from svwatch.core.plan import Action, Storm, Test, Times, Window
from svwatch.lang.actions import KNOWN, action
from svwatch.lang.canonical import PLAIN, Tail, canonical
from svwatch.lang.tails import tail
from svwatch.lang.tests import test
from svwatch.lang.tokens import Cursor, RefusedError, Sort, Token, meant, shown
from svwatch.lang.windows import window

LONGEST = 4096  # characters of a sentence


class Sentence(Struct, frozen=True, kw_only=True):
    """A rule as it was said. *key* is its canonical sentence, *text* how it was written."""

    key: str
    text: str
    test: Test
    window: Window
    action: Action
    tail: Tail = PLAIN


class Misread(Struct, frozen=True):
    """Why a sentence is no rule; *column* counts from 0. The first thing wrong is the only one."""

    column: int
    what: str
    hint: str = ""


def parse_rule(text: str) -> Sentence | Misread | None:
    """Parse one sentence; None if there is nothing but blanks and a comment. Never raises."""
    try:
        _refuse_unseen(text)
        cursor = Cursor(text)
        return None if cursor.peek().sort is Sort.END else _sentence(cursor)
    except RefusedError as refused:
        return Misread(refused.column, refused.what, refused.hint)


def _refuse_unseen(text: str) -> None:
    if len(text) > LONGEST:
        raise RefusedError(LONGEST, f"a rule of more than {LONGEST} characters")
    for column, character in enumerate(text):
        if character != "\t" and not character.isprintable():
            raise RefusedError(column, "a character that cannot be seen in a rule")


def _sentence(cursor: Cursor) -> Sentence:
    first = cursor.peek()
    if not cursor.take("if"):
        hint = meant(first.word, ("if",)) or "if totalmem > 175 MB then restart"
        raise RefusedError(first.column, f'a rule begins with "if", not with {shown(first)}', hint)
    asked = test(cursor)
    how_often = _window(cursor, asked)
    if not cursor.take("then"):
        raise _no_then(cursor.peek())
    done = action(cursor)
    after = tail(cursor, asked, done)
    end = cursor.next()
    if end.sort is not Sort.END:
        raise _too_much(end)
    return Sentence(
        key=canonical(asked, how_often, done, after),
        text=cursor.text[first.column : end.column],
        test=asked,
        window=how_often,
        action=done,
        tail=after,
    )


def _window(cursor: Cursor, asked: Test) -> Window:
    at = cursor.peek()
    how_often = window(cursor)
    if isinstance(asked, Storm) and how_often != Times():
        raise RefusedError(at.column, "restarts are counted within one span only")
    return how_often


def _no_then(token: Token) -> RefusedError:
    if token.word in ("and", "or"):
        what = f'"{token.word}" between two tests: this rule is refused'
        return RefusedError(token.column, what, "write two rules")
    missing = '"then" is missing'
    if token.sort is Sort.WORD and token.word in KNOWN:
        return RefusedError(token.column, missing, f'write "then {token.word}"')
    if token.sort is Sort.END:
        return RefusedError(token.column, missing, 'a rule ends with "then restart" or the like')
    return RefusedError(token.column, f"{shown(token)} is not understood here", 'expected "then"')


def _too_much(token: Token) -> RefusedError:
    if token.word == "if":
        return RefusedError(token.column, "a second rule in one line", "one sentence to a line")
    if token.word in ("and", "or"):
        return RefusedError(token.column, "a second action in one rule", "write two rules")
    if token.word in ("for", "within") or token.sort is Sort.NUMBER:
        what = f"{shown(token)} after the action"
        return RefusedError(token.column, what, "how often comes before then: for 3 cycles then")
    return RefusedError(token.column, f"{shown(token)} is not understood here", "the rule is over")
