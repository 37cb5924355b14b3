"""What rules did that say `quietly`: counted by service, with the largest that was measured."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.event import Event
from svwatch.core.ledger import Facts, What

RESTARTS = frozenset(
    {
        What.RESTART_BEGUN,
        What.RESTART_FIXED,
        What.RESTART_WITHDRAWN,
        What.START_BEGUN,
        What.START_FIXED,
    }
)
OTHERS: dict[What, str] = {
    What.STOP_BEGUN: "stop",
    What.STOPPED: "stop",
    What.BACKING_OFF: "stop",
    What.GAVE_UP: "time given up",
    What.EXEC: "command",
    What.SIGNALLED: "signal",
}
RESTART, ALERT = "restart", "alert"


class Quiet(Struct, frozen=True):
    """What was done quietly with *service*. *since*: the first of it, unix seconds.

    *causes* counts its restarts by cause, *others* whatever else there was. *largest* are the
    facts of the one that was furthest over its limit.
    """

    service: str
    since: float
    causes: dict[str, int] = {}
    others: dict[str, int] = {}
    largest: Facts | None = None

    @property
    def restarts(self) -> int:
        """How often it was restarted."""
        return sum(self.causes.values())

    @property
    def number(self) -> int:
        """How much there was in all."""
        return self.restarts + sum(self.others.values())


def gathered(before: dict[str, Quiet], events: Iterable[Event]) -> dict[str, Quiet]:
    """Add *events* to what is known by service; those that were not quiet count for nothing."""
    found = dict(before)
    for event in events:
        if event.facts.quiet:
            known = found.get(event.service) or Quiet(event.service, event.at)
            found[event.service] = _with(known, event)
    return found


def _with(known: Quiet, event: Event) -> Quiet:
    facts = event.facts
    known = replace(known, since=min(known.since, event.at))
    if event.what in RESTARTS:
        known = replace(known, causes=_more(known.causes, facts.cause or "unknown"))
    else:
        kind = What(facts.was) if event.what is What.WELL and facts.was else event.what
        known = replace(known, others=_more(known.others, OTHERS.get(kind, ALERT)))
    larger = event.what is not What.WELL and _excess(facts) > _excess(known.largest)
    return replace(known, largest=facts) if larger else known


def _more(counts: dict[str, int], word: str) -> dict[str, int]:
    return counts | {word: counts.get(word, 0) + 1}


def _excess(facts: Facts | None) -> float:
    """Say how far over the limit it was, as a ratio; 0 where nothing was measured."""
    if facts is None or facts.measured is None or facts.limit is None or facts.unit is None:
        return 0.0
    return facts.measured / facts.limit if facts.limit else facts.measured
