"""One turn of one service: look, think, and say what must be on record."""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.plan import Service
from svwatch.core.seen import Granted, Incarnation, Input, Now, Observation
from svwatch.core.state import Effect, Finding, State, Step
from svwatch.shell.ward import Mind, Ward

FEW = 4  # more looks than this in a row, absent or blind, decide nothing any more


class Turned(Struct, kw_only=True):
    """What a turn came to, before it is true: nothing of it counts until it is on record."""

    ward: Ward
    seen: Observation
    inputs: tuple[Input, ...]
    state: State
    findings: tuple[Finding, ...]
    effects: tuple[Effect, ...]
    due: float | None
    closed: bool
    refused: str = ""  # why a request was not taken
    answer: str = ""  # what became of one that needs no remediation

    @property
    def service(self) -> Service:
        """Whose turn it was."""
        return self.ward.service

    def then(self, mind: Mind) -> None:
        """Think on over the same observation: the restart may begin that it bid for."""
        step = mind.step(self.ward.service, self.state, self.seen, (Granted(),))
        self.state = step.state
        self.findings = step.findings or self.findings
        self.effects += step.effects
        self.due = step.due
        self.closed = self.closed or step.closed

    def behind(self, names: tuple[str, ...]) -> None:
        """Note for whom its bid waits, so that `status` can say so."""
        bid = self.state.bid
        if bid is not None and bid.behind != names:
            self.state = replace(self.state, bid=replace(bid, behind=names))


def turn(
    ward: Ward,
    mind: Mind,
    now: Now,
    *,
    scheduled: bool,
    commands: Callable[[str], tuple[Incarnation, ...]],
) -> Turned | None:
    """Look at *ward* and think. None: a quiet look, nothing but the clock moved on.

    *commands* gives our own start and stop commands for a name that may still live.
    """
    if scheduled and ward.calm(now.mono) and _quiet(ward, mind, now):
        ward.state = mind.skip(ward.state, now)
        return None
    seen = _observe(ward, scheduled=scheduled, commands=commands(ward.name))
    inputs = tuple(ward.inputs)
    return _turned(ward, seen, inputs, mind.step(ward.service, ward.state, seen, inputs))


def _quiet(ward: Ward, mind: Mind, now: Now) -> bool:
    return ward.looker.poll(ward.memory) and mind.is_quiet(ward.service, ward.state, now)


def _observe(ward: Ward, *, scheduled: bool, commands: tuple[Incarnation, ...]) -> Observation:
    memory = replace(ward.memory, commands=commands) if commands else ward.memory
    count, exact, term = ward.restarts or (0, True, False)
    seen = ward.looker.observe(memory, scheduled=scheduled, starts=count, exact=exact, term=term)
    return replace(seen, dialled=ward.dialled) if ward.dialled else seen


def _turned(ward: Ward, seen: Observation, inputs: tuple[Input, ...], step: Step) -> Turned:
    return Turned(
        ward=ward,
        seen=seen,
        inputs=inputs,
        state=step.state,
        findings=step.findings,
        effects=step.effects,
        due=step.due,
        closed=step.closed,
        refused=step.refused,
        answer=step.answer,
    )


def adopt(turned: Turned, mind: Mind) -> None:
    """Make *turned* what the ward believes: it is on record now."""
    ward, seen = turned.ward, turned.seen
    ward.state, ward.seen, ward.due = turned.state, seen, turned.due
    ward.findings, ward.refused = turned.findings, turned.refused
    ward.answer = turned.answer
    ward.memory = mind.memory_for(ward.service, ward.state)
    ward.restarts = None
    ward.trouble = ""
    ward.news = ward.news and not seen.scheduled
    del ward.inputs[: len(turned.inputs)]
    if seen.tree is not None:
        ward.peak = max(ward.peak, seen.tree.totalmem)
    ward.hunted(seen.at.mono)


def lasting(state: State) -> State:
    """Strip what may be lost in a crash: the clock, good marks, the last size.

    Two states that are equal without it are the same to whoever reads them after a crash; so
    a look that only found everything well writes nothing.
    """
    known = state.known
    bad = {key: held for key, held in state.windows.items() if any(one.bad for one in held)}
    return replace(
        state,
        looked=None,
        cycle=0,
        judged=False,
        absent_looks=min(state.absent_looks, FEW),
        blind_looks=min(state.blind_looks, FEW),
        known=known and replace(known, memory=None, least=None, rates=None),
        windows=bad,
        unjudged={},
    )


def to_write(turned: Turned) -> State | None:
    """Give the state that must be written, None where the database knows it already."""
    written = turned.ward.written
    if written is not None and not turned.effects and lasting(written) == lasting(turned.state):
        return None
    return turned.state
