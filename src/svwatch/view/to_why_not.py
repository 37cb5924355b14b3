"""Why nothing was done: what each rule says now, and what it would take."""

from svwatch.core.connection import Connection
from svwatch.core.labels import label
from svwatch.core.ledger import Sample
from svwatch.core.phrase import asked, several, tested
from svwatch.core.plan import Lasting, Rule, Service, Storm, Window
from svwatch.core.seen import Now
from svwatch.core.sentence import finding_of, trailing
from svwatch.core.snapshot import ServiceSnap
from svwatch.core.state import Finding, Mark, State
from svwatch.core.units import age, show_duration
from svwatch.core.windows import of_rule
from svwatch.view.clean import cut, one_line
from svwatch.view.story import joined

WIDE = 400


def why_nothing(
    service: Service,
    state: State,
    at: Now,
    snap: ServiceSnap,
    findings: tuple[Finding, ...] = (),
) -> str:
    """Say where *service* stands and why no rule has acted; one line per rule worth a word."""
    sentence = one_line(snap.status.sentence, WIDE)
    first = f"{one_line(service.name, 100)} {sentence}{_next_look(service, state, at)}"
    rows = [
        f"  {one_line(said, WIDE)}"
        for rule in service.rules
        if (said := _said(rule, state, at, finding_of(findings, rule.key)))
    ]
    if state.ties.problem:
        names = ", ".join(one_line(name, 100) for name in state.ties.problem)
        rows.append(f"  {names} is the problem: nothing is done or told until that is over")
    if not service.rules:
        rows = ["  it has no rules: nothing is judged"]
    return "\n".join(cut(line, WIDE) for line in [first, *rows]) + "\n"


def _next_look(service: Service, state: State, at: Now) -> str:
    if state.looked is None:
        return ""
    rest = state.looked.mono + service.interval - at.mono
    return f" (next look in {age(rest)})" if rest > 0 else ""


def _said(rule: Rule, state: State, at: Now, found: Finding | None) -> str:
    samples = of_rule(state.windows, rule.key)
    if found is not None and found.mark is Mark.UNKNOWN:
        why = found.why or "nothing to judge at this look"
        return f"{rule.text}: not judged: {why}"
    if isinstance(rule.test, Storm):
        count = sum(one.count for one in state.restarts if not one.planned)
        return f"{rule.text}: {count} counted" if count else ""
    if isinstance(rule.test, Connection):
        return _called(rule, found, samples) if found is not None else ""
    value = samples[-1].value if samples else (found.value if found is not None else None)
    if label(rule.test) is None or value is None:
        return ""
    limit = found.limit if found is not None else None
    bad = sum(one.bad for one in samples)
    shown = tested(rule.test, value, limit)
    if not bad:
        return f"{shown}: no, as of the last look"
    lasted = at.mono - trailing(state, rule.key, at)
    return f"{shown} {_so_far(rule.window, bad, len(samples), lasted)}; {_takes(rule)}"


def _called(rule: Rule, found: Finding, samples: tuple[Sample, ...]) -> str:
    """Say what came of a connection test."""
    if found.mark is Mark.BAD:
        so_far = _so_far(rule.window, found.bad, len(samples), 0.0)
        return f"{found.why} {so_far}; {_takes(rule)}"
    quick = f" within {age(found.value)}" if found.value is not None else ""
    place = rule.test.place if isinstance(rule.test, Connection) else rule.text
    return f"{place}: answered{quick}" if quick else f"{place}: no answer"


def _so_far(window: Window, bad: int, looks: int, lasted: float) -> str:
    if isinstance(window, Lasting):
        return f"for {age(lasted)} of {show_duration(window.seconds)}"
    return f"in {bad} of the last {several(looks, 'look')}"


def _takes(rule: Rule) -> str:
    what = rule.action.__struct_config__.tag
    if isinstance(rule.window, Lasting):
        return f"{what} takes {show_duration(rule.window.seconds)}"
    in_a_row = " in a row" if rule.window.n == rule.window.of else ""
    number = f"{rule.window.n}{in_a_row}" if in_a_row else asked(rule.window)
    return joined(f"{what} takes {number}")
