"""Which row of the state table a service is in: phase and incidents decide, nothing else."""

from svwatch.core.kinds import CAUSES, DEEDS, HELD_BY, RANK, TABLE, But, Code, Kind
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Exists, NotExists, Service
from svwatch.core.seen import Now
from svwatch.core.state import Incident, State
from svwatch.core.units import DAY

BLIND_LOOKS = 2  # looks in a row that read nothing

TOLD_APART = frozenset(
    {Kind.SUSPECT_PID, Kind.FORBIDDEN_PID, Kind.PIDFILE_LOST, Kind.TWO_COPIES},
)
"""What is known better than that nothing can be said."""


def serving(state: State) -> bool:
    """Whether a process of the service runs, as far as anybody knows."""
    return state.known is not None and state.absent_since is None and state.exit is None


def on_hold(state: State, at: Now) -> bool:
    """Whether a hold is what is to be said: nothing is under way, nobody took it out of care."""
    lease = state.lease
    if lease is None or at.mono >= lease.until or state.intent is not None:
        return False
    stopped = state.phase is Phase.WISHED_DOWN and state.by != "hand"
    return not (stopped or state.phase is Phase.UNMONITORED)


def place(service: Service, state: State, at: Now) -> tuple[Kind, str]:
    """Give the row of *state*, and the cause of the incident that decided it ("" for none)."""
    if state.gone is not None:
        return Kind.GONE, "gone"
    if on_hold(state, at):
        return Kind.ON_HOLD, ""
    if state.phase in HELD_BY:
        return HELD_BY[state.phase], ""
    match state.phase:
        case Phase.STOPPING | Phase.STARTING | Phase.SETTLING | Phase.LEAVING:
            return _remedied(state)
        case Phase.WISHED_DOWN:
            return (Kind.DOWN_BY_HAND if state.by == "hand" else Kind.STOPPED), ""
        case Phase.BLIND:
            return _blind(service, state)
        case Phase.AWAITING:
            return _awaiting(service, state, at)
        case _:
            return _watching(service, state, at)


def _remedied(state: State) -> tuple[Kind, str]:
    intent = state.intent
    if intent is not None and intent.hush:
        return Kind.DOWN, "someone else"
    if state.phase in {Phase.STARTING, Phase.SETTLING}:
        return Kind.STARTING, ""
    if intent is not None and intent.gone is not None:
        return Kind.STARTING, ""
    overdue = intent is not None and intent.overdue
    return (Kind.WILL_NOT_STOP if overdue else Kind.STOPPING), ""


def _blind(service: Service, state: State) -> tuple[Kind, str]:
    for cause, incident in state.incidents.items():
        kind = kind_of(service, cause, incident, absent=False)
        if kind in TOLD_APART:
            return kind, cause
    return Kind.CANNOT_MEASURE, "blind" if "blind" in state.incidents else ""


def _awaiting(service: Service, state: State, at: Now) -> tuple[Kind, str]:
    tests = [type(rule.test) for rule in service.rules]
    wanted = NotExists in tests or Exists not in tests
    if wanted and state.failed:
        return _loudest(service, state, at, (Kind.FAILED, ""))
    return _loudest(service, state, at, (Kind.ABSENT if wanted else Kind.ABSENT_OK, ""))


def _watching(service: Service, state: State, at: Now) -> tuple[Kind, str]:
    if state.looked is None:
        return Kind.NOT_LOOKED, ""
    if state.blind_looks >= BLIND_LOOKS:
        return _blind(service, state)
    if not serving(state):
        return _awaiting(service, state, at)
    if state.intent is not None:
        return _loudest(service, state, at, _remedied(state))
    if state.bid is not None:
        return _loudest(service, state, at, (Kind.WAITING, ""))
    return _loudest(service, state, at, (Kind.OBSERVING if service.observe else Kind.OK, ""))


def _loudest(service: Service, state: State, at: Now, calm: tuple[Kind, str]) -> tuple[Kind, str]:
    """Give the worst of all incidents, or *calm* where that is worse or says as much."""
    absent = not serving(state)
    found = [
        (kind_of(service, cause, incident, absent=absent), cause)
        for cause, incident in state.incidents.items()
    ]
    raised = [pair for pair in found if pair[0] is not Kind.OK]
    # Where all is well otherwise, even a mild incident is worth its name.
    ranked = [*raised, calm] if TABLE[calm[0]].code is Code.OK else [calm, *raised]
    return min(ranked, key=lambda pair: RANK[code_of(service, state, at, pair)])


def kind_of(service: Service, cause: str, incident: Incident, *, absent: bool) -> Kind:
    """Give the state that *incident* alone would be; *absent*: nothing runs."""
    if incident.quiet is not None:
        return Kind.FLAPPING if incident.flaps else Kind.OK  # well, and not told yet
    if cause in CAUSES:
        return CAUSES[cause]
    if incident.what in DEEDS:
        return DEEDS[incident.what]
    if any(rule.key == cause and isinstance(rule.test, NotExists) for rule in service.rules):
        # It ends with the process that is seen, though the incident closes a few looks later.
        return Kind.DOWN if absent else Kind.OK
    return Kind.OVER


def code_of(service: Service, state: State, at: Now, placed: tuple[Kind, str]) -> Code:
    """Give the exit code of a row, reached by a cause, under the circumstances of *state*."""
    row = TABLE[placed[0]]
    for circumstance, code in row.but.items():
        if _applies(circumstance, service, state, at, placed[1]):
            return code
    return row.code


def _applies(but: But, service: Service, state: State, at: Now, cause: str) -> bool:
    match but:
        case But.SERVING:
            return serving(state)
        case But.OPERATOR:
            return state.by.startswith(("operator", "cascade"))
        case But.AGED:
            return at.mono - state.since >= DAY
        case But.WANTED:
            return service.expect_up
        case But.LOUD:
            incident = state.incidents.get(cause)
            return incident is not None and incident.level is Level.CRITICAL
