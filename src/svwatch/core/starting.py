"""The second half of a remediation: started once, seen to run, settled."""

from svwatch.core.ledger import Facts, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Cue
from svwatch.core.plan import Command
from svwatch.core.restarted import remember
from svwatch.core.seen import Kind, Lost, Running
from svwatch.core.state import Intent, Restarted, Run
from svwatch.core.turn import Turn
from svwatch.core.verdict import BEGUN, fail, fixed, known, to, withdraw

UP_AGAIN = 0.5  # `sv up` is repeated until want is `u`


def starting(turn: Turn) -> None:
    """Start it, or wait for what was started."""
    intent = turn.intent
    if _successor(turn):
        return
    if intent.started_by_hand:
        _await(turn)
        return
    if intent.start_sent is None and not turn.sure:  # weak evidence stops us
        turn.wake(turn.mono + 1.0)
        return
    if turn.service.runit:
        _start_runit(turn)
    elif turn.service.external or _by_restart(turn):
        _left_to_others(turn)
    else:
        _start_pidfile(turn)
    if turn.state.intent is not None:
        _await(turn)


def _successor(turn: Turn) -> bool:
    """Take note of a live incarnation that is not the one that was stopped."""
    match turn.seen.verdict:
        case Running(incarnation=new) | Lost(incarnation=new) if new != turn.intent.victim:
            # what runs after our `up` shows that it was not lost: a want d is somebody's wish
            confirmed = turn.intent.confirmed or turn.intent.start_sent is not None
            intent = turn.intend(appeared=turn.mono, successor=new, confirmed=confirmed)
            memory = turn.seen.tree.totalmem if turn.seen.tree else None
            facts = Facts(new=new, after=memory, down=_down(turn, intent))
            line = turn.line(f"pid {new.pid} started", "")
            turn.record(intent.serial, BEGUN[intent.goal], Level.NOTICE, facts, (line,))
            turn.cue(Cue.APPEARED)
            return True
    return False


def _down(turn: Turn, intent: Intent) -> float | None:
    gone = intent.main_gone
    if gone is None and turn.state.exit is not None:
        gone = turn.state.exit.at.mono
    return None if gone is None or intent.missed else turn.mono - gone


def _start_runit(turn: Turn) -> None:
    """`sv up` when runsv says pid 0, down, want d; again until want is u (it can be lost)."""
    sv, intent = turn.seen.sv, turn.intent
    if sv is None:
        return
    if sv.want == "u":
        if intent.start_sent is None:  # an operator's `sv up`
            turn.intend(start_sent=turn.mono, start_done=turn.mono, started_by_hand=True)
        if not intent.confirmed:
            turn.intend(confirmed=True)
        return
    if intent.confirmed:
        withdraw(turn)
        return
    if sv.pid or sv.state or (intent.start_sent is not None and intent.start_done is None):
        return
    if intent.start_done is not None and turn.mono - intent.start_done < UP_AGAIN:
        turn.wake(intent.start_done + UP_AGAIN)
        return
    _run_start(turn, Command(("sv", "up", turn.service.service_dir or ""), timeout=10.0))


def _by_restart(turn: Turn) -> bool:
    """Whether its restart command starts it too; not where we killed what that did not end."""
    intent = turn.intent
    return intent.by_restart and (intent.killed is None or turn.service.start is None)


def _left_to_others(turn: Turn) -> None:
    """Start nothing: its supervisor, or its restart command, does."""
    if turn.intent.start_sent is None:
        _count(turn)
        turn.intend(start_sent=turn.mono, start_done=turn.mono)


def _start_pidfile(turn: Turn) -> None:
    """Run the start command, once, and only where nothing else could be the service."""
    intent, seen = turn.intent, turn.seen
    if intent.start_sent is not None:
        return
    if seen.busy:  # an earlier command of ours, or what it started
        turn.wake(turn.mono + 1.0)
        return
    if seen.around is None:
        turn.set(around=True)
        turn.wake(turn.mono)
        return
    if seen.around:
        _someone_else(turn)
        return
    command = turn.service.start or turn.service.restart
    if command is None:
        fail(turn, "it has no start command")
        return
    _run_start(turn, command)


def _count(turn: Turn) -> None:
    """Count the restart, once, whatever comes of it; its process is not counted again."""
    intent = turn.intent
    if not intent.counted:
        planned = intent.who != "rule"
        entry = Restarted(turn.mono, turn.state.cycle, "svwatch", planned)
        remember(turn, entry)
        turn.intend(counted=True, credit=1)


def _run_start(turn: Turn, command: Command) -> None:
    _count(turn)
    intent = turn.intent
    turn.intend(
        start_sent=turn.mono if intent.start_sent is None else intent.start_sent,
        start_done=None,
        start_tries=intent.start_tries + 1,
        credit=1,
    )
    turn.set(around=False)
    turn.effects.append(Run(Kind.START, intent.serial, command))


def _someone_else(turn: Turn) -> None:
    """Weak evidence stops us: something that looks like the service lives already."""
    around = turn.seen.around or ()
    first = around[0]
    reason = f"{first.how}: pid {first.incarnation.pid}"
    intent = turn.intent
    mend, quiet = f"svwatch adopt {turn.service.name}", False if intent.quiet else None
    facts = Facts(new=first.incarnation, reason=reason, mend=mend, quiet=quiet)
    if not intent.hush:
        why = Why.WORSENED if known(turn, intent) else Why.RAISED
        turn.intend(hush=True, told=True, quiet=False)
        line = turn.line("not started", reason)
        turn.record(intent.serial, What.SOMEONE_ELSE, Level.CRITICAL, facts, (line,))
        turn.notify(intent.serial, why, Level.CRITICAL, to(turn, intent))
    turn.set(around=True)
    turn.wake(turn.mono + turn.service.interval)


def _await(turn: Turn) -> None:
    """Wait for the successor until start_timeout."""
    intent = turn.intent
    if intent.start_sent is None:
        turn.wake(turn.mono + 0.05)
        return
    since = intent.start_sent
    if intent.by_restart:  # from the end of its command on, which its timeout ends
        since = max(since, turn.mono if intent.stop_done is None else intent.stop_done)
    deadline = max(since + turn.service.start_timeout, intent.not_before)
    if turn.mono >= deadline:
        fail(turn, f"no process seen within {turn.service.start_timeout:g}s of the start")
        return
    turn.wake(min(deadline, turn.mono + pace(turn.mono - intent.start_sent)))


def pace(elapsed: float) -> float:
    """Give the pause before the next look: short at first, a second at most."""
    return min(1.0, max(0.01, elapsed / 8))


def settling(turn: Turn) -> None:
    """Wait until the successor has lived for `settle` and passes ./check."""
    intent, verdict = turn.intent, turn.seen.verdict
    if not isinstance(verdict, Running | Lost):
        turn.intend(appeared=None, successor=None)
        turn.cue(Cue.ABSENT)
        _await_again(turn)
        return
    if verdict.incarnation != intent.successor:
        line = turn.line(f"pid {verdict.incarnation.pid} started", "the one before ended again")
        intent = turn.intend(appeared=turn.mono, successor=verdict.incarnation)
        turn.record(intent.serial, BEGUN[intent.goal], lines=(line,))
    waited = turn.mono - (intent.appeared or turn.mono)
    if waited < turn.service.settle:
        turn.wake((intent.appeared or turn.mono) + turn.service.settle)
        _await_again(turn)
        return
    sv = turn.seen.sv
    if sv is not None and sv.has_check and intent.checked is None:
        _check(turn)
        return
    fixed(turn)


def _await_again(turn: Turn) -> None:
    """A successor that does not settle is waited for no longer than start_timeout + settle."""
    intent = turn.intent
    begun = intent.start_sent or intent.began
    whole = turn.service.start_timeout + turn.service.settle
    deadline = max(begun + whole, intent.not_before)
    if intent.appeared is None and turn.mono >= deadline:
        fail(turn, f"no process lived for {turn.service.settle:g}s")
    elif intent.appeared is None:
        turn.wake(turn.mono + 0.25)


def _check(turn: Turn) -> None:
    """Under runit ./check must pass, where there is one (sv(8))."""
    intent = turn.intent
    if not intent.checking:
        turn.intend(checking=True)
        where = turn.service.service_dir or "/"
        command = Command(("./check",), timeout=turn.service.start_timeout)
        turn.effects.append(Run(Kind.CHECK, intent.serial, command, cwd=where))
        return
    begun = intent.appeared or intent.began
    whole = turn.service.start_timeout + turn.service.settle
    if turn.mono - begun >= max(whole, intent.not_before - begun):
        fail(turn, "./check does not pass")
