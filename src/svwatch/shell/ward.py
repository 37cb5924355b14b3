"""One service in our care: what is planned for it, what is believed, what it waits for."""

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from svwatch.core.admit import Admission
from svwatch.core.cascade import RESTART
from svwatch.core.connection import Connection, Dialled
from svwatch.core.plan import Plan, Service
from svwatch.core.seen import Incarnation, Input, Lost, Memory, Now, Observation, Running
from svwatch.core.state import Finding, Goal, State, Step

# runsv has the successor after 3.5 ms in the median; a service that crashes within its first
# second gets it 1 s later (runsv.c), so the last gap is followed by the scheduled look alone.
GAPS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
SOONEST = 0.01  # seconds: a step that asks for "now" again and again must not eat a processor


def down_by_us(service: Service, state: State) -> bool:
    """Whether runit was told `down` by us, for a while, and was not told `up` again.

    What a rule stops for good is meant to be down without us, too.
    """
    intent = state.intent
    if intent is None:
        back = state.until is not None or state.by.startswith(RESTART)
        return service.runit and state.holding and back
    for_good = (
        intent.goal is Goal.STOP and intent.stay is None and not intent.who.startswith(RESTART)
    )
    return service.runit and intent.took_down and not for_good


class Sight(Protocol):
    """What a service is seen through: `svwatch.probe.look.Looker`."""

    def poll(self, memory: Memory) -> bool:
        """Read the raw bytes; say whether they are those of the last look."""
        ...

    def observe(
        self,
        memory: Memory,
        *,
        scheduled: bool = True,
        starts: int = 0,
        exact: bool = True,
        term: bool = False,
    ) -> Observation:
        """Judge what was read."""
        ...

    def pidfd(self) -> int | None:
        """Give a descriptor that can be read once the main process has died."""
        ...

    def renew_watch(self) -> None:
        """Watch the supervisor's directory, which may be another one by now."""
        ...

    def close(self) -> None:
        """Give all descriptors back."""
        ...


class Mind(Struct, frozen=True):
    """The functions of the core that the shell calls; another mind makes a test."""

    step: Callable[[Service, State, Observation, tuple[Input, ...]], Step]
    is_quiet: Callable[[Service, State, Now], bool]
    skip: Callable[[State, Now], State]
    memory_for: Callable[[Service, State], Memory]
    admit: Callable[[Plan, Mapping[str, State]], Admission]


class Ward:
    """A service and everything about it that lives in the process only."""

    __slots__ = (
        "answer",
        "attended",
        "dialled",
        "due",
        "findings",
        "gap",
        "heir",
        "hunt",
        "inputs",
        "looker",
        "memory",
        "news",
        "peak",
        "places",
        "refused",
        "restarts",
        "seen",
        "service",
        "spent",
        "state",
        "trouble",
        "written",
    )

    def __init__(self, service: Service, state: State, looker: Sight, memory: Memory) -> None:
        """Take *service* into care, believing *state*."""
        self.service = service
        self.state = state
        self.looker = looker
        self.memory = memory
        self.written: State | None = None  # what the database holds
        self.seen: Observation | None = None
        self.findings: tuple[Finding, ...] = ()
        self.inputs: list[Input] = []
        self.restarts: tuple[int, bool, bool] | None = None  # count, exact, term: by inotify
        self.due: float | None = None  # CLOCK_MONOTONIC, what the last step asked for
        self.hunt: float | None = None  # CLOCK_MONOTONIC of the next look for a successor
        self.gap = 0  # which of GAPS comes then
        self.heir: Service | None = None  # what takes this name when the ward has left
        self.spent: Incarnation | None = None  # its end was noticed already
        self.refused = ""  # why the last request was not taken
        self.answer = ""  # what became of one that needs no remediation
        self.trouble = ""  # our own bug that keeps it from being judged
        self.dialled: tuple[Dialled, ...] = ()  # newest results of its connection tests
        self.places: tuple[Service, tuple[Connection, ...]] | None = None  # see calls.py
        self.news = False  # one of them is not plainly good, and no scheduled look had it yet
        self.attended: Observation | None = None  # the look after which its end was listened for
        self.peak = 0  # largest totalmem since the last minute was written, bytes

    @property
    def name(self) -> str:
        """Its name."""
        return self.service.name

    @property
    def under_way(self) -> bool:
        """Whether a remediation is under way, or we hold it down."""
        return self.state.intent is not None or self.state.holding

    @property
    def down_by_us(self) -> bool:
        """Whether `sv down` is ours and somebody must take it back if we go."""
        return down_by_us(self.service, self.state)

    def calm(self, mono: float) -> bool:
        """Say whether nothing but the clock asks for a look at *mono*."""
        return not (
            self.inputs
            or self.restarts
            or self.trouble
            or self.news
            or self.hunt is not None
            or self.seen is None
            or (self.due is not None and self.due <= mono)
        )

    def count(self, count: int, *, exact: bool, term: bool) -> None:
        """Add restarts that the supervisor's directory told of."""
        before, was_exact, was_term = self.restarts or (0, True, False)
        self.restarts = (before + count, was_exact and exact, was_term or term)

    def ended(self, mono: float) -> None:
        """Note that its main process died; the successor is looked for from now on."""
        self.spent = self.believed
        self.gap = 0
        self.hunt = mono + GAPS[0]

    def broke(self, why: str, mono: float) -> None:
        """Note a bug of ours in its turn. What it was told is dropped: it may be the cause."""
        self.inputs.clear()
        self.restarts = None
        self.halted(why, mono)

    def halted(self, why: str, mono: float) -> None:
        """Note that it was not judged, which is not ok; the next scheduled look tries again."""
        self.trouble = why
        self.due = None
        self.hunted(mono)

    def is_gone(self) -> bool:
        """Say whether there is nothing to look at; whoever asked for something is refused."""
        if self.state.gone is None:
            return False
        if self.inputs:
            self.refused = "it is gone"
            self.inputs.clear()
        self.restarts = self.due = self.hunt = None
        return True

    @property
    def believed(self) -> Incarnation | None:
        """The incarnation that the last look believed in."""
        match self.seen.verdict if self.seen else None:
            case Running(incarnation) | Lost(incarnation):
                return incarnation
        return None

    def hunted(self, mono: float) -> None:
        """Plan the next look for a successor, or end the hunt."""
        if self.hunt is None or self.hunt > mono:
            return
        self.gap += 1
        found = self.believed is not None and self.believed != self.spent
        self.hunt = None if found or self.gap >= len(GAPS) else mono + GAPS[self.gap]

    def wake(self, mono: float) -> float | None:
        """Give the instant of its next extra look; None: the scheduled one is soon enough."""
        due = None if self.due is None else max(self.due, mono + SOONEST)
        if due is None or self.hunt is None:
            return self.hunt if due is None else due
        return min(due, self.hunt)
