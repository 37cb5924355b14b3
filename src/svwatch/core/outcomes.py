"""Outcomes of commands: reported; the verdict stays with what is seen."""

from svwatch.core.ledger import Facts, What
from svwatch.core.seen import Kind, Outcome
from svwatch.core.turn import Turn
from svwatch.core.verdict import BEGUN


def outcome(turn: Turn, result: Outcome) -> None:
    """Take in what became of a command; the verdict stays with what is seen."""
    intent = turn.state.intent
    line = turn.line(_name(turn, result.kind), _said(result))
    facts = Facts(exit=result.exit)
    if intent is None or intent.serial != result.serial:
        what = What.EXEC if result.kind is Kind.EXEC else None
        if what is not None:
            turn.record(result.serial, what, facts=facts, lines=(line,))
        return
    turn.record(intent.serial, BEGUN[intent.goal], facts=facts, lines=(line,))
    match result.kind:
        case Kind.STOP:
            turn.intend(stop_done=turn.mono)
        case Kind.START:
            turn.intend(start_done=turn.mono)
        case Kind.CHECK:
            passed = turn.mono if result.exit == 0 else None
            turn.intend(checking=False, checked=passed)
        case Kind.EXEC:
            return


def _name(turn: Turn, kind: Kind) -> str:
    service = turn.service
    if kind is Kind.CHECK:
        return "./check"
    if kind is Kind.EXEC:
        return "exec"
    if service.runit:
        return f"sv {'down' if kind is Kind.STOP else 'up'} {service.name}"
    command = service.stop if kind is Kind.STOP else service.start
    return " ".join(command.argv) if command is not None else str(kind)


def _said(result: Outcome) -> str:
    if result.lost:
        return "outcome lost: svwatch ended before it did"
    if result.over:
        return f"timed out after {result.seconds:.0f}s"
    said = f"exit {result.exit}"
    return f"{said}: {result.detail}" if result.exit and result.detail else said
