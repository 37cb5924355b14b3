"""Evidence: what explains an event, kept with it at the instant it does: its log, its processes."""

from msgspec.structs import replace

from svwatch.core.ledger import ProcLine, Record, What
from svwatch.core.plan import Service
from svwatch.core.seen import Incarnation, Now, Observation
from svwatch.core.state import Effect, Known, State
from svwatch.probe.lineage import discreet, lineage
from svwatch.probe.log import tail

AFTER = frozenset({What.RESTART_FIXED, What.START_FIXED})  # what the successor says is no evidence
STUCK = What.WILL_NOT_STOP
OTHERS = frozenset({What.DOUBLED, What.SUSPECT_PID, What.SOMEONE_ELSE})
LARGE = frozenset({What.OVER, What.RESTART_BEGUN, What.NO_HELP, What.WOULD})
COMMAND = 200  # characters


def with_evidence(
    effects: tuple[Effect, ...], service: Service, before: State, after: State, seen: Observation
) -> tuple[Effect, ...]:
    """Put into the records among *effects* what explains them.

    *before* and *after* are the states around the step that made them, *seen* its look.
    """
    kept = with_log(effects, service)
    return tuple(
        _with_processes(effect, (before, after), seen) if isinstance(effect, Record) else effect
        for effect in kept
    )


def with_log(effects: tuple[Effect, ...], service: Service) -> tuple[Effect, ...]:
    """Put the last lines of its log into the records that they explain.

    In a remediation that is when all of it is proven gone and nothing is started yet; else when
    the event is written.
    """
    if service.log is None or not any(_explained(effect) for effect in effects):
        return effects
    from svwatch.view.to_message import LOG_LINES  # noqa: PLC0415  as below

    lines = tail(service.log, LOG_LINES)
    return tuple(_kept(effect, lines) for effect in effects)


def _explained(effect: Effect) -> bool:
    if not isinstance(effect, Record):
        return False
    from svwatch.view.to_message import WITH_LOG  # noqa: PLC0415  not before there is news

    gone = effect.facts.stopped_after is not None
    return gone or effect.what in WITH_LOG - AFTER


def _kept(effect: Effect, lines: tuple[str, ...]) -> Effect:
    if not lines or not isinstance(effect, Record) or not _explained(effect):
        return effect
    return replace(effect, facts=replace(effect.facts, log=lines))


# --- processes -------------------------------------------------------------------------------


def _with_processes(record: Record, states: tuple[State, State], seen: Observation) -> Record:
    facts = record.facts
    command = _command(facts.old, states) if facts.old is not None else None
    tree = _tree(record, states[1], seen)
    if command is None and not tree:
        return record
    return replace(record, facts=replace(facts, command=command, tree=tree or None))


def _command(old: Incarnation | None, states: tuple[State, State]) -> str | None:
    """Give the command line of *old*, where it is one that we know."""
    known: list[Known] = [state.known for state in states if state.known is not None]
    argv = next((one.identity.argv for one in known if one.incarnation == old), None)
    return discreet(argv)[:COMMAND] if argv else None


def _tree(record: Record, after: State, seen: Observation) -> tuple[ProcLine, ...]:
    """Read the processes that the event is about."""
    if record.what is STUCK and (record.facts.span or record.facts.reason):
        return _stuck(after, seen)
    if record.what in OTHERS:
        some = (record.facts.old, record.facts.new)
        return lineage([one for one in some if one is not None], seen.at.boot)
    first = record.facts.measured is not None and record.facts.unit == "bytes"
    if record.what in LARGE and first and seen.tree is not None and len(seen.tree.procs) > 1:
        return lineage([one.incarnation for one in seen.tree.procs], seen.at.boot)
    return ()


def _stuck(after: State, seen: Observation) -> tuple[ProcLine, ...]:
    """Read what is left of what was told to end."""
    intent = after.intent
    tree = intent.tree if intent is not None else seen.alive
    sent = intent.stop_sent if intent is not None else None
    told = None if sent is None else sent + _ahead(seen.at)
    return lineage(tree, seen.at.boot, told=told)


def _ahead(now: Now) -> float:
    """Give the seconds that the axis of start ticks is ahead of CLOCK_MONOTONIC."""
    return now.boot - now.mono
