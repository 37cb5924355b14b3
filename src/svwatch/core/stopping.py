"""The first half of a remediation: told to end, and proven gone to the last descendant."""

from svwatch.core.ledger import Facts, What, Why
from svwatch.core.phases import Cue
from svwatch.core.plan import Command, Level, Survivors
from svwatch.core.seen import Incarnation, Kind
from svwatch.core.state import Goal, Intent, Run, Signal
from svwatch.core.turn import Turn

NOW_GRACE = 5.0  # `restart now`: KILL after so many seconds
DOWN_AGAIN = 2.0  # `sv down` is repeated while want is not `d`
BEGUN = {Goal.RESTART: What.RESTART_BEGUN, Goal.STOP: What.STOP_BEGUN}


def stop(turn: Turn) -> None:
    """Tell it to end, wait, escalate where that is allowed, and see that all of it is gone."""
    _remember(turn)
    intent = turn.intent
    if intent.stop_sent is None:
        _send(turn)
        turn.wake(turn.mono + 0.02)
        return
    if turn.service.runit and _put_up_again(turn):
        return
    alive = _alive(turn)
    if _all_gone(turn, alive):
        _gone(turn)
        return
    _survivors(turn, alive)
    _deadlines(turn, alive)
    _send_again(turn)


def _remember(turn: Turn) -> None:
    """Record what joins the tree while it ends: it must be gone as well before a start."""
    tree, intent = turn.seen.tree, turn.intent
    if tree is None or not tree.procs or tree.main.incarnation != intent.victim:
        return
    new = [p.incarnation for p in tree.procs if p.incarnation not in intent.tree]
    if new:
        turn.intend(tree=(*intent.tree, *new))


def _alive(turn: Turn) -> tuple[Incarnation, ...]:
    recorded = set(turn.intent.tree)
    return tuple(one for one in turn.seen.alive if one in recorded)


# --- tell it to end --------------------------------------------------------------------------


def _send(turn: Turn) -> None:
    """That *we* take it down is on record in the same commit, before `sv down` runs."""
    intent = turn.intent
    turn.intend(
        stop_sent=turn.mono if intent.stop_sent is None else intent.stop_sent,
        stop_done=None,
        stop_tries=intent.stop_tries + 1,
        took_down=turn.service.runit,
    )
    if turn.service.runit:
        argv = ("sv", "down", turn.service.service_dir or "")
        turn.effects.append(Run(Kind.STOP, intent.serial, Command(argv, timeout=10.0)))
    elif not intent.tree:  # nothing of it is known to run
        turn.intend(stop_done=turn.mono)
    elif turn.service.stop is not None:
        turn.effects.append(Run(Kind.STOP, intent.serial, turn.service.stop))
    elif intent.victim is not None:
        turn.effects.append(Signal(intent.victim, "TERM"))
        turn.intend(stop_done=turn.mono)


def _send_again(turn: Turn) -> None:
    """`sv down` that did not arrive (runsv was busy, the command failed) is run again."""
    intent, sv = turn.intent, turn.seen.sv
    if sv is None or intent.stop_done is None or sv.want == "d":
        return
    if turn.mono - intent.stop_done >= DOWN_AGAIN:
        _send(turn)


def _put_up_again(turn: Turn) -> bool:
    """Want u after want d: somebody ran `sv up`, so we do not; a successor is awaited."""
    sv, intent = turn.seen.sv, turn.intent
    if sv is None:
        return False
    if sv.want == "d":
        if not intent.wanted_down:
            turn.intend(wanted_down=True)
        return False
    if not intent.wanted_down or intent.goal is Goal.STOP:
        return False
    turn.intend(
        gone=turn.mono,
        start_sent=turn.mono,
        start_done=turn.mono,
        started_by_hand=True,
        confirmed=True,
        credit=1,
    )
    line = turn.line("sv up by hand", "while it was stopping; a successor is awaited")
    turn.record(intent.serial, BEGUN[intent.goal], lines=(line,))
    turn.cue(Cue.WISH_UP)
    return True


# --- gone? -----------------------------------------------------------------------------------


def _all_gone(turn: Turn, alive: tuple[Incarnation, ...]) -> bool:
    intent, sv = turn.intent, turn.seen.sv
    if intent.main_gone is None and intent.victim not in alive:
        intent = turn.intend(main_gone=turn.mono)
    if turn.service.runit and (sv is None or sv.pid or sv.state or sv.want != "d"):
        return False
    if turn.seen.busy or (intent.stop_done is None and not turn.service.runit):
        return False  # our own stop command still runs
    if turn.service.survivors is Survivors.START:
        return intent.victim not in alive
    return not alive


def _gone(turn: Turn) -> None:
    intent = turn.intend(gone=turn.mono)
    took = turn.mono - (intent.stop_sent or intent.began)
    line = turn.line(_whose(intent) + " gone", f"after {took:.2f}s; nothing of it is left")
    if intent.victim is None or not intent.tree:
        line = turn.line("nothing runs", "")
    facts = Facts(stopped_after=took)
    turn.record(intent.serial, BEGUN[intent.goal], Level.NOTICE, facts, (line,))
    turn.cue(Cue.GONE)


def _whose(intent: Intent) -> str:
    return f"pid {intent.victim.pid}" if intent.victim is not None else "it"


# --- what does not end -----------------------------------------------------------------------


def _survivors(turn: Turn, alive: tuple[Incarnation, ...]) -> None:
    """Descendants of a dead main process get the stop signal once."""
    intent = turn.intent
    if intent.asked_survivors or not alive or intent.victim in alive:
        return
    if turn.service.survivors is not Survivors.SIGNAL:
        return
    turn.intend(asked_survivors=True)
    turn.effects.extend(Signal(one, "TERM") for one in alive)
    pids = " ".join(str(one.pid) for one in alive)
    line = turn.line("survivors told to end", f"TERM to {pids}")
    turn.record(intent.serial, BEGUN[intent.goal], lines=(line,))


def _deadlines(turn: Turn, alive: tuple[Incarnation, ...]) -> None:
    intent, service = turn.intent, turn.service
    begun = intent.stop_sent or intent.began
    patience = NOW_GRACE if intent.now else service.stop_timeout
    overdue = max(begun + patience, intent.not_before)
    kill = _kill_at(turn, overdue)
    if turn.mono >= overdue and not intent.overdue and not intent.now:
        _overdue(turn, alive)
    if kill is not None and turn.mono >= kill:
        _kill(turn, alive)
    elapsed = turn.mono - begun
    turn.wake(turn.mono + min(1.0, max(0.01, elapsed / 8)))


def _kill_at(turn: Turn, overdue: float) -> float | None:
    if turn.intent.now:
        return overdue
    after = turn.service.kill_after
    return None if after is None else overdue + after


def _overdue(turn: Turn, alive: tuple[Incarnation, ...]) -> None:
    intent = turn.intend(overdue=True, told=True)
    turn.cue(Cue.OVERDUE)
    pids = " ".join(str(one.pid) for one in alive) or "runsv does not say down"
    waited = turn.mono - (intent.stop_sent or intent.began)
    memory = turn.seen.tree.totalmem if turn.seen.tree else None
    facts = Facts(span=waited, after=memory, procs=len(alive), reason=f"alive: {pids}")
    line = turn.line("will not stop", f"alive after {waited:.0f}s: {pids}")
    turn.record(intent.serial, What.WILL_NOT_STOP, Level.CRITICAL, facts, (line,))
    turn.notify(intent.serial, Why.RAISED, Level.CRITICAL)


def _kill(turn: Turn, alive: tuple[Incarnation, ...]) -> None:
    """KILL all that is recorded, again at every look until a look finds none."""
    intent = turn.intent
    turn.effects.extend(Signal(one, "KILL") for one in alive)
    if intent.killed is None and alive:
        turn.intend(killed=turn.mono)
        pids = " ".join(str(one.pid) for one in alive)
        what = What.WILL_NOT_STOP if intent.overdue else BEGUN[intent.goal]
        level = Level.CRITICAL if intent.overdue else Level.NOTICE
        turn.record(intent.serial, what, level, lines=(turn.line("killed", f"KILL to {pids}"),))
