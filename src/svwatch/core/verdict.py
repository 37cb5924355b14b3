"""Verdicts: how a remediation ends, and what is said of it."""

from svwatch.core import announce
from svwatch.core.ledger import Facts, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Cue, Phase
from svwatch.core.state import Goal, Incident, Intent
from svwatch.core.turn import Turn

BEGUN = {
    Goal.RESTART: What.RESTART_BEGUN,
    Goal.START: What.START_BEGUN,
    Goal.STOP: What.STOP_BEGUN,
}
CASCADE = "cascade"  # who: a service that it depends on was stopped or restarted
FIXED = {Goal.RESTART: What.RESTART_FIXED, Goal.START: What.START_FIXED}
FAILED = {
    Goal.RESTART: What.RESTART_FAILED,
    Goal.START: What.START_FAILED,
    Goal.STOP: What.WILL_NOT_STOP,
}


def fixed(turn: Turn) -> None:
    """End a remediation that worked."""
    intent = turn.intent
    memory = turn.seen.tree.totalmem if turn.seen.tree else None
    facts = Facts(after=memory, new=intent.successor)
    line = turn.line(f"settled {turn.service.settle:g}s", "fixed")
    turn.record(intent.serial, FIXED[intent.goal], Level.NOTICE, facts, (line,), closed=True)
    rule = turn.rule(intent.rule)
    loud = intent.overdue or intent.hush  # who got the problem gets its end
    mute = intent.who.startswith(CASCADE) or (rule is not None and rule.quietly)
    if loud or not mute:
        level = Level.CRITICAL if loud else Level.NOTICE
        turn.notify(intent.serial, Why.VERDICT, level, _to(turn, intent))
    end(turn)
    if rule is not None:
        announce.otherwise(turn, rule)


def _to(turn: Turn, intent: Intent) -> tuple[str, ...]:
    """Give the routes that the rule behind a remediation names; none: all."""
    rule = turn.rule(intent.rule)
    return rule.to if rule is not None else ()


def stopped(turn: Turn) -> None:
    """A stop has ended: for a while, or until somebody wants it back."""
    intent = turn.intent
    end(turn)
    if intent.stay is None:
        turn.cue(Cue.DONE)
        turn.cue(Cue.WISH_DOWN)
        turn.set(by=intent.who, holding=True)
        what, facts = What.STOPPED, Facts()
        _stays_down(turn, intent)
    else:
        until = turn.mono + intent.stay
        turn.cue(Cue.REST)
        turn.set(until=until, holding=turn.service.runit, by=intent.rule or "")
        what, facts = What.BACKING_OFF, Facts(until=until)
        turn.wake(until)
    line = turn.line("down", "" if intent.stay is None else f"for {intent.stay:g}s")
    level = Level.CRITICAL if intent.who == "rule" else Level.NOTICE
    turn.record(intent.serial, what, level, facts, (line,), closed=True)
    if not intent.who.startswith(CASCADE):  # what it is stopped for tells it
        turn.notify(intent.serial, Why.VERDICT, level, _to(turn, intent))


def _stays_down(turn: Turn, intent: Intent) -> None:
    """What svwatch took down for good is reminded of."""
    if intent.who.startswith(CASCADE):
        return
    level = Level.CRITICAL if intent.who == "rule" else Level.NOTICE
    stopped = Incident(
        serial=intent.serial, what=What.STOPPED, level=level, raised=turn.mono, told=turn.mono
    )
    turn.set(incidents=turn.state.incidents | {"stopped": stopped})


def fail(turn: Turn, why: str) -> None:
    """End a remediation that did not work, and say so."""
    intent = turn.intent
    line = turn.line("failed", why)
    what = FAILED[intent.goal]
    facts = Facts(reason=why)
    turn.record(intent.serial, what, Level.CRITICAL, facts, (line,), closed=True)
    turn.notify(intent.serial, Why.VERDICT, Level.CRITICAL, _to(turn, intent))
    failed = turn.state.failed + 1
    end(turn)
    turn.set(failed=failed)


def withdraw(turn: Turn) -> None:
    """Want d after our up: somebody took it down meanwhile, and that stands."""
    intent = turn.intent
    line = turn.line("withdrawn", "it was taken down by hand meanwhile")
    turn.record(intent.serial, What.RESTART_WITHDRAWN, lines=(line,), closed=True)
    end(turn)
    turn.cue(Cue.WISH_DOWN)
    turn.set(by="hand", holding=False)


def end(turn: Turn) -> None:
    """Take the record off; windows begin again."""
    turn.set(intent=None, windows={}, around=False, failed=0)
    if turn.state.phase is not Phase.LEAVING:
        turn.cue(Cue.DONE)
