"""Restraint: of its restarts, and what goes with them, a service speaks thrice in ten minutes."""

from collections.abc import Iterator

from svwatch.core.level import Level
from svwatch.core.plan import ChangedPid, NotExists, Restart, Start, Stop, Storm, Unmonitor
from svwatch.core.turn import Turn

SPAN = 600.0  # seconds
MOST = 3  # messages within SPAN,
NOTICES = 2  # and how many of them may be less than critical

KEYS = frozenset({"restarted", "failed", "no help", "backing off", "gave up", "down"})
"""Incidents that are about restarts; so are those of rules that act, or that count restarts."""


def restrained(turn: Turn, key: str) -> bool:
    """Whether incident *key* is about restarts."""
    rule = turn.rule(key)
    if rule is None:
        return key in KEYS
    acts = isinstance(rule.action, Restart | Start | Stop | Unmonitor)
    return acts or isinstance(rule.test, ChangedPid | NotExists | Storm)


def _recent(turn: Turn) -> Iterator[float]:
    return (at for at in turn.state.spoken if turn.mono - at < SPAN)


def room(turn: Turn, level: Level) -> bool:
    """Whether people may hear of restarts once more; if not, ask to be called when they may."""
    heard = tuple(_recent(turn))
    most = MOST if level is Level.CRITICAL else NOTICES
    if len(heard) < most:
        return True
    turn.wake(heard[-most] + SPAN)
    return False


def heard(turn: Turn, level: Level) -> bool:
    """Whether people may hear of restarts once more; note that they do."""
    if not room(turn, level):
        return False
    spoke(turn)
    return True


def spoke(turn: Turn) -> None:
    """Note that people hear of a restart now."""
    turn.set(spoken=(*_recent(turn), turn.mono)[-MOST:])
