"""What operators ask for, and what ends by itself."""

from msgspec.structs import replace

from svwatch.core import announce, remedy
from svwatch.core.deeds import pairs
from svwatch.core.ledger import Facts, What
from svwatch.core.phases import Cue, Phase
from svwatch.core.plan import Restart, Storm
from svwatch.core.seen import Forbidden, Request, Suspect, Verb
from svwatch.core.state import Goal
from svwatch.core.turn import Turn


def request(turn: Turn, asked: Request) -> None:
    """Do what an operator asks, or say why not."""
    match asked.verb:
        case Verb.RESTART:
            _restart_by_hand(turn, asked)
        case Verb.MONITOR:
            release(turn)
        case Verb.ADOPT:
            verdict = turn.seen.verdict
            if isinstance(verdict, Suspect):
                turn.set(adopted=verdict.incarnation)
            else:
                turn.refused = "there is no suspect pid to adopt"


def _restart_by_hand(turn: Turn, asked: Request) -> None:
    if turn.state.intent is not None:
        if asked.now:
            turn.intend(now=True)
        return
    why = _why_not(turn)
    if why:
        turn.refused = why
        return
    who = f"operator {asked.who}".strip()
    known = turn.state.known
    tree = turn.seen.tree
    facts = Facts(
        who=who,
        cause="operator",
        planned=True,
        old=known.incarnation if known else None,
        old_age=known.incarnation.age(turn.seen.at.boot) if known else None,
        old_memory=tree.totalmem if tree else None,
    )
    for key in ("gave up", "wish"):
        announce.clear(turn, key, What.MONITORED)
    forget(turn)
    remedy.begin(turn, Goal.RESTART, facts, who=who, now=asked.now)


def _why_not(turn: Turn) -> str:
    if turn.service.observe:
        return "it is only observed (mode: observe)"
    if not turn.sure:
        verdict = turn.seen.verdict
        why = verdict.why if isinstance(verdict, Forbidden) else turn.state.doubt
        return f"cannot be done safely: {why}"
    if turn.service.runit:
        return ""
    if turn.service.start is None:
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


def release(turn: Turn) -> None:
    """End back-off or giving up now."""
    held = turn.state.holding and turn.state.phase is Phase.BACKOFF
    forget(turn)
    turn.cue(Cue.RESUME)
    turn.set(until=None, by="", holding=False, helpless=turn.state.helpless)
    announce.clear(turn, "gave up", What.MONITORED)
    if held:
        facts = Facts(reason="its time is over", cause="back-off")
        remedy.begin(turn, Goal.START, facts, who="back-off", took_down=True)


def forget(turn: Turn) -> None:
    """Forget the restarts so far: none of them makes the next storm."""
    turn.set(restarts=tuple(replace(one, planned=True) for one in turn.state.restarts))
    storms = {rule.key for rule in turn.service.rules if isinstance(rule.test, Storm)}
    turn.findings = [found for found in turn.findings if found.rule not in storms]
