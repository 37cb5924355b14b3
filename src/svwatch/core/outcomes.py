"""Outcomes of commands: reported; the verdict stays with what is seen."""

from svwatch.core.ledger import Facts, What
from svwatch.core.seen import Kind, Outcome
from svwatch.core.turn import Turn
from svwatch.core.verdict import BEGUN


def outcome(turn: Turn, result: Outcome) -> None:
    """Take in what became of a command; the verdict stays with what is seen."""
    intent = turn.state.intent
    said = result.detail if result.kind is Kind.SIGNAL else _said(result)
    line = turn.line(_name(turn, result.kind), said)
    facts = Facts(exit=result.exit)
    if intent is None or intent.serial != result.serial:
        if result.kind in BESIDE:
            turn.record(result.serial, BESIDE[result.kind], facts=facts, lines=(line,), aside=True)
        return
    # what was told meanwhile (WILL NOT STOP) stands
    turn.record(intent.serial, BEGUN[intent.goal], facts=facts, lines=(line,), aside=True)
    match result.kind:
        case Kind.STOP | Kind.RESTART:
            turn.intend(stop_done=turn.mono)
        case Kind.START:
            turn.intend(start_done=turn.mono)
        case Kind.CHECK:
            passed = turn.mono if result.exit == 0 else None
            turn.intend(checking=False, checked=passed)
        case Kind.EXEC | Kind.SIGNAL:
            return


MOST = 1000  # characters of output that an event keeps
BESIDE = {Kind.EXEC: What.EXEC, Kind.SIGNAL: What.SIGNALLED}


def _name(turn: Turn, kind: Kind) -> str:
    service = turn.service
    if kind is Kind.CHECK:
        return "./check"
    if kind in BESIDE:
        return str(kind)
    if service.runit:
        return f"sv {'down' if kind is Kind.STOP else 'up'} {service.name}"
    commands = {Kind.STOP: service.stop, Kind.START: service.start, Kind.RESTART: service.restart}
    command = commands.get(kind)
    return " ".join(command.argv) if command is not None else str(kind)


def _said(result: Outcome) -> str:
    if result.lost:
        return "outcome lost: svwatch ended before it did"
    said = f"timed out after {result.seconds:.0f}s" if result.over else f"exit {result.exit}"
    told = result.exit or result.kind is Kind.EXEC  # what an exec prints is for people
    return f"{said}: {result.detail[-MOST:]}" if told and result.detail else said
