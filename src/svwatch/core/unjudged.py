"""Rules that cannot be judged although the process lives: silence about them would read as ok."""

from svwatch.core import announce
from svwatch.core.deeds import worst
from svwatch.core.evaluate import Measured
from svwatch.core.ledger import Facts, What
from svwatch.core.level import Level
from svwatch.core.seen import Running
from svwatch.core.state import Mark
from svwatch.core.turn import Turn

LASTING = 300.0  # seconds after which a rule that nobody could judge is an event of its own
PREFIX = "unjudged: "  # before the key of the rule, in the key of its incident


def unjudged(turn: Turn) -> None:
    """Tell of a rule on numbers that has been unknown for LASTING, and when it is known again."""
    known = turn.state.known
    if turn.state.intent is not None or known is None or not _looked(turn):
        return
    warm = known.incarnation.age(turn.seen.at.boot) >= turn.service.warm_up
    before, after = turn.state.unjudged, dict[str, float]()
    for rule, found in worst(turn):
        if not isinstance(rule.test, Measured):
            continue
        if found.mark is Mark.UNKNOWN and warm:
            since = after[rule.key] = before.get(rule.key, turn.mono)
            if turn.mono - since >= LASTING:
                facts = Facts(rule=rule.text, where=rule.where, reason=found.why or None)
                key = PREFIX + rule.key
                announce.raise_(turn, key, What.CANNOT_MEASURE, Level.WARNING, facts, to=rule.to)
        else:
            announce.clear(turn, PREFIX + rule.key)
    if after != before:
        turn.set(unjudged=after)
    _withdrawn(turn)


def _looked(turn: Turn) -> bool:
    """Whether this look saw the process and its tree."""
    return isinstance(turn.seen.verdict, Running) and turn.seen.tree is not None


def _withdrawn(turn: Turn) -> None:
    """Close what a reload left without a rule."""
    rules = {rule.key for rule in turn.service.rules}
    for key in turn.state.incidents:
        if key.startswith(PREFIX) and key.removeprefix(PREFIX) not in rules:
            announce.clear(turn, key, What.WELL, Facts(reason="its rule was taken out"))
