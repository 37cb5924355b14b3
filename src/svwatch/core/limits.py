"""The one limit of a service that `status` has a column for."""

from msgspec import Struct

from svwatch.core.labels import label
from svwatch.core.phrase import amount
from svwatch.core.plan import Gauged, Metric, Older, Op, Resource, Rule, Service, Silent
from svwatch.core.seen import Observation
from svwatch.core.sentence import finding_of
from svwatch.core.sizes import bound
from svwatch.core.state import Finding

UPPER = (Op.GT, Op.GE)
OF_MEMORY = frozenset({Metric.MEMORY, Metric.TOTALMEM, Metric.PSS, Metric.TOTAL_PSS})


class Limit(Struct, frozen=True):
    """A limit as `status` shows it: of memory, or in *words* where there is none of that.

    *bytes* is None for a percentage of a memory whose size nobody told; *percent* as written.
    """

    metric: Metric | None
    bytes: int | None
    percent: float | None = None
    words: str = ""

    @property
    def memory(self) -> int | None:
        """What the memory shown beside it may come to, in bytes."""
        return self.bytes if self.metric in OF_MEMORY else None


def limit_of(
    service: Service, observation: Observation | None, findings: tuple[Finding, ...]
) -> Limit | None:
    """Give the lowest upper limit of *service* on its memory; failing that, its first other one."""
    sizes = [
        _size(rule, rule.test, observation, findings)
        for rule in service.rules
        if isinstance(rule.test, Resource) and rule.test.op in UPPER
    ]
    if sizes:
        return min(sizes, key=_order)
    return next((one for rule in service.rules if (one := _other(rule)) is not None), None)


def _order(one: Limit) -> tuple[bool, bool, int]:
    return one.metric not in OF_MEMORY, one.bytes is None, one.bytes or 0


def _size(
    rule: Rule, test: Resource, observation: Observation | None, findings: tuple[Finding, ...]
) -> Limit:
    number = _bytes(rule, test, observation, findings)
    return Limit(test.metric, number, test.limit.percent, "cgroup" if test.limit.cgroup else "")


def _bytes(
    rule: Rule, test: Resource, observation: Observation | None, findings: tuple[Finding, ...]
) -> int | None:
    number = bound(test.limit, observation) if observation is not None else None
    if test.limit.percent is None:
        return test.limit.bytes
    if isinstance(number, int):
        return number
    found = finding_of(findings, rule.key)
    return int(found.limit) if found is not None and found.limit is not None else None


def _other(rule: Rule) -> Limit | None:
    """Say a limit on something else: `80% cpu`, `200 threads`, `log 10m`."""
    test, of = rule.test, label(rule.test)
    if of is None or of.limit is None:
        return None
    shown = amount(of.limit, of.unit, short=True)
    match test:
        case Gauged(op=op) if op in UPPER:
            return Limit(None, None, words=f"{shown} {of.name}")
        case Silent():
            return Limit(None, None, words=f"{shown} log")
        case Older():
            return Limit(None, None, words=f"{shown} file")
        case _:
            return None
