"""Judging what is no size: processor, threads, children, descriptors, rates, ages, owners."""

from svwatch.core.plan import Acts, Gauge, Gauged, Ident, Older, Op, Silent
from svwatch.core.reading import UNKNOWN, Reading, compared, mark_of, unknown
from svwatch.core.seen import Aged, Owner, Tree
from svwatch.core.state import Rates
from svwatch.core.turn import Turn

FIRST = "measured between two looks; there was one so far"
TOTAL = frozenset({Gauge.TOTAL_CPU, Gauge.CORES})
HIDDEN = {
    Gauge.DESCRIPTORS: "its descriptors are not ours to count",
    Gauge.READ: "/proc/PID/io is not ours to read",
    Gauge.WRITE: "/proc/PID/io is not ours to read",
}


def gauged(test: Gauged, turn: Turn, tree: Tree) -> Reading:
    """Judge a number of the main process, or of all of *tree*."""
    gauge, limit = test.gauge, test.limit
    match gauge:
        case Gauge.THREADS:
            value, why = tree.main.threads, "its threads could not be counted"
        case Gauge.CHILDREN:
            children = float(len(tree.procs) - 1)
            return compared(test.op, children, limit, whole=tree.complete, why="")
        case Gauge.DESCRIPTORS:
            value, why = tree.main.fds, HIDDEN[gauge]
        case _:
            return _per_second(test, turn)
    return compared(test.op, value, limit, whole=True, why=why)


def _per_second(test: Gauged, turn: Turn) -> Reading:
    known = turn.state.known
    rates = known.rates if known is not None else None
    if rates is None:
        return unknown(FIRST, test.limit)
    value = _rate(test.gauge, rates)
    spent = rates.spent[0] if rates.spent else None
    hidden = spent is not None and test.gauge in HIDDEN and spent.read is None
    why = HIDDEN[test.gauge] if hidden else FIRST
    return compared(
        test.op, value, test.limit, whole=rates.whole or test.gauge not in TOTAL, why=why
    )


def _rate(gauge: Gauge, rates: Rates) -> float | None:
    match gauge:
        case Gauge.CPU:
            return rates.cpu
        case Gauge.TOTAL_CPU:
            return rates.total_cpu
        case Gauge.CORES:
            return rates.cores
        case Gauge.READ:
            return rates.read
        case Gauge.WRITE:
            return rates.written
        case _:
            return None


def aged(test: Silent | Older, turn: Turn) -> Reading:
    """Judge the age of the log, or of a file.

    It counts from the start of the process at the earliest: what the one before left unwritten
    is no fault of this one.
    """
    path = test.path if isinstance(test, Older) else turn.service.log
    found = next((one for one in turn.seen.files if one.path == path), None)
    known = turn.state.known
    if path is None or known is None:
        return UNKNOWN
    if found is None or found.seconds is None:
        return unknown(_unseen(path, found), test.seconds)
    age = min(found.seconds, known.incarnation.age(turn.seen.at.boot))
    return Reading(mark_of(age > test.seconds), age, test.seconds)


def _unseen(path: str, found: Aged | None) -> str:
    return f"{path}: {found.why}" if found is not None and found.why else f"{path} was not read"


def acts(test: Acts, turn: Turn) -> Reading:
    """Judge whom the main process acts for."""
    owner = turn.seen.owner
    if owner is None or test.number is None:
        return unknown("whom it acts for could not be read")
    number = _number(test.ident, owner)
    bad = (number == test.number) is (test.op is Op.EQ)
    return Reading(mark_of(bad), float(number), float(test.number))


def _number(ident: Ident, owner: Owner) -> int:
    match ident:
        case Ident.UID:
            return owner.uid
        case Ident.EUID:
            return owner.euid
        case Ident.GID:
            return owner.gid


def reparented(turn: Turn, tree: Tree) -> Reading:
    """Judge whether its parent is another than when it had settled."""
    known = turn.state.known
    if known is None or known.ppid is None:
        return unknown("its parent is remembered once it has settled")
    return Reading(mark_of(tree.main.ppid != known.ppid), float(tree.main.ppid))
