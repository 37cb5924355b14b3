"""What is open as Alertmanager is told of it: which of it, to whom, and until when."""

import pytest
from msgspec.structs import replace

from svwatch.core.firing import Condition, Firing, concerns, conditions, firing, posted
from svwatch.core.helpless import KEY
from svwatch.core.ledger import What
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Alert, Rule, Service, Storm
from svwatch.core.route import Form, Route, Word, single
from svwatch.core.state import Goal, Incident, Intent, State

SENTENCE = "if totalmem > 175 MB then alert"
RULE = Rule(
    key="if 3 restarts within 5 minutes then stop for 10 minutes",
    text="",
    where="web.yaml:3",
    test=Storm(3, None, 300.0),
    action=Alert(),
    to=("am",),
)
WEB = Service(name="web", where="web.yaml:1", groups=("front",), rules=(RULE,))
AM = single("am", "http://am:9093", form=Form.ALERTMANAGER)
OPS = single("ops", "mailto://h")
OVER = Incident(serial=7, what=What.OVER, level=Level.WARNING, raised=100.0, told=100.0)


def so(state: State) -> list[Condition]:
    return list(conditions(WEB, state))


def test_an_incident_that_people_were_told_of() -> None:
    state = State(incidents={SENTENCE: OVER, "blind": replace(OVER, told=None)})
    assert so(state) == [
        Condition(serial=7, what=What.OVER, level=Level.WARNING, raised=100.0, rule=SENTENCE)
    ]


@pytest.mark.parametrize(
    ("intent", "what", "level"),
    [
        (Intent(goal=Goal.RESTART, serial=4, began=9.0), None, None),
        (Intent(goal=Goal.RESTART, serial=4, began=9.0, told=True), "restart: begun", "notice"),
        (Intent(goal=Goal.START, serial=4, began=9.0, told=True), "start: begun", "notice"),
        (
            Intent(goal=Goal.STOP, serial=4, began=9.0, told=True, overdue=True),
            "will not stop",
            "critical",
        ),
    ],
)
def test_a_remediation_that_people_were_told_of(
    intent: Intent, what: str | None, level: str | None
) -> None:
    found = [(one.what.value, one.level.value, one.serial) for one in so(State(intent=intent))]
    assert found == ([] if what is None else [(what, level, 4)])


def test_backing_off_is_so_until_it_is_over() -> None:
    state = State(phase=Phase.BACKOFF, by=RULE.key, since=50.0, until=650.0)
    assert so(state) == [
        Condition(
            serial=None, what=What.BACKING_OFF, level=Level.CRITICAL, raised=50.0, rule=RULE.key,
            to=("am",),
        )
    ]  # fmt: skip
    helpless = replace(OVER, what=What.NO_HELP, level=Level.CRITICAL)
    state = replace(state, incidents={KEY: helpless})
    assert [one.what for one in so(state)] == [What.NO_HELP]


@pytest.mark.parametrize(
    ("route", "to", "alerts", "told"),
    [
        (AM, (), (), True),
        (replace(AM, level=Level.CRITICAL), (), (), False),
        (replace(AM, level=Level.CRITICAL), ("am",), (), True),
        (AM, ("ops",), (), False),
        (AM, ("gone",), (), True),  # rather somebody than nobody
        (AM, (), ("ops",), False),
        (replace(AM, only=(Word.DOWN,)), (), (), False),
        (replace(AM, services=("db*",)), (), (), False),
        (replace(AM, groups=("front",)), (), (), True),
    ],
)
def test_wishes_hold_as_for_every_route(
    route: Route, to: tuple[str, ...], alerts: tuple[str, ...], told: bool
) -> None:
    service = replace(WEB, alerts=alerts)
    condition = Condition(serial=7, what=What.OVER, level=Level.WARNING, raised=1.0, to=to)
    assert concerns(route, (OPS, route), service, condition) is told


def test_labels_hold_the_rule_but_no_built_in_cause() -> None:
    condition = Condition(serial=7, what=What.OVER, level=Level.WARNING, raised=1.0, rule=SENTENCE)
    one = firing(WEB, condition, 1_000_000.0)
    assert (one.service, one.word, one.rule) == ("web", Word.OVER, SENTENCE)
    assert (one.since, one.groups, one.observed) == (1_000_001.0, ("front",), False)
    assert firing(WEB, replace(condition, rule="down"), 0.0).rule == ""


def fire(what: What = What.OVER, **more: object) -> Firing:
    known = {"service": "web", "what": what, "level": Level.WARNING, "since": 100.0}
    return Firing(**{**known, "word": Word.OVER, **more})  # type: ignore[arg-type]


def test_what_is_open_no_more_is_closed_once_at_its_instant() -> None:
    over, down = fire(), fire(What.DOWN)
    before = posted({}, (over, down), 200.0)
    after = posted(before, (replace(down, summary="newer"),), 300.0)
    assert list(after.values()) == [replace(down, summary="newer"), replace(over, closed=300.0)]
    assert posted(after, (down,), 400.0)[over.ident].closed == 300.0
    assert posted(after, (over, down), 400.0)[over.ident].closed is None  # again


def test_another_level_is_another_alert() -> None:
    louder = replace(fire(), level=Level.CRITICAL)
    after = posted(posted({}, (fire(),), 200.0), (louder,), 300.0)
    assert [(one.level, one.closed) for one in after.values()] == [
        (Level.CRITICAL, None),
        (Level.WARNING, 300.0),
    ]


def test_nothing_ends_before_it_began() -> None:
    late = fire(since=500.0)
    assert posted({late.ident: late}, (), 300.0)[late.ident].closed == 500.0  # the clock was set
