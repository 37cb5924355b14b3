"""Choosing: among the rules that fire the strongest action wins; the others are told."""

from msgspec.structs import replace

from svwatch.core import announce
from svwatch.core.deeds import do, pairs, rank
from svwatch.core.ledger import Facts, What
from svwatch.core.phases import Phase
from svwatch.core.plan import (
    Alert,
    ChangedPid,
    Exec,
    Level,
    NotExists,
    Resource,
    Restart,
    Rule,
    Start,
    Stop,
    Storm,
    Unmonitor,
)
from svwatch.core.seen import Kind
from svwatch.core.state import Finding, Run
from svwatch.core.storms import storm
from svwatch.core.turn import Turn

IDLE = {Phase.BACKOFF, Phase.UNMONITORED, Phase.WISHED_DOWN, Phase.BLIND, Phase.LEAVING}


def act(turn: Turn) -> None:
    """Tell what must be told, and begin what must be done."""
    for rule, found in pairs(turn):
        announce.settle_incident(turn, rule, found)
    fired = [(rule, found) for rule, found in pairs(turn) if found.fired]
    for rule, found in fired:
        _beside(turn, rule, found)
    due = max((pair for pair in fired if _does(turn, pair[0])), key=rank, default=None)
    if turn.state.phase in IDLE or not turn.sure:
        turn.set(bid=None)
        return
    if storm(turn, due):
        return
    if due is None:
        if turn.state.bid is not None:
            turn.set(bid=None)
        return
    rule, found = due
    do(turn, rule, found, announce.facts_of(turn, rule, found))


def _does(turn: Turn, rule: Rule) -> bool:
    """Whether *rule* wants more than words, and may have it in this phase."""
    if isinstance(rule.action, Alert | Exec) or isinstance(rule.test, Storm):
        return False
    if turn.service.observe:
        return False
    if turn.state.phase is Phase.HELD:
        hard = isinstance(rule.action, Restart) and rule.action.now
        return hard or isinstance(rule.action, Stop)
    return True


def _beside(turn: Turn, rule: Rule, found: Finding) -> None:
    """Raise what is only told, or what we may not act upon; run what runs beside."""
    if isinstance(rule.test, ChangedPid):
        _changed(turn, rule)
        if isinstance(rule.action, Alert):
            return
    if isinstance(rule.test, Storm) and not isinstance(rule.action, Alert | Exec):
        if turn.service.observe:
            _would(turn, rule, found)
        return
    if isinstance(rule.action, Exec):
        _exec(turn, rule, found)
    elif isinstance(rule.action, Alert):
        _tell(turn, rule, found, announce.level_of(rule))
    elif turn.service.observe:
        _would(turn, rule, found)
    elif turn.state.phase is Phase.HELD and not _does(turn, rule):
        _tell(turn, rule, found, Level.WARNING)


def _tell(turn: Turn, rule: Rule, found: Finding, level: Level) -> None:
    facts = announce.facts_of(turn, rule, found)
    match rule.test:
        case NotExists():
            what, level = What.DOWN, max(level, Level.CRITICAL, key=list(Level).index)
        case Resource():
            what = What.OVER
        case _:
            what = What.RULE
    announce.raise_(turn, rule.key, what, level, facts, tell=not rule.quietly)


def _changed(turn: Turn, rule: Rule) -> None:
    """The event of the restart itself names the rule: one thing happened, one is told."""
    incident = turn.state.incidents.get("restarted")
    if incident is not None:
        turn.record(
            incident.serial,
            incident.what,
            incident.level,
            Facts(rule=rule.text, where=rule.where, test="changed pid"),
        )


def _would(turn: Turn, rule: Rule, found: Finding) -> None:
    doing = doing_of(rule)
    facts = replace(announce.facts_of(turn, rule, found), doing=doing)
    announce.raise_(turn, rule.key, What.WOULD, Level.WARNING, facts)


def doing_of(rule: Rule) -> str:
    """Name what a rule does, for `would ...`."""
    match rule.action:
        case Restart(now=now):
            return "restart now" if now else "restart"
        case Start():
            return "start"
        case Stop():
            return "stop"
        case Unmonitor():
            return "give up"
        case Exec(command=command):
            return f"run {' '.join(command.argv)}"
        case Alert():
            return "alert"


def _exec(turn: Turn, rule: Rule, found: Finding) -> None:
    if rule.key in turn.state.incidents:
        return
    if turn.service.observe:
        _would(turn, rule, found)
        return
    facts = announce.facts_of(turn, rule, found)
    what = What.EXEC
    incident = announce.raise_(turn, rule.key, what, Level.WARNING, facts, tell=not rule.quietly)
    if isinstance(rule.action, Exec):
        turn.effects.append(Run(Kind.EXEC, incident.serial, rule.action.command))
