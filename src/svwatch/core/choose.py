"""Choosing: among the rules that fire the strongest action wins; the others are told."""

from msgspec.structs import replace

from svwatch.core import announce, sprees, windows
from svwatch.core.beside import again, execute, heed, send
from svwatch.core.connection import Connection
from svwatch.core.deeds import Fired, bid_for, do, pairs, rank, worst
from svwatch.core.ledger import Facts, What
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import (
    Alert,
    ChangedPid,
    ChildOver,
    Exec,
    Gauged,
    NotExists,
    Resource,
    Restart,
    Rule,
    SendSignal,
    Start,
    Stop,
    Storm,
    Unmonitor,
)
from svwatch.core.seen import Lost, Running
from svwatch.core.state import Finding, Mark
from svwatch.core.storms import storm
from svwatch.core.turn import Turn

IDLE = {Phase.BACKOFF, Phase.UNMONITORED, Phase.WISHED_DOWN, Phase.BLIND, Phase.LEAVING}


def act(turn: Turn) -> None:
    """Tell what must be told, and begin what must be done."""
    for rule, found in worst(turn):
        announce.settle_incident(turn, rule, found)
    fired = [(rule, found) for rule, found in pairs(turn) if found.fired]
    for rule, found in fired:
        _beside(turn, rule, found)
    heed(turn)
    wanted = [pair for pair in (*fired, *_unanswered(turn)) if _does(turn, pair[0])]
    due = max(wanted, key=rank, default=None)
    if turn.state.phase in IDLE or not turn.sure:
        _drop_bid(turn)
        return
    if hands_off(turn):
        _wait(turn, due)
        return
    if storm(turn, due):
        return
    if due is None:
        if not _result_is_out(turn):
            _drop_bid(turn)
        return
    rule, found = due
    do(turn, rule, found, announce.facts_of(turn, rule, found))


def _unanswered(turn: Turn) -> tuple[Fired, ...]:
    """Give the rule on a changed pid whose restart waits: that it changed stays so until then."""
    rule = turn.rule(turn.state.bid.rule) if turn.state.bid is not None else None
    if rule is None or not isinstance(rule.test, ChangedPid):
        return ()
    return ((rule, Finding(rule.key, Mark.BAD, fired=True)),)


def hands_off(turn: Turn) -> bool:
    """Whether nothing may be begun: on hold, or another service is the problem."""
    return turn.leased or bool(turn.state.ties.problem)


def _result_is_out(turn: Turn) -> bool:
    """Whether the bid is for a place that is being dialled right now: it stands still meanwhile."""
    bid = turn.state.bid
    rule, found = turn.rule(bid.rule if bid else None), turn.finding(bid.rule if bid else None)
    if rule is None or found is None or not isinstance(rule.test, Connection):
        return False
    full = windows.met(rule.window, turn.state.windows.get(rule.key, ()))
    return full and found.mark is Mark.UNKNOWN and isinstance(turn.seen.verdict, Running | Lost)


def _drop_bid(turn: Turn) -> None:
    """Want no restart any more; what an operator asked for still has its turn."""
    if turn.state.bid is not None and not turn.state.bid.who:
        turn.set(bid=None)


def _wait(turn: Turn, due: Fired | None) -> None:
    """Let a restart that is due wait for the service that is the problem."""
    waits = due is not None and isinstance(due[0].action, Restart) and not turn.leased
    if waits and due is not None and isinstance(turn.seen.verdict, Running | Lost):
        bid_for(turn, *due)
    else:
        _drop_bid(turn)


def _does(turn: Turn, rule: Rule) -> bool:
    """Whether *rule* wants more than words, and may have it in this phase."""
    if isinstance(rule.action, Alert | Exec | SendSignal) or isinstance(rule.test, Storm):
        return False
    if turn.service.observe:
        return False
    if turn.state.phase is Phase.HELD:
        hard = isinstance(rule.action, Restart) and rule.action.now
        return hard or isinstance(rule.action, Stop)
    return True


def _beside(turn: Turn, rule: Rule, found: Finding) -> None:
    """Raise what is only told, or what we may not act upon; run what runs beside."""
    if hands_off(turn) and not isinstance(rule.action, Alert):
        return
    if isinstance(rule.test, ChangedPid) and _changed(turn, rule):
        return
    if isinstance(rule.test, Storm) and not isinstance(rule.action, Alert | Exec | SendSignal):
        if turn.service.observe:
            _would(turn, rule, found)
        return
    if isinstance(rule.action, Alert):
        _tell(turn, rule, found, announce.level_of(rule))
    elif turn.service.observe:
        _would(turn, rule, found)
    elif isinstance(rule.action, Exec):
        execute(turn, rule, found)
    elif isinstance(rule.action, SendSignal):
        send(turn, rule, found, idle=turn.state.phase in IDLE | {Phase.HELD})
    elif turn.state.phase is Phase.HELD and not _does(turn, rule):
        _tell(turn, rule, found, Level.WARNING)


def _tell(turn: Turn, rule: Rule, found: Finding, level: Level) -> None:
    facts = announce.facts_of(turn, rule, found)
    facts = replace(facts, quiet=True) if rule.quietly else facts
    match rule.test:
        case NotExists():
            what, level = What.DOWN, max(level, Level.CRITICAL, key=list(Level).index)
        case Resource() | Gauged() | ChildOver():
            what = What.OVER
        case Connection(succeeded=False):
            what = What.NO_ANSWER
        case _:
            what = What.RULE
    announce.raise_(turn, rule.key, what, level, facts, tell=not rule.quietly, to=rule.to)
    if isinstance(rule.action, Alert):
        again(turn, rule)


def _changed(turn: Turn, rule: Rule) -> bool:
    """The event of the restart itself names the rule: one thing happened, one is told.

    True: nothing is left to do for an alert.
    """
    incident = turn.state.incidents.get(sprees.RESTARTED)
    if incident is not None:
        turn.record(
            incident.serial,
            incident.what,
            incident.level,
            Facts(rule=rule.text, where=rule.where, test="changed pid"),
        )
    return isinstance(rule.action, Alert)


def _would(turn: Turn, rule: Rule, found: Finding) -> None:
    doing = doing_of(rule)
    facts = replace(announce.facts_of(turn, rule, found), doing=doing)
    announce.raise_(turn, rule.key, What.WOULD, Level.WARNING, facts, to=rule.to)


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
        case SendSignal(name=name):
            return f"send {name}"
        case Alert():
            return "alert"
