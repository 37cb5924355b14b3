"""What operators ask for, and what ends by itself."""

from msgspec.structs import replace

from svwatch.core import announce, remedy, sprees
from svwatch.core.deeds import pairs
from svwatch.core.ledger import Facts, What
from svwatch.core.phases import Cue, Phase
from svwatch.core.plan import Restart, Storm
from svwatch.core.seen import Forbidden, Lost, Running
from svwatch.core.state import Goal
from svwatch.core.turn import Turn


def why_not(turn: Turn, goal: Goal) -> str:
    """Say why *goal* cannot be had for an operator; "" where it can."""
    if turn.service.observe:
        return "it is only observed (mode: observe)"
    if not turn.sure:
        verdict = turn.seen.verdict
        why = verdict.why if isinstance(verdict, Forbidden) else turn.state.doubt
        return f"cannot be done safely: {why}"
    if turn.service.runit:
        return ""
    if goal is Goal.STOP:
        return "its own supervisor would start it again" if turn.service.external else ""
    if turn.service.external:
        runs = isinstance(turn.seen.verdict, Running | Lost)
        return "" if runs else "nothing runs, and it is its own supervisor that starts it"
    if turn.service.start is None and turn.service.restart is None:
        return "it has no start command"
    return ""


def take_over(turn: Turn) -> None:
    """Let a `restart now` that fires during a gentler stop make it harder."""
    intent = turn.intent
    if intent.now or intent.gone is not None:
        return
    for rule, found in pairs(turn):
        if isinstance(rule.action, Restart) and rule.action.now and found.fired:
            turn.intend(now=True)
            line = turn.line("harder", rule.text)
            turn.record(intent.serial, What.RESTART_BEGUN, lines=(line,))
            return


def resume(turn: Turn) -> None:
    """Leave back-off or giving up when the time is over; the restarts before are forgotten."""
    state = turn.state
    if state.until is None or state.phase not in {Phase.BACKOFF, Phase.HELD, Phase.UNMONITORED}:
        return
    if turn.mono < state.until:
        turn.wake(state.until)
        return
    release(turn)


def release(turn: Turn, *, by_hand: bool = False) -> None:
    """End back-off or giving up now."""
    rule = turn.rule(turn.state.by)
    stormy = rule is None or isinstance(rule.test, Storm)
    held = turn.state.holding and turn.state.phase is Phase.BACKOFF
    forget(turn)
    turn.cue(Cue.RESUME)
    turn.set(until=None, by="", holding=False, helpless=turn.state.helpless)
    sprees.resumed(turn, by_hand=by_hand, stormy=stormy)
    announce.end(turn, "unwatched", What.MONITORED)
    if held:
        facts = Facts(reason="its time is over", cause="back-off")
        remedy.begin(turn, Goal.START, facts, who="back-off", took_down=True)


def forget(turn: Turn) -> None:
    """Forget the restarts so far: none of them makes the next storm."""
    turn.set(restarts=tuple(replace(one, planned=True) for one in turn.state.restarts))
    storms = {rule.key for rule in turn.service.rules if isinstance(rule.test, Storm)}
    turn.findings = [found for found in turn.findings if found.rule not in storms]
