"""What one test says at one look: a mark, and the numbers behind it."""

import operator
from collections.abc import Callable

from msgspec import Struct

from svwatch.core.plan import Op
from svwatch.core.state import Mark

COMPARE: dict[Op, Callable[[float, float], bool]] = {
    Op.GT: operator.gt,
    Op.LT: operator.lt,
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
    Op.GE: operator.ge,
    Op.LE: operator.le,
}
GROWING = (Op.GT, Op.GE)  # what an incomplete sum can prove, since more only adds


class Reading(Struct, frozen=True):
    """What one test says at one look; *why* explains an unknown."""

    mark: Mark
    value: float | None = None
    limit: float | None = None
    why: str = ""


UNKNOWN = Reading(Mark.UNKNOWN)
PARTLY = Reading(Mark.UNKNOWN, why="a process of the tree could not be read")


def mark_of(bad: bool) -> Mark:
    """Give BAD or GOOD."""
    return Mark.BAD if bad else Mark.GOOD


def unknown(why: str, limit: float | None = None) -> Reading:
    """Say that nothing can be said, and *why*."""
    return Reading(Mark.UNKNOWN, None, limit, why)


def compared(op: Op, value: float | None, limit: float, *, whole: bool, why: str) -> Reading:
    """Judge *value*; not *whole*, it can grow only, and accuses where that is enough.

    *why* is said where it is None.
    """
    if value is None:
        return unknown(why, limit)
    bad = COMPARE[op](value, limit)
    if not whole and not (bad and op in GROWING):
        return Reading(Mark.UNKNOWN, value, limit, PARTLY.why)
    return Reading(mark_of(bad), value, limit)
