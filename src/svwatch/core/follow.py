"""Following: who runs now, who ended, who came instead, and who wants it down."""

from msgspec.structs import replace

from svwatch.core import announce
from svwatch.core.ledger import Facts, What
from svwatch.core.level import Level
from svwatch.core.needs import needs
from svwatch.core.phases import Cue, Phase
from svwatch.core.rates import counts, rates
from svwatch.core.restarted import hold_back, restarted, starts
from svwatch.core.seen import (
    Absent,
    Doubled,
    Forbidden,
    Identity,
    Incarnation,
    Lost,
    Need,
    Running,
    Suspect,
    Tree,
    Unreadable,
)
from svwatch.core.state import Exit, Known, Rates
from svwatch.core.turn import Turn

DOWN_AFTER = 30.0  # wanted up under a live runsv, and no process: critical
BLIND_LOOKS = 3  # cannot measure: an event
BLIND_CRITICAL = 300.0  # critical after five minutes
DOUBTS = ("suspect", "forbidden", "doubled")


def follow(turn: Turn) -> None:
    """Bring `known`, absence, blindness and wishes up to this look."""
    match turn.seen.verdict:
        case Running(incarnation=incarnation, identity=identity):
            announce.clear(turn, "lost", What.WELL)
            _present(turn, incarnation, identity)
        case Lost(incarnation=incarnation, why=why):
            _present(turn, incarnation, None)
            facts = Facts(reason=why, old=incarnation)
            announce.raise_(turn, "lost", What.PIDFILE_LOST, Level.WARNING, facts)
        case Absent() as verdict:
            _absent(turn, verdict)
        case Unreadable(why=why):
            _blind(turn, why)
        case Suspect() | Forbidden() | Doubled() as doubt:
            _doubt(turn, doubt)
    _count_unseen(turn)
    _wishes(turn)


def _present(turn: Turn, incarnation: Incarnation, identity: Identity | None) -> None:
    _sees_again(turn)
    state = turn.state
    if state.known is None or state.known.incarnation != incarnation:
        _successor(turn, incarnation, identity or Identity())
    else:
        # A run script is a shell until it execs: what it became is what its kind is known by.
        _measured(turn, replace(state.known, identity=identity or state.known.identity))
    announce.clear(turn, "down", What.BACK)
    announce.clear(turn, "someone else", What.WELL)
    turn.set(absent_since=None, absent_looks=0, exit=None, seen=True, served=turn.mono)
    turn.cue(Cue.SEEN)


def _sees_again(turn: Turn) -> None:
    """End what doubt and blindness there was."""
    for key in (*DOUBTS, "blind"):
        announce.clear(turn, key, What.WELL)
    if turn.state.blind_since is not None or turn.state.doubt:
        turn.set(blind_since=None, blind_looks=0, doubt="")


def _measured(turn: Turn, known: Known) -> None:
    tree = turn.seen.tree
    if tree is None or not tree.procs:
        return
    least = known.least
    if known.incarnation.age(turn.seen.at.boot) >= turn.service.settle:  # not a shell before exec
        least = tree.totalmem if least is None else min(least, tree.totalmem)
    turn.set(
        known=replace(
            known,
            tree=tuple(proc.incarnation for proc in tree.procs[1:]),
            memory=tree.totalmem,
            least=least,
            rates=_rates(turn, known, tree),
            ppid=_parent(turn, known, tree),
        )
    )


def _rates(turn: Turn, known: Known, tree: Tree) -> Rates | None:
    """Compare with the last look at which that was done; an extra look comes too soon."""
    if not counts(tree, known.incarnation):
        return None
    early = known.rates is not None and not turn.fresh
    return known.rates if early else rates(known.rates, tree, turn.mono, turn.seen.cpus)


def _parent(turn: Turn, known: Known, tree: Tree) -> int | None:
    """Remember its parent once it has settled: what forks twice has another one at first."""
    if known.ppid is not None or Need.PARENT not in needs(turn.service):
        return known.ppid
    settled = known.incarnation.age(turn.seen.at.boot) >= turn.service.settle
    return tree.main.ppid if settled else None


def _successor(turn: Turn, incarnation: Incarnation, identity: Identity) -> None:
    """Believe a new incarnation, and say whose doing it is."""
    before = turn.state.known
    turn.set(known=Known(incarnation=incarnation, identity=identity, since=turn.seen.at))
    windows = turn.state.windows
    if before is not None and windows:
        turn.set(windows={})  # a window belongs to one incarnation
    _measured_first(turn)
    if before is None:
        return
    if turn.state.exit is None:
        ended(turn, before)
    count = starts(turn, changed=True)
    if count:
        restarted(turn, before.incarnation, incarnation, count)


def _measured_first(turn: Turn) -> None:
    known = turn.state.known
    if known is not None:
        _measured(turn, known)


def _count_unseen(turn: Turn) -> None:
    """Count starts whose process was gone again before anybody looked."""
    if isinstance(turn.seen.verdict, Running):
        if turn.seen.starts and turn.state.ahead:
            turn.set(ahead=0)
        return
    if not turn.seen.starts and not turn.state.unseen:
        return
    if hold_back(turn):
        return
    count = starts(turn, changed=False)
    if count and turn.state.known is not None:
        restarted(turn, turn.state.known.incarnation, None, count)


def ended(turn: Turn, known: Known) -> None:
    """Keep the end of *known*: a hint, not a verdict."""
    turn.set(
        exit=Exit(
            at=turn.seen.at,
            incarnation=known.incarnation,
            asked=turn.seen.term,
            oom=turn.seen.oom,
            memory=known.memory,
            age=known.incarnation.age(turn.seen.at.boot),
        )
    )


def _absent(turn: Turn, verdict: Absent) -> None:
    _sees_again(turn)
    announce.clear(turn, "lost", What.WELL)
    state = turn.state
    if state.known is not None and state.exit is None:
        ended(turn, state.known)
    elif state.exit is not None and turn.seen.term and not state.exit.asked:
        turn.set(exit=replace(state.exit, asked=True))
    since = turn.mono if state.absent_since is None else state.absent_since
    looks = state.absent_looks + (1 if turn.fresh else 0)
    turn.set(absent_since=since, absent_looks=looks)
    if state.absent_since is None and turn.state.windows:
        turn.set(windows={})
    turn.cue(Cue.ABSENT)
    _down_under_runit(turn, verdict, since)


def _down_under_runit(turn: Turn, verdict: Absent, since: float) -> None:
    """Wanted up, a live runsv, and nothing runs for 30 s: nothing we could do, but say."""
    sv = turn.seen.sv
    if sv is None or sv.want != "u" or turn.state.phase is not Phase.AWAITING:
        return
    if turn.mono - since < DOWN_AFTER:
        turn.wake(since + DOWN_AFTER)
        return
    facts = Facts(reason=verdict.why, down=turn.mono - since)
    announce.raise_(turn, "down", What.DOWN, Level.CRITICAL, facts)


def _blind(turn: Turn, why: str) -> None:
    state = turn.state
    since = turn.mono if state.blind_since is None else state.blind_since
    looks = state.blind_looks + (1 if turn.fresh else 0)
    turn.set(blind_since=since, blind_looks=looks, doubt=why)
    turn.cue(Cue.UNSURE)
    if turn.state.phase is not Phase.BLIND or looks < BLIND_LOOKS:
        return
    facts = Facts(reason=why, span=turn.mono - since)
    announce.raise_(turn, "blind", What.CANNOT_MEASURE, Level.WARNING, facts, tell=False)
    if turn.mono - since >= BLIND_CRITICAL:
        announce.worsen(turn, "blind", Level.CRITICAL, facts)


def _doubt(turn: Turn, doubt: Suspect | Forbidden | Doubled) -> None:
    match doubt:
        case Suspect(incarnation=new, sign=sign):
            mend = f"svwatch adopt {turn.service.name}"
            key, what, facts = "suspect", What.SUSPECT_PID, Facts(new=new, reason=sign, mend=mend)
        case Forbidden(pid=pid, why=why, mend=mend):
            new = Incarnation(pid, 0)
            key, what, facts = "forbidden", What.SUSPECT_PID, Facts(new=new, reason=why, mend=mend)
        case Doubled(named=named, remembered=old):
            reason = "the pidfile names another process while the one we know lives"
            key, what, facts = "doubled", What.DOUBLED, Facts(new=named, old=old, reason=reason)
    for other in DOUBTS:
        if other != key:
            announce.clear(turn, other, What.WELL)
    turn.set(doubt=facts.reason or "", blind_since=None, blind_looks=0)
    turn.cue(Cue.UNSURE)
    announce.raise_(turn, key, what, Level.CRITICAL, facts)


def _wishes(turn: Turn) -> None:
    """Want d that is not ours is somebody's wish; want u ends it."""
    sv, state = turn.seen.sv, turn.state
    if state.intent is not None:
        return
    if sv is None:
        _started_by_hand(turn)
        return
    if sv.want == "d":
        # only at a scheduled look: a deploy's `sv down; sv up` is no news
        away = {Phase.WISHED_DOWN, Phase.UNMONITORED}
        if turn.fresh and not state.holding and state.phase not in away:
            _wished_down(turn)
    elif state.phase is Phase.WISHED_DOWN or state.holding:
        turn.set(holding=False, by="", until=None)
        turn.cue(Cue.WISH_UP)
        if isinstance(turn.seen.verdict, Running):
            turn.cue(Cue.SEEN)
    if sv.want == "u" and isinstance(turn.seen.verdict, Running):  # back when it is, not before
        _back(turn, turn.seen.verdict.incarnation)


def _started_by_hand(turn: Turn) -> None:
    """What was stopped was proven gone: a process of it is somebody's wish."""
    verdict = turn.seen.verdict
    if turn.state.phase is Phase.WISHED_DOWN and isinstance(verdict, Running):
        turn.set(holding=False, by="")
        turn.cue(Cue.WISH_UP)
        turn.cue(Cue.SEEN)
        _back(turn, verdict.incarnation)


def _back(turn: Turn, incarnation: Incarnation) -> None:
    for key in ("wish", "stopped"):
        if (wish := turn.state.incidents.get(key)) is not None:
            facts = Facts(new=incarnation, span=turn.mono - wish.raised)
            announce.clear(turn, key, What.BACK, facts)


def _wished_down(turn: Turn) -> None:
    turn.cue(Cue.WISH_DOWN)
    turn.set(by="hand", bid=None)
    level = Level.CRITICAL if turn.service.expect_up else Level.NOTICE
    known = turn.state.known
    facts = Facts(who="hand", old=known.incarnation if known else None)
    announce.raise_(turn, "wish", What.DOWN_BY_HAND, level, facts)
