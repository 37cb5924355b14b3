"""Doing what a rule asks: stop, give up, restart, start, or wait where that did not help."""

from collections.abc import Iterator

from msgspec.structs import replace

from svwatch.core import announce, helpless, remedy, sprees
from svwatch.core.ledger import Facts, What
from svwatch.core.level import Level
from svwatch.core.phases import Cue
from svwatch.core.plan import (
    Alert,
    ChangedPid,
    ChildOver,
    Exec,
    Older,
    Resource,
    Restart,
    Rule,
    SendSignal,
    Silent,
    Start,
    Stop,
    Storm,
    Unmonitor,
)
from svwatch.core.seen import Lost, Running
from svwatch.core.state import Bid, Finding, Goal
from svwatch.core.turn import Turn

BOOTING = 120.0  # in the first 2 minutes of a boot nothing that was never seen is started

CAUSES: dict[type, str] = {
    Resource: "memory",
    ChildOver: "memory",
    Silent: "silent log",
    Older: "old file",
}
"""What a restart was for, in the word that `status` counts it under."""

Fired = tuple[Rule, Finding]
STRENGTH: tuple[type, ...] = (Alert, Exec, SendSignal, Start, Restart, Unmonitor, Stop)


def pairs(turn: Turn) -> Iterator[Fired]:
    """Give every finding of this look with its rule."""
    for found in turn.findings:
        rule = turn.rule(found.rule)
        if rule is not None:
            yield rule, found


def worst(turn: Turn) -> Iterator[Fired]:
    """Give one finding per rule: of several children the worst, which comes first."""
    told: set[str] = set()
    for rule, found in pairs(turn):
        if rule.key not in told:
            told.add(rule.key)
            yield rule, found


def rank(pair: Fired) -> tuple[int, float]:
    """Rank by strength, then by how far over the limit."""
    return strength(pair[0]), excess(pair[1])


def strength(rule: Rule) -> int:
    """Rank actions: stop > unmonitor > restart now > restart > start."""
    rank = STRENGTH.index(type(rule.action)) * 2
    return rank + (1 if isinstance(rule.action, Restart) and rule.action.now else 0)


def excess(found: Finding) -> float:
    """Say how far a value is over its limit, as a ratio."""
    if found.value is None or not found.limit:
        return 1.0
    return found.value / found.limit


def do(turn: Turn, rule: Rule, found: Finding, facts: Facts) -> None:
    """Do what *rule* asks, as the strongest at this look."""
    match rule.action:
        case Stop(seconds=stay):
            serial = sprees.serial_of(turn) if isinstance(rule.test, Storm) else None
            remedy.begin(turn, Goal.STOP, facts, rule=rule.key, stay=stay, serial=serial)
        case Unmonitor(seconds=seconds):
            give_up(turn, rule, facts, seconds)
        case Restart(now=now):
            restart(turn, rule, found, facts, now=now)
        case Start():
            start(turn, rule, facts)
        case Alert() | Exec() | SendSignal():
            return


def start(turn: Turn, rule: Rule, facts: Facts) -> None:
    """Start what is not there. Where a supervisor does that work it is only told."""
    if isinstance(turn.seen.verdict, Running | Lost):
        return
    if turn.service.runit or turn.service.external:
        announce.raise_(turn, "down", What.DOWN, Level.CRITICAL, facts)
        return
    if not turn.state.seen and turn.seen.at.boot < BOOTING:
        return  # in the first 2 minutes of a boot nothing that was never seen is started
    if helpless.rest(turn, rule, facts):
        return
    remedy.begin(turn, Goal.START, replace(facts, cause="absent"), rule=rule.key)


def restart(turn: Turn, rule: Rule, found: Finding, facts: Facts, *, now: bool) -> None:
    """Bid for a restart; begin it once admission granted it (or it is `now`)."""
    if not isinstance(turn.seen.verdict, Running | Lost):
        start(turn, rule, facts)
        return
    if isinstance(rule.test, ChangedPid) and (turn.service.runit or turn.service.external):
        return  # the supervisor has restarted it already
    if not (now or turn.granted):
        bid_for(turn, rule, found)
        return
    if helpless.rest(turn, rule, facts):
        return
    cause = CAUSES.get(type(rule.test)) or facts.test or "rule"
    facts = replace(facts, cause=cause)
    mild = isinstance(rule.test, ChangedPid)
    serial = sprees.serial_of(turn, mild=True) if mild else None
    remedy.begin(turn, Goal.RESTART, facts, rule=rule.key, now=now, serial=serial)


def bid_for(turn: Turn, rule: Rule, found: Finding) -> None:
    """Want a restart; what an operator asked for already is not asked for twice."""
    before = turn.state.bid
    if before is not None and before.who:
        return
    since = before.since if before is not None else turn.mono
    behind = before.behind if before is not None else ()
    turn.set(bid=Bid(rule.key, excess(found), since, behind))


def give_up(turn: Turn, rule: Rule, facts: Facts, seconds: float | None) -> None:
    """Act no more, go on judging, and keep saying so."""
    until = None if seconds is None else turn.mono + seconds
    turn.cue(Cue.GIVE_UP)
    turn.set(until=until, by=rule.key, bid=None)
    quiet = rule.quietly and not isinstance(rule.test, Storm)
    told = replace(facts, until=until, quiet=True if quiet else None)
    sprees.become(turn, sprees.GAVE_UP, What.GAVE_UP, told, to=rule.to, quiet=quiet)
    if until is not None:
        turn.wake(until)
