"""What runs beside the action that wins: commands, signals, and alerts that come again."""

from msgspec.structs import replace

from svwatch.core import announce
from svwatch.core.ledger import What, Why
from svwatch.core.level import Level
from svwatch.core.plan import Exec, Rule, SendSignal
from svwatch.core.seen import Incarnation, Kind, Lost, Running
from svwatch.core.state import Finding, Incident, Run, Signal
from svwatch.core.turn import Turn


def _repeats(turn: Turn, rule: Rule) -> Incident | None:
    """Give the incident of *rule* where its action comes again at this look, and note that."""
    incident = turn.state.incidents.get(rule.key)
    if incident is None or rule.repeat is None or not turn.fresh:
        return None
    since = turn.state.cycle - (incident.acted or 0)
    if since == 0 and incident.raised < turn.mono:
        return incident  # noted at this look already, for another child
    if since < rule.repeat:
        return None
    after = replace(incident, acted=turn.state.cycle)
    announce.put(turn, rule.key, after)
    return after


def again(turn: Turn, rule: Rule) -> None:
    """Tell once more what is still so, every `repeat every` cycles."""
    incident = _repeats(turn, rule)
    if incident is None or rule.quietly or incident.told == turn.mono:
        return
    announce.put(turn, rule.key, replace(incident, told=turn.mono))
    turn.record(incident.serial, incident.what, incident.level)
    turn.notify(incident.serial, Why.REMINDER, incident.level, incident.to)


def execute(turn: Turn, rule: Rule, found: Finding) -> None:
    """Run the command of *rule* when its incident begins, and when it comes again."""
    if not isinstance(rule.action, Exec):
        return
    incident = _repeats(turn, rule)
    if incident is None and rule.key not in turn.state.incidents:
        incident = _open(turn, rule, found, What.EXEC)
    if incident is not None:
        turn.effects.append(Run(Kind.EXEC, incident.serial, rule.action.command))


def _open(turn: Turn, rule: Rule, found: Finding, what: What) -> Incident:
    facts = announce.facts_of(turn, rule, found)
    if isinstance(rule.action, SendSignal):
        facts = replace(facts, doing=rule.action.name)
    quiet = rule.quietly
    facts = replace(facts, quiet=True) if quiet else facts
    return announce.raise_(turn, rule.key, what, Level.WARNING, facts, tell=not quiet, to=rule.to)


def send(turn: Turn, rule: Rule, found: Finding, *, idle: bool) -> None:
    """Signal the judged process once (a child for a `child` test), and when it comes again.

    *idle*: it may only be told. Whoever was signalled is not signalled again for the same.
    """
    action = rule.action
    if not isinstance(action, SendSignal):
        return
    incident = _repeats(turn, rule)
    repeated = incident is not None
    incident = incident or turn.state.incidents.get(rule.key)
    incident = incident or _open(turn, rule, found, What.SIGNALLED)
    target = _target(turn, found)
    done = turn.state.signalled.get(rule.key, ())
    if target is None or idle or (target in done and not repeated):
        return
    turn.set(signalled=turn.state.signalled | {rule.key: (*_but(done, target), target)})
    turn.effects.append(Signal(target, action.name, incident.serial))


def _but(some: tuple[Incarnation, ...], one: Incarnation) -> tuple[Incarnation, ...]:
    return tuple(who for who in some if who != one)


def _target(turn: Turn, found: Finding) -> Incarnation | None:
    """Give who was judged, where this look saw it live."""
    if found.who is not None:
        return found.who
    match turn.seen.verdict:
        case Running(incarnation=incarnation) | Lost(incarnation=incarnation):
            return incarnation
    return None


def heed(turn: Turn) -> None:
    """Forget who was signalled and has been over no limit for long enough: it may be, again."""
    before = turn.state.signalled
    if not before:
        return
    after = {key: kept for key, some in before.items() if (kept := _still(turn, key, some))}
    if after != before:
        turn.set(signalled=after)


def _still(turn: Turn, key: str, some: tuple[Incarnation, ...]) -> tuple[Incarnation, ...]:
    """Give those of *some* who need no second signal under *key*."""
    if key not in turn.state.incidents:
        return ()
    if not turn.sure:
        return some
    about = [found for found in turn.findings if found.rule == key]
    now = {_target(turn, found) for found in about}
    return tuple(one for one in some if one in now)
