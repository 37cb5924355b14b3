"""Sprees: restarts that follow each other, and what comes of them, are one incident.

It goes through stages, each of them told once: it was restarted; it is crashing, or does not
start; svwatch leaves it alone for a while. It is over when nothing happened for ten minutes.
What follows soon is counted, in the one event of the spree, and told to nobody.
"""

from msgspec.structs import replace

from svwatch.core import announce, restraint
from svwatch.core.ledger import Facts, Line, Notify, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import ChangedPid
from svwatch.core.state import Incident, Intent
from svwatch.core.turn import Turn

TELL_AFTER = 30.0  # seconds that news wait for the verdict of what is under way
FOLD = 600.0  # seconds: what follows within is part of the same
CRASHING = 3  # so many restarts by others, and it is crashing

RESTARTED, FAILED, NO_HELP = "restarted", "failed", "no help"
RESTING, GAVE_UP = "backing off", "gave up"
KEYS = (RESTARTED, FAILED, NO_HELP, RESTING, GAVE_UP)
"""Under which of them a spree is open says how far it has come; it is open under one at most."""

LEFT_ALONE = frozenset({NO_HELP, RESTING, GAVE_UP})
WAITING = frozenset({Phase.HELD, Phase.BACKOFF, Phase.UNMONITORED})


def current(turn: Turn) -> tuple[str, Incident] | None:
    """Give the spree that is open, with its key."""
    for key in KEYS:
        if (incident := turn.state.incidents.get(key)) is not None:
            return key, incident
    return None


def serial_of(turn: Turn, *, mild: bool = False) -> int | None:
    """Give the event of the spree for what answers it; None: it gets one of its own.

    *mild*: only where it is no more than a restart so far.
    """
    found = current(turn)
    if found is None or found[1].deed or (mild and stage(*found) > 1):
        return None
    return found[1].serial


def trouble(turn: Turn) -> bool:
    """Whether people know that restarts of it are no matter of routine any more."""
    found = current(turn)
    return found is not None and found[1].level is Level.CRITICAL and found[1].told is not None


# --- telling ---------------------------------------------------------------------------------


def stage(key: str, incident: Incident) -> int:
    """Say how far a spree has come: 1 restarted, 2 in trouble, 3 left alone."""
    if key in LEFT_ALONE:
        return 3
    return 2 if incident.level is Level.CRITICAL else 1


def say(turn: Turn) -> None:
    """Tell what is news of the spree; later, where people have heard enough for now."""
    found = current(turn)
    if found is None or turn.hushed or _under_way(turn, found[1]):
        return
    key, incident = found
    reached = stage(key, incident)
    if incident.said >= reached:
        return
    if not restraint.room(turn, incident.level):
        return
    first = Why.VERDICT if incident.deed and key == FAILED else Why.RAISED
    why = first if incident.told is None else Why.WORSENED
    told(turn, key)
    turn.notify(incident.serial, why, incident.level, incident.to)


def told(turn: Turn, key: str) -> None:
    """Note that people hear now of the spree under *key*."""
    incident = turn.state.incidents[key]
    announce.put(turn, key, replace(incident, said=stage(key, incident), told=turn.mono))
    restraint.spoke(turn)


def _under_way(turn: Turn, incident: Incident) -> bool:
    """Whether a remediation is at work, whose verdict says more."""
    state = turn.state
    if state.intent is not None:
        mine = state.intent.serial == incident.serial
        return mine or turn.mono - state.intent.began < TELL_AFTER
    bid = turn.rule(state.bid.rule) if state.bid is not None else None
    return bid is not None and isinstance(bid.test, ChangedPid)


# --- what happens in one ---------------------------------------------------------------------


def fold(turn: Turn, facts: Facts, count: int, line: Line, to: tuple[str, ...]) -> None:
    """Count *count* restarts by others: in the spree that is open, or in a new one."""
    found = current(turn)
    if found is None:
        _open(turn, facts, count, line, to)
        return
    key, before = found
    total, exact = before.count + count, before.exact and turn.seen.exact
    span = turn.mono - before.raised
    after = replace(before, count=total, exact=exact, good_since=turn.mono, quiet=None)
    known = Facts(crashes=total, crashing=span)
    if key != RESTARTED:  # what it has come to stands
        announce.put(turn, key, after)
        known = replace(known, cause=facts.cause)
        turn.record(before.serial, before.what, before.level, known, (line,), aside=True)
        return
    crashing = total >= CRASHING
    what = What.CRASHING if crashing else before.what
    after = replace(after, level=Level.CRITICAL if crashing else before.level, what=what)
    announce.put(turn, key, after)
    full = replace(facts, count=total, exact=exact, span=span, crashes=total, crashing=span)
    turn.record(before.serial, what, after.level, full, (line,))


def _open(turn: Turn, facts: Facts, count: int, line: Line, to: tuple[str, ...]) -> None:
    crashing = count >= CRASHING and not _missed(turn)
    what = What.CRASHING if crashing else What.RESTARTED
    level = Level.CRITICAL if crashing else Level.NOTICE
    exact = turn.seen.exact
    full = replace(facts, count=count, exact=exact, span=0.0, crashes=count, crashing=0.0)
    incident = _begin(turn, RESTARTED, what, level, to=to)
    announce.put(turn, RESTARTED, replace(incident, count=count, exact=exact))
    turn.record(incident.serial, what, level, full, (line,))


def _missed(turn: Turn) -> bool:
    """Whether nobody looked for so long that many restarts are no spree."""
    last = turn.state.looked
    return last is None or turn.seen.at.boot - last.boot >= FOLD


def _begin(
    turn: Turn, key: str, what: What, level: Level, *, to: tuple[str, ...], deed: int | None = None
) -> Incident:
    incident = Incident(
        serial=turn.serial() if deed is None else deed,
        what=what,
        level=level,
        raised=turn.mono,
        good_since=turn.mono,
        to=to,
        deed=deed is not None,
    )
    announce.put(turn, key, incident)
    return incident


def touch(turn: Turn) -> None:
    """Note that a restart goes on with the spree that is open."""
    if (found := current(turn)) is not None:
        announce.put(turn, found[0], replace(found[1], good_since=turn.mono, quiet=None))


def become(
    turn: Turn,
    key: str,
    what: What,
    facts: Facts,
    *,
    lines: tuple[Line, ...] = (),
    to: tuple[str, ...] = (),
    deed: int | None = None,
    quiet: bool = False,
) -> None:
    """Let the spree come to *key*, as *what*, critical; begin it with that where none is open.

    *deed*: the event of the remediation that came to this, which is recorded already. *quiet*:
    nobody is told.
    """
    found = current(turn)
    if found is None:
        incident = _begin(turn, key, what, Level.CRITICAL, to=to, deed=deed)
    else:
        announce.drop(turn, found[0])
        incident = replace(
            found[1], what=what, level=Level.CRITICAL, to=to, good_since=turn.mono, quiet=None,
            deed=found[1].serial == deed,
        )  # fmt: skip
    announce.put(turn, key, replace(incident, said=3, told=None) if quiet else incident)
    if incident.serial != deed:
        turn.record(incident.serial, what, Level.CRITICAL, facts, lines)


def failed(turn: Turn, intent: Intent, what: What, facts: Facts, to: tuple[str, ...]) -> None:
    """Let *intent* have failed, as its event says already."""
    found = current(turn)
    if found is not None and (found[0] in {NO_HELP, GAVE_UP} or found[1].deed):
        touch(turn)
    else:
        to = found[1].to if found is not None else to
        if found is not None and found[0] == RESTING:  # that it does not come back is news
            announce.put(turn, RESTING, replace(found[1], said=1))
        become(turn, FAILED, what, facts, to=to, deed=intent.serial)
    if intent.told:  # people await its verdict
        turn.notify(intent.serial, Why.VERDICT, Level.CRITICAL, to)
        own = turn.state.incidents.get(FAILED)
        if own is not None and own.serial == intent.serial:
            told(turn, FAILED)


# --- how it ends -----------------------------------------------------------------------------


def mended(turn: Turn) -> bool:
    """Close what a remediation has put right; True: whoever knew of trouble hears of its end."""
    found = current(turn)
    if found is None:
        return False
    key, incident = found
    known = trouble(turn)
    if _only_failed(key, incident) or (key == RESTING and not incident.count):
        announce.clear(turn, key, What.WELL)
    return known


def answered(turn: Turn, intent: Intent, what: What) -> None:
    """Note that *intent* has ended well, as *what*: that is the word on what led to it."""
    found = current(turn)
    if found is None:
        return
    key, spree = found
    heard = any(isinstance(one, Notify) and one.serial == intent.serial for one in turn.effects)
    reached = stage(key, spree)
    if spree.serial == intent.serial:
        told = turn.mono if heard else spree.told
        now = what if reached == 1 else spree.what
        announce.put(turn, key, replace(spree, what=now, said=reached, told=told))
    elif heard and reached == 1 and spree.raised >= intent.began:  # it happened meanwhile
        announce.put(turn, key, replace(spree, said=1))


def calm(turn: Turn) -> None:
    """Close a spree when a process has been up and nothing happened for ten minutes."""
    found = current(turn)
    state = turn.state
    if found is None or found[0] == NO_HELP or state.intent is not None:
        return
    key, incident = found
    if state.phase in WAITING or state.absent_since is not None:
        return
    if turn.mono - (incident.good_since or incident.raised) < _patience(key, incident):
        return
    if incident.level is Level.CRITICAL:
        announce.clear(turn, key, What.WELL)
    else:
        announce.drop(turn, key)
        turn.record(incident.serial, incident.what, closed=True)


def _patience(key: str, incident: Incident) -> float:
    """Give the calm seconds that end it: fewer where nothing crashed, it only did not start."""
    return announce.CLEAR_AFTER if _only_failed(key, incident) else FOLD


def _only_failed(key: str, incident: Incident) -> bool:
    """Whether it did not start and does not crash: the one that came at last is no crash."""
    return key == FAILED and incident.count < CRASHING


def resumed(turn: Turn, *, by_hand: bool, stormy: bool) -> None:
    """Go on after svwatch has left it alone: what crashed until then may crash again."""
    found = current(turn)
    if found is None or found[0] not in {GAVE_UP, RESTING}:
        return
    key, incident = found
    quiet = turn.mono - (incident.good_since or incident.raised) >= FOLD
    if key == GAVE_UP and (by_hand or quiet or not stormy):
        announce.clear(turn, key, What.MONITORED)
    elif stormy:
        announce.drop(turn, key)
        announce.put(turn, RESTARTED, replace(incident, what=What.CRASHING, deed=False))
        line = turn.line("tried again", "its time is over")
        turn.record(incident.serial, What.CRASHING, incident.level, _counted(incident), (line,))


def _counted(incident: Incident) -> Facts:
    """Say what was counted; a storm of our own restarts stays what the storm rule found."""
    if not incident.count:
        return Facts()
    last = incident.good_since or incident.raised
    return Facts(count=incident.count, exact=incident.exact, span=last - incident.raised)
