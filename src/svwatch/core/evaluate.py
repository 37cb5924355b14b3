"""Judging: one test on one look gives a mark, a value and a limit."""

from svwatch.core import gauges, sizes, windows
from svwatch.core.connection import Connection
from svwatch.core.ledger import Sample
from svwatch.core.plan import (
    Acts,
    ChangedPid,
    ChangedPpid,
    ChildOver,
    Exists,
    Gauged,
    NotExists,
    Older,
    Resource,
    Rule,
    Silent,
    Storm,
    Test,
    Uptime,
)
from svwatch.core.reached import reached
from svwatch.core.reading import COMPARE, PARTLY, UNKNOWN, Reading, mark_of
from svwatch.core.seen import Absent, Incarnation, Lost, Proc, Running
from svwatch.core.state import Finding, Mark
from svwatch.core.turn import Turn


def read(test: Test, turn: Turn) -> Reading:
    """Judge *test* on this look alone."""
    match test:
        case Resource() | Gauged() | ChildOver() | ChangedPpid() | Silent() | Older() | Acts():
            return _measured(test, turn)
        case Uptime():
            return _uptime(test, turn)
        case Connection():
            return reached(test, turn)
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


Measured = Resource | Gauged | ChildOver | ChangedPpid | Silent | Older | Acts


def _measured(test: Measured, turn: Turn) -> Reading:
    """Judge what is read of a living process; not before it is `warm_up` old."""
    tree = turn.seen.tree
    if tree is None or not tree.procs:
        return UNKNOWN
    if turn.state.known is not None:
        age = turn.state.known.incarnation.age(turn.seen.at.boot)
        if age < turn.service.warm_up:
            return Reading(Mark.UNKNOWN, why="warming up")
    match test:
        case Resource():
            return sizes.judged(test, turn.seen, tree)
        case ChildOver():  # each is judged by itself; here is what holds without any
            return Reading(Mark.GOOD) if tree.complete else PARTLY
        case Gauged():
            return gauges.gauged(test, turn, tree)
        case ChangedPpid():
            return gauges.reparented(turn, tree)
        case Silent() | Older():
            return gauges.aged(test, turn)
        case Acts():
            return gauges.acts(test, turn)


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
    """Count the restarts inside the window of *test*, those that were asked for only if it says."""
    state = turn.state
    return sum(
        entry.count
        for entry in state.restarts
        if (test.planned or not entry.planned)
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


def judge(rule: Rule, turn: Turn, *, frozen: bool) -> tuple[Finding, ...]:
    """Judge *rule*, move its window (unless *frozen*), and say whether it fires.

    A `child` test gives one finding per descendant that is bad or was lately, the worst first.
    """
    reading = read(rule.test, turn)
    tree = turn.seen.tree
    if not isinstance(rule.test, ChildOver) or tree is None or reading.why not in FINE:
        return (_weigh(rule, turn, reading, rule.key, frozen=frozen),)
    children = tree.procs[1:]
    _forget(turn, rule, children)
    found = [_child(rule, rule.test, turn, child, frozen=frozen) for child in children]
    worst = sorted((one for one in found if one.bad or one.mark is Mark.BAD), key=_badness)
    return tuple(worst) or (_calm(rule, reading, found),)


FINE = ("", PARTLY.why)  # those children that were read can be judged


def _badness(found: Finding) -> tuple[bool, float]:
    return not found.fired, -(found.value or 0.0)


def _calm(rule: Rule, reading: Reading, found: list[Finding]) -> Finding:
    """Say that no child is bad; unknown where one could not be judged."""
    for one in found:
        if one.mark is Mark.UNKNOWN:
            return one
    if reading.mark is Mark.UNKNOWN:
        return Finding(rule.key, reading.mark, why=reading.why, asked=windows.asked(rule.window))
    largest = max(found, key=lambda one: one.value or 0.0, default=None)
    asked = windows.asked(rule.window)
    if largest is None:
        return Finding(rule.key, reading.mark, asked=asked)
    return largest


def _child(rule: Rule, test: ChildOver, turn: Turn, child: Proc, *, frozen: bool) -> Finding:
    reading = sizes.judged_child(test, turn.seen, child)
    key = windows.key_of(rule.key, child.incarnation)
    return _weigh(rule, turn, reading, key, frozen=frozen, who=child.incarnation)


def _forget(turn: Turn, rule: Rule, children: tuple[Proc, ...]) -> None:
    """Drop the windows of children that are gone: a window belongs to one incarnation."""
    living = {windows.key_of(rule.key, child.incarnation) for child in children}
    for key in turn.state.windows:
        if windows.belongs(key, rule.key) and key not in living:
            _keep(turn, key, ())


def _weigh(
    rule: Rule,
    turn: Turn,
    reading: Reading,
    key: str,
    *,
    frozen: bool,
    who: Incarnation | None = None,
) -> Finding:
    """Put *reading* into the window under *key*, and say what it holds then."""
    held = turn.state.windows.get(key, ())
    if turn.fresh and not frozen and reading.mark is not Mark.UNKNOWN:
        sample = Sample(turn.mono, reading.value or 0.0, reading.mark is Mark.BAD)
        held = windows.push(rule.window, held, sample)
        _keep(turn, key, held)
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
        who=who,
    )


def _keep(turn: Turn, key: str, held: tuple[Sample, ...]) -> None:
    before = turn.state.windows
    if before.get(key, ()) == held:
        return
    after = {name: marks for name, marks in before.items() if name != key}
    turn.set(windows=after | {key: held} if held else after)
