"""`why NAME --limits` for people: what its memory was, and which limit would have fired."""

from svwatch.core.candidates import SPANS, Study
from svwatch.core.phrase import percent
from svwatch.core.plan import Lasting, Times, Window
from svwatch.core.units import age, short_size, show_duration
from svwatch.view.clean import one_line
from svwatch.view.table import table

FEW = 7 * 24 * 60 * 0.9  # minutes: less is not the week that the table speaks of


def limits(found: Study) -> str:
    """Show *found*: sizes of the last days, then the limits that were tried."""
    spreads: list[tuple[str, ...]] = [("", "P50", "P95", "MAX")]
    spreads += [
        (_days(one.days), *(short_size(size) for size in (one.p50, one.p95, one.most)))
        for one in found.spreads
    ]
    trials: list[tuple[str, ...]] = [("LIMIT", *(_days(days).upper() for days in SPANS), "OVER IT")]
    for one in found.trials:
        size = short_size(one.limit) + (" (now)" if one.present else "")
        trials.append((size, *(str(fired) for fired in one.fired), _share(one.over)))
    lines = [_head(found), "", *table(spreads, frozenset({1, 2, 3})), "", *_asked(found)]
    lines += [*table(trials, frozenset(range(1, len(SPANS) + 2))), "", *NOTES]
    return "\n".join(lines) + "\n"


NOTES = (
    "Counted on the most of each minute, so rather too often than too seldom. While it stays over",
    "a limit, that fires once: OVER IT says for how much of the time on record.",
)


def nothing(name: str) -> str:
    """Say that there is no history."""
    return (
        f"{one_line(name, 100)}: no minute of its memory is on record yet; the daemon keeps one"
        " row per minute, for 8 days\n"
    )


def _head(found: Study) -> str:
    minutes = found.spreads[-1].minutes
    span = found.last - found.first + 1
    words = f"{age(minutes * 60)} on record"
    if span > minutes * 1.05 + 1:
        words += f", within {age(span * 60)}"
    if minutes < FEW:
        words = f"only {words}: too little to speak of a week"
    return f"{one_line(found.service, 100)}: totalmem, the most of each minute; {words}"


def _asked(found: Study) -> list[str]:
    words = f"if totalmem > LIMIT{_lasting(found.window)}: how often it would have fired"
    if not found.apart:
        return [words]
    rule = one_line(found.rule or "", 200)
    return [f"its rule is about another size, of which no history is kept: {rule}", words]


def _lasting(window: Window) -> str:
    match window:
        case Lasting(seconds=seconds):
            return f" for {show_duration(seconds)}"
        case Times(n=n, of=of) if n < of:
            return f" {n} times within {of} cycles"
        case Times(n=n):
            return f" for {n} cycles" if n > 1 else ""


def _days(days: int) -> str:
    return "last day" if days == 1 else f"last {days} days"


def _share(over: float) -> str:
    shown = percent(round(over * 100, 1))
    return "<0.1%" if over and shown == "0%" else shown
