"""Restarting does not help: said once with what the least of it was, and tried ever less often."""

from msgspec.structs import replace

from svwatch.core import announce, sprees
from svwatch.core.ledger import Facts, What
from svwatch.core.level import Level
from svwatch.core.phases import Cue, Phase
from svwatch.core.plan import Alert, Exec, Rule, SendSignal, Storm
from svwatch.core.turn import Turn
from svwatch.core.units import show_duration

HELP = 600.0  # a restart helped if the next is not asked for within ten minutes
HELPLESS = 3  # so many in a row that did not help: wait in between
FIRST_WAIT = 60.0  # 1, 2, 4 ... 60 minutes
LAST_WAIT = 3600.0

KEY = sprees.NO_HELP  # its incident


def rest(turn: Turn, rule: Rule, facts: Facts) -> bool:
    """Wait instead, where restarting has not helped three times in a row.

    A service with a storm rule that does something does not get this: there the rule decides.
    """
    known, state = turn.state.known, turn.state
    if any(_decides(one) for one in turn.service.rules):
        return False
    if state.rested:  # the wait is over: one more try
        turn.set(rested=False, last_rule=rule.key)
        return False
    young = known is not None and known.incarnation.age(turn.seen.at.boot) < HELP
    again = (young and state.last_rule == rule.key) or state.failed > 0
    many = state.helpless + 1 if again else 0
    turn.set(helpless=many, last_rule=rule.key)
    if many < HELPLESS:
        return False
    _wait(turn, rule, facts, many)
    return True


def _decides(rule: Rule) -> bool:
    return isinstance(rule.test, Storm) and not isinstance(rule.action, Alert | Exec | SendSignal)


def _wait(turn: Turn, rule: Rule, facts: Facts, many: int) -> None:
    """Leave it alone for a while. The least it ever was shows what its limit would have to be."""
    wait = min(LAST_WAIT, FIRST_WAIT * 2 ** min(many - HELPLESS, 10))
    until = turn.mono + wait
    turn.cue(Cue.REST)
    turn.set(until=until, holding=False, bid=None, by=rule.key, rested=True, rested_until=until)
    known = turn.state.known
    least = known.least if known is not None else None
    reason = "restarting does not help"
    told = replace(facts, until=until, after=least, count=many, reason=reason)
    line = turn.line(f"not restarted, asked {many + 1} times", f"waits {show_duration(wait)}")
    before = turn.state.incidents.get(KEY)
    if before is None:
        sprees.become(turn, KEY, What.NO_HELP, told, lines=(line,), to=rule.to)
    else:
        turn.record(before.serial, What.NO_HELP, Level.CRITICAL, told, (line,))
    turn.wake(until)


def helped(turn: Turn) -> None:
    """End it when ten minutes have gone by and nobody asked for the next restart."""
    state = turn.state
    if not (state.helpless or KEY in state.incidents) or state.phase is not Phase.WATCHING:
        return
    if state.intent is not None or state.bid is not None or state.known is None or state.failed:
        return
    waited = turn.mono - state.rested_until if state.rested else HELP
    if waited < HELP or state.known.incarnation.age(turn.seen.at.boot) < HELP:
        return
    turn.set(helpless=0, rested=False)
    announce.clear(turn, KEY, What.WELL)
