"""Judging sizes: resident, proportional, private and swapped memory against a limit."""

from svwatch.core.plan import ChildOver, Metric, Op, Resource, Size
from svwatch.core.reading import COMPARE, GROWING, Reading, compared, unknown
from svwatch.core.seen import Observation, Proc, Tree
from svwatch.core.state import Mark

TOTALS = frozenset({Metric.TOTALMEM, Metric.TOTAL_PSS, Metric.TOTAL_USS, Metric.TOTAL_SWAP})
RESIDENT = frozenset({Metric.MEMORY, Metric.TOTALMEM})
SWAPPED = frozenset({Metric.SWAP, Metric.TOTAL_SWAP})
MAPPED = frozenset({Metric.PSS, Metric.TOTAL_PSS, Metric.USS, Metric.TOTAL_USS})
"""What smaps_rollup tells; none of it can exceed the resident size."""


def bound(size: Size, seen: Observation) -> int | Reading:
    """Give what a limit is in bytes at this look, or why nobody can say."""
    if size.percent is None:
        return size.bytes
    if size.cgroup:
        if seen.cgroup is None:
            return unknown(seen.cgroup_why or "the limit of its control group is unknown")
        return int(seen.cgroup * size.percent / 100)
    if seen.memtotal <= 0:
        return unknown("the size of the memory is unknown")
    return size.of(seen.memtotal)


def judged(test: Resource, seen: Observation, tree: Tree) -> Reading:
    """Judge a size of the main process, or of all of *tree*."""
    limit = bound(test.limit, seen)
    if isinstance(limit, Reading):
        return limit
    procs = tree.procs if test.metric in TOTALS else tree.procs[:1]
    whole = tree.complete or test.metric not in TOTALS
    return _summed(test.metric, test.op, limit, procs, whole=whole)


def judged_child(test: ChildOver, seen: Observation, child: Proc) -> Reading:
    """Judge a size of one descendant."""
    limit = bound(test.limit, seen)
    if isinstance(limit, Reading):
        return limit
    return _summed(test.metric, test.op, limit, (child,), whole=True)


def _summed(metric: Metric, op: Op, limit: int, procs: tuple[Proc, ...], *, whole: bool) -> Reading:
    parts = [size for proc in procs if (size := size_of(metric, proc)) is not None]
    if len(parts) == len(procs):
        return compared(op, sum(parts), limit, whole=whole, why="")
    rss = sum(proc.rss for proc in procs)
    # PSS and USS cannot exceed RSS: below the limit there is nothing to read
    acquits = metric in MAPPED and op in GROWING and whole and not COMPARE[op](rss, limit)
    return Reading(Mark.GOOD, None, limit) if acquits else unknown(UNREAD[metric in SWAPPED], limit)


UNREAD = {
    False: "not read at this look (that would take more than 1% of the time), or not readable",
    True: "what lies in swap could not be read",
}


def size_of(metric: Metric, proc: Proc) -> int | None:
    """Give the bytes that *metric* asks for of one process; None where they were not read."""
    match metric:
        case Metric.MEMORY | Metric.TOTALMEM:
            return proc.rss
        case Metric.PSS | Metric.TOTAL_PSS:
            return proc.pss
        case Metric.USS | Metric.TOTAL_USS:
            return proc.uss
        case Metric.SWAP | Metric.TOTAL_SWAP:
            return proc.swap
