"""Members that go and come back: what is kept of them, and what is told. Pure."""

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.announce import DAY
from svwatch.core.expand import target
from svwatch.core.ledger import Facts, Line, Notify, Record, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Service
from svwatch.core.seen import Now
from svwatch.core.standing import serving
from svwatch.core.state import Effect, Goal, Incident, State

GONE = "gone"
"""The cause of the incident that is open while a member is gone."""

KEPT = frozenset({Phase.HELD, Phase.UNMONITORED})
"""What somebody, or a storm, decided holds for the member that comes back."""


class Passed(Struct, frozen=True):
    """A state and what must go on record for it."""

    state: State
    effects: tuple[Effect, ...] = ()


class Moment(Struct, frozen=True):
    """An instant on all clocks: *wall* in unix seconds."""

    now: Now
    wall: float


def may_go(service: Service, state: State) -> bool:
    """Whether the member is gone once its directory or pidfile is.

    What svwatch or another supervisor can start is not gone without its pidfile: it is down, and
    its rules say what follows. Nor is what lives, or what somebody is at work on.
    """
    if service.runit:
        return True
    starts = service.external or service.start or service.restart
    return not starts and not serving(state) and state.intent is None


def vanished(
    service: Service, state: State, at: Moment, others: tuple[str, ...] = (), *, tell: bool = True
) -> Passed:
    """Take note that the directory or pidfile of *service* vanished.

    The storm window and what an operator said are kept, and a remediation goes on when it is
    back: what we took down must not stay down. Incidents end with it. *others* went at the same
    time: one message (*tell*) speaks of all.
    """
    serial = state.serial + 1
    line = Line(at.now.mono, "vanished", target(service))
    effects = [*_ended(state, at)]
    record = Record(
        serial=serial, at=at.now, what=What.GONE, level=Level.WARNING,
        facts=Facts(reason=_reason(service, state, others), mend=f"svwatch forget {service.name}"),
        lines=(line,),
    )  # fmt: skip
    effects.append(record)
    if tell:
        effects.append(Notify(serial, Why.RAISED, Level.WARNING))
    incident = Incident(
        serial=serial, what=What.GONE, level=Level.WARNING, raised=at.now.mono,
        told=at.now.mono if tell else None,
    )  # fmt: skip
    return Passed(_left(state, serial, incident, at.wall), tuple(effects))


def _ended(state: State, at: Moment) -> list[Effect]:
    """Close what was open: nobody goes on with it."""
    ended: list[Effect] = [
        Record(
            serial=one.serial, at=at.now, what=one.what, level=one.level,
            lines=(Line(at.now.mono, "vanished", "its directory or pidfile is gone"),), closed=True,
        )
        for one in state.incidents.values()
    ]  # fmt: skip
    if state.intent is not None:
        line = Line(at.now.mono, "vanished", "it goes on when it is back")
        ended.append(
            Record(
                serial=state.intent.serial, at=at.now, what=BEGUN[state.intent.goal], lines=(line,)
            )
        )
    return ended


BEGUN = {
    Goal.RESTART: What.RESTART_BEGUN,
    Goal.START: What.START_BEGUN,
    Goal.STOP: What.STOP_BEGUN,
}


def _reason(service: Service, state: State, others: tuple[str, ...]) -> str:
    what = "directory" if service.runit else "pidfile"
    parts = [f"its {what} {target(service)} is not there any more"]
    if state.known is not None and serving(state):
        parts.append(f"pid {state.known.incarnation.pid} ran when it was last seen")
    if others:
        named, rest = others[:10], len(others) - 10
        more = f" and {rest} more" if rest > 0 else ""
        parts.append(f"gone at the same time: {', '.join(named)}{more}")
    return "; ".join(parts)


def _left(state: State, serial: int, incident: Incident, wall: float) -> State:
    if state.intent is not None or state.holding:
        incidents = {GONE: incident}
        return replace(state, serial=serial, incidents=incidents, bid=None, windows={}, gone=wall)
    kept = state.phase in KEPT
    return State(
        phase=state.phase if kept else Phase.WATCHING,
        world=state.world,
        looked=state.looked,
        serial=serial,
        seen=state.seen,
        incidents={GONE: incident},
        restarts=state.restarts,
        until=state.until if kept else None,
        since=incident.raised,
        since_boot=state.since_boot,
        by=state.by if kept else "",
        last_rule=state.last_rule,
        lease=state.lease,
        gone=wall,
    )


def reminder(state: State, at: Moment) -> Passed | None:
    """Remind of a member that is still gone, a day after people last heard of it."""
    incident = state.incidents.get(GONE)
    if incident is None or incident.told is None:
        return None
    since = at.now.mono - incident.told
    if 0 <= since < DAY:
        return None
    told = {GONE: replace(incident, told=at.now.mono)}
    after = replace(state, incidents=state.incidents | told)
    # The clock of another boot says nothing of how long it has been: begin to count.
    notify = (Notify(incident.serial, Why.REMINDER, incident.level),) if since >= 0 else ()
    return Passed(after, notify)


def came_back(state: State, at: Moment) -> Passed:
    """Take note that a member which was gone is there again."""
    return Passed(*_over(state, at, What.BACK, "it is there again"))


def forgotten(state: State, at: Moment, who: str) -> Passed:
    """Take note that *who* meant it to be gone."""
    after, effects = _over(state, at, What.FORGOTTEN, f"forgotten by {who}")
    if state.intent is None:
        return Passed(after, effects)
    withdrawn = Record(
        serial=state.intent.serial, at=at.now, what=What.RESTART_WITHDRAWN, level=Level.WARNING,
        facts=Facts(reason=f"it was gone, and forgotten by {who}"), closed=True,
    )  # fmt: skip
    return Passed(after, (*effects, withdrawn))


def _over(state: State, at: Moment, what: What, words: str) -> tuple[State, tuple[Effect, ...]]:
    incident = state.incidents.get(GONE)
    rest = {cause: one for cause, one in state.incidents.items() if cause != GONE}
    after = replace(state, gone=None, incidents=rest, since=at.now.mono)
    if incident is None:
        return after, ()
    facts = Facts(reason=words, span=max(0.0, at.now.mono - incident.raised))
    line = Line(at.now.mono, words)
    record = Record(
        serial=incident.serial, at=at.now, what=what, facts=facts, lines=(line,), closed=True
    )
    told = incident.told is not None and what is What.BACK
    notify = (Notify(incident.serial, Why.CLEARED, incident.level),) if told else ()
    return after, (record, *notify)
