"""Flapping: what comes and goes again and again within an hour is one incident, told once."""

from msgspec.structs import replace

from svwatch.core import restraint
from svwatch.core.ledger import Facts
from svwatch.core.level import Level
from svwatch.core.plan import Exec, SendSignal
from svwatch.core.state import Incident
from svwatch.core.turn import Turn

SPAN = 3600.0  # raised TIMES within an hour
TIMES = 3
CALM = 1800.0  # and calm again after half an hour without it: longer than SPAN / TIMES

BUILT_IN = frozenset({"down", "lost", "suspect", "forbidden", "doubled", "blind", "someone else"})


def raised(turn: Turn, key: str) -> int:
    """Note that *key* is raised now; give how often it was within the hour if it flaps, else 0."""
    if not _can(turn, key):
        return 0
    before = turn.state.raised.get(key, ())
    recent = (*(at for at in before if turn.mono - at <= SPAN), turn.mono)[-TIMES:]
    turn.set(raised=turn.state.raised | {key: recent})
    return len(recent) if len(recent) >= TIMES else 0


def _can(turn: Turn, key: str) -> bool:
    """Whether *key* may be one long incident: not where each one of them does something."""
    rule = turn.rule(key)
    if rule is None:
        return key in BUILT_IN
    return not isinstance(rule.action, Exec | SendSignal) and rule.otherwise is None


def again(turn: Turn, key: str, incident: Incident) -> Incident:
    """Count one more of what was quiet; nobody is told."""
    if incident.quiet is None:
        return incident
    after = replace(incident, flaps=incident.flaps + 1, quiet=None, good=0, good_since=None)
    turn.set(incidents=turn.state.incidents | {key: after})
    facts = Facts(flaps=after.flaps)
    turn.record(incident.serial, incident.what, incident.level, facts)
    return after


def hushed(turn: Turn, key: str) -> bool:
    """Whether what is well at this look stays open: it will not last, or nobody wants to hear."""
    incident = turn.state.incidents.get(key)
    if incident is None or _calm(turn, key, incident):
        return False
    if incident.quiet is None:
        after = replace(incident, quiet=turn.mono)
        turn.set(incidents=turn.state.incidents | {key: after})
        turn.wake(turn.mono + CALM)
    return True


def _calm(turn: Turn, key: str, incident: Incident) -> bool:
    """Whether it may end now: what flaps when it was well for long, others when people may hear."""
    if incident.flaps:
        return incident.quiet is not None and turn.mono - incident.quiet >= CALM
    silent = incident.told is None or not restraint.restrained(turn, key)
    return silent or restraint.room(turn, Level.CRITICAL)


def calmed(turn: Turn) -> tuple[str, ...]:
    """Give what has been calm for long enough, and ask to be called for the others."""
    found = []
    for key, incident in turn.state.incidents.items():
        if incident.quiet is None:
            continue
        if _calm(turn, key, incident):
            found.append(key)
        elif incident.flaps:
            turn.wake(incident.quiet + CALM)
    return tuple(found)
