"""What a state says for itself: the words of a column, and a sentence with the reason."""

from msgspec import Struct

from svwatch.core.choose import doing_of
from svwatch.core.connection import Connection
from svwatch.core.helpless import KEY
from svwatch.core.kinds import Kind
from svwatch.core.labels import label
from svwatch.core.phases import Phase
from svwatch.core.phrase import asked, condition, several, storm, tested
from svwatch.core.plan import Lasting, Rule, Service, Storm, Times
from svwatch.core.seen import Now
from svwatch.core.standing import serving
from svwatch.core.state import Finding, Goal, Intent, Mark, State
from svwatch.core.units import age, show_duration
from svwatch.core.verdict import CASCADE
from svwatch.core.windows import of_rule


class Case(Struct, frozen=True):
    """What a sentence is about: one service at one instant, in one row of the table.

    *cause* is the incident that decided the row; *findings* are of the same look, or none.
    """

    service: Service
    state: State
    at: Now
    kind: Kind
    cause: str = ""
    findings: tuple[Finding, ...] = ()


def said(case: Case) -> tuple[str, str, str]:
    """Give words, sentence and reason of *case*. The sentence begins with the words."""
    words = _words(case)
    reason = _reason(case)
    gap = " " if reason.startswith(("after ", "since ")) else ": "
    return words, words + (gap + reason if reason else ""), reason


def _words(case: Case) -> str:
    service, state, at, kind = case.service, case.state, case.at, case.kind
    match kind:
        case Kind.OK | Kind.OBSERVING:
            way = on_its_way(service, state, at)
            return f"{kind.value} ({way})" if way else kind.value
        case Kind.STOPPING:
            return f"{kind.value} {_stopping(service, state.intent, at)}".rstrip()
        case Kind.WOULD_ACT:
            rule = _rule(service, case.cause)
            return "would act" if rule is None else f"would {doing_of(rule)}"
        case Kind.ABSENT:
            return f"{kind.value} {age(absent_for(state, at))}"
        case _:
            return kind.value


def absent_for(state: State, at: Now) -> float:
    """Give for how many seconds there has been no process; 0 where nobody knows."""
    if state.absent_since is not None:
        return max(0.0, at.mono - state.absent_since)
    return 0.0 if state.exit is None else max(0.0, at.mono - state.exit.at.mono)


def _stopping(service: Service, intent: Intent | None, at: Now) -> str:
    if intent is None:
        return ""
    began = intent.began if intent.stop_sent is None else intent.stop_sent
    # `restart now` ends the tree by KILL after 5 s (DESIGN 6).
    limit = 5.0 if intent.now else service.stop_timeout
    return f"{age(max(0.0, at.mono - began))} of {show_duration(limit)}"


def _reason(case: Case) -> str:
    state = case.state
    match case.kind:
        case Kind.OVER | Kind.WOULD_ACT | Kind.WAITING:
            return _raised(case)
        case Kind.STOPPING | Kind.STARTING | Kind.WILL_NOT_STOP:
            return _remedy(case)
        case Kind.GAVE_UP | Kind.BACKING_OFF:
            return _left_alone(case)
        case Kind.SUSPECT_PID | Kind.FORBIDDEN_PID | Kind.TWO_COPIES:
            return _joined(state.doubt, "nothing is signalled, nothing is started")
        case Kind.PIDFILE_LOST:
            return _joined(_process(state, "lives"), "it stays watched, nothing is started")
        case Kind.UNJUDGED:
            return case.cause.partition(": ")[2]
        case Kind.CANNOT_MEASURE:
            return state.doubt or "nothing could be read"
        case _:
            return _simple(case)


def _simple(case: Case) -> str:
    service, state = case.service, case.state
    match case.kind:
        case Kind.DOWN if case.cause == "someone else":
            return "someone else seems to have started it; no second copy is started"
        case Kind.DOWN:
            return f"no process for {age(absent_for(state, case.at))}"
        case Kind.CRASHING:
            return _joined(_crashes(case), "runit restarts it" if service.runit else "")
        case Kind.FAILED:
            return f"{several(state.failed, 'attempt')} without a process" if state.failed else ""
        case Kind.ABSENT:
            return "a successor is awaited" if state.seen else "never seen yet"
        case Kind.DOWN_BY_HAND:
            return "sv down; " + ("it is still ending" if serving(state) else "svwatch leaves it")
        case Kind.GONE:
            return _vanished(service)
        case Kind.FLAPPING:
            return _flapping(case)
        case _:
            return _wanted(case)


def _flapping(case: Case) -> str:
    """Say what comes and goes, and since when it is gone."""
    service, state = case.service, case.state
    incident = state.incidents.get(case.cause)
    if incident is None or incident.quiet is None:
        return ""
    rule = _rule(service, case.cause)
    what = str(incident.what) if rule is None else tested(rule.test, None, None)
    well = age(max(0.0, case.at.mono - incident.quiet))
    return f"{what} came and went {several(incident.flaps, 'time')}; well for {well}"


def _vanished(service: Service) -> str:
    path = service.service_dir or service.pidfile
    return f"{path} is not there any more; svwatch forget {service.name} if that is meant"


def _wanted(case: Case) -> str:
    """Say who wanted it so."""
    state = case.state
    match case.kind:
        case Kind.ON_HOLD:
            return state.lease.says if state.lease is not None else ""
        case Kind.NOT_WATCHED:
            return f"svwatch unmonitor, {state.by}" if state.by else "svwatch unmonitor"
        case Kind.STOPPED if state.by.startswith(CASCADE):
            return "because of " + state.by.removeprefix(f"{CASCADE} ").partition(" ")[2]
        case Kind.STOPPED:
            return f"by {state.by}" if state.by.startswith("operator") else "by a rule"
        case Kind.OBSERVING:
            return "nothing is restarted"
        case _:
            return ""


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _process(state: State, does: str) -> str:
    return f"pid {state.known.incarnation.pid} {does}" if state.known is not None else ""


def _rule(service: Service, key: str | None) -> Rule | None:
    return next((rule for rule in service.rules if rule.key == key), None)


def finding_of(findings: tuple[Finding, ...], key: str) -> Finding | None:
    """Give what the last look says of the rule *key*; None where it was not judged."""
    return next((finding for finding in findings if finding.rule == key), None)


def found(service: Service, state: State, key: str, findings: tuple[Finding, ...] = ()) -> str:
    """Say what the rule *key* found: `totalmem 182 MB > 175 MB, 3 of 3`; its key if unknown."""
    rule = _rule(service, key)
    if rule is None:
        return key
    finding = finding_of(findings, key)
    if isinstance(rule.test, Connection) and finding is not None and finding.mark is Mark.BAD:
        return ", ".join(part for part in (finding.why, asked(rule.window)) if part)
    samples = of_rule(state.windows, key)
    incident = state.incidents.get(key)
    measured = samples[-1].value if samples else None
    if measured is None and incident is not None:
        measured = incident.value
    if finding is not None and finding.value is not None:
        measured = finding.value
    if label(rule.test) is None:
        measured = None
    return condition(rule, measured, finding.limit if finding is not None else None)


def _crashes(case: Case) -> str:
    incident = case.state.incidents.get(case.cause)
    since = incident.raised if incident is not None else 0.0
    return storm(one for one in case.state.restarts if one.at >= since)


def _raised(case: Case) -> str:
    service, state, bid = case.service, case.state, case.state.bid
    if case.kind is Kind.WAITING and bid is not None:
        behind = ", ".join(bid.behind)
        turn = f"its turn comes after {behind}" if behind else "its turn comes next"
        if bid.who:
            return _joined(f"{GOALS[bid.goal]} for {bid.who}", turn)
        return _joined(found(service, state, bid.rule, case.findings), turn)
    incident = state.incidents.get(case.cause)
    if incident is not None and _rule(service, case.cause) is None:
        return str(incident.what)
    return found(service, state, case.cause, case.findings)


GOALS = {Goal.RESTART: "restarting", Goal.START: "starting", Goal.STOP: "stopping"}


def _remedy(case: Case) -> str:
    service, state, at = case.service, case.state, case.at
    intent = state.intent
    if intent is None:
        return ""
    if intent.rule is None:
        why = f"{GOALS[intent.goal]} for {intent.who}"
    else:
        why = f"{GOALS[intent.goal]}, {found(service, state, intent.rule)}"
    if case.kind is Kind.WILL_NOT_STOP:
        why = _unending(intent, at)
    elif (
        case.kind is Kind.STARTING and intent.successor is not None and intent.appeared is not None
    ):
        settled = age(max(0.0, at.mono - intent.appeared))
        why += f"; pid {intent.successor.pid} runs for {settled} of {show_duration(service.settle)}"
    return _joined(why, "leaving the configuration" if state.leaving else "")


def _unending(intent: Intent, at: Now) -> str:
    sent = intent.began if intent.stop_sent is None else intent.stop_sent
    alive = f", pid {intent.victim.pid} alive" if intent.victim is not None else ""
    return f"told to end {age(at.mono - sent)} ago{alive}; no second copy started"


def _left_alone(case: Case) -> str:
    service, state = case.service, case.state
    rule = _rule(service, state.by) or _rule(service, state.last_rule)
    stormy = rule is None or isinstance(rule.test, Storm)
    if rule is not None and not stormy:
        why = tested(rule.test, None, None)
    else:
        most = rule.test.count if rule is not None and isinstance(rule.test, Storm) else None
        counted = storm((one for one in state.restarts if one.at <= state.since), most)
        why = f"after {counted}" if counted else ""
    if KEY in state.incidents and not state.holding:
        why = _joined("restarting does not help", why)
        if state.phase is not Phase.BACKOFF:
            return _joined(why, _process(state, "runs, and is tried once more"))
    if serving(state):
        return _joined(why, _process(state, "runs and is left alone"))
    if case.kind is Kind.BACKING_OFF and state.holding:
        return _joined(why, "held down, started again later")
    return _joined(why, "still crashing under runit" if service.runit else "not running")


def on_its_way(service: Service, state: State, at: Now) -> str:
    """Say how full the fullest window is that has not fired: `2 of 3`, `52s of 2m`."""
    best = (0.0, "")
    for rule in service.rules:
        if rule.key in state.incidents:
            continue
        samples = of_rule(state.windows, rule.key)
        window = rule.window
        if isinstance(window, Lasting):
            lasted = at.mono - trailing(state, rule.key, at)
            share = lasted / max(window.seconds, 0.001)
            words = f"{age(lasted)} of {show_duration(window.seconds)}"
        else:
            bad = sum(sample.bad for sample in samples[-window.of :])
            share = bad / window.n if window.of > 1 else 0.0
            words = _marks(bad, window)
        if share > best[0]:
            best = (share, words)
    return best[1]


def _marks(bad: int, window: Times) -> str:
    words = f"{min(bad, window.n)} of {window.n}"
    return words if window.n == window.of else f"{words} within {window.of}"


def trailing(state: State, key: str, at: Now) -> float:
    """Give when the run of bad samples under *key* that still lasts began; now for none."""
    began = at.mono
    for sample in reversed(of_rule(state.windows, key)):
        if not sample.bad:
            break
        began = sample.at
    return began
