"""Judging: one test on one look gives a mark, a value and a limit."""

import operator
from collections.abc import Callable

from msgspec import Struct

from svwatch.core import windows
from svwatch.core.ledger import Sample
from svwatch.core.plan import (
    ChangedPid,
    Exists,
    Metric,
    NotExists,
    Op,
    Resource,
    Rule,
    Storm,
    Test,
    Uptime,
)
from svwatch.core.seen import Absent, Lost, Running, Tree
from svwatch.core.state import Finding, Mark
from svwatch.core.turn import Turn

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
    """What one test says at one look."""

    mark: Mark
    value: float | None = None
    limit: float | None = None
    why: str = ""


UNKNOWN = Reading(Mark.UNKNOWN)


def mark_of(bad: bool) -> Mark:
    """Give BAD or GOOD."""
    return Mark.BAD if bad else Mark.GOOD


def read(test: Test, turn: Turn) -> Reading:
    """Judge *test* on this look alone."""
    match test:
        case Resource():
            return _resource(test, turn)
        case Uptime():
            return _uptime(test, turn)
        case Storm():
            return _storm(test, turn)
        case NotExists():
            return _absent(turn)
        case Exists():
            return _exists(turn)
        case ChangedPid():
            return Reading(mark_of(turn.changed)) if _lives(turn) else UNKNOWN


def _lives(turn: Turn) -> bool:
    return isinstance(turn.seen.verdict, Running | Lost)


def _resource(test: Resource, turn: Turn) -> Reading:
    tree = turn.seen.tree
    if tree is None or not tree.procs:
        return UNKNOWN
    if turn.state.known is not None:
        age = turn.state.known.incarnation.age(turn.seen.at.boot)
        if age < turn.service.warm_up:
            return Reading(Mark.UNKNOWN, why="warming up")
    limit = test.limit.of(turn.seen.memtotal)
    if test.limit.percent is not None and turn.seen.memtotal <= 0:
        return Reading(Mark.UNKNOWN, why="the size of the memory is unknown")
    value, whole, bound = _measure(test.metric, tree, limit, test.op)
    if value is None:
        return Reading(Mark.UNKNOWN, None, limit, "proportional size not read at this look")
    bad = COMPARE[test.op](value, limit)
    if bound:  # an upper bound that is not over the limit acquits, and proves nothing else
        return Reading(Mark.GOOD, None, limit)
    if not whole and not (bad and test.op in GROWING):
        return Reading(Mark.UNKNOWN, value, limit, "a process of the tree could not be read")
    return Reading(mark_of(bad), value, limit)


def _measure(metric: Metric, tree: Tree, limit: int, op: Op) -> tuple[float | None, bool, bool]:
    """Give (value, whole tree read, value is only an upper bound)."""
    procs = tree.procs if metric in {Metric.TOTALMEM, Metric.TOTAL_PSS} else tree.procs[:1]
    whole = tree.complete or len(procs) == 1
    rss = sum(proc.rss for proc in procs)
    if metric in {Metric.MEMORY, Metric.TOTALMEM}:
        return rss, whole, False
    parts = [proc.pss for proc in procs if proc.pss is not None]
    if len(parts) == len(procs):
        return sum(parts), whole, False
    # PSS cannot exceed RSS: below the limit there is nothing to read
    if op in GROWING and whole and not COMPARE[op](rss, limit):
        return rss, whole, True
    return None, whole, False


def _uptime(test: Uptime, turn: Turn) -> Reading:
    if not _lives(turn) or turn.state.known is None:
        return UNKNOWN
    age = turn.state.known.incarnation.age(turn.seen.at.boot)
    return Reading(mark_of(COMPARE[test.op](age, test.limit)), age, test.limit)


def _absent(turn: Turn) -> Reading:
    """Two scheduled looks in a row without a process, absent for `start_after`."""
    if _lives(turn):
        return Reading(Mark.GOOD)
    state = turn.state
    if not isinstance(turn.seen.verdict, Absent) or state.absent_since is None:
        return UNKNOWN
    waited = turn.mono - state.absent_since
    if state.absent_looks < 2 or waited < turn.service.start_after:
        return Reading(Mark.UNKNOWN, why=f"absent for {waited:.0f}s")
    return Reading(Mark.BAD, waited, turn.service.start_after)


def _exists(turn: Turn) -> Reading:
    if _lives(turn):
        return Reading(Mark.BAD)
    return Reading(Mark.GOOD) if isinstance(turn.seen.verdict, Absent) else UNKNOWN


def _storm(test: Storm, turn: Turn) -> Reading:
    """Reached, and the service is not settled: a healthy one is left alone."""
    count = counted(test, turn)
    bad = count >= test.count and not settled(turn)
    return Reading(mark_of(bad), count, test.count)


def counted(test: Storm, turn: Turn) -> int:
    """Count the unplanned restarts inside the window of *test*."""
    state = turn.state
    return sum(
        entry.count
        for entry in state.restarts
        if not entry.planned
        and (
            state.cycle - entry.cycle < test.cycles
            if test.cycles is not None
            else turn.mono - entry.at <= (test.seconds or 0.0)
        )
    )


def settled(turn: Turn) -> bool:
    """Say whether a process has run for `settle` already."""
    known = turn.state.known
    if not _lives(turn) or known is None:
        return False
    return known.incarnation.age(turn.seen.at.boot) >= turn.service.settle


# --- rules -----------------------------------------------------------------------------------

WINDOWLESS = (ChangedPid, Storm)  # events, not states: they are judged at every look


def judge(rule: Rule, turn: Turn, *, frozen: bool) -> Finding:
    """Judge *rule*, move its window (unless *frozen*), and say whether it fires."""
    reading = read(rule.test, turn)
    held = turn.state.windows.get(rule.key, ())
    if turn.fresh and not frozen and reading.mark is not Mark.UNKNOWN:
        sample = Sample(turn.mono, reading.value or 0.0, reading.mark is Mark.BAD)
        held = windows.push(rule.window, held, sample)
        _keep(turn, rule.key, held)
    one = windows.asked(rule.window) == 1
    enough = windows.met(rule.window, held) or (one and isinstance(rule.test, WINDOWLESS))
    return Finding(
        rule=rule.key,
        mark=reading.mark,
        value=reading.value,
        limit=reading.limit,
        why=reading.why,
        fired=reading.mark is Mark.BAD and enough,
        bad=windows.bad(held),
        asked=windows.asked(rule.window),
    )


def _keep(turn: Turn, key: str, held: tuple[Sample, ...]) -> None:
    before = turn.state.windows
    if before.get(key, ()) == held:
        return
    after = {name: marks for name, marks in before.items() if name != key}
    turn.set(windows=after | {key: held} if held else after)
