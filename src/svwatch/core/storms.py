"""Storms are asked first: too many restarts, and the rule about them has the word."""

from msgspec.structs import replace

from svwatch.core import announce
from svwatch.core.deeds import Fired, do, pairs, rank
from svwatch.core.evaluate import counted
from svwatch.core.phases import Phase
from svwatch.core.plan import Alert, Exec, Restart, Rule, SendSignal, Start, Stop, Storm, Unmonitor
from svwatch.core.state import Goal, Mark
from svwatch.core.turn import Turn
from svwatch.core.verdict import fail


def storm(turn: Turn, due: Fired | None) -> bool:
    """Let a storm rule have the word; True: it has acted.

    It fires when its count is reached and the service is not settled, or one more is due.
    """
    if turn.service.observe or turn.state.phase is Phase.HELD:
        return False
    more = due is not None and isinstance(due[0].action, Restart | Start)
    found = [
        (rule, finding)
        for rule, finding in pairs(turn)
        if isinstance(rule.test, Storm)
        and not isinstance(rule.action, Alert | Exec | SendSignal)
        and (finding.mark is Mark.BAD or (more and counted(rule.test, turn) >= rule.test.count))
    ]
    if not found:
        return False
    rule, finding = max(found, key=rank)
    facts = announce.facts_of(turn, rule, finding)
    do(turn, rule, finding, replace(facts, span=_span(turn, rule), cause="storm"))
    return True


def _span(turn: Turn, rule: Rule) -> float | None:
    if not isinstance(rule.test, Storm):
        return None
    planned = rule.test.planned
    entries = [entry.at for entry in turn.state.restarts if planned or not entry.planned]
    if not entries:
        return None
    return turn.mono - entries[-min(len(entries), rule.test.count)]


def storm_meanwhile(turn: Turn) -> bool:
    """Storms are asked first during a start as well: what does not settle may be given up."""
    intent = turn.intent
    if intent.gone is None or intent.goal is Goal.STOP or intent.who != "rule":
        return False
    for rule, finding in pairs(turn):
        mine = isinstance(rule.test, Storm) and isinstance(rule.action, Unmonitor | Stop)
        if mine and finding.mark is Mark.BAD and _died_again(turn):
            fail(turn, "it does not settle")
            return storm(turn, None)
    return False


def _died_again(turn: Turn) -> bool:
    """Whether somebody restarted it since our start: then it is not settling, but crashing."""
    begun = turn.intent.start_sent
    last = turn.state.restarts[-1] if turn.state.restarts else None
    return begun is not None and last is not None and last.at > begun
