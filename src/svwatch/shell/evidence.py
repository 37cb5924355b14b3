"""Evidence: the end of a service's log, kept with an event at the instant it explains."""

from msgspec.structs import replace

from svwatch.core.ledger import Record, What
from svwatch.core.plan import Service
from svwatch.core.state import Effect
from svwatch.probe.log import tail
from svwatch.view.to_message import LOG_LINES, WITH_LOG

AFTER = frozenset({What.RESTART_FIXED, What.START_FIXED})  # what the successor says is no evidence


def with_log(effects: tuple[Effect, ...], service: Service) -> tuple[Effect, ...]:
    """Put the last lines of its log into the records that they explain.

    In a remediation that is when all of it is proven gone and nothing is started yet; else when
    the event is written.
    """
    if service.log is None or not any(_explained(effect) for effect in effects):
        return effects
    lines = tail(service.log, LOG_LINES)
    return tuple(_kept(effect, lines) for effect in effects)


def _explained(effect: Effect) -> bool:
    if not isinstance(effect, Record):
        return False
    gone = effect.facts.stopped_after is not None
    return gone or effect.what in WITH_LOG - AFTER


def _kept(effect: Effect, lines: tuple[str, ...]) -> Effect:
    if not lines or not isinstance(effect, Record) or not _explained(effect):
        return effect
    return replace(effect, facts=replace(effect.facts, log=lines))
