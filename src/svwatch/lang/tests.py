"""The tests of a rule sentence: what is asked of a process."""

from svwatch.core.plan import (
    ChangedPid,
    Exists,
    Metric,
    NotExists,
    Resource,
    Storm,
    Test,
    Uptime,
)
from svwatch.lang.amounts import duration, operator, size
from svwatch.lang.tokens import Cursor, RefusedError, Sort, Token, meant, shown

METRICS = {
    ("memory",): Metric.MEMORY,
    ("mem",): Metric.MEMORY,
    ("totalmem",): Metric.TOTALMEM,
    ("totalmemory",): Metric.TOTALMEM,
    ("total", "mem"): Metric.TOTALMEM,
    ("total", "memory"): Metric.TOTALMEM,
    ("pss",): Metric.PSS,
    ("totalpss",): Metric.TOTAL_PSS,
    ("total", "pss"): Metric.TOTAL_PSS,
}
"""Numbers of a process by their spelling."""

KNOWN = (
    "exist, not exist, changed pid, memory, totalmem, pss, total pss, uptime, "
    '"3 restarts within 5 minutes"'
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
)

LATER = frozenset(
    [
        "cpu",
        "totalcpu",
        "cores",
        "threads",
        "child",
        "children",
        "filedescriptors",
        "uid",
        "euid",
        "gid",
        "strays",
        "swap",
        "uss",
        "totaluss",
        "log",
        "file",
        "failed",
        "loadavg",
        "any",
        "ppid",
        "disk",
        "read",
        "write",
        "succeeded",
    ],
)
"""Tests of the language that this version does not make."""

SAY = {
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
    if first.sort is Sort.NUMBER:
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
    return _resource(cursor, first)


def _storm(cursor: Cursor) -> Storm:
    count = cursor.whole("restarts", 1, 10_000, cursor.next())
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
        return Storm(count, cycles=cursor.whole("cycles", 1, 10_000, number))
    if number.sort is not Sort.NUMBER:
        hint = f'"{count} restarts within 5 minutes"'
        raise RefusedError(number.column, "within which time?", hint)
    return Storm(count, seconds=duration(cursor, least=0.001))


def _changed(cursor: Cursor) -> ChangedPid:
    token = cursor.next()
    if token.word == "pid":
        return ChangedPid()
    if token.word == "ppid":
        raise _later(token, "changed ppid")
    raise RefusedError(token.column, f'"changed" of what? {shown(token)}', '"changed pid"')


def _resource(cursor: Cursor, first: Token) -> Resource:
    words: tuple[str, ...] = (cursor.next().word,)
    if words == ("total",) and cursor.peek().sort is Sort.WORD:
        words = ("total", cursor.next().word)
    metric = METRICS.get(words)
    if metric is None:
        raise _unknown(first, words)
    return Resource(metric, operator(cursor, " ".join(words)), size(cursor, first))


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
