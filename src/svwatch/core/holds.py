"""Holds: an operator works on a service; it is judged, nothing is done, nothing is told."""

from msgspec.structs import replace

from svwatch.core import announce, restraint, sprees
from svwatch.core.lease import LONGEST, Lease
from svwatch.core.ledger import Facts, Notify, What, Why
from svwatch.core.level import Level
from svwatch.core.request import Request
from svwatch.core.state import Effect, Incident
from svwatch.core.turn import Turn


def hold(turn: Turn, asked: Request) -> None:
    """Begin a hold, or give the one that there is another end."""
    if asked.seconds is None or not 0 < asked.seconds <= LONGEST:
        turn.refused = "a hold lasts 24h at most"
        return
    before = turn.state.lease if turn.leased else None
    if before is not None and before.who != asked.who:
        turn.refused = f"on hold by {before.who}"
        return
    serial = turn.serial() if before is None else before.serial
    until = turn.mono + asked.seconds
    turn.set(lease=Lease(until, asked.who, asked.reason, serial, asked.token))
    what = f"{asked.who}: {asked.reason}" if asked.reason else asked.who
    line = turn.line("on hold" if before is None else "another end", f"for {asked.seconds:g}s")
    facts = Facts(who=asked.who, reason=what, until=until)
    turn.record(serial, What.ON_HOLD, Level.WARNING, facts, (line,))
    turn.wake(until)
    turn.answer = "on hold"


def release(turn: Turn, asked: Request) -> None:
    """End a hold before its time."""
    lease = turn.state.lease
    if lease is None or not turn.leased:
        turn.answer = "is not on hold"
        return
    if asked.token and asked.token != lease.token:
        turn.answer = f"is on hold by {lease.who} by now"
        return
    _end(turn, f"by {asked.who}" if asked.who else "")
    turn.answer = "released"


def expire(turn: Turn) -> None:
    """End a hold whose time is over; ask to be called when it will be."""
    lease = turn.state.lease
    if lease is None:
        return
    if turn.leased:
        turn.wake(lease.until)
    else:
        _end(turn, "its time is over")


def _end(turn: Turn, how: str) -> None:
    lease = turn.state.lease
    if lease is None:
        return
    turn.set(lease=None)
    line = turn.line("released", how)
    turn.record(lease.serial, What.RELEASED, Level.NOTICE, lines=(line,), closed=True)


# --- what is not told meanwhile --------------------------------------------------------------

KEPT = {Why.RAISED, Why.WORSENED, Why.REMINDER}


def keep_back(turn: Turn) -> None:
    """Keep alerts back while that is wanted; tell afterwards what is still so.

    What people were told before may get its end, and a remediation that was begun its verdict.
    """
    if not turn.hushed:
        _tell_now(turn)
    told: list[Effect] = []
    for one in turn.effects:
        if isinstance(one, Notify) and _is_kept(turn, one):
            _keep(turn, one)
        else:
            told.append(one)
    turn.effects = told


def _is_kept(turn: Turn, note: Notify) -> bool:
    """Whether *note* waits; if it is about restarts and does not, people hear of one now."""
    key = _key(turn, note.serial)
    intent = turn.state.intent
    mine = intent is not None and intent.serial == note.serial
    if note.why in KEPT and turn.hushed:
        return key not in announce.ALOUD and not mine
    if note.why not in KEPT or key in sprees.KEYS or not restraint.restrained(turn, key):
        return False
    return not restraint.heard(turn, note.level)


def _key(turn: Turn, serial: int) -> str:
    open_ = turn.state.incidents.items()
    return next((key for key, one in open_ if one.serial == serial), "")


def _keep(turn: Turn, note: Notify) -> None:
    key = _key(turn, note.serial)
    incident = turn.state.incidents.get(key)
    if incident is not None:
        told = None if note.why is Why.RAISED else incident.told
        announce.put(turn, key, replace(incident, told=told, held=True))


def _tell_now(turn: Turn) -> None:
    for key, incident in turn.state.incidents.items():
        if incident.held and _is_so(turn, key) and _may(turn, key, incident):
            announce.put(turn, key, replace(incident, told=turn.mono, held=False))
            _tell(turn, incident)


def _is_so(turn: Turn, key: str) -> bool:
    """Whether what was kept back is true now: what is about to clear is not told any more."""
    if turn.rule(key) is None:
        return True
    found = turn.finding(key)
    return found is not None and found.fired


def _may(turn: Turn, key: str, incident: Incident) -> bool:
    if incident.quiet is not None:
        return False
    return not restraint.restrained(turn, key) or restraint.room(turn, incident.level)


def _tell(turn: Turn, incident: Incident) -> None:
    why = Why.RAISED if incident.told is None else Why.WORSENED
    turn.record(incident.serial, incident.what, incident.level)
    turn.notify(incident.serial, why, incident.level, incident.to)
