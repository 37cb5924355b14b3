"""Totals that only grow: restarts by cause, actions by verdict, as events begin and go on."""

from enum import StrEnum

from msgspec import Struct

from svwatch.core.event import Event
from svwatch.core.ledger import Record, What


class Count(StrEnum):
    """What is counted."""

    RESTARTS = "restarts"  # the label is the cause
    ACTIONS = "actions"  # the label is the action and its verdict, with a blank between


class Total(Struct, frozen=True):
    """So often *service* had what *count* and *label* say."""

    service: str
    count: Count
    label: str
    number: int = 1


STARTS = frozenset({What.RESTART_BEGUN, What.START_BEGUN})
UNDER_WAY = STARTS | {What.STOP_BEGUN, What.WILL_NOT_STOP}
FOLDED = frozenset({What.RESTARTED, What.CRASHING})  # one event may stand for many

VERDICTS: dict[What, str] = {
    What.RESTART_FIXED: "restart fixed",
    What.RESTART_FAILED: "restart failed",
    What.RESTART_WITHDRAWN: "restart withdrawn",
    What.START_FIXED: "start fixed",
    What.START_FAILED: "start failed",
    What.STOPPED: "stop done",
    What.BACKING_OFF: "stop done",
    What.WILL_NOT_STOP: "stop failed",
}
"""How a remediation ended, by what its event is once it is closed."""


def growth(before: Event | None, record: Record, after: Event) -> tuple[Total, ...]:
    """Give what grows when *record* makes *after* of *before* (None: it begins the event)."""
    found = (_restarted(before, after), _verdict(before, after), _done(before, record, after))
    return tuple(one for one in found if one is not None and one.number > 0)


def _restarted(before: Event | None, after: Event) -> Total | None:
    cause = after.facts.cause or after.facts.who or "unknown"
    number = folded(after) - (folded(before) if before is not None else 0)
    if number > 0:
        return Total(after.service, Count.RESTARTS, cause, number)
    known = before is not None and not before.closed and before.what in UNDER_WAY
    if after.what not in STARTS or known:
        return None
    return Total(after.service, Count.RESTARTS, cause)


def folded(event: Event) -> int:
    """Count the restarts by others that *event* stands for, whatever has come of them."""
    if event.facts.crashes is not None:
        return event.facts.crashes
    return (event.facts.count or 1) if event.what in FOLDED else 0


def _verdict(before: Event | None, after: Event) -> Total | None:
    label = VERDICTS.get(after.what)
    told = before is not None and before.closed and before.what is after.what
    if label is None or told or not after.closed:
        return None
    return Total(after.service, Count.ACTIONS, label)


def _done(before: Event | None, record: Record, after: Event) -> Total | None:
    """Count what was done beside a remediation: an event may hold many of it."""
    if after.what is What.WOULD:
        first = before is None or before.what is not What.WOULD
        action = (after.facts.doing or "act").split()[0]
        return Total(after.service, Count.ACTIONS, f"{action} would") if first else None
    code = record.facts.exit
    if record.what is not What.EXEC or code is None:
        return None
    return Total(after.service, Count.ACTIONS, "exec failed" if code else "exec done")
