"""The ledger as a list: one row per event, the oldest first."""

from collections.abc import Sequence

from svwatch.core.event import Event
from svwatch.view import when
from svwatch.view.table import table
from svwatch.view.to_line import event_row

HEADER = ("TIME", "#", "SERVICE", "WHAT", "DETAIL")
NUMBERS = frozenset({1})


def events(found: Sequence[Event], now: float, offset: int) -> str:
    """Show *found* in the order of their times; the day where it is not that of *now*."""
    if not found:
        return "no events\n"
    ordered = sorted(found, key=lambda event: (event.at, event.number))
    rows = [event_row(event, when.exact(event.at, now, offset)) for event in ordered]
    return "\n".join(table([HEADER, *rows], NUMBERS)) + "\n"
