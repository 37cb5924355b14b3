"""Deciding: one pure step from a service, its state and a look to effects."""

from msgspec.structs import replace

from svwatch.core import (
    announce,
    asked,
    cascade,
    choose,
    flapping,
    helpless,
    holds,
    orders,
    outcomes,
    remedy,
    sprees,
    storms,
)
from svwatch.core.evaluate import judge
from svwatch.core.follow import follow
from svwatch.core.lease import Ties
from svwatch.core.ledger import Facts, What, Why
from svwatch.core.level import Level
from svwatch.core.needs import files, needs, pss_over, restless
from svwatch.core.phases import Cue, Phase
from svwatch.core.plan import Restart, Rule, Service, Uptime
from svwatch.core.reading import COMPARE
from svwatch.core.request import Request
from svwatch.core.seen import (
    Granted,
    Identity,
    Input,
    Memory,
    Now,
    Observation,
    Outcome,
    Removed,
)
from svwatch.core.state import Goal, Incident, Known, State, Step
from svwatch.core.turn import Turn
from svwatch.core.unjudged import unjudged

FREE = Ties()  # nobody else matters
GAP = 3  # intervals without a look that empty windows


def step(service: Service, state: State, seen: Observation, inputs: tuple[Input, ...] = ()) -> Step:
    """Give what is now true of *service*, what was concluded, and what is to be done."""
    turn = Turn(service, state, seen)
    _arrive(turn)
    for item in inputs:
        if isinstance(item, Outcome):
            outcomes.outcome(turn, item)
        elif isinstance(item, Ties):
            cascade.tie(turn, item)
    follow(turn)
    _judge(turn)
    for item in inputs:
        _ask(turn, item)
    _act(turn)
    _finish(turn)
    return Step(
        state=turn.state,
        findings=tuple(turn.findings),
        effects=tuple(turn.effects),
        due=turn.due,
        closed=_is_over(turn),
        refused=turn.refused,
        answer=turn.answer,
    )


def _is_over(turn: Turn) -> bool:
    """Whether it left the configuration, and nothing of it is under way any more."""
    return turn.state.leaving and turn.state.intent is None and not turn.state.holding


# --- worlds and gaps -------------------------------------------------------------------------


def _arrive(turn: Turn) -> None:
    state, seen = turn.state, turn.seen
    if state.world is not None and state.world != seen.world:
        _new_world(turn)
    elif turn.fresh and _missed(turn.service, state, seen.at):
        _gap(turn)
    if turn.state.world != seen.world:
        turn.set(world=seen.world)


def _missed(service: Service, state: State, at: Now) -> bool:
    """Whether nobody looked for more than three intervals (suspend counts)."""
    return state.looked is not None and at.boot - state.looked.boot > GAP * service.interval


def _new_world(turn: Turn) -> None:
    """After a reboot nothing of the old processes is left; what was said still stands.

    Storm entries count as made at the first instant; waits keep what was left of them.
    """
    state, mono = turn.state, turn.mono
    then = state.looked.mono if state.looked is not None else mono
    if state.intent is not None:
        line = turn.line("lost", "the host (or container) was restarted meanwhile")
        turn.record(
            state.intent.serial, What.RESTART_WITHDRAWN, Level.WARNING, lines=(line,), closed=True
        )
        turn.notify(state.intent.serial, Why.VERDICT, Level.WARNING)
    kept = {Phase.HELD, Phase.UNMONITORED, Phase.BACKOFF}
    turn.set(
        phase=state.phase if state.phase in kept else Phase.WATCHING,
        since=mono,
        since_boot=turn.seen.at.boot,
        known=None,
        exit=None,
        intent=None,
        bid=None,
        windows={},
        holding=False,
        absent_since=None,
        absent_looks=0,
        blind_since=None,
        blind_looks=0,
        ahead=0,
        unseen=0,
        served=None,
        until=None if state.until is None else mono + max(0.0, state.until - then),
        lease=state.lease and replace(state.lease, until=mono + _left(state.lease.until, then)),
        restarts=tuple(replace(entry, at=mono) for entry in state.restarts),
        incidents={key: _shifted(one, mono - then) for key, one in state.incidents.items()},
        spoken=tuple(at + mono - then for at in state.spoken),
        raised={},
        rested_until=0.0,
        signalled={},
        unjudged={},
    )


def _shifted(incident: Incident, by: float) -> Incident:
    """Put *incident* on the clock of this world: what was waited for so far stays waited for."""
    times = {
        name: at + by
        for name in ("raised", "told", "quiet", "good_since")
        if (at := getattr(incident, name)) is not None
    }
    return replace(incident, **times)


def _left(until: float, then: float) -> float:
    return max(0.0, until - then)


def _gap(turn: Turn) -> None:
    """Nobody looked for a while: windows start again, and no deadline passes unseen."""
    turn.set(windows={})
    if turn.state.intent is not None:
        turn.intend(not_before=turn.mono + 2 * turn.service.interval, missed=True)


# --- judging ---------------------------------------------------------------------------------


def _judge(turn: Turn) -> None:
    unasked = turn.state.phase in {Phase.UNMONITORED, Phase.WISHED_DOWN}
    whole = turn.fresh and not unasked
    for rule in () if unasked else turn.service.rules:
        frozen = _frozen(turn, rule)
        whole = whole and not frozen
        turn.findings += judge(rule, turn, frozen=frozen)
    again = turn.seen.scheduled and not turn.fresh  # the same look, thought about once more
    if not again and turn.state.judged is not whole:
        turn.set(judged=whole)


def _frozen(turn: Turn, rule: Rule) -> bool:
    """Windows stand still during remediation and back-off; only a harder rule goes on."""
    if turn.state.phase is Phase.BACKOFF:
        return True
    intent = turn.state.intent
    if intent is None:
        return False
    harder = isinstance(rule.action, Restart) and rule.action.now
    return not (harder and intent.gone is None)


# --- requests --------------------------------------------------------------------------------


def _ask(turn: Turn, item: Input) -> None:
    match item:
        case Granted():
            turn.granted = True
        case Request():
            orders.order(turn, item)
        case Removed():
            turn.set(leaving=True)
            turn.cue(Cue.REMOVE)
        case Outcome() | Ties():
            return


def _act(turn: Turn) -> None:
    holds.expire(turn)
    if turn.state.intent is not None:
        if not turn.leased:
            asked.take_over(turn)
        if turn.state.intent is not None and not storms.storm_meanwhile(turn):
            remedy.drive(turn)
    elif turn.state.leaving:
        _leave(turn)
    elif not orders.begin_granted(turn) and not cascade.act(turn):
        if not choose.hands_off(turn):
            asked.resume(turn)
        if turn.state.intent is None:
            choose.act(turn)


def _leave(turn: Turn) -> None:
    """What we hold down and nobody watches any more goes up again first."""
    if turn.state.holding and turn.state.phase is Phase.LEAVING and turn.state.until is not None:
        facts = Facts(reason="it left the configuration")
        remedy.begin(turn, Goal.START, facts, who="svwatch", took_down=True)
    else:
        turn.set(holding=False)


def _finish(turn: Turn) -> None:
    announce.withdrawn(turn)
    unjudged(turn)
    sprees.calm(turn)
    helpless.helped(turn)
    for key in flapping.calmed(turn):
        announce.clear(turn, key)
    if _is_over(turn):
        announce.farewell(turn)
    sprees.say(turn)
    announce.remind(turn)
    holds.keep_back(turn)
    if not turn.fresh:
        return
    still = turn.state.intent is not None or turn.state.phase is Phase.BACKOFF
    turn.set(looked=turn.seen.at, cycle=turn.state.cycle + (0 if still else 1))


# --- what the loop asks ----------------------------------------------------------------------


def is_quiet(service: Service, state: State, now: Now) -> bool:
    """Say whether a look whose bytes equal the last one's needs no step.

    A property test holds it to its word: `step` on such a look would have said the same.
    """
    if state.phase is not Phase.WATCHING or state.looked is None or not state.judged:
        return False
    if state.known is None or state.known.least is None:  # its size is yet to be measured
        return False
    if state.intent or state.bid or state.incidents or state.windows or state.exit:
        return False
    if state.lease or state.ties != FREE or state.unjudged:
        return False
    if _missed(service, state, now) or state.leaving or restless(service):
        return False
    age = state.known.incarnation.age(now.boot)
    if age < service.warm_up + 2 * service.interval:
        return False
    for rule in service.rules:
        test = rule.test
        if isinstance(test, Uptime) and COMPARE[test.op](age, test.limit):
            return False
    return True


def skip(state: State, now: Now) -> State:
    """Give the state after a quiet scheduled look."""
    return replace(state, looked=now, cycle=state.cycle + 1)


def memory_for(service: Service, state: State) -> Memory:
    """Give what the probe must be told of the past."""
    known = state.known if state.exit is None else None
    intent = state.intent
    return Memory(
        known=known.incarnation if known is not None else None,
        identity=_identity(state.known),
        tree=intent.tree if intent is not None else (),
        adopted=state.adopted,
        pss_over=pss_over(service),
        needs=needs(service),
        files=files(service),
        around=state.around,
    )


def _identity(known: Known | None) -> Identity:
    return known.identity if known is not None else Identity()
