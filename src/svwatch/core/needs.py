"""What the rules of a service ask to be read; nothing else is."""

from svwatch.core.plan import (
    Acts,
    ChangedPpid,
    ChildOver,
    Gauge,
    Gauged,
    Metric,
    Older,
    Op,
    Resource,
    Rule,
    Service,
    Silent,
    Test,
)
from svwatch.core.seen import Need
from svwatch.core.sizes import MAPPED

GAUGES: dict[Gauge, Need | None] = {
    Gauge.CPU: Need.CPU,
    Gauge.TOTAL_CPU: Need.TOTAL_CPU,
    Gauge.CORES: Need.TOTAL_CPU,
    Gauge.THREADS: Need.CPU,
    Gauge.CHILDREN: None,  # the tree is read anyway
    Gauge.DESCRIPTORS: Need.DESCRIPTORS,
    Gauge.READ: Need.IO,
    Gauge.WRITE: Need.IO,
}
SWAP = {Metric.SWAP: Need.SWAP, Metric.TOTAL_SWAP: Need.TOTAL_SWAP}


def needs(service: Service) -> frozenset[Need]:
    """Give what must be read at every look: none of it shows in the bytes that are compared."""
    return frozenset(need for rule in service.rules for need in _asked(rule))


def _asked(rule: Rule) -> tuple[Need, ...]:
    match rule.test:
        case Gauged(gauge=gauge):
            need = GAUGES[gauge]
            return () if need is None else (need,)
        case Resource(metric=metric, limit=limit) | ChildOver(metric=metric, limit=limit):
            swap = (SWAP[metric],) if metric in SWAP else ()
            return (*swap, Need.CGROUP) if limit.cgroup else swap
        case Acts():
            return (Need.OWNER,)
        case ChangedPpid():
            return (Need.PARENT,)
        case _:
            return ()


def files(service: Service) -> tuple[str, ...]:
    """Give the files whose age is asked for."""
    asked = [
        rule.test.path if isinstance(rule.test, Older) else service.log
        for rule in service.rules
        if isinstance(rule.test, Older | Silent)
    ]
    return tuple(dict.fromkeys(path for path in asked if path is not None))


def pss_over(service: Service) -> int | None:
    """Give the summed RSS below which no rule needs PSS or USS; None: none asks for them."""
    limits = [
        rule.test.limit.bytes if rule.test.op in {Op.GT, Op.GE} else 0
        for rule in service.rules
        if isinstance(rule.test, Resource | ChildOver) and rule.test.metric in MAPPED
    ]
    return min(limits) if limits else None


def restless(service: Service) -> bool:
    """Whether a rule asks for what may change while the compared bytes do not."""
    for rule in service.rules:  # a generator costs more than the rules: it is asked at every look
        test = rule.test
        if _moves(test):
            return True
    return False


MOVING = frozenset({Older, Silent, Acts, ChangedPpid})
SWAPPED = tuple(SWAP)  # found by identity: the hash of an enum is computed in Python


def _moves(test: Test) -> bool:
    if isinstance(test, (Resource, ChildOver)):  # a union would be made anew each time
        return test.metric in SWAPPED or test.limit.cgroup
    if isinstance(test, Gauged):
        return GAUGES[test.gauge] is not None
    return type(test) in MOVING
