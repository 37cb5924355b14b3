"""Which limit on memory would have fired how often, from the most of each minute on record."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from svwatch.core.limits import UPPER
from svwatch.core.plan import Lasting, Metric, Op, Resource, Rule, Service, Times, Window
from svwatch.core.reading import COMPARE
from svwatch.core.units import GB, KB, MB

Minute = tuple[int, int]  # unix minute, most bytes of totalmem within it

DAY = 24 * 60  # minutes
SPANS = (1, 7)  # days
HOLE = 5  # minutes without a row after which nobody knows what was between
USUAL = Times(3, 3)  # where no rule says how long
STEPS = (64 * KB, 256 * KB, *(n * MB for n in (1, 5, 10, 25, 50, 100, 250, 500)), GB, 5 * GB)
TRIED = 4
FINE = 32  # a limit is rounded by at most this part of it


class Spread(Struct, frozen=True):
    """The last so many *days*: *minutes* on record, of which bytes are the usual ones."""

    days: int
    minutes: int
    p50: int
    p95: int
    most: int


class Trial(Struct, frozen=True):
    """A limit: how often it would have fired in the last 1 and 7 days, and the share over it.

    *fired* counts how often memory went over it for long enough; while it stays over, that is
    once. *over* is of the minutes on record, 0 .. 1. *present*: this is the limit in force.
    """

    limit: int
    fired: tuple[int, ...]
    over: float
    present: bool = False


class Study(Struct, frozen=True, kw_only=True):
    """What is known of the memory of *service*. *rule*: the sentence whose window was tried.

    *apart*: that sentence is about another size, which no history is kept of.
    """

    service: str
    first: int  # unix minute of the oldest row
    last: int
    window: Window = USUAL
    rule: str | None = None
    apart: bool = False
    spreads: tuple[Spread, ...] = ()
    trials: tuple[Trial, ...] = ()


def study(
    service: Service, rows: Sequence[Minute], now: int, present: int | None = None
) -> Study | None:
    """Try limits on *rows*, oldest first, as of minute *now*; None where there are none.

    *present* is what the limit of the rule comes to in bytes, where that is known.
    """
    kept = [row for row in rows if now - SPANS[-1] * DAY < row[0] <= now]
    if not kept:
        return None
    rule = rule_of(service)
    op, apart = Op.GT, False
    if rule is not None and isinstance(rule.test, Resource):
        op, apart = rule.test.op, rule.test.metric is not Metric.TOTALMEM
    window = rule.window if rule is not None else USUAL
    spreads, shape = _spreads(kept, now), buckets(window, service.interval)
    limit = None if apart else present
    tried = candidates(spreads[-1], limit)
    return Study(
        service=service.name,
        first=kept[0][0],
        last=kept[-1][0],
        window=window,
        rule=rule.text if rule is not None else None,
        apart=apart,
        spreads=spreads,
        trials=tuple(_trial(kept, size, shape, op, now, present=size == limit) for size in tried),
    )


def rule_of(service: Service) -> Rule | None:
    """Give the rule whose limit is in question: the lowest on totalmem, else on another size."""
    upper = [
        (rule.test.metric is not Metric.TOTALMEM, rule.test.limit.bytes, place, rule)
        for place, rule in enumerate(service.rules)
        if isinstance(rule.test, Resource) and rule.test.op in UPPER
    ]
    return min(upper, key=lambda one: one[:3])[-1] if upper else None


def _spreads(rows: Sequence[Minute], now: int) -> tuple[Spread, ...]:
    found = []
    for days in SPANS:
        sizes = sorted(size for minute, size in rows if minute > now - days * DAY)
        if sizes:
            p50, p95 = rank(sizes, 50), rank(sizes, 95)
            found.append(Spread(days, len(sizes), p50, p95, sizes[-1]))
    return tuple(found)


def rank(ordered: Sequence[int], percent: int) -> int:
    """Give the smallest of *ordered* that at least *percent* of them do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


# --- what is tried ---------------------------------------------------------------------------


def candidates(spread: Spread, present: int | None) -> tuple[int, ...]:
    """Give four limits, ascending: *present*, and round ones; one is over all that was."""
    lower, middle = (spread.p50 + spread.p95) // 2, (spread.p95 + spread.most) // 2
    wanted = (spread.p95, spread.most * 5 // 4, spread.most, middle, lower)
    picked = [] if present is None else [present]
    for size in wanted:
        if (nice := rounded(size)) not in picked:
            picked.append(nice)
    while len(picked) < TRIED:
        picked.append(rounded(max(picked) * 5 // 4 + 1))
    return tuple(sorted(picked[:TRIED]))


def rounded(size: int) -> int:
    """Round *size* up to what people would write: 171.3 MB to 175 MB."""
    step = max((one for one in STEPS if one * FINE <= size), default=STEPS[0])
    return max(1, -(-size // step)) * step


def buckets(window: Window, interval: float) -> tuple[int, int]:
    """Give the fewest minutes that hold the bad marks of *window*, and of how many the last.

    A cycle is *interval* seconds. The most of a minute stands for all of it, so a rule is said
    to fire rather too often than too seldom.
    """
    match window:
        case Lasting(seconds=seconds):
            least = int(seconds // 60) + 1
            return least, least
        case Times(n=n, of=of):
            return _minutes(n, interval), max(_minutes(n, interval), _minutes(of, interval))


def _minutes(marks: int, interval: float) -> int:
    return max(1, int(-(-marks * interval // 60)))


def firings(
    rows: Sequence[Minute], limit: int, shape: tuple[int, int], op: Op = Op.GT
) -> tuple[int, ...]:
    """Give the minutes in which *limit* would have fired; then not before it was well again."""
    least, of = shape
    found: list[int] = []
    window: deque[bool] = deque(maxlen=of)
    armed, before = True, None
    for minute, size in rows:
        bad = COMPARE[op](size, limit)
        hole = before is not None and minute - before > HOLE
        before = minute
        if hole:
            window.clear()
        armed = armed or hole or not bad
        if not armed:
            continue
        window.append(bad)
        if sum(window) >= least:
            found.append(minute)
            window.clear()
            armed = False
    return tuple(found)


def _trial(
    rows: Sequence[Minute], limit: int, shape: tuple[int, int], op: Op, now: int, *, present: bool
) -> Trial:
    fired = firings(rows, limit, shape, op)
    over = sum(COMPARE[op](size, limit) for _, size in rows)
    counts = tuple(sum(minute > now - days * DAY for minute in fired) for days in SPANS)
    return Trial(limit, counts, over / len(rows), present)
