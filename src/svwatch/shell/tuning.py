"""What the history of minutes says about the limit of a service."""

from msgspec import Struct

from svwatch.core.candidates import DAY, SPANS, Study, rule_of, study
from svwatch.core.plan import Resource, Service
from svwatch.core.snapshot import ServiceSnap
from svwatch.shell.ledger import Stand
from svwatch.shell.store import Store


class Tried(Struct, frozen=True):
    """The answer to `why NAME --limits`. *study* None: there is no history yet."""

    service: str
    study: Study | None = None


def tried(store: Store, wall: float, name: str, stand: Stand) -> Tried | str:
    """Try limits on what is on record of *name*; or say that it is unknown."""
    nothing = stand(name)
    if nothing is None:
        return f"there is no service {name!r}"
    now = int(wall // 60)
    rows = store.minutes(name, now - SPANS[-1] * DAY)
    present = _present(nothing.service, nothing.snap)
    return Tried(name, study(nothing.service, rows, now, present))


def _present(service: Service, snap: ServiceSnap) -> int | None:
    """Give the bytes of the limit in force; of a percentage what it came to at the last look."""
    rule = rule_of(service)
    if rule is None or not isinstance(rule.test, Resource):
        return None
    if rule.test.limit.percent is None:
        return rule.test.limit.bytes
    same = snap.limit is not None and snap.limit.percent == rule.test.limit.percent
    return snap.limit.bytes if snap.limit is not None and same else None
