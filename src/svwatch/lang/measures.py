"""The tests of a rule sentence on numbers, ages and owners of a process."""

from svwatch.core.plan import (
    Acts,
    ChildOver,
    Gauge,
    Gauged,
    Ident,
    Metric,
    Older,
    Op,
    Resource,
    Silent,
)
from svwatch.core.units import SIZE_UNITS, parse_size
from svwatch.lang.amounts import duration, operator, size
from svwatch.lang.tokens import Cursor, RefusedError, Sort, Token, shown

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
    ("uss",): Metric.USS,
    ("totaluss",): Metric.TOTAL_USS,
    ("total", "uss"): Metric.TOTAL_USS,
    ("swap",): Metric.SWAP,
    ("totalswap",): Metric.TOTAL_SWAP,
    ("total", "swap"): Metric.TOTAL_SWAP,
}
"""Sizes of a process by their spelling."""

GAUGES = {
    ("cpu",): Gauge.CPU,
    ("totalcpu",): Gauge.TOTAL_CPU,
    ("total", "cpu"): Gauge.TOTAL_CPU,
    ("cores",): Gauge.CORES,
    ("thread",): Gauge.THREADS,
    ("threads",): Gauge.THREADS,
    ("child",): Gauge.CHILDREN,
    ("children",): Gauge.CHILDREN,
    ("filedescriptors",): Gauge.DESCRIPTORS,
    ("descriptors",): Gauge.DESCRIPTORS,
    ("disk", "read"): Gauge.READ,
    ("disk", "write"): Gauge.WRITE,
}
"""Other numbers of a process by their spelling."""

OF_A_CHILD = {"memory": Metric.MEMORY, "mem": Metric.MEMORY, "pss": Metric.PSS, "uss": Metric.USS}
PERCENT = frozenset({Gauge.CPU, Gauge.TOTAL_CPU})
RATES = frozenset({Gauge.READ, Gauge.WRITE})
MOST = 1_000_000_000


def measured(cursor: Cursor, first: Token, words: tuple[str, ...]) -> Resource | Gauged | None:
    """Take what follows the name of a number; None where *words* names none."""
    name = " ".join(words)
    if (metric := METRICS.get(words)) is not None:
        return Resource(metric, operator(cursor, name), size(cursor, first))
    gauge = GAUGES.get(words)
    if gauge is None:
        return None
    op = operator(cursor, str(gauge))
    return Gauged(gauge, op, _limit(cursor, gauge))


def _limit(cursor: Cursor, gauge: Gauge) -> float:
    number = cursor.next()
    if number.sort is not Sort.NUMBER:
        what = f"a limit is missing before {shown(number)}"
        raise RefusedError(number.column, what, f"{gauge} > {EXAMPLE.get(gauge, '10')}")
    if gauge in RATES:
        return _rate(cursor, gauge, number)
    if gauge in PERCENT:
        _percent(cursor, gauge, number)
    elif gauge is not Gauge.CORES:
        return float(cursor.whole(str(gauge), 0, MOST - 1, number))
    if len(number.word) > 20 or float(number.word) > MOST:
        raise RefusedError(number.column, f"{number.word} is too much")
    return float(number.word)


EXAMPLE = {
    Gauge.CPU: "80%",
    Gauge.TOTAL_CPU: "80%",
    Gauge.CORES: "1.5",
    Gauge.READ: "10 MB/s",
    Gauge.WRITE: "10 MB/s",
}


def _percent(cursor: Cursor, gauge: Gauge, number: Token) -> None:
    if cursor.peek().sort is not Sort.PERCENT and not cursor.take("percent"):
        hint = f'"{gauge} > {number.word}%", or "cores > 1.5" for processors'
        raise RefusedError(number.column, f"{gauge} is in percent", hint)
    if cursor.peek().sort is Sort.PERCENT:
        cursor.next()


def _rate(cursor: Cursor, gauge: Gauge, number: Token) -> float:
    """Take `10 MB/s`, `10MB/s` or `10 MB per second`."""
    unit = cursor.next()
    word, slash, second = unit.word.partition("/")
    named = slash + second
    if not named and cursor.peek().word.lower() in {"/s", "second", "s"}:
        named = cursor.next().word.lower()
    if word not in SIZE_UNITS or named not in {"/s", "second", "s"}:
        hint = f"{gauge} > {number.word} MB/s"
        raise RefusedError(number.column, f"{gauge} is in bytes per second", hint)
    try:
        return float(parse_size(f"{number.word} {word}"))
    except ValueError as error:
        raise RefusedError(number.column, str(error)) from error


def child(cursor: Cursor, first: Token) -> ChildOver:
    """Take what follows `child`, which is the name of a size."""
    token = cursor.next()
    word = token.word
    if word not in OF_A_CHILD:
        what = f'"child {word}" is no test'
        raise RefusedError(token.column, what, "child memory, child pss, child uss")
    return ChildOver(OF_A_CHILD[word], operator(cursor, f"child {word}"), size(cursor, first))


def silent(cursor: Cursor) -> Silent:
    """Take what follows `log`."""
    token = cursor.peek()
    if not cursor.take("silent"):
        hint = '"log silent for 10 minutes"'
        raise RefusedError(token.column, f'"log" what? {shown(token)}', hint)
    cursor.take("for")
    return Silent(duration(cursor, least=0.001))


def older(cursor: Cursor) -> Older:
    """Take what follows `file`."""
    token = cursor.next()
    hint = '"file "/run/worker.beat" older than 10 minutes"'
    if token.sort not in (Sort.STRING, Sort.WORD) or not token.word.startswith("/"):
        raise RefusedError(token.column, f"which file? {shown(token)} is no absolute path", hint)
    if not cursor.take("older"):
        raise RefusedError(cursor.peek().column, 'after the file comes "older than"', hint)
    return Older(token.word, duration(cursor, least=0.001))


def acts(cursor: Cursor, *, failed: bool) -> Acts:
    """Take `uid != deploy`; *failed*: `failed uid deploy`, which is the same to monit."""
    ident = Ident(cursor.next().word)
    op = Op.NE if failed else operator(cursor, str(ident))
    token = cursor.next()
    if op not in (Op.EQ, Op.NE):
        raise RefusedError(token.column, f"{ident} is equal or not", f'"{ident} != deploy"')
    if token.sort not in (Sort.STRING, Sort.WORD, Sort.NUMBER) or token.word in {"", "then"}:
        raise RefusedError(token.column, f"{ident} of whom? {shown(token)}", f'"{ident} != deploy"')
    named = cursor.text[token.column : token.end] if token.sort is Sort.WORD else token.word
    return Acts(ident, op, named)
