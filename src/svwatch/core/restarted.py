"""Somebody else restarted it: who, how often, told as one event."""

from msgspec.structs import replace

from svwatch.core import restraint, sprees
from svwatch.core.ledger import Facts, Line, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import ChangedPid, Storm
from svwatch.core.seen import (
    Incarnation,
)
from svwatch.core.state import Restarted
from svwatch.core.turn import Turn

KEEP = 24 * 3600.0  # restarts are remembered for a day (storm windows are shorter)
MOST = 500  # of them: one a second for a day would be megabytes in every commit
SOON = 0.05  # seconds that a start whose process nobody saw waits to be counted
LATE = 1.0  # seconds after which a rename that has not come never will: nobody was listening

ABSENCES = frozenset({What.DOWN, What.DOWN_BY_HAND})


def starts(turn: Turn, *, changed: bool) -> int:
    """Give the starts that are not ours since the last look.

    The supervisor's renames and the pid that is read may show one start at two looks: what the
    pid told first is not counted again when its rename comes, nor what was held back of renames
    (`unseen`) when the pid comes.
    """
    seen = turn.seen.starts + turn.state.unseen
    if turn.state.unseen:
        turn.set(unseen=0)
    before = turn.state.ahead if turn.mono < turn.state.ahead_until else 0
    count = max(seen - before, 1 if changed else 0)
    ahead = 1 if changed and not seen else (0 if seen else before)
    if ahead != turn.state.ahead:
        turn.set(ahead=ahead, ahead_until=turn.mono + LATE if ahead > before else 0.0)
    intent = turn.state.intent
    if intent is not None and intent.credit and count:
        turn.intend(credit=0)
        count -= intent.credit
    return max(0, count)


def hold_back(turn: Turn) -> bool:
    """Whether the starts of this look wait for a later one, which may see the process.

    runsv renames `pid` a millisecond before it writes `status` (runsv.c): a look in between sees
    a start and no process.
    """
    if not turn.seen.exact:
        return False
    if not turn.state.unseen:
        turn.set(unseen_until=turn.mono + SOON)
    elif turn.mono >= turn.state.unseen_until:
        return False
    turn.set(unseen=turn.state.unseen + turn.seen.starts)
    turn.wake(turn.state.unseen_until)
    return True


def _who(turn: Turn) -> tuple[str, str, bool]:
    """Say who, the cause in one word, and whether it was planned."""
    seen, state = turn.seen, turn.state
    gone = state.exit
    if turn.leased and state.lease is not None:
        return f"a deploy ({state.lease.says})", "deploy", True
    if seen.term or (gone is not None and gone.asked):
        return "operator", "operator", True
    if seen.oom or (gone is not None and gone.oom):
        return "kernel (oom)", "oom", False
    return ("runit" if turn.service.runit else "unknown"), "crash", False


def remember(turn: Turn, entry: Restarted) -> None:
    """Enter a restart where storms are counted: for a day, and no more than rules can ask for."""
    counts = [rule.test.count for rule in turn.service.rules if isinstance(rule.test, Storm)]
    most = max((MOST, *counts))
    left = {True: most, False: most}  # by planned: deploys must not crowd out crashes
    kept: list[Restarted] = []
    for one in (entry, *reversed(turn.state.restarts)):
        left[one.planned] -= 1
        if turn.mono - one.at <= KEEP and left[one.planned] >= 0:
            kept.append(one)
    turn.set(restarts=tuple(reversed(kept)))
    if not entry.planned:
        sprees.touch(turn)


def restarted(turn: Turn, old: Incarnation, new: Incarnation | None, count: int) -> None:
    """Count a restart that is not ours, and tell it."""
    if _awaited(turn):
        return
    who, cause, planned = _who(turn)
    entry = Restarted(turn.mono, turn.state.cycle, cause, planned, count, turn.seen.exact)
    remember(turn, entry)
    turn.changed = turn.changed or (not planned and new is not None)
    gone = turn.state.exit
    facts = Facts(
        old=old,
        new=new,
        old_age=gone.age if gone else None,
        old_memory=gone.memory if gone else None,
        down=turn.mono - gone.at.mono if gone else None,
        who=who,
        planned=planned,
        cause=cause,
    )
    line = turn.line(f"pid {new.pid} runs" if new else "started and ended again", who)
    if planned and not _told_already(turn):
        _planned(turn, replace(facts, count=count), line)
    elif not planned and (sprees.current(turn) is not None or not _told_already(turn)):
        sprees.fold(turn, facts, count, line, _audience(turn))


def _awaited(turn: Turn) -> bool:
    """Whether it is the successor that our remediation waits for; that one is counted once.

    Another's `sv up`, or our own when we were told to end, had runsv start it.
    """
    intent = turn.state.intent
    if intent is None or intent.appeared is not None:
        return False
    if not intent.counted:
        entry = Restarted(turn.mono, turn.state.cycle, "svwatch", intent.who != "rule")
        remember(turn, entry)
        turn.intend(counted=True)
    return True


def _told_already(turn: Turn) -> bool:
    """Whether its absence was told, so that its return is no event of its own."""
    open_ = turn.state.incidents.values()
    down = any(one.what in ABSENCES and one.quiet is None for one in open_)
    return down or turn.state.phase is Phase.WISHED_DOWN or turn.state.holding


def _planned(turn: Turn, facts: Facts, line: Line) -> None:
    """Tell what somebody wanted: each is an event of its own, over as soon as it is told."""
    serial = turn.serial()
    told = replace(facts, exact=turn.seen.exact, span=0.0)
    turn.record(serial, What.RESTARTED, Level.NOTICE, told, (line,), closed=True)
    if not turn.hushed and restraint.heard(turn, Level.NOTICE):
        turn.notify(serial, Why.RAISED, Level.NOTICE, _audience(turn))


def _audience(turn: Turn) -> tuple[str, ...]:
    """Give the routes that `changed pid` rules name; none where one of them names none."""
    named = [rule.to for rule in turn.service.rules if isinstance(rule.test, ChangedPid)]
    if not named or not all(named):
        return ()
    return tuple(dict.fromkeys(route for to in named for route in to))
