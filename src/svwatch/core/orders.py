"""Orders: what an operator asks for is the same transaction that a rule would begin."""

from msgspec.structs import replace

from svwatch.core import announce, holds, remedy, sprees, verdict
from svwatch.core.asked import forget, release, why_not
from svwatch.core.ledger import Facts, What
from svwatch.core.level import Level
from svwatch.core.phases import Cue, Phase
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Lost, Running, Suspect
from svwatch.core.state import Bid, Goal
from svwatch.core.turn import Turn

GOALS = {Verb.RESTART: Goal.RESTART, Verb.START: Goal.START, Verb.STOP: Goal.STOP}
NOUN = {Goal.RESTART: "restart", Goal.START: "start", Goal.STOP: "stop"}


def order(turn: Turn, asked: Request) -> None:
    """Do what an operator asks, or say why not."""
    match asked.verb:
        case Verb.RESTART | Verb.START | Verb.STOP:
            _remediate(turn, asked, GOALS[asked.verb])
        case Verb.MONITOR:
            _watch_again(turn, asked)
        case Verb.UNMONITOR:
            _unmonitor(turn, asked)
        case Verb.ADOPT:
            _adopt(turn)
        case Verb.HOLD:
            holds.hold(turn, asked)
        case Verb.RELEASE:
            holds.release(turn, asked)
        case Verb.WITHDRAW:
            if turn.state.bid is not None and turn.state.bid.who:
                turn.set(bid=None)


def operator(asked: Request) -> str:
    """Name who asks, for the ledger: `operator ann`."""
    return f"operator {asked.who}".strip()


# --- start, stop, restart --------------------------------------------------------------------


def _remediate(turn: Turn, asked: Request, goal: Goal) -> None:
    why = _refused(turn, asked, goal)
    if why:
        turn.refused = why
    elif turn.state.intent is not None:
        _join(turn, asked, goal)
    elif goal is Goal.START and _runs(turn):
        _runs_already(turn)
    elif asked.rolling or (turn.state.ties.missing and goal is not Goal.STOP):
        bid = Bid("", 1.0, turn.mono, who=operator(asked), goal=goal, now=asked.now)
        turn.set(bid=bid)
    else:
        _begin(turn, goal, operator(asked), now=asked.now)


def _refused(turn: Turn, asked: Request, goal: Goal) -> str:
    if why := _on_hold(turn, asked):
        return why
    missing = turn.state.ties.missing
    if goal is not Goal.STOP and missing and not _runs(turn):
        needed = [name for name in missing if name not in asked.beside]
        if needed:
            return f"{', '.join(needed)} must run first: it depends on it"
    return why_not(turn, goal)


def _on_hold(turn: Turn, asked: Request) -> str:
    """Say whose hold forbids to begin anything, "" where none does or it is the asker's own."""
    lease = turn.state.lease
    if lease is not None and turn.leased and asked.token != (lease.token or None):
        return f"on hold by {lease.who}"
    return ""


def _runs(turn: Turn) -> bool:
    return isinstance(turn.seen.verdict, Running | Lost)


def _runs_already(turn: Turn) -> None:
    known = turn.state.known
    pid = f", pid {known.incarnation.pid}" if known is not None else ""
    turn.answer = f"runs already{pid}"
    if turn.state.phase in {Phase.HELD, Phase.BACKOFF, Phase.UNMONITORED}:
        _monitor(turn)
        turn.answer = f"runs already{pid}; watched again"


def begin_granted(turn: Turn) -> bool:
    """Begin what an operator asked for, once admission let it; True: it has begun."""
    bid = turn.state.bid
    if bid is None or not bid.who or not turn.granted or not turn.sure or turn.leased:
        return False
    if bid.goal is Goal.START and _runs(turn):
        turn.set(bid=None)
        return False
    _begin(turn, bid.goal, bid.who, now=bid.now)
    return True


def _begin(turn: Turn, goal: Goal, who: str, *, now: bool) -> None:
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
    _in_hand(turn, goal, who)
    forget(turn)
    starts = goal is Goal.START and turn.service.runit
    remedy.begin(turn, goal, facts, who=who, now=now, took_down=starts)


def _in_hand(turn: Turn, goal: Goal, who: str) -> None:
    """Close what the order ends; whoever knows of it hears of that."""
    ends = (*sprees.KEYS, "wish", "stopped", "down") if goal is Goal.STOP else (sprees.GAVE_UP,)
    what = What.STOPPED if goal is Goal.STOP else What.MONITORED
    for key in ends:
        announce.end(turn, key, what, Facts(who=who, reason=f"{who}: {NOUN[goal]}"))
    announce.end(turn, "unwatched", What.MONITORED)


def _join(turn: Turn, asked: Request, goal: Goal) -> None:
    """Let what is under way become what is asked for now; there is never a second one."""
    intent = turn.intent
    if goal is Goal.STOP and intent.by_restart:  # it starts what it ended, whatever we want now
        turn.refused = "its restart command is at work: stop it when that has ended"
        return
    if asked.now and not intent.now:
        intent = turn.intend(now=True)
        line = turn.line("harder", f"for {operator(asked)}")
        turn.record(intent.serial, verdict.BEGUN[intent.goal], lines=(line,))
    if goal is intent.goal and intent.stay is None:
        if goal is Goal.STOP and intent.who.startswith(verdict.CASCADE):
            turn.intend(who=operator(asked))  # it does not come back with what it depends on
        return
    if intent.gone is None:
        wanted = Goal.STOP if goal is Goal.STOP else Goal.RESTART
        quiet = False if intent.quiet else None
        turn.intend(goal=wanted, stay=None, who=operator(asked), rule=None, quiet=False)
        line = turn.line(f"a {NOUN[wanted]} from now on", f"for {operator(asked)}")
        facts = Facts(who=operator(asked), planned=True, quiet=quiet)
        turn.record(intent.serial, verdict.BEGUN[wanted], facts=facts, lines=(line,))
    elif goal is Goal.STOP:
        _stop_instead(turn, operator(asked), now=asked.now)


def _stop_instead(turn: Turn, who: str, *, now: bool) -> None:
    """Stop what is being started. What forks may still be on its way: only runit knows."""
    if not turn.service.runit:
        turn.refused = f"a {NOUN[turn.intent.goal]} is under way: stop it when that has ended"
        return
    verdict.withdrawn(turn, f"{who} wants it stopped")
    _begin(turn, Goal.STOP, who, now=now)


# --- monitor, unmonitor, adopt ---------------------------------------------------------------


def _watch_again(turn: Turn, asked: Request) -> None:
    """Watch it from now on; what would be started by that is left to the end of a hold."""
    starts = turn.state.holding and turn.state.phase is Phase.BACKOFF
    if starts and (why := _on_hold(turn, asked)):
        turn.refused = why
    else:
        _monitor(turn)


def _monitor(turn: Turn) -> None:
    state = turn.state
    if state.bid is not None and state.bid.who:
        turn.set(bid=None)
    if state.phase is Phase.WISHED_DOWN and state.intent is None:
        turn.refused = f"it is down: svwatch start {turn.service.name}"
        return
    away = state.phase is Phase.UNMONITORED
    release(turn, by_hand=True)
    if away:
        turn.set(windows={})
    turn.answer = "watched"


def _unmonitor(turn: Turn, asked: Request) -> None:
    if turn.state.intent is not None:
        noun = NOUN[turn.state.intent.goal]
        turn.refused = f"a {noun} is under way: try again when it has ended"
        return
    until = None if asked.seconds is None else turn.mono + asked.seconds
    turn.cue(Cue.UNMONITOR)
    turn.set(until=until, by=operator(asked), holding=False, bid=None, windows={})
    facts = Facts(who=operator(asked), until=until, reason=asked.reason or None)
    _not_watched(turn, facts)
    if until is not None:
        turn.wake(until)
    turn.answer = "not watched any more"


def _not_watched(turn: Turn, facts: Facts) -> None:
    """Remind of it from now on; said twice it is still one thing."""
    what, level = What.NOT_WATCHED, Level.WARNING
    before = turn.state.incidents.get("unwatched")
    if before is not None:
        turn.record(before.serial, what, level, facts)
        return
    made = announce.raise_(turn, "unwatched", what, level, facts, tell=False)
    announce.put(turn, "unwatched", replace(made, told=turn.mono))


def _adopt(turn: Turn) -> None:
    suspect = turn.seen.verdict
    if not isinstance(suspect, Suspect):
        turn.refused = "there is no suspect pid to adopt"
        return
    turn.set(adopted=suspect.incarnation)
    turn.answer = f"pid {suspect.incarnation.pid} is it from now on"
    turn.wake(turn.mono)
