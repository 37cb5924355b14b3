"""Incidents: raised once, worsened, reminded of, cleared; each for a named reason."""

from msgspec.structs import replace

from svwatch.core import flapping, restraint
from svwatch.core.connection import Connection
from svwatch.core.labels import label
from svwatch.core.ledger import Facts, Line, Sample, What, Why
from svwatch.core.level import Level
from svwatch.core.plan import (
    Alert,
    ChangedPid,
    ChangedPpid,
    Exec,
    Exists,
    Lasting,
    NotExists,
    Rule,
    Storm,
    Test,
    Times,
)
from svwatch.core.seen import Kind
from svwatch.core.state import Finding, Incident, Mark, Run
from svwatch.core.turn import Turn
from svwatch.core.windows import key_of, rule_of

DAY = 24 * 3600.0  # seconds between reminders of warnings,
DAILY = {"wish", "stopped", "unwatched"}  # and of what somebody wanted
ALOUD = {"unwatched", "stopped"}  # said even where alerts are kept back
WORSE = 1.25  # a value this many times what was told is news,
WORSE_AFTER = 600.0  # but not within ten minutes
CLEAR_AFTER = 60.0  # good for a minute is good
CLEAR_MARKS = 3


def raise_(
    turn: Turn,
    key: str,
    what: What,
    level: Level,
    facts: Facts,
    *,
    tell: bool = True,
    lines: tuple[Line, ...] = (),
    to: tuple[str, ...] = (),
) -> Incident:
    """Open incident *key* (or give the one that is open)."""
    before = turn.state.incidents.get(key)
    if before is not None:
        return flapping.again(turn, key, before)
    flaps = flapping.raised(turn, key)
    incident = Incident(
        serial=turn.serial(),
        what=what,
        level=level,
        raised=turn.mono,
        value=facts.measured,
        told=turn.mono if tell else None,
        to=to,
        acted=turn.state.cycle,
        flaps=flaps,
    )
    put(turn, key, incident)
    facts = replace(facts, flaps=flaps) if flaps else facts
    turn.record(incident.serial, what, level, facts, lines)
    if tell:
        turn.notify(incident.serial, Why.RAISED, level, to)
    return incident


def put(turn: Turn, key: str, incident: Incident) -> None:
    """Keep *incident* under *key*."""
    turn.set(incidents=turn.state.incidents | {key: incident})


def drop(turn: Turn, key: str) -> Incident | None:
    """Take incident *key* out without a word."""
    incident = turn.state.incidents.get(key)
    if incident is not None:
        rest = {name: one for name, one in turn.state.incidents.items() if name != key}
        turn.set(incidents=rest)
    return incident


def clear(turn: Turn, key: str, what: What = What.WELL, facts: Facts | None = None) -> None:
    """Close incident *key* and tell those who heard of it; what flaps stays open until calm."""
    if not flapping.hushed(turn, key):
        end(turn, key, what, facts)


def end(turn: Turn, key: str, what: What, facts: Facts | None = None) -> None:
    """Close incident *key* at once, and tell those who heard of it."""
    incident = drop(turn, key)
    if incident is None:
        return
    told = Facts(span=turn.mono - incident.raised) if facts is None else facts
    line, aside = turn.line(str(what)), incident.deed  # how a remediation ended stands
    turn.record(incident.serial, what, facts=told, lines=(line,), closed=True, aside=aside)
    if _known(key, incident):
        turn.notify(incident.serial, Why.CLEARED, incident.level, incident.to)
        if restraint.restrained(turn, key):
            restraint.spoke(turn)


def _known(key: str, incident: Incident) -> bool:
    """Whether people heard of it: of what nobody watches any more only who was reminded."""
    reminded = key != "unwatched" or incident.told != incident.raised
    return incident.told is not None and reminded


def farewell(turn: Turn) -> None:
    """Close everything: it left the configuration. Nobody waits for an end that never comes."""
    for key in turn.state.incidents:
        end(turn, key, What.FORGOTTEN, Facts(reason="it left the configuration"))


def worsen(turn: Turn, key: str, level: Level, facts: Facts) -> None:
    """Raise the level of incident *key*, or tell that its value grew."""
    incident = turn.state.incidents[key]
    grown = facts.unit != "seconds" and _grew(turn, incident, facts.measured)
    if incident.level is level and not grown:  # time that passes is no news
        return
    after = replace(incident, level=level, told=turn.mono, value=facts.measured or incident.value)
    put(turn, key, after)
    turn.record(incident.serial, incident.what, level, facts)
    turn.notify(incident.serial, Why.WORSENED, level, incident.to)


def _grew(turn: Turn, incident: Incident, value: float | None) -> bool:
    if value is None or incident.value is None or incident.told is None or incident.flaps:
        return False
    return value >= incident.value * WORSE and turn.mono - incident.told >= WORSE_AFTER


def remind(turn: Turn) -> None:
    """Say again what has been open for too long, and ask to be called for the next time."""
    for key, incident in turn.state.incidents.items():
        every = _every(turn, key, incident)
        if every is None or incident.told is None or (turn.hushed and key not in ALOUD):
            continue
        if turn.mono - incident.told >= every:
            level = Level.WARNING if incident.level is Level.NOTICE else incident.level
            put(turn, key, replace(incident, told=turn.mono, level=level))
            turn.record(incident.serial, incident.what, level)
            turn.notify(incident.serial, Why.REMINDER, level, incident.to)
            turn.wake(turn.mono + every)
        else:
            turn.wake(incident.told + every)


def _every(turn: Turn, key: str, incident: Incident) -> float | None:
    """Give the seconds between two reminders of *incident*; None: there are none."""
    if key in DAILY or incident.level is Level.WARNING:
        return DAY
    return turn.service.remind if incident.level is Level.CRITICAL else None


# --- rules -----------------------------------------------------------------------------------


def facts_of(turn: Turn, rule: Rule, found: Finding | None) -> Facts:
    """Give what a message about *rule* must say."""
    tree = turn.seen.tree
    known = turn.state.known
    samples = _samples(turn, rule, found)
    base = Facts(
        rule=rule.text,
        where=rule.where,
        samples=samples,
        needed=f"{found.bad} of {found.asked}" if found else None,
        measured=found.value if found else None,
        limit=found.limit if found else None,
        old=known.incarnation if known else None,
        old_age=known.incarnation.age(turn.seen.at.boot) if known else None,
        old_memory=tree.totalmem if tree else None,
        procs=len(tree.procs) if tree else None,
    )
    match rule.test:
        case ChangedPpid():
            reason = f"its parent is pid {found.value:.0f} now" if found and found.value else None
            return replace(base, test="changed ppid", reason=reason, measured=None, samples=None)
        case Storm():
            return replace(base, test="restarts", count=int(found.value or 0) if found else None)
        case ChangedPid():
            return replace(base, test="changed pid")
        case Connection():
            why = found.why if found else None
            return replace(base, test="no answer", reason=why, samples=None, measured=None)
        case NotExists() | Exists():
            return replace(base, test="not exist" if found and found.limit is not None else "exist")
        case _:
            return _labelled(base, rule.test, found)


def _samples(turn: Turn, rule: Rule, found: Finding | None) -> tuple[Sample, ...] | None:
    key = rule.key if found is None or found.who is None else key_of(rule.key, found.who)
    return turn.state.windows.get(key)


def _labelled(base: Facts, test: Test, found: Finding | None) -> Facts:
    """Name what was measured, and of whom."""
    of = label(test)
    if of is None:
        return base
    child = found.who if found is not None else None
    share = of.size.percent if of.size is not None else None
    return replace(base, test=of.name, op=of.op, unit=of.unit, percent=share, child=child)


def level_of(rule: Rule, default: Level = Level.WARNING) -> Level:
    """Give the level that an alert rule speaks at."""
    if isinstance(rule.action, Alert) and rule.action.level is not None:
        return rule.action.level
    return default


def settle_incident(turn: Turn, rule: Rule, found: Finding) -> None:
    """Let the marks of a raised rule clear it, or make it worse."""
    incident = turn.state.incidents.get(rule.key)
    if incident is None:
        return
    if found.mark is Mark.BAD:
        if incident.good:
            put(turn, rule.key, replace(incident, good=0, good_since=None))
        if found.fired:
            worsen(turn, rule.key, incident.level, facts_of(turn, rule, found))
    elif found.mark is Mark.GOOD and turn.fresh:
        _good(turn, rule, incident, found)


def _good(turn: Turn, rule: Rule, incident: Incident, found: Finding) -> None:
    good = incident.good + 1
    since = turn.mono if incident.good_since is None else incident.good_since
    if not _enough(rule, good, turn.mono - since, found.asked):
        put(turn, rule.key, replace(incident, good=good, good_since=since))
        return
    facts = Facts(span=turn.mono - incident.raised, measured=found.value)
    clear(turn, rule.key, What.WELL, facts)
    otherwise(turn, rule)


def _enough(rule: Rule, good: int, lasted: float, asked: int) -> bool:
    """Whether so many good looks, for so long, are what the rule takes to be over."""
    match rule.well:
        case Times(n=n):
            return good >= n
        case Lasting(seconds=seconds):
            return good >= 2 and lasted >= seconds
    return good >= max(CLEAR_MARKS, asked) or lasted >= CLEAR_AFTER


def otherwise(turn: Turn, rule: Rule) -> None:
    """Run what a rule wants run once it is over; an alert says so by itself."""
    if not isinstance(rule.otherwise, Exec):
        return
    serial, what = turn.serial(), What.EXEC
    facts = Facts(rule=rule.text, where=rule.where, reason="it is over: else")
    if turn.service.observe:
        what, facts = What.WOULD, replace(facts, doing=f"run {rule.otherwise.command.argv[0]}")
    else:
        turn.effects.append(Run(Kind.EXEC, serial, rule.otherwise.command))
    turn.record(serial, what, Level.NOTICE, facts, closed=True)


def withdrawn(turn: Turn) -> None:
    """Close what a reload left without a rule."""
    rules = {rule.key for rule in turn.service.rules}
    for key in turn.state.incidents:
        if key.startswith("if ") and key not in rules:
            clear(turn, key, What.WELL, Facts(reason="its rule was taken out"))
    windows = turn.state.windows
    kept = {key: held for key, held in windows.items() if rule_of(key) in rules}
    if len(kept) < len(windows):
        turn.set(windows=kept)
