"""Columns: as wide as their widest cell, numbers to the right."""

from collections.abc import Callable, Sequence

Paint = Callable[[int, int, str], str]
"""Give a cell, already padded, its colour: (row, column, text)."""


def table(
    rows: Sequence[Sequence[str]],
    right: frozenset[int] = frozenset(),
    paint: Paint | None = None,
) -> list[str]:
    """Align *rows* of equal length; the columns in *right* are numbers. No trailing blanks."""
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for at, row in enumerate(rows):
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        if paint is not None:
            cells = [paint(at, column, cell) for column, cell in enumerate(cells)]
        lines.append("  ".join(cells).rstrip())
    return lines
