"""The tests of a rule sentence: what is asked of a process."""

from svwatch.core.plan import (
    ChangedPid,
    ChangedPpid,
    Exists,
    Ident,
    NotExists,
    Storm,
    Test,
    Uptime,
)
from svwatch.lang.amounts import duration, operator
from svwatch.lang.connections import connection
from svwatch.lang.measures import METRICS, acts, child, measured, older, silent
from svwatch.lang.tokens import Cursor, RefusedError, Sort, Token, meant, shown

KNOWN = (
    "exist, not exist, changed pid, changed ppid, memory, totalmem, pss, uss, swap (and total of "
    "each), child memory, cpu, total cpu, cores, threads, children, filedescriptors, disk read, "
    "disk write, uid, euid, gid, uptime, log silent for 10m, file older than 10m, "
    "failed port 80, failed unixsocket /run/x, "
    '"3 restarts within 5 minutes", "3 any restarts within 5 minutes"'
)
FIRST: tuple[str, ...] = (
    "exist",
    "not",
    "changed",
    "memory",
    "totalmem",
    "totalmemory",
    "pss",
    "totalpss",
    "total",
    "uptime",
    "uss",
    "swap",
    "cpu",
    "totalcpu",
    "cores",
    "threads",
    "child",
    "children",
    "filedescriptors",
    "log",
    "file",
    "uid",
    "euid",
    "gid",
    "failed",
    "succeeded",
)

LATER = frozenset(
    [
        "strays",
        "loadavg",
    ],
)
"""Tests of the language that this version does not make."""

SAY = {
    "port": '"failed port 80"',
    "unixsocket": '"failed unixsocket /run/x.sock"',
    "pid": '"changed pid"',
    "rss": '"memory"',
    "running": '"exist"',
    "missing": '"not exist"',
    "down": '"not exist"',
    "dead": '"not exist"',
    "restart": '"3 restarts within 5 minutes"',
    "restarts": '"3 restarts within 5 minutes"',
}
"""What people write for a test that has another name."""


def test(cursor: Cursor) -> Test:
    """Take a test. Raises RefusedError."""
    first = cursor.peek()
    if first.sort is Sort.NUMBER or first.word == "any":
        return _storm(cursor)
    if cursor.take("exist", "exists"):
        return Exists()
    if cursor.take("not"):
        if not cursor.take("exist", "exists"):
            raise RefusedError(cursor.peek().column, 'after "not" comes "exist"', '"not exist"')
        return NotExists()
    if cursor.take("changed"):
        return _changed(cursor)
    if cursor.take("uptime"):
        return Uptime(operator(cursor, "uptime"), duration(cursor))
    return _told(cursor, first)


def _storm(cursor: Cursor) -> Storm:
    planned = cursor.take("any") is not None
    count = cursor.whole("restarts", 1, 10_000, cursor.next())
    planned = cursor.take("any") is not None or planned
    if not cursor.take("restart", "restarts"):
        token = cursor.peek()
        raise RefusedError(
            token.column,
            f'"{count}" of what? {shown(token)} cannot be counted',
            f'"{count} restarts within 5 minutes"',
        )
    cursor.take("within", "for")
    number, unit = cursor.peek(), cursor.peek(1)
    if unit.sort is Sort.WORD and unit.word in ("cycle", "cycles"):
        cursor.next()
        cursor.next()
        return Storm(count, cursor.whole("cycles", 1, 10_000, number), planned=planned)
    if number.sort is not Sort.NUMBER:
        hint = f'"{count} restarts within 5 minutes"'
        raise RefusedError(number.column, "within which time?", hint)
    return Storm(count, seconds=duration(cursor, least=0.001), planned=planned)


def _changed(cursor: Cursor) -> ChangedPid | ChangedPpid:
    token = cursor.next()
    if token.word == "pid":
        return ChangedPid()
    if token.word == "ppid":
        return ChangedPpid()
    raise RefusedError(token.column, f'"changed" of what? {shown(token)}', '"changed pid"')


def _told(cursor: Cursor, first: Token) -> Test:
    """Take a test that begins with a name of its own."""
    follows = cursor.peek(1).word
    if first.word == "failed" and follows in IDENTS:
        cursor.next()
        return acts(cursor, failed=True)
    if first.word in IDENTS:
        return acts(cursor, failed=False)
    if cursor.take("failed", "succeeded"):
        return connection(cursor, first)
    if cursor.take("log"):
        return silent(cursor)
    if first.word == "file" and follows != "descriptors":
        cursor.next()
        return older(cursor)
    if first.word == "child" and (follows,) in METRICS:
        cursor.next()
        return child(cursor, first)
    return _number(cursor, first)


IDENTS = frozenset(Ident)
PAIRS = frozenset(("total", "disk"))


def _number(cursor: Cursor, first: Token) -> Test:
    words: tuple[str, ...] = (cursor.next().word,)
    if words[0] in PAIRS and cursor.peek().sort is Sort.WORD:
        words = (words[0], cursor.next().word)
    found = measured(cursor, first, words)
    if found is None:
        raise _unknown(first, words)
    return found


def _unknown(token: Token, words: tuple[str, ...]) -> RefusedError:
    if token.sort is Sort.END or token.word == "then":
        return RefusedError(token.column, "a test is missing", f"it can be {KNOWN}")
    name = " ".join(words)
    if words[-1] in LATER:
        return _later(token, name)
    if token.word in SAY:
        return RefusedError(token.column, f'"{name}" is no test', f"write {SAY[token.word]}")
    hint = meant(words[0], FIRST) if len(words) == 1 else meant(name, ("total mem", "total pss"))
    return RefusedError(token.column, f'"{name}" is no test', hint or f"it can be {KNOWN}")


def _later(token: Token, name: str) -> RefusedError:
    what = f'the test "{name}" is not in this version'
    return RefusedError(token.column, what, f"it has {KNOWN}")
