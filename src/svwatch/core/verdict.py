"""Verdicts: how a remediation ends, and what is said of it."""

from msgspec.structs import replace

from svwatch.core import announce, restraint, sprees
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
WANTED = ("wish", "stopped")  # incidents: somebody wanted it down
CASCADE = "cascade"  # who: a service that it depends on was stopped or restarted
FOLLOWS = (CASCADE, "back-off", "svwatch")  # what comes of something that is told itself
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
    known = _back(turn, facts)
    known = sprees.mended(turn) or known
    if intent.told:  # who got the problem gets its end
        loud = intent.overdue or intent.hush
        level = Level.CRITICAL if loud else Level.NOTICE
        turn.notify(intent.serial, Why.VERDICT, level, to(turn, intent))
    elif not known and news(turn, intent):
        turn.notify(intent.serial, Why.VERDICT, Level.NOTICE, to(turn, intent))
    sprees.answered(turn, intent, FIXED[intent.goal])
    rule = turn.rule(intent.rule)
    end(turn)
    if rule is not None:
        announce.otherwise(turn, rule)


def _back(turn: Turn, facts: Facts) -> bool:
    """Close what it was down for; True: whoever knew of that hears of it."""
    known = False
    for key in WANTED:
        if (incident := turn.state.incidents.get(key)) is not None:
            known = known or incident.told is not None
            span = turn.mono - incident.raised
            announce.clear(turn, key, What.BACK, Facts(new=facts.new, span=span))
    return known


def news(turn: Turn, intent: Intent) -> bool:
    """Whether people want to hear of *intent*, with which nothing is wrong, and may; note so."""
    if mute(intent):
        return False
    return intent.who != "rule" or restraint.heard(turn, Level.NOTICE)


def known(turn: Turn, intent: Intent) -> bool:
    """Whether people have heard of the event of *intent*: it may be that of a spree."""
    found = sprees.current(turn)
    spree = found is not None and found[1].serial == intent.serial and found[1].told is not None
    return intent.told or spree


def mute(intent: Intent) -> bool:
    """Whether nobody is told of it as long as nothing is wrong with it."""
    return intent.quiet or intent.who.startswith(FOLLOWS)


def to(turn: Turn, intent: Intent) -> tuple[str, ...]:
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
        _down(turn, intent)
    else:
        _resting(turn, intent, turn.mono + intent.stay)


def _down(turn: Turn, intent: Intent) -> None:
    """It is down until somebody wants it back."""
    level = Level.CRITICAL if intent.who == "rule" else Level.NOTICE
    line = turn.line("down", "")
    turn.record(intent.serial, What.STOPPED, level, lines=(line,), closed=True)
    if not mute(intent) or intent.told:  # what it is stopped for tells it
        turn.notify(intent.serial, Why.VERDICT, level, to(turn, intent))
    _stays_down(turn, intent)


def _resting(turn: Turn, intent: Intent, until: float) -> None:
    """It is down for a while, and will be tried again."""
    turn.cue(Cue.REST)
    turn.set(until=until, holding=turn.service.runit, by=intent.rule or "")
    facts, line = Facts(until=until), turn.line("down", f"for {intent.stay:g}s")
    level = Level.CRITICAL if intent.who == "rule" else Level.NOTICE
    turn.record(intent.serial, What.BACKING_OFF, level, facts, (line,), closed=True)
    turn.wake(until)
    begun = intent.told
    named, quiet = to(turn, intent), intent.quiet
    what = What.BACKING_OFF
    sprees.become(turn, sprees.RESTING, what, facts, to=named, deed=intent.serial, quiet=quiet)
    spree = turn.state.incidents[sprees.RESTING]
    if begun and spree.serial != intent.serial:
        turn.notify(intent.serial, Why.VERDICT, level, named)
    elif begun:
        announce.put(turn, sprees.RESTING, replace(spree, told=turn.mono))


def _stays_down(turn: Turn, intent: Intent) -> None:
    """What svwatch took down for good is reminded of, and nothing else of it matters any more."""
    found = sprees.current(turn)
    if found is not None and found[1].serial == intent.serial:
        announce.drop(turn, found[0])
    elif found is not None:
        announce.end(turn, found[0], What.STOPPED, Facts(who=intent.who))
    if intent.who.startswith(CASCADE):
        return
    told = None if intent.quiet and not intent.told else turn.mono
    level = Level.CRITICAL if intent.who == "rule" else Level.NOTICE
    incident = Incident(
        serial=intent.serial, what=What.STOPPED, level=level, raised=turn.mono, told=told,
        to=to(turn, intent),
    )  # fmt: skip
    announce.put(turn, "stopped", incident)


def fail(turn: Turn, why: str) -> None:
    """End a remediation that did not work, and say so."""
    intent = turn.intent
    line = turn.line("failed", why)
    what = FAILED[intent.goal]
    facts = Facts(reason=why, quiet=False if intent.quiet else None)
    turn.record(intent.serial, what, Level.CRITICAL, facts, (line,), closed=True)
    tries = turn.state.failed + 1
    end(turn)
    turn.set(failed=tries)
    sprees.failed(turn, intent, what, facts, to(turn, intent))


def withdraw(turn: Turn) -> None:
    """Want d after our up: somebody took it down meanwhile, and that stands."""
    withdrawn(turn, "it was taken down by hand meanwhile")
    turn.cue(Cue.WISH_DOWN)
    turn.set(by="hand", holding=False)


def withdrawn(turn: Turn, why: str) -> None:
    """End a remediation that nobody wants any more; who knows of it hears of that."""
    intent = turn.intent
    line = turn.line("withdrawn", why)
    turn.record(intent.serial, What.RESTART_WITHDRAWN, lines=(line,), closed=True)
    if intent.told:
        turn.notify(intent.serial, Why.VERDICT, Level.NOTICE, to(turn, intent))
    end(turn)


def end(turn: Turn) -> None:
    """Take the record off; windows begin again."""
    turn.set(intent=None, windows={}, around=False, failed=0)
    if turn.state.phase is not Phase.LEAVING:
        turn.cue(Cue.DONE)
