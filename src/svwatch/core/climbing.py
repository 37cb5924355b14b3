"""Climbing: the signals of a ladder, one after the other, each to the process that was judged."""

from svwatch.core.plan import Command
from svwatch.core.seen import Incarnation, Kind, Lost, Running
from svwatch.core.state import Goal, Run, Signal, TakeDown
from svwatch.core.turn import Turn
from svwatch.core.verdict import BEGUN, withdraw

DOWN_AGAIN = 2.0  # a service is taken down again while want is not `d`


def climbs(turn: Turn) -> bool:
    """Whether signals end it: no command of its own, and more than what `sv down` does."""
    service = turn.service
    return len(service.ladder) > 1 or not service.runit or service.final != "TERM"


def climb(turn: Turn) -> None:
    """Send the signal that is due; under runit only where its main process runs."""
    intent, ladder = turn.intent, turn.service.ladder
    if intent.rung >= len(ladder):
        return
    at = intent.rung
    if intent.now:
        at = len(ladder) - 1
    elif at and intent.rung_at is not None:
        due = intent.rung_at + (ladder[at - 1].wait or 0.0)
        if turn.mono < due:
            turn.wake(due)
            return
    if turn.service.runit and not turn.sure:  # runsv signals whoever runs there
        turn.wake(turn.mono + 1.0)
        return
    _signal(turn, at)


def _signal(turn: Turn, at: int) -> None:
    """Send number *at* of the ladder, if the process that was judged is there to get it."""
    ladder = turn.service.ladder
    last = at == len(ladder) - 1
    turn.intend(rung=at + 1, rung_at=turn.mono)
    if turn.service.runit and last:
        take_down(turn)
        return
    victim = _living_victim(turn)
    if victim is None:
        return
    turn.effects.append(Signal(victim, ladder[at].name))
    if last and woken(turn):  # what TSTP stopped cannot hear anything else
        turn.effects.append(Signal(victim, "CONT"))
    _tell(turn, ladder[at].name, victim)


def _tell(turn: Turn, name: str, who: Incarnation) -> None:
    line = turn.line("told to end", f"{name} to pid {who.pid}")
    turn.record(turn.intent.serial, BEGUN[turn.intent.goal], lines=(line,), aside=True)


def _living_victim(turn: Turn) -> Incarnation | None:
    """Give the victim if this look saw it live: at its first look it is in no memory yet."""
    victim, verdict = turn.intent.victim, turn.seen.verdict
    if isinstance(verdict, Running | Lost) and verdict.incarnation == victim:
        return victim
    return victim if victim in turn.seen.alive else None


def woken(turn: Turn) -> bool:
    """Whether CONT follows the last signal of the ladder."""
    return len(turn.service.ladder) > 1


def take_down(turn: Turn) -> None:
    """Let runsv want it down, by the last signal of the ladder where it runs.

    That *we* take it down is on record in the same commit, before anything is written.
    """
    service, intent = turn.service, turn.intent
    turn.intend(took_down=True, stop_done=None, stop_tries=intent.stop_tries + 1)
    runs, sv = judged(turn), turn.seen.sv
    if service.final == "TERM" or runs is None or sv is None or sv.want == "d":
        argv = ("sv", "down", service.service_dir or "")
        turn.effects.append(Run(Kind.STOP, intent.serial, Command(argv, timeout=10.0)))
        return
    turn.intend(stop_done=turn.mono)
    where = service.service_dir or ""
    order = TakeDown(runs, where, service.final, woken(turn), serial=intent.serial)
    turn.effects.append(order)
    if intent.stop_tries == 0:
        _tell(turn, service.final, runs)


def judged(turn: Turn) -> Incarnation | None:
    """Give the victim where this look saw runsv run it, and nothing else."""
    sv, verdict = turn.seen.sv, turn.seen.verdict
    if sv is None or sv.state != 1 or not isinstance(verdict, Running):
        return None
    return verdict.incarnation if verdict.incarnation == turn.intent.victim else None


# --- another came ----------------------------------------------------------------------------


def another(turn: Turn) -> Incarnation | None:
    """Give the process that runsv runs in the place of the victim, which is gone."""
    sv, verdict = turn.seen.sv, turn.seen.verdict
    if sv is None or sv.state != 1 or not isinstance(verdict, Running):
        return None
    new, victim = verdict.incarnation, turn.intent.victim
    return new if new != victim and victim not in turn.seen.alive else None


def undo(turn: Turn) -> None:
    """End what our `o` started: the judged process ended just before runsv read it.

    `d` goes straight to runsv: `sv down` writes nothing where want is `d` already (sv.c).
    """
    intent, sv = turn.intent, turn.seen.sv
    new = another(turn)
    if new is None or sv is None or sv.want != "d" or not intent.took_down or intent.undone == new:
        return
    turn.intend(undone=new, tree=(*intent.tree, new))
    where = turn.service.service_dir or ""
    turn.effects.append(TakeDown(new, where, "TERM", serial=intent.serial))
    line = turn.line("taken down again", f"pid {new.pid} was started by the order to end")
    turn.record(intent.serial, BEGUN[intent.goal], lines=(line,), aside=True)


def replaced(turn: Turn) -> Incarnation | None:
    """Give who runs already, where the victim ended before it was taken down and want is u.

    For a stop it is the next victim, and gets the last signal only.
    """
    intent, sv = turn.intent, turn.seen.sv
    if sv is None or sv.want != "u" or intent.wanted_down or not climbs(turn):
        return None
    new = another(turn)
    if new is None or intent.goal is not Goal.STOP:
        return new
    last = len(turn.service.ladder) - 1
    turn.intend(victim=new, tree=(*intent.tree, new), main_gone=None, rung=last, rung_at=None)
    return None


def wished_away(turn: Turn) -> bool:
    """Want d before we took it down is somebody's wish: a restart is withdrawn."""
    intent, sv = turn.intent, turn.seen.sv
    if sv is None or sv.want != "d" or intent.took_down or intent.goal is Goal.STOP:
        return False
    withdraw(turn)
    return True
