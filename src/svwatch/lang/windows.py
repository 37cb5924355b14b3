"""The window of a rule sentence: how often a test must be true."""

from svwatch.core.plan import Lasting, Times, Window
from svwatch.core.units import DURATION_UNITS
from svwatch.lang.amounts import duration
from svwatch.lang.tokens import Cursor, RefusedError, Sort, shown

MOST = 64  # as in monit

FORMS = '"for 3 cycles", "3 times within 5 cycles" or "for 2m"'


def window(cursor: Cursor) -> Window:
    """Take a window; once is enough where none is given. Raises RefusedError."""
    if cursor.take("within"):
        return _cycles(cursor)  # `within 3 cycles` is `for 3 cycles` to monit
    given = cursor.take("for")
    if given is None and cursor.peek().sort is not Sort.NUMBER:
        return Times()
    number, unit = cursor.peek(), cursor.peek(1)
    if number.sort is not Sort.NUMBER:
        raise RefusedError(number.column, f'"for" what? {shown(number)}', FORMS)
    if unit.word in ("time", "times", "within"):
        return _times(cursor)
    if unit.word in DURATION_UNITS:
        return Lasting(duration(cursor, least=0.001))
    return _cycles(cursor)


def _cycles(cursor: Cursor) -> Times:
    number, unit = cursor.next(), cursor.next()
    if unit.word not in ("cycle", "cycles"):
        raise RefusedError(number.column, f"{shown(number)} of what?", FORMS)
    count = cursor.whole("cycles", 1, MOST, number)
    return Times(count, count)


def _times(cursor: Cursor) -> Times:
    first = cursor.next()
    count = cursor.whole("times", 1, MOST, first)
    cursor.take("time", "times")
    if not cursor.take("within"):
        raise RefusedError(first.column, f"{count} times within what?", FORMS)
    number, unit = cursor.peek(), cursor.peek(1)
    if unit.word in DURATION_UNITS:
        what = "times are counted within cycles"
        raise RefusedError(number.column, what, FORMS)
    of = _cycles(cursor).of
    if count > of:
        raise RefusedError(first.column, f"{count} times within {of} cycles can never be")
    return Times(count, of)
