"""Comparisons, limits and durations inside a rule sentence."""

from svwatch.core.plan import Op, Size
from svwatch.core.units import DURATION_UNITS, SIZE_UNITS, parse_duration, parse_size
from svwatch.lang.tokens import Cursor, RefusedError, Sort, Token, shown

OPERATORS = {
    **{op.value: op for op in Op},
    "=": Op.EQ,
    **dict.fromkeys(("gt", "greater", "more"), Op.GT),
    **dict.fromkeys(("lt", "less"), Op.LT),
    **dict.fromkeys(("eq", "equal"), Op.EQ),
    **dict.fromkeys(("ne", "notequal"), Op.NE),
    "ge": Op.GE,
    "le": Op.LE,
}
"""Comparisons by their spelling: ours are monit's."""

AFTER_A_LIMIT = frozenset(("", "and", "or", "for", "within", "then", "time", "times", "cycles"))
MOST_PERCENT = 10_000  # summed resident sets can exceed the memory that is there


def operator(cursor: Cursor, test: str) -> Op:
    """Take a comparison after the name of *test*. Raises RefusedError."""
    token = cursor.peek()
    op = OPERATORS.get(token.word) if token.sort in (Sort.OPERATOR, Sort.WORD) else None
    if op is None:
        said = f"{shown(token)} is no comparison"
        what = "a comparison is missing" if token.sort in (Sort.NUMBER, Sort.END) else said
        hint = (
            f"{test} > {_rest_of_limit(cursor)}" if token.sort is Sort.NUMBER else f"{test} > ..."
        )
        raise RefusedError(token.column, what, f'write "{hint}"')
    cursor.next()
    return op


def _rest_of_limit(cursor: Cursor) -> str:
    number, unit = cursor.peek(), cursor.peek(1)
    if unit.sort is Sort.PERCENT:
        return f"{number.word}%"
    known = unit.word in SIZE_UNITS or unit.word in DURATION_UNITS
    return f"{number.word} {unit.word.upper()}" if known else number.word


def size(cursor: Cursor, test: Token) -> Size:
    """Take a limit in bytes or in percent of memory. Raises RefusedError."""
    number = cursor.next()
    if number.sort is not Sort.NUMBER:
        raise RefusedError(number.column, f"a limit is missing before {shown(number)}", "175 MB")
    unit = cursor.peek()
    if unit.sort is Sort.PERCENT or unit.word == "percent":
        cursor.next()
        return _percent(cursor, number)
    if unit.word in AFTER_A_LIMIT or unit.sort is not Sort.WORD:
        said = " ".join(cursor.written(test).split())
        hint = f'"{said}": {number.word} MB? {number.word} KB?'
        raise RefusedError(number.column, "a limit needs a unit", hint)
    cursor.next()
    try:
        return Size(bytes=parse_size(f"{number.word} {unit.word}"))
    except ValueError as error:
        raise RefusedError(number.column, str(error)) from error


def _percent(cursor: Cursor, number: Token) -> Size:
    if len(number.word) > 20 or float(number.word) > MOST_PERCENT:
        raise RefusedError(number.column, f"{number.word}% of memory is never there")
    return Size(percent=float(number.word), cgroup=cursor.take("cgroup") is not None)


def duration(cursor: Cursor, *, least: float = 0.0) -> float:
    """Take a duration of *least* seconds or more, such as `1h 30m`. Raises RefusedError."""
    first = cursor.peek()
    if first.sort is not Sort.NUMBER:
        raise RefusedError(first.column, f"a duration is missing before {shown(first)}", "10m")
    words = []
    while cursor.peek().sort is Sort.NUMBER and cursor.peek(1).word in DURATION_UNITS:
        words += [cursor.next().word, cursor.next().word]
    try:
        seconds = parse_duration(" ".join(words or [first.word]))
    except ValueError as error:
        raise RefusedError(first.column, str(error)) from error
    if seconds < least:
        raise RefusedError(first.column, f"{cursor.written(first)} is too short")
    return seconds
