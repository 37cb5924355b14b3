"""What a rule sentence may say after its action: how often, to whom, and what when it is over."""

from svwatch.core.plan import (
    Action,
    Alert,
    ChangedPid,
    Exec,
    NotExists,
    SendSignal,
    Storm,
    Test,
    Times,
    Window,
)
from svwatch.lang.actions import action
from svwatch.lang.canonical import Tail
from svwatch.lang.tokens import Cursor, RefusedError, Sort, Token, shown
from svwatch.lang.windows import window

MOST = 10_000  # cycles between two repetitions
MOST_ROUTES = 16
KEYWORDS = frozenset({"repeat", "quietly", "to", "else", "if", "then"})


def tail(cursor: Cursor, asked: Test, done: Action) -> Tail:
    """Take what follows the action *done* of a rule that asks *asked*. Raises RefusedError."""
    quietly, repeat = False, None
    to: tuple[str, ...] = ()
    if isinstance(done, SendSignal) and isinstance(asked, NotExists | Storm):
        raise RefusedError(cursor.peek().column, "there may be nobody to signal", 'exec "command"')
    while (token := cursor.take("repeat", "quietly", "to")) is not None:
        match token.word:
            case "quietly":
                quietly = _quietly(token, done)
            case "repeat":
                repeat = _repeat(cursor, token, done)
            case _:
                to = _routes(cursor, token)
    if quietly and to:
        raise RefusedError(cursor.peek().column, "quietly is to nobody", 'remove "quietly"')
    otherwise, well = _otherwise(cursor, asked)
    return Tail(quietly, repeat, otherwise, well, to)


def _quietly(token: Token, done: Action) -> bool:
    if isinstance(done, Alert):
        raise RefusedError(token.column, "an alert cannot be quiet", 'remove "quietly"')
    return True


def _repeat(cursor: Cursor, token: Token, done: Action) -> int:
    if not isinstance(done, Alert | Exec | SendSignal):
        what = '"repeat every" is for alert, exec and signal'
        raise RefusedError(token.column, what, "everything else is repeated while it is true")
    cursor.take("every")
    number = cursor.next()
    if cursor.peek().word not in ("cycle", "cycles"):
        raise RefusedError(token.column, "repeat every what?", "repeat every 10 cycles")
    cursor.next()
    return cursor.whole("cycles", 1, MOST, number)


def _routes(cursor: Cursor, first: Token) -> tuple[str, ...]:
    names: list[str] = []
    while (token := cursor.peek()).sort in (Sort.WORD, Sort.STRING, Sort.NUMBER):
        if token.sort is Sort.WORD and token.word in KEYWORDS:
            break
        cursor.next()
        if token.sort is Sort.WORD and token.word == "and":
            continue
        written = cursor.text[token.column : token.end]
        names.append(token.word if token.sort is Sort.STRING else written)
    if not names or len(names) > MOST_ROUTES:
        what = f'"to" whom? {shown(cursor.peek())}' if not names else f"more than {MOST_ROUTES}"
        raise RefusedError(first.column, what, "to ops, the name of a route under alerts")
    return tuple(dict.fromkeys(names))


def _otherwise(cursor: Cursor, asked: Test) -> tuple[Alert | Exec | None, Window | None]:
    """Take `else ACTION`, or `else if succeeded [for 3 cycles] then ACTION`."""
    first = cursor.take("else")
    if first is None:
        return None, None
    if isinstance(asked, Storm | ChangedPid):
        raise RefusedError(first.column, "this has no end that could be told", 'remove "else"')
    well: Window | None = None
    if cursor.take("if"):
        token = cursor.peek()
        if not cursor.take("succeeded", "passed", "recovered"):
            raise RefusedError(token.column, f'"else if" what? {shown(token)}', "else if succeeded")
        given = window(cursor)
        well = None if given == Times() else given
        cursor.take("then")
    token = cursor.peek()
    done = action(cursor)
    if not isinstance(done, Alert | Exec):
        raise RefusedError(token.column, "only alert and exec follow else", 'else exec "command"')
    return done, well
