"""What is in force, value by value, and where each is from."""

from collections.abc import Sequence

from svwatch.core.inforce import Row
from svwatch.view.clean import one_line

WIDEST = 34  # of a value that others are aligned to; longer ones push their origin to the right


def config(rows: Sequence[Row]) -> str:
    """Show *rows*, one to a line: key, value, origin."""
    keys = max((len(row.key) for row in rows), default=0)
    wide = max((len(row.value) for row in rows if len(row.value) <= WIDEST), default=0)
    return "".join(f"{_line(row, keys, wide)}\n" for row in rows)


def _line(row: Row, keys: int, wide: int) -> str:
    value = one_line(row.value, 1000)
    return f"{row.key.ljust(keys)}  {value.ljust(wide)}  {one_line(row.origin, 300)}".rstrip()
