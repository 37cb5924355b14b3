"""Remediation: a verified transaction, derived anew at every look.

admit -> precheck -> evidence -> stop -> proven gone -> start -> successor seen -> settled ->
verdict. Where it stands is read from the world and the intent on record, so a crash of svwatch
in the middle is resumed and a reload changes nothing of it.
"""

from svwatch.core import stopping
from svwatch.core.ledger import Facts, What, Why
from svwatch.core.phases import Cue, Phase
from svwatch.core.plan import Command, Level
from svwatch.core.seen import Kind, Lost, Outcome, Running, Unreadable
from svwatch.core.state import Goal, Intent, Restarted, Run
from svwatch.core.turn import Turn

TELL_AFTER = 30.0  # a remediation that takes longer is told when it has begun
BLIND_FAILS = 10.0  # no runsv for so long: the remediation has failed
UP_AGAIN = 0.5  # `sv up` is repeated until want is `u`
BEGUN = {
    Goal.RESTART: What.RESTART_BEGUN,
    Goal.START: What.START_BEGUN,
    Goal.STOP: What.STOP_BEGUN,
}
FIXED = {Goal.RESTART: What.RESTART_FIXED, Goal.START: What.START_FIXED}
FAILED = {
    Goal.RESTART: What.RESTART_FAILED,
    Goal.START: What.START_FAILED,
    Goal.STOP: What.WILL_NOT_STOP,
}


def begin(
    turn: Turn,
    goal: Goal,
    facts: Facts,
    *,
    rule: str | None = None,
    who: str = "rule",
    now: bool = False,
    stay: float | None = None,
    serial: int | None = None,
    took_down: bool = False,
) -> None:
    """Put a remediation on record and take its first step."""
    known = turn.state.known
    lives = known is not None and turn.state.exit is None
    number = turn.serial() if serial is None else serial
    tree = (known.incarnation, *known.tree) if known is not None and lives else ()
    intent = Intent(
        goal=goal,
        serial=number,
        began=turn.mono,
        boot=turn.seen.at.boot,
        rule=rule,
        who=who,
        now=now,
        victim=known.incarnation if known is not None else None,
        tree=tree,
        stay=stay,
        took_down=took_down,
        gone=turn.mono if goal is Goal.START else None,
    )
    turn.set(intent=intent, bid=None, until=None, holding=False, by="")
    turn.record(number, BEGUN[goal], Level.NOTICE, facts)
    turn.cue(Cue.GONE if goal is Goal.START else Cue.STOP)
    drive(turn)


def drive(turn: Turn) -> None:
    """Do what the world and the intent on record ask for next."""
    if _cannot_see(turn):
        return
    intent = turn.intent
    if intent.gone is None:
        stopping.stop(turn)
        intent = turn.intent
    if intent.gone is not None:
        if intent.goal is Goal.STOP:
            _stopped(turn)
            return
        if intent.appeared is None:
            _starting(turn)
        if turn.state.intent is not None and turn.intent.appeared is not None:
            _settling(turn)
    if turn.state.intent is not None:
        _tell_begun(turn)


def _cannot_see(turn: Turn) -> bool:
    """Without a look nothing is decided; without a runsv for 10 s it has failed."""
    intent, verdict = turn.intent, turn.seen.verdict
    if not isinstance(verdict, Unreadable):
        if intent.blind is not None:
            turn.intend(blind=None)
        return False
    since = turn.mono if intent.blind is None else intent.blind
    turn.intend(blind=since)
    if turn.mono - since >= BLIND_FAILS:
        fail(turn, verdict.why)
    else:
        turn.wake(turn.mono + 1.0)
    return True


def _tell_begun(turn: Turn) -> None:
    intent = turn.intent
    if intent.told:
        return
    if turn.mono - intent.began < TELL_AFTER:
        turn.wake(intent.began + TELL_AFTER)
        return
    turn.intend(told=True)
    turn.notify(intent.serial, Why.BEGUN, Level.NOTICE)


# --- start -----------------------------------------------------------------------------------


def _starting(turn: Turn) -> None:
    intent = turn.intent
    if intent.started_by_hand or _successor(turn):
        if not _successor(turn):
            _await(turn)
        return
    if turn.service.runit:
        _start_runit(turn)
    else:
        _start_pidfile(turn)
    if turn.state.intent is not None:
        _await(turn)


def _successor(turn: Turn) -> bool:
    """Take note of a live incarnation that is not the one that was stopped."""
    match turn.seen.verdict:
        case Running(incarnation=new) | Lost(incarnation=new) if new != turn.intent.victim:
            intent = turn.intend(appeared=turn.mono, successor=new)
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
    return None if gone is None else turn.mono - gone


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
        _withdraw(turn)
        return
    if sv.pid or sv.state or (intent.start_sent is not None and intent.start_done is None):
        return
    if intent.start_done is not None and turn.mono - intent.start_done < UP_AGAIN:
        turn.wake(intent.start_done + UP_AGAIN)
        return
    _run_start(turn, Command(("sv", "up", turn.service.service_dir or ""), timeout=10.0))


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
    if turn.service.start is None:
        fail(turn, "it has no start command")
        return
    _run_start(turn, turn.service.start)


def _run_start(turn: Turn, command: Command) -> None:
    intent = turn.intent
    if not intent.counted:
        planned = intent.who != "rule"
        entry = Restarted(turn.mono, turn.state.cycle, "svwatch", planned)
        turn.set(restarts=(*turn.state.restarts, entry))
    turn.intend(
        start_sent=turn.mono if intent.start_sent is None else intent.start_sent,
        start_done=None,
        start_tries=intent.start_tries + 1,
        counted=True,
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
    facts = Facts(new=first.incarnation, reason=reason, mend=f"svwatch adopt {turn.service.name}")
    if not intent.hush:
        turn.intend(hush=True)
        line = turn.line("not started", reason)
        turn.record(intent.serial, What.SOMEONE_ELSE, Level.CRITICAL, facts, (line,))
        turn.notify(intent.serial, Why.RAISED, Level.CRITICAL)
    turn.set(around=True)
    turn.wake(turn.mono + turn.service.interval)


def _await(turn: Turn) -> None:
    """Wait for the successor until start_timeout."""
    intent = turn.intent
    if intent.start_sent is None:
        turn.wake(turn.mono + 0.05)
        return
    deadline = max(intent.start_sent + turn.service.start_timeout, intent.not_before)
    if turn.mono >= deadline:
        fail(turn, f"no process seen within {turn.service.start_timeout:g}s of the start")
        return
    turn.wake(min(deadline, turn.mono + pace(turn.mono - intent.start_sent)))


def pace(elapsed: float) -> float:
    """Give the pause before the next look: short at first, a second at most."""
    return min(1.0, max(0.01, elapsed / 8))


def _withdraw(turn: Turn) -> None:
    """Want d after our up: somebody took it down meanwhile, and that stands."""
    intent = turn.intent
    line = turn.line("withdrawn", "it was taken down by hand meanwhile")
    turn.record(intent.serial, What.RESTART_WITHDRAWN, lines=(line,), closed=True)
    _end(turn)
    turn.cue(Cue.WISH_DOWN)
    turn.set(by="hand", holding=False)


# --- settle and verdict ----------------------------------------------------------------------


def _settling(turn: Turn) -> None:
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
    _fixed(turn)


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


def _fixed(turn: Turn) -> None:
    intent = turn.intent
    memory = turn.seen.tree.totalmem if turn.seen.tree else None
    facts = Facts(after=memory, new=intent.successor)
    line = turn.line(f"settled {turn.service.settle:g}s", "fixed")
    turn.record(intent.serial, FIXED[intent.goal], Level.NOTICE, facts, (line,), closed=True)
    rule = turn.rule(intent.rule)
    loud = intent.overdue or intent.hush  # who got the problem gets its end
    if loud or rule is None or not rule.quietly:
        turn.notify(intent.serial, Why.VERDICT, Level.CRITICAL if loud else Level.NOTICE)
    _end(turn)


def _stopped(turn: Turn) -> None:
    """A stop has ended: for a while, or until somebody wants it back."""
    intent = turn.intent
    _end(turn)
    if intent.stay is None:
        turn.cue(Cue.DONE)
        turn.cue(Cue.WISH_DOWN)
        turn.set(by=intent.who, holding=True)
        what, facts = What.STOPPED, Facts()
    else:
        until = turn.mono + intent.stay
        turn.cue(Cue.REST)
        turn.set(until=until, holding=turn.service.runit, by=intent.rule or "")
        what, facts = What.BACKING_OFF, Facts(until=until)
        turn.wake(until)
    line = turn.line("down", "" if intent.stay is None else f"for {intent.stay:g}s")
    level = Level.CRITICAL if intent.who == "rule" else Level.NOTICE
    turn.record(intent.serial, what, level, facts, (line,), closed=True)
    turn.notify(intent.serial, Why.VERDICT, level)


def fail(turn: Turn, why: str) -> None:
    """End a remediation that did not work, and say so."""
    intent = turn.intent
    line = turn.line("failed", why)
    what = FAILED[intent.goal]
    facts = Facts(reason=why)
    turn.record(intent.serial, what, Level.CRITICAL, facts, (line,), closed=True)
    turn.notify(intent.serial, Why.VERDICT, Level.CRITICAL)
    failed = turn.state.failed + 1
    _end(turn)
    turn.set(failed=failed)


def _end(turn: Turn) -> None:
    turn.set(intent=None, windows={}, around=False, failed=0)
    if turn.state.phase is not Phase.LEAVING:
        turn.cue(Cue.DONE)


# --- outcomes of commands --------------------------------------------------------------------


def outcome(turn: Turn, result: Outcome) -> None:
    """Take in what became of a command; the verdict stays with what is seen."""
    intent = turn.state.intent
    line = turn.line(_name(turn, result.kind), _said(result))
    facts = Facts(exit=result.exit)
    if intent is None or intent.serial != result.serial:
        what = What.EXEC if result.kind is Kind.EXEC else None
        if what is not None:
            turn.record(result.serial, what, facts=facts, lines=(line,))
        return
    turn.record(intent.serial, BEGUN[intent.goal], facts=facts, lines=(line,))
    match result.kind:
        case Kind.STOP:
            turn.intend(stop_done=turn.mono)
        case Kind.START:
            turn.intend(start_done=turn.mono)
        case Kind.CHECK:
            passed = turn.mono if result.exit == 0 else None
            turn.intend(checking=False, checked=passed)
        case Kind.EXEC:
            return


def _name(turn: Turn, kind: Kind) -> str:
    service = turn.service
    if kind is Kind.CHECK:
        return "./check"
    if kind is Kind.EXEC:
        return "exec"
    if service.runit:
        return f"sv {'down' if kind is Kind.STOP else 'up'} {service.name}"
    command = service.stop if kind is Kind.STOP else service.start
    return " ".join(command.argv) if command is not None else str(kind)


def _said(result: Outcome) -> str:
    if result.lost:
        return "outcome lost: svwatch ended before it did"
    if result.over:
        return f"timed out after {result.seconds:.0f}s"
    said = f"exit {result.exit}"
    return f"{said}: {result.detail}" if result.exit and result.detail else said
