"""The workbench of one step: a state that changes, and the effects that pile up."""

from msgspec.structs import replace

from svwatch.core.ledger import Facts, Line, Notify, Record, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import NEXT, Cue, Phase
from svwatch.core.plan import Rule, Service
from svwatch.core.seen import Absent, Lost, Observation, Running
from svwatch.core.state import Effect, Finding, Intent, State


class Turn:
    """What one step works on. It lives for that step only; nobody outside the core sees it."""

    __slots__ = (
        "answer",
        "changed",
        "due",
        "effects",
        "findings",
        "fresh",
        "granted",
        "mono",
        "refused",
        "seen",
        "service",
        "state",
    )

    def __init__(self, service: Service, state: State, seen: Observation) -> None:
        """Lay out *state* and *seen*."""
        self.service = service
        self.state = state
        self.seen = seen
        self.mono = seen.at.mono
        self.effects: list[Effect] = []
        self.findings: list[Finding] = []
        self.due: float | None = None
        self.granted = False
        self.changed = False  # an unplanned successor was seen at this look
        self.refused = ""
        self.answer = ""
        # a scheduled look counts once, however often it is stepped
        self.fresh = seen.scheduled and state.looked != seen.at

    def set(self, **changes: object) -> None:
        """Change fields of the state."""
        self.state = replace(self.state, **changes)

    def intend(self, **changes: object) -> Intent:
        """Change fields of the intent on record (there is one)."""
        intent = replace(self.intent, **changes)
        self.set(intent=intent)
        return intent

    @property
    def intent(self) -> Intent:
        """The remediation under way; only asked where there is one."""
        if self.state.intent is None:
            raise LookupError("no remediation is under way")
        return self.state.intent

    def cue(self, cue: Cue) -> None:
        """Let the phase answer *cue*."""
        after = NEXT[self.state.phase][cue]
        if after is not None:
            self.set(phase=after, since=self.mono, since_boot=self.seen.at.boot)

    def serial(self) -> int:
        """Number a new event of this service."""
        self.set(serial=self.state.serial + 1)
        return self.state.serial

    def record(
        self,
        serial: int,
        what: What,
        level: Level = Level.NOTICE,
        facts: Facts | None = None,
        lines: tuple[Line, ...] = (),
        *,
        closed: bool = False,
        aside: bool = False,
    ) -> None:
        """Write or amend event *serial*; *aside*: only its facts and lines."""
        record = Record(
            serial=serial,
            at=self.seen.at,
            what=what,
            level=level,
            facts=facts or Facts(),
            lines=lines,
            closed=closed,
            aside=aside,
        )
        self.effects.append(record)

    def notify(self, serial: int, why: Why, level: Level, to: tuple[str, ...] = ()) -> None:
        """Owe a message about event *serial*; *to* these routes only."""
        self.effects.append(Notify(serial, why, level, to))

    def line(self, what: str, detail: str = "") -> Line:
        """Make a line of the timeline, now."""
        return Line(self.mono, what, detail)

    def wake(self, mono: float) -> None:
        """Ask to be called at *mono* at the latest."""
        self.due = mono if self.due is None else min(self.due, mono)

    @property
    def leased(self) -> bool:
        """Whether an operator holds it at this instant."""
        lease = self.state.lease
        return lease is not None and self.mono < lease.until

    @property
    def hushed(self) -> bool:
        """Whether news are kept back: on hold, not watched, or another service is the problem."""
        away = self.state.phase is Phase.UNMONITORED
        return self.leased or away or bool(self.state.ties.problem)

    @property
    def sure(self) -> bool:
        """Whether this look saw what is there: no doubt, no blindness."""
        return isinstance(self.seen.verdict, Running | Lost | Absent)

    def rule(self, key: str | None) -> Rule | None:
        """Find a rule by its key."""
        return next((rule for rule in self.service.rules if rule.key == key), None)

    def finding(self, key: str | None) -> Finding | None:
        """Find what this look says of a rule."""
        return next((found for found in self.findings if found.rule == key), None)
