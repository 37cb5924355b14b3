"""The states of a service: one table for `status`, `--check` and alerts."""

from enum import IntEnum, StrEnum

from msgspec import Struct

from svwatch.core.ledger import What
from svwatch.core.phases import Phase


class Code(IntEnum):
    """Exit codes of `--check`, as the monitoring plugins have them."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3

    @property
    def level(self) -> str:
        """Its name in lower case: ok, warning, critical, unknown."""
        return self.name.lower()


WORST = (Code.CRITICAL, Code.UNKNOWN, Code.WARNING, Code.OK)
"""From the worst to the best."""


RANK = {code: rank for rank, code in enumerate(WORST)}
"""0 for the worst."""


def worst(codes: tuple[Code, ...]) -> Code:
    """Give the worst of *codes*: CRITICAL > UNKNOWN > WARNING > OK; OK for none."""
    return min(codes, key=RANK.__getitem__, default=Code.OK)


class Kind(StrEnum):
    """The rows of the state table. The value is what `status` shows, numbers aside."""

    OK = "ok"
    ABSENT_OK = "ok (absent)"
    OVER = "over"
    FLAPPING = "flapping"
    WOULD_ACT = "WOULD ACT"
    WAITING = "WAITING"
    STOPPING = "STOPPING"
    STARTING = "STARTING"
    WILL_NOT_STOP = "WILL NOT STOP"
    ABSENT = "absent"
    DOWN = "DOWN"
    CRASHING = "CRASHING"
    FAILED = "RESTART FAILED"
    GAVE_UP = "GAVE UP"
    BACKING_OFF = "BACKING OFF"
    STOPPED = "STOPPED"
    DOWN_BY_HAND = "down by hand"
    NOT_WATCHED = "NOT WATCHED"
    ON_HOLD = "ON HOLD"
    OBSERVING = "OBSERVING"
    SUSPECT_PID = "SUSPECT PID"
    FORBIDDEN_PID = "FORBIDDEN PID"
    PIDFILE_LOST = "PIDFILE LOST"
    TWO_COPIES = "TWO COPIES"
    CANNOT_MEASURE = "CANNOT MEASURE"
    UNJUDGED = "RULE NOT JUDGED"
    NOT_LOOKED = "NOT LOOKED AT"
    GONE = "GONE"
    TOO_FEW = "TOO FEW"
    BELOW = "BELOW MIN_UP"


class But(StrEnum):
    """A circumstance that changes the exit code of a row."""

    SERVING = "a process of it runs"
    OPERATOR = "an operator asked for it, or another service was stopped that it needs"
    AGED = "for 24 h"
    WANTED = "expect: up"
    LOUD = "what is raised is critical"


class Row(Struct, frozen=True):
    """One state: what it means, what is still done, and its exit code.

    *but* holds other codes, the first circumstance that applies decides.
    """

    means: str
    judged: str
    acts: str
    code: Code
    but: dict[But, Code] = {}


_LOUD = {But.LOUD: Code.CRITICAL}
_SERVING = {But.SERVING: Code.WARNING}

TABLE: dict[Kind, Row] = {
    Kind.OK: Row("all rules good", "yes", "yes", Code.OK),
    Kind.ABSENT_OK: Row("a process would be wrong, none runs", "yes", "yes", Code.OK),
    Kind.OVER: Row("an alert rule is raised", "yes", "yes", Code.WARNING, _LOUD),
    Kind.FLAPPING: Row("what comes and goes is gone just now", "yes", "yes", Code.WARNING),
    Kind.WOULD_ACT: Row("mode: observe, an action is due", "yes", "no", Code.WARNING, _LOUD),
    Kind.WAITING: Row("a restart is due, max_down reached", "yes", "waits", Code.WARNING),
    Kind.STOPPING: Row("remediation under way", "yes", "harder only", Code.WARNING),
    Kind.STARTING: Row("remediation under way", "yes", "harder only", Code.WARNING),
    Kind.WILL_NOT_STOP: Row("stop_timeout over, alive", "yes", "harder only", Code.CRITICAL),
    Kind.ABSENT: Row("gone a moment ago, a successor is awaited", "yes", "yes", Code.WARNING),
    Kind.DOWN: Row("wanted up, absent for start_after", "yes", "yes", Code.CRITICAL),
    Kind.CRASHING: Row("restarted again and again", "yes", "yes", Code.CRITICAL),
    Kind.FAILED: Row("a start or restart did not work", "yes", "yes", Code.CRITICAL),
    Kind.GAVE_UP: Row("storm, or unmonitor", "yes", "harder only", Code.CRITICAL, _SERVING),
    Kind.BACKING_OFF: Row(
        "stop for, or restarting does not help", "yes", "at its time", Code.CRITICAL, _SERVING
    ),
    Kind.STOPPED: Row(
        "a rule or an operator stopped it",
        "existence",
        "no",
        Code.CRITICAL,
        {But.OPERATOR: Code.WARNING},
    ),
    Kind.DOWN_BY_HAND: Row(
        "runit wants it down, not our doing",
        "existence",
        "no",
        Code.OK,
        {But.WANTED: Code.CRITICAL, But.AGED: Code.WARNING},
    ),
    Kind.NOT_WATCHED: Row("svwatch unmonitor", "no", "no", Code.WARNING),
    Kind.ON_HOLD: Row("a lease, which always ends", "yes", "no", Code.OK),
    Kind.OBSERVING: Row("mode: observe, all rules good", "yes", "no", Code.OK),
    Kind.SUSPECT_PID: Row("one sign against the pid", "the remembered one", "no", Code.CRITICAL),
    Kind.FORBIDDEN_PID: Row("the pid must not be touched", "no", "no", Code.CRITICAL),
    Kind.PIDFILE_LOST: Row(
        "no pidfile, the process lives", "the remembered one", "no start", Code.WARNING
    ),
    Kind.TWO_COPIES: Row("an old copy beside the new one", "no", "no", Code.CRITICAL),
    Kind.CANNOT_MEASURE: Row("looks in a row unread", "no", "no", Code.UNKNOWN),
    Kind.UNJUDGED: Row("a rule unread for 5 minutes", "the others", "yes", Code.WARNING),
    Kind.NOT_LOOKED: Row("no look has happened yet", "no", "no", Code.UNKNOWN),
    Kind.GONE: Row("a member vanished", "-", "no", Code.WARNING),
    Kind.BELOW: Row("a group has fewer members up than it must", "-", "-", Code.CRITICAL),
    Kind.TOO_FEW: Row("a pattern has fewer members up than it must", "-", "-", Code.WARNING),
}

CAUSES: dict[str, Kind] = {
    "down": Kind.DOWN,
    "crashing": Kind.CRASHING,
    "suspect": Kind.SUSPECT_PID,
    "forbidden": Kind.FORBIDDEN_PID,
    "lost": Kind.PIDFILE_LOST,
    "doubled": Kind.TWO_COPIES,
    "blind": Kind.CANNOT_MEASURE,
    "stuck": Kind.WILL_NOT_STOP,
    "failed": Kind.FAILED,
    "no help": Kind.BACKING_OFF,
    "someone else": Kind.DOWN,
    "wish": Kind.DOWN_BY_HAND,
    "gave up": Kind.GAVE_UP,
    "backing off": Kind.BACKING_OFF,
    "stopped": Kind.STOPPED,
    "unwatched": Kind.NOT_WATCHED,
    "gone": Kind.GONE,
}
"""Built-in causes of incidents, and the state that each of them is."""

DEEDS: dict[What, Kind] = {
    What.CRASHING: Kind.CRASHING,
    What.RESTARTED: Kind.OK,  # kept open to fold what follows; nothing is wrong any more
    What.RESTART_FIXED: Kind.OK,
    What.START_FIXED: Kind.OK,
    What.RESTART_FAILED: Kind.FAILED,
    What.START_FAILED: Kind.FAILED,
    What.WILL_NOT_STOP: Kind.WILL_NOT_STOP,
    What.WOULD: Kind.WOULD_ACT,
    What.CANNOT_MEASURE: Kind.UNJUDGED,
}
"""What other incidents have come to, where that says more than the rule behind them."""

HELD_BY: dict[Phase, Kind] = {
    Phase.UNMONITORED: Kind.NOT_WATCHED,
    Phase.HELD: Kind.GAVE_UP,
    Phase.BACKOFF: Kind.BACKING_OFF,
    Phase.STUCK: Kind.WILL_NOT_STOP,
}
"""Phases that are one state whatever else is true."""
