"""The first half of a remediation: told to end, and proven gone to the last descendant."""

from svwatch.core.climbing import (
    DOWN_AGAIN,
    climb,
    climbs,
    judged,
    replaced,
    take_down,
    undo,
    wished_away,
)
from svwatch.core.ledger import Facts, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Cue
from svwatch.core.plan import Survivors
from svwatch.core.seen import Incarnation, Kind
from svwatch.core.state import Goal, Intent, Run, Signal
from svwatch.core.turn import Turn
from svwatch.core.verdict import BEGUN, fail, known, to

DOWN_TAKES = 11.0  # seconds: more than its timeout; what became of it is not known any more
PATIENT = 15  # times DOWN_AGAIN is the longest pause before the same is said again
NOW_GRACE = 5.0  # `restart now`: KILL after so many seconds


def stop(turn: Turn) -> None:
    """Tell it to end, wait, escalate where that is allowed, and see that all of it is gone."""
    _remember(turn)
    intent = turn.intent
    if intent.stop_sent is None and turn.state.ties.above and not intent.now:
        turn.wake(turn.mono + 1.0)  # what depends on it goes first
        return
    if intent.stop_sent is None:
        _send(turn)
        turn.wake(turn.mono + 0.02)
        return
    if turn.service.runit and _wishes(turn):
        return
    alive = _alive(turn)
    if _all_gone(turn, alive):
        _gone(turn)
        return
    _press(turn, alive)


def _press(turn: Turn, alive: tuple[Incarnation, ...]) -> None:
    """Go on with what makes it end: the next signal, the survivors, the deadlines."""
    if turn.intent.rung:
        climb(turn)
    _survivors(turn, alive)
    _deadlines(turn, alive)
    if turn.state.intent is not None:
        _send_again(turn)
        undo(turn)


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
    """Begin: by runsv, by its own commands, or by signals."""
    intent = turn.intend(stop_sent=turn.mono)
    service, sv = turn.service, turn.seen.sv
    if service.runit:
        if climbs(turn) and judged(turn) and sv is not None and sv.want == "u":
            climb(turn)
        else:
            take_down(turn)
    elif not intent.tree:  # nothing of it is known to run
        turn.intend(stop_done=turn.mono)
    elif _restarts_itself(turn) and service.restart is not None:
        turn.intend(by_restart=True)
        turn.effects.append(Run(Kind.RESTART, intent.serial, service.restart))
    elif service.stop is not None:
        turn.effects.append(Run(Kind.STOP, intent.serial, service.stop))
    else:
        turn.intend(stop_done=turn.mono)
        climb(turn)


def _restarts_itself(turn: Turn) -> bool:
    """Whether its restart command does it: not where it must be quick, if there is another way."""
    hurried = turn.intent.now and turn.service.start is not None
    return turn.intent.goal is Goal.RESTART and not hurried


def _send_again(turn: Turn) -> None:
    """What did not arrive (runsv was busy, the command failed) is sent again."""
    intent, sv = turn.intent, turn.seen.sv
    if sv is None or intent.stop_done is None or sv.want == "d" or not intent.took_down:
        return
    pause = DOWN_AGAIN * min(intent.stop_tries, PATIENT)
    if turn.sure and turn.mono - intent.stop_done >= pause:
        take_down(turn)


def _wishes(turn: Turn) -> bool:
    """Let others have their way; True: the stop is over."""
    if wished_away(turn) or _put_up_again(turn):
        return True
    new = replaced(turn)
    if new is None or _alive(turn):  # what the one before left behind goes first
        return False
    _handed_over(turn, "started again", f"pid {new.pid}, before it was taken down")
    return True


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
    _handed_over(turn, "sv up by hand", "while it was stopping; a successor is awaited")
    return True


def _handed_over(turn: Turn, what: str, detail: str) -> None:
    """A successor comes, or is there (and was counted), without us."""
    credit = 0 if turn.intent.counted else 1
    intent = turn.intend(
        gone=turn.mono,
        start_sent=turn.mono,
        start_done=turn.mono,
        started_by_hand=True,
        confirmed=True,
        credit=credit,
    )
    turn.record(intent.serial, BEGUN[intent.goal], lines=(turn.line(what, detail),))
    turn.cue(Cue.WISH_UP)


# --- gone? -----------------------------------------------------------------------------------


def _all_gone(turn: Turn, alive: tuple[Incarnation, ...]) -> bool:
    intent, sv = turn.intent, turn.seen.sv
    if intent.main_gone is None and intent.victim not in alive:
        intent = turn.intend(main_gone=turn.mono)
    if turn.service.runit and (sv is None or sv.pid or sv.state or sv.want != "d"):
        return False
    if not intent.by_restart and _still_busy(turn):
        return False
    if turn.service.survivors is Survivors.START:
        return intent.victim not in alive
    return not alive


def _still_busy(turn: Turn) -> bool:
    """Whether our own stop command still runs, or is only about to.

    Where nothing ran before it is all gone at the same look; an `sv down` that is not over could
    reach runsv after the `sv up`.
    """
    intent = turn.intent
    if intent.stop_done is not None or not turn.service.runit:
        return bool(turn.seen.busy) or intent.stop_done is None
    sent = intent.began if intent.stop_sent is None else intent.stop_sent
    return bool(turn.seen.busy) or turn.mono - sent < DOWN_TAKES


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
    name = turn.service.final
    turn.effects.extend(Signal(one, name) for one in alive)
    pids = " ".join(str(one.pid) for one in alive)
    line = turn.line("survivors told to end", f"{name} to {pids}")
    turn.record(intent.serial, BEGUN[intent.goal], lines=(line,), aside=True)


def _deadlines(turn: Turn, alive: tuple[Incarnation, ...]) -> None:
    intent, service = turn.intent, turn.service
    begun = intent.stop_sent or intent.began
    if intent.now:  # from the last signal on
        begun = intent.rung_at or begun
    patience = NOW_GRACE if intent.now else service.stop_timeout
    overdue = max(begun + patience, intent.not_before)
    kill = _kill_at(turn, overdue)
    if turn.mono >= overdue and not intent.overdue and not intent.now:
        _overdue(turn, alive)
        if turn.state.intent is None:
            return
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
    intent = turn.intent
    if intent.by_restart and intent.stop_done is not None and turn.service.kill_after is None:
        fail(turn, f"the restart command has ended and {_whose(intent)} still runs")
        return
    why = Why.WORSENED if known(turn, intent) else Why.RAISED
    quiet = False if intent.quiet else None
    intent = turn.intend(overdue=True, told=True, quiet=False)
    turn.cue(Cue.OVERDUE)
    pids = " ".join(str(one.pid) for one in alive) or "runsv does not say down"
    waited = turn.mono - (intent.stop_sent or intent.began)
    memory = turn.seen.tree.totalmem if turn.seen.tree else None
    reason = f"alive: {pids}"
    facts = Facts(span=waited, after=memory, procs=len(alive), reason=reason, quiet=quiet)
    line = turn.line("will not stop", f"alive after {waited:.0f}s: {pids}")
    turn.record(intent.serial, What.WILL_NOT_STOP, Level.CRITICAL, facts, (line,))
    turn.notify(intent.serial, why, Level.CRITICAL, to(turn, intent))


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
