"""Remediation: a verified transaction, derived anew at every look.

admit -> precheck -> evidence -> stop -> proven gone -> start -> successor seen -> settled ->
verdict. Where it stands is read from the world and the intent on record, so a crash of svwatch
in the middle is resumed and a reload changes nothing of it.
"""

from msgspec.structs import replace

from svwatch.core import sprees, stopping
from svwatch.core.ledger import Facts, Line, Why
from svwatch.core.level import Level
from svwatch.core.phases import Cue
from svwatch.core.plan import Storm
from svwatch.core.seen import Unreadable
from svwatch.core.starting import settling, starting
from svwatch.core.state import Goal, Intent
from svwatch.core.turn import Turn
from svwatch.core.verdict import BEGUN, fail, news, stopped, to

BLIND_FAILS = 10.0  # no runsv for so long: the remediation has failed


def begin(
    turn: Turn,
    goal: Goal,
    facts: Facts,
    *,
    rule: str | None = None,
    who: str = "rule",
    now: bool = False,
    stay: float | None = None,
    serial: int | None = None,
    took_down: bool = False,
) -> None:
    """Put a remediation on record and take its first step."""
    known = turn.state.known
    lives = known is not None and turn.state.exit is None
    number = turn.serial() if serial is None else serial
    tree = (known.incarnation, *known.tree) if known is not None and lives else ()
    intent = Intent(
        goal=goal,
        serial=number,
        began=turn.mono,
        boot=turn.seen.at.boot,
        rule=rule,
        who=who,
        now=now,
        victim=known.incarnation if known is not None else None,
        tree=tree,
        stay=stay,
        took_down=took_down,
        gone=turn.mono if goal is Goal.START else None,
        quiet=_quietly(turn, rule),
    )
    facts = replace(facts, quiet=True) if intent.quiet else facts
    turn.set(intent=intent, bid=None, until=None, holding=False, by="")
    turn.record(number, BEGUN[goal], Level.NOTICE, facts, _first(turn, goal, now=now))
    turn.cue(Cue.GONE if goal is Goal.START else Cue.STOP)
    drive(turn)


def _quietly(turn: Turn, key: str | None) -> bool:
    """Whether the rule *key* wants nobody told; of a storm everybody is."""
    rule = turn.rule(key)
    return rule is not None and rule.quietly and not isinstance(rule.test, Storm)


def _first(turn: Turn, goal: Goal, *, now: bool) -> tuple[Line, ...]:
    above = turn.state.ties.above
    if goal is Goal.START or now or not above:
        return ()
    return (turn.line("dependants first", ", ".join(above)),)


def drive(turn: Turn) -> None:
    """Do what the world and the intent on record ask for next."""
    if _cannot_see(turn):
        return
    intent = turn.intent
    if intent.gone is None:
        stopping.stop(turn)
        if turn.state.intent is None:  # withdrawn, or failed
            return
        intent = turn.intent
    if intent.gone is not None:
        if intent.goal is Goal.STOP:
            stopped(turn)
            return
        if intent.appeared is None:
            starting(turn)
        if turn.state.intent is not None and turn.intent.appeared is not None:
            settling(turn)
    if turn.state.intent is not None:
        _tell_begun(turn)


def _cannot_see(turn: Turn) -> bool:
    """Without a look nothing is decided; without a runsv for 10 s it has failed."""
    intent, verdict = turn.intent, turn.seen.verdict
    if not isinstance(verdict, Unreadable):
        if intent.blind is not None:
            turn.intend(blind=None)
        return False
    since = turn.mono if intent.blind is None else intent.blind
    turn.intend(blind=since)
    if turn.mono - since >= BLIND_FAILS:
        fail(turn, verdict.why)
    else:
        turn.wake(turn.mono + 1.0)
    return True


def _tell_begun(turn: Turn) -> None:
    """Tell of what takes long; later, where people have heard enough of restarts for now."""
    intent = turn.intent
    if intent.told:
        return
    if turn.mono - intent.began < sprees.TELL_AFTER:
        turn.wake(intent.began + sprees.TELL_AFTER)
    elif not sprees.trouble(turn) and news(turn, intent):  # its end is told with the spree
        turn.intend(told=True)
        turn.notify(intent.serial, Why.BEGUN, Level.NOTICE, to(turn, intent))
