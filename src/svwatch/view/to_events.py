"""The ledger as a list: one row per event, the oldest first."""

from collections.abc import Sequence

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.core.units import age
from svwatch.view import when
from svwatch.view.table import table
from svwatch.view.to_line import event_row

HEADER = ("TIME", "#", "SERVICE", "WHAT", "DETAIL")
NUMBERS = frozenset({1})


NAMED = frozenset({What.RESTARTED, What.CRASHING})  # they say the number themselves


def _rows(event: Event, now: float, offset: int) -> list[tuple[str, ...]]:
    """Give the row of *event*, and one for the crashes that are folded into it."""
    row = event_row(event, when.exact(event.at, now, offset))
    crashes, seconds = event.facts.crashes, event.facts.crashing
    if event.what in NAMED or crashes is None or crashes < 2 or seconds is None:
        return [row]
    last, every = event.at + seconds, seconds / (crashes - 1)
    goes_on = not event.closed and now - last <= max(60.0, 2 * every)
    until = "now" if goes_on else when.exact(last, now, offset)
    span = f"{when.exact(event.at, now, offset)} - {until}"
    many = f"{'' if event.facts.exact is not False else 'at least '}{crashes} crashes"
    return [row, (*row[:3], many, f"folded: {span}, one every {age(every)}")]


def events(found: Sequence[Event], now: float, offset: int) -> str:
    """Show *found* in the order of their times; the day where it is not that of *now*."""
    if not found:
        return "no events\n"
    ordered = sorted(found, key=lambda event: (event.at, event.number))
    rows = [row for event in ordered for row in _rows(event, now, offset)]
    return "\n".join(table([HEADER, *rows], NUMBERS)) + "\n"
