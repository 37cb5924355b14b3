"""Colour for a terminal; whether it is one, and NO_COLOR, are the caller's business."""

from collections.abc import Sequence

from svwatch.core.kinds import Code
from svwatch.view.table import Paint

SHADE = {Code.CRITICAL: "1;31", Code.UNKNOWN: "1;35", Code.WARNING: "1;33", Code.OK: "32"}


def painted(text: str, code: Code, *, color: bool) -> str:
    """Give *text* in the colour of *code* (ECMA-48 SGR), or as it is."""
    return f"\x1b[{SHADE[code]}m{text}\x1b[0m" if color else text


def painter(codes: Sequence[Code | None], column: int, *, color: bool) -> Paint | None:
    """Paint the cells of *column*, row by row, in the colours of *codes* (None: none)."""
    if not color:
        return None

    def paint(row: int, at: int, text: str) -> str:
        code = codes[row]
        return text if at != column or code is None else painted(text, code, color=True)

    return paint
