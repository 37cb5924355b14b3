"""What is used per second: two looks at what was used since the start, compared."""

from svwatch.core.seen import Incarnation, Proc, Tree
from svwatch.core.state import Rates, Spent

SOONEST = 0.2  # seconds between two looks that say something: the kernel counts in 1/100 s


def rates(before: Rates | None, tree: Tree, mono: float, cpus: int) -> Rates:
    """Give what *tree* used per second since *before*, and what the next look needs.

    Of looks too near to each other the earlier stands. What a process used that began and ended
    in between is not known, as in monit.
    """
    if before is not None and mono - before.at < SOONEST:
        return before
    spent = tuple(Spent(one.incarnation, one.cpu, one.read, one.written) for one in tree.procs)
    if before is None:
        return Rates(mono, spent)
    seconds = mono - before.at
    old = {one.incarnation: one for one in before.spent}
    main = old.get(tree.main.incarnation)
    used = [_used(one, old.get(one.incarnation)) for one in tree.procs]
    below = [one for one in used[1:] if one is not None]
    whole = tree.complete and len(below) == len(used) - 1
    own = None if used[0] is None else used[0] / seconds
    return Rates(
        at=mono,
        spent=spent,
        cpu=None if own is None else _share(own, tree.main.threads, cpus),
        total_cpu=None if own is None else _total(own, sum(below) / seconds, tree, cpus),
        cores=None if own is None else own + sum(below) / seconds,
        read=_moved(tree.main.read, main.read if main else None, seconds),
        written=_moved(tree.main.written, main.written if main else None, seconds),
        whole=whole,
    )


def counts(tree: Tree, incarnation: Incarnation) -> bool:
    """Whether any process of *tree* tells what it has used; *incarnation* is its main one."""
    main = tree.main
    asked = main.cpu is not None or main.read is not None
    return asked and main.incarnation == incarnation


def _used(proc: Proc, before: Spent | None) -> float | None:
    """Give the CPU seconds since the last look; all of them for one that was born since."""
    if proc.cpu is None:
        return None
    earlier = 0.0 if before is None else before.cpu
    return None if earlier is None else max(0.0, proc.cpu - earlier)


def _moved(now: int | None, before: int | None, seconds: float) -> float | None:
    return None if now is None or before is None else max(0, now - before) / seconds


def _share(cores: float, threads: int | None, cpus: int) -> float:
    """Give monit's percent: of what so many threads could use on so many processors."""
    divisor = max(1, min(threads or 1, cpus or 1))
    return min(100.0, 100.0 * cores / divisor)


def _total(own: float, below: float, tree: Tree, cpus: int) -> float:
    """Give monit's total: that of the main process and that of all below it, 100 at most."""
    threads = sum(proc.threads or 1 for proc in tree.procs[1:])
    return min(100.0, _share(own, tree.main.threads, cpus) + _share(below, threads, cpus))
