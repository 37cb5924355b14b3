"""Where a service stands at one instant, in words and as an exit code."""

from msgspec import Struct

from svwatch.core.kinds import TABLE, Code, Kind
from svwatch.core.plan import Service
from svwatch.core.seen import Now
from svwatch.core.sentence import Case, said
from svwatch.core.standing import code_of, place
from svwatch.core.state import Finding, State


class Status(Struct, frozen=True, kw_only=True):
    """Where one service stands.

    *words* is short, for a column; *sentence* begins with the words and says why. *until*
    (CLOCK_MONOTONIC) is when the state ends by itself; *cause* is the incident that decided.
    """

    kind: Kind
    words: str
    code: Code
    sentence: str
    reason: str = ""
    until: float | None = None
    cause: str = ""

    @property
    def level(self) -> str:
        """ok, warning, critical or unknown."""
        return self.code.level


WANTED = frozenset({Kind.STOPPED, Kind.NOT_WATCHED, Kind.DOWN_BY_HAND})
"""What somebody wants so, whatever ails others."""


def status_of(
    service: Service, state: State, at: Now, findings: tuple[Finding, ...] = ()
) -> Status:
    """Say where *service* stands. *findings* of the same look make the numbers fresh."""
    kind, cause = place(service, state, at)
    words, sentence, reason = said(Case(service, state, at, kind, cause, findings))
    if state.ties.problem and TABLE[kind].code is not Code.OK and kind not in WANTED:
        names = ", ".join(state.ties.problem)
        sentence += f"; nothing is done or told while {names} is the problem"
    return Status(
        kind=kind,
        words=words,
        code=code_of(service, state, at, (kind, cause)),
        sentence=sentence,
        reason=reason,
        until=state.lease.until if kind is Kind.ON_HOLD and state.lease else state.until,
        cause=cause,
    )
