"""Figures of a benchmark, and how they are shown."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table."""

    what: str
    svwatch: str
    monit: str = "-"
    ratio: str = "-"
    budget: str = "-"


HEAD = Row("", "svwatch", "monit", "ratio", "budget")


class Scale(NamedTuple):
    """How much is measured: cycles of 1 s, idle processes, watched processes, kills, calls.

    The first looks at a process, until it has settled (10 s), are thorough ones, and so is the one
    when it is a minute old: *warm* is longer.
    *marks*: after how many cycles of the soak it is looked at.
    """

    warm: int
    cycles: int
    idle: int
    watched: tuple[int, ...]
    kills: int
    calls: int
    marks: tuple[int, ...]


FULL = Scale(
    warm=65,
    cycles=60,
    idle=2000,
    watched=(10, 100, 1000, 3000),
    kills=40,
    calls=10,
    marks=(100, 1000, 5000, 10000, 20000),
)
QUICK = Scale(
    warm=15,
    cycles=10,
    idle=500,
    watched=(10, 200),
    kills=10,
    calls=5,
    marks=(100, 500, 1000),
)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms"


def megabytes(value: float) -> str:
    return f"{value:.1f} MB"


def median(values: Sequence[float]) -> str:
    return milliseconds(statistics.median(values))


def p99(values: Sequence[float]) -> str:
    """Give the 99th percentile; of fewer than 100 values that is the worst."""
    ordered = sorted(values)
    return milliseconds(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)])


def show(rows: Sequence[Row]) -> str:
    """Set *rows* in columns."""
    table = [HEAD, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    lines = (
        "  ".join(
            cell.ljust(width) if column in (0, 4) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    )
    return "\n".join(line.rstrip() for line in lines)
