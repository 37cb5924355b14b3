"""Services that hang together: `after:` is silence, `depends_on:` is monit's cascade."""

from svwatch.core import remedy
from svwatch.core.lease import Ties
from svwatch.core.ledger import Facts
from svwatch.core.phases import Phase
from svwatch.core.seen import Lost, Running
from svwatch.core.state import Goal
from svwatch.core.turn import Turn
from svwatch.core.verdict import CASCADE

RESTART = f"{CASCADE} restart"  # it comes back by itself, and so does what depends on it
STOP = f"{CASCADE} stop"


def tie(turn: Turn, ties: Ties) -> None:
    """Believe what the other services mean for this one.

    What was bad while another service was the problem says nothing of this one.
    """
    if turn.state.ties.problem and not ties.problem:
        turn.set(windows={})
    turn.set(ties=ties)


def act(turn: Turn) -> bool:
    """Go down before a prerequisite does, and come back after it; True: that has begun."""
    idle = turn.service.observe or turn.leased or not turn.sure
    if idle or turn.state.phase is Phase.UNMONITORED:
        return False
    ties, state = turn.state.ties, turn.state
    if ties.first and isinstance(turn.seen.verdict, Running | Lost):
        names = ", ".join(ties.first)
        who = f"{STOP if ties.for_good else RESTART} {names}"
        does = "is stopped" if ties.for_good else "is restarted"
        facts = Facts(who=who, cause="depends_on", planned=True, reason=f"{names} {does}")
        remedy.begin(turn, Goal.STOP, facts, who=who)
        return True
    if state.phase is Phase.WISHED_DOWN and state.by.startswith(CASCADE) and not ties.missing:
        facts = Facts(who=state.by, cause="depends_on", planned=True, reason="what it needs runs")
        remedy.begin(turn, Goal.START, facts, who=state.by, took_down=turn.service.runit)
        return True
    return False
