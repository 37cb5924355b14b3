"""Choosing: among the rules that fire the strongest action wins; storms are asked first."""

from collections.abc import Iterator

from msgspec.structs import replace

from svwatch.core import announce, remedy
from svwatch.core.evaluate import counted
from svwatch.core.ledger import Facts, What, Why
from svwatch.core.phases import Cue, Phase
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
from svwatch.core.seen import Forbidden, Kind, Lost, Request, Running, Suspect, Verb
from svwatch.core.state import Bid, Finding, Goal, Mark, Run
from svwatch.core.turn import Turn

HELP = 600.0  # a restart helped if the next is not asked for within ten minutes
HELPLESS = 3  # so many in a row that did not help: wait in between
FIRST_WAIT = 60.0  # 1, 2, 4 ... 60 minutes
LAST_WAIT = 3600.0
STRENGTH: tuple[type, ...] = (Alert, Exec, Start, Restart, Unmonitor, Stop)
IDLE = {Phase.BACKOFF, Phase.UNMONITORED, Phase.WISHED_DOWN, Phase.BLIND, Phase.LEAVING}

Fired = tuple[Rule, Finding]


def strength(rule: Rule) -> int:
    """Rank actions: stop > unmonitor > restart now > restart > start."""
    rank = STRENGTH.index(type(rule.action)) * 2
    return rank + (1 if isinstance(rule.action, Restart) and rule.action.now else 0)


def _pairs(turn: Turn) -> Iterator[Fired]:
    for found in turn.findings:
        rule = turn.rule(found.rule)
        if rule is not None:
            yield rule, found


# --- the usual look --------------------------------------------------------------------------


def act(turn: Turn) -> None:
    """Tell what must be told, and begin what must be done."""
    for rule, found in _pairs(turn):
        announce.settle_incident(turn, rule, found)
    fired = [(rule, found) for rule, found in _pairs(turn) if found.fired]
    for rule, found in fired:
        _beside(turn, rule, found)
    due = max((pair for pair in fired if _does(turn, pair[0])), key=_rank, default=None)
    if turn.state.phase in IDLE:
        turn.set(bid=None)
        return
    if storm(turn, due):
        return
    if due is None:
        if turn.state.bid is not None:
            turn.set(bid=None)
        return
    rule, found = due
    _do(turn, rule, found, announce.facts_of(turn, rule, found))


def _rank(pair: Fired) -> tuple[int, float]:
    return strength(pair[0]), excess(pair[1])


def excess(found: Finding) -> float:
    """Say how far a value is over its limit, as a ratio."""
    if found.value is None or not found.limit:
        return 1.0
    return found.value / found.limit


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


# --- doing -----------------------------------------------------------------------------------


def _do(turn: Turn, rule: Rule, found: Finding, facts: Facts) -> None:
    match rule.action:
        case Stop(seconds=stay):
            remedy.begin(turn, Goal.STOP, facts, rule=rule.key, stay=stay)
        case Unmonitor(seconds=seconds):
            give_up(turn, rule, facts, seconds)
        case Restart(now=now):
            _restart(turn, rule, found, facts, now=now)
        case Start():
            _start(turn, rule, facts)
        case Alert() | Exec():
            return


def _start(turn: Turn, rule: Rule, facts: Facts) -> None:
    """Start what is not there. Under runit that is runsv's work: it is only told."""
    if isinstance(turn.seen.verdict, Running | Lost):
        return
    if turn.service.runit:
        announce.raise_(turn, "down", What.DOWN, Level.CRITICAL, facts)
        return
    if not turn.state.seen and turn.seen.at.boot < 120.0:
        return  # in the first 2 minutes of a boot nothing that was never seen is started
    if _rest(turn, rule, facts):
        return
    remedy.begin(turn, Goal.START, replace(facts, cause="absent"), rule=rule.key)


def _restart(turn: Turn, rule: Rule, found: Finding, facts: Facts, *, now: bool) -> None:
    if not isinstance(turn.seen.verdict, Running | Lost):
        _start(turn, rule, facts)
        return
    if isinstance(rule.test, ChangedPid) and turn.service.runit:
        return  # the supervisor has restarted it already
    if not (now or turn.granted):
        before = turn.state.bid
        since = before.since if before is not None else turn.mono
        behind = before.behind if before is not None else ()
        turn.set(bid=Bid(rule.key, excess(found), since, behind))
        return
    if _rest(turn, rule, facts):
        return
    cause = "memory" if isinstance(rule.test, Resource) else (facts.test or "rule")
    remedy.begin(turn, Goal.RESTART, replace(facts, cause=cause), rule=rule.key, now=now)


def _rest(turn: Turn, rule: Rule, facts: Facts) -> bool:
    """Wait instead, where restarting has not helped three times in a row.

    A service with a storm rule does not get this: there the rule decides.
    """
    known, state = turn.state.known, turn.state
    if any(isinstance(one.test, Storm) for one in turn.service.rules):
        return False
    if state.rested:  # the wait is over: one more try
        turn.set(rested=False, last_rule=rule.key)
        return False
    young = known is not None and known.incarnation.age(turn.seen.at.boot) < HELP
    again = (young and state.last_rule == rule.key) or state.failed > 0
    helpless = state.helpless + 1 if again else 0
    turn.set(helpless=helpless, last_rule=rule.key)
    if helpless < HELPLESS:
        return False
    wait = min(LAST_WAIT, FIRST_WAIT * 2 ** (helpless - HELPLESS))
    until = turn.mono + wait
    turn.cue(Cue.REST)
    turn.set(until=until, holding=False, bid=None, by=rule.key, rested=True)
    least = known.least if known is not None else None
    reason = "restarting does not help"
    told = replace(facts, until=until, after=least, count=helpless, reason=reason)
    serial = turn.serial()
    turn.record(serial, What.NO_HELP, Level.CRITICAL, told, (turn.line(reason),), closed=True)
    turn.notify(serial, Why.RAISED, Level.CRITICAL)
    turn.wake(until)
    return True


# --- storms ----------------------------------------------------------------------------------


def storm(turn: Turn, due: Fired | None) -> bool:
    """Let a storm rule have the word; True: it has acted.

    It fires when its count is reached and the service is not settled, or one more is due.
    """
    if turn.service.observe or turn.state.phase is Phase.HELD:
        return False
    more = due is not None and isinstance(due[0].action, Restart | Start)
    found = [
        (rule, finding)
        for rule, finding in _pairs(turn)
        if isinstance(rule.test, Storm)
        and not isinstance(rule.action, Alert | Exec)
        and (finding.mark is Mark.BAD or (more and counted(rule.test, turn) >= rule.test.count))
    ]
    if not found:
        return False
    rule, finding = max(found, key=_rank)
    facts = announce.facts_of(turn, rule, finding)
    announce.drop(turn, "restarted")  # folded into what is told now
    _do(turn, rule, finding, replace(facts, span=_span(turn, rule), cause="storm"))
    return True


def _span(turn: Turn, rule: Rule) -> float | None:
    entries = [entry.at for entry in turn.state.restarts if not entry.planned]
    if not entries or not isinstance(rule.test, Storm):
        return None
    return turn.mono - entries[-min(len(entries), rule.test.count)]


def give_up(turn: Turn, rule: Rule, facts: Facts, seconds: float | None) -> None:
    """Act no more, go on judging, and keep saying so."""
    until = None if seconds is None else turn.mono + seconds
    turn.cue(Cue.GIVE_UP)
    turn.set(until=until, by=rule.key, bid=None)
    announce.raise_(turn, "gave up", What.GAVE_UP, Level.CRITICAL, replace(facts, until=until))
    if until is not None:
        turn.wake(until)


def storm_meanwhile(turn: Turn) -> bool:
    """Storms are asked first during a start as well: what does not settle may be given up."""
    intent = turn.intent
    if intent.gone is None or intent.goal is Goal.STOP or intent.who != "rule":
        return False
    for rule, finding in _pairs(turn):
        mine = isinstance(rule.test, Storm) and isinstance(rule.action, Unmonitor | Stop)
        if mine and finding.mark is Mark.BAD and _died_again(turn):
            remedy.fail(turn, "it does not settle")
            return storm(turn, None)
    return False


def _died_again(turn: Turn) -> bool:
    """Whether somebody restarted it since our start: then it is not settling, but crashing."""
    begun = turn.intent.start_sent
    last = turn.state.restarts[-1] if turn.state.restarts else None
    return begun is not None and last is not None and last.at > begun


# --- what ends by itself ---------------------------------------------------------------------


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


# --- operators, and harder rules -------------------------------------------------------------


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
    if turn.state.phase is Phase.BLIND:
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
    for rule, found in _pairs(turn):
        if isinstance(rule.action, Restart) and rule.action.now and found.fired:
            turn.intend(now=True)
            line = turn.line("harder", rule.text)
            turn.record(intent.serial, What.RESTART_BEGUN, lines=(line,))
            return
