"""Who is told of what: wishes of routes, names in rules, and who heard of the beginning."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from svwatch.core.audience import Heard, Lane, Subject, audience, hears, lane_name
from svwatch.core.ledger import Notify, What, Why
from svwatch.core.level import Level
from svwatch.core.route import NEVER_HIDDEN, Form, Route, Target, Word, single
from svwatch.core.words import WORDS

WALL = 1_800_000_000.0
HOUR = 3600.0
ALL = single("all", "a://")
LOUD = single("loud", "b://", Level.CRITICAL)
TWO = Route("two", (Target("c://1", to="ann"), Target("c://2", to="bob")), Level.WARNING)
ROUTES = (ALL, LOUD, TWO)


def wish(**wishes: object) -> Route:
    return replace(ALL, **wishes)


@pytest.mark.parametrize(
    ("route", "what", "heard"),
    [
        (wish(), What.RESTARTED, True),
        (wish(only=(Word.OVER,)), What.OVER, True),
        (wish(only=(Word.OVER,)), What.RESTARTED, False),
        (wish(only=(Word.OVER,)), What.GAVE_UP, True),  # never hidden
        (wish(hidden=(Word.RESTARTED,)), What.RESTART_FIXED, False),
        (wish(hidden=(Word.RESTARTED,)), What.RESTART_FAILED, True),
        (wish(hidden=(Word.CONFIG,)), What.CONFIG_REJECTED, True),
        (wish(level=Level.WARNING), What.OVER, True),
        (wish(level=Level.CRITICAL), What.OVER, False),
        (wish(level=Level.CRITICAL), What.CONFIG_REJECTED, False),  # of this level
    ],
)
def test_words_and_levels(route: Route, what: What, heard: bool) -> None:
    assert hears(route, service="web", groups=(), what=what, level=Level.WARNING) is heard


@pytest.mark.parametrize("what", What)
def test_what_is_never_hidden_is_heard_by_everybody(what: What) -> None:
    shy = wish(only=(Word.STRAY,), hidden=tuple(Word))
    told = hears(shy, service="web", groups=(), what=what, level=Level.NOTICE)
    assert told is (WORDS[what] in NEVER_HIDDEN)


@pytest.mark.parametrize(
    ("services", "groups", "service", "of", "heard"),
    [
        ((), (), "web", (), True),
        (("web*",), (), "web-1", (), True),
        (("web*",), (), "db", (), False),
        (("WEB",), (), "web", (), False),
        ((), ("dj",), "rm-1", ("dj", "all"), True),
        ((), ("dj",), "rm-1", (), False),
        (("web*",), ("dj",), "rm-1", ("dj",), True),  # either
        (("web*",), ("dj",), "svwatch", (), True),  # itself: always
    ],
)
def test_services_and_groups(
    services: tuple[str, ...],
    groups: tuple[str, ...],
    service: str,
    of: tuple[str, ...],
    heard: bool,
) -> None:
    route = wish(services=services, groups=groups)
    told = hears(route, service=service, groups=of, what=What.DOWN, level=Level.CRITICAL)
    assert told is heard


def told_to(
    notify: Notify,
    earlier: Mapping[Lane, tuple[Heard, ...]] | None = None,
    *,
    routes: tuple[Route, ...] = ROUTES,
    service: str = "web",
    alerts: tuple[str, ...] = (),
    what: What = What.OVER,
) -> str:
    """Name the lanes."""
    about = Subject(service=service, what=what, alerts=alerts)
    known = {} if earlier is None else earlier
    found = audience(routes, notify, about, known, WALL)
    return " ".join(f"{route.name}{target.to and ':'}{target.to}" for route, target in found)


@pytest.mark.parametrize(
    ("level", "to", "names"),
    [
        (Level.NOTICE, (), "all"),
        (Level.WARNING, (), "all two:ann two:bob"),
        (Level.CRITICAL, (), "all loud two:ann two:bob"),
        (Level.NOTICE, ("loud",), "loud"),  # a rule names it: whatever its level
        (Level.WARNING, ("loud", "two"), "loud two:ann two:bob"),
        (Level.WARNING, ("gone", "two"), "two:ann two:bob"),
        (Level.WARNING, ("gone",), "all two:ann two:bob"),  # rather somebody than nobody
    ],
)
def test_by_level_or_by_name(level: Level, to: tuple[str, ...], names: str) -> None:
    assert told_to(Notify(1, Why.RAISED, level, to)) == names


def test_a_failing_route_is_not_told_of_its_own_failure() -> None:
    assert told_to(Notify(1, Why.RAISED, Level.CRITICAL, not_to=("all", "two"))) == "loud"
    assert told_to(Notify(1, Why.RAISED, Level.NOTICE, ("all",), ("all",))) == ""


def test_a_service_chooses_its_routes() -> None:
    raised = Notify(1, Why.RAISED, Level.CRITICAL)
    assert told_to(raised, alerts=("loud",)) == "loud"
    assert told_to(raised, alerts=("gone",)) == "all loud two:ann two:bob"
    assert told_to(raised, alerts=("loud",), service="svwatch") == "all loud two:ann two:bob"
    assert told_to(Notify(1, Why.RAISED, Level.NOTICE), alerts=("loud",)) == ""
    assert told_to(Notify(1, Why.RAISED, Level.NOTICE, ("two",)), alerts=("loud",)) != ""


def test_alertmanager_gets_no_letters() -> None:
    monitor = replace(ALL, name="am", form=Form.ALERTMANAGER)
    raised = Notify(1, Why.RAISED, Level.CRITICAL, ("am",))
    assert told_to(raised, routes=(ALL, monitor)) == "", "the rule names it alone"


# --- the end of a story goes to those who heard its beginning -----------------------------------

RAISED = Heard(Why.RAISED, Level.WARNING, WALL - HOUR)
GIVEN_UP = replace(RAISED, told=False)


@pytest.mark.parametrize(
    ("earlier", "names"),
    [
        ({}, ""),
        ({("loud", ""): (RAISED,)}, "loud"),  # whatever its level
        ({("two", "bob"): (RAISED,)}, "two:bob"),
        ({("two", "ann"): (GIVEN_UP,), ("two", "bob"): (RAISED,)}, "two:bob"),
        ({("all", ""): (GIVEN_UP, RAISED)}, "all"),
        ({("gone", ""): (RAISED,), ("two", "eve"): (RAISED,)}, ""),
    ],
)
def test_a_recovery_goes_to_those_who_have_the_problem(
    earlier: Mapping[Lane, tuple[Heard, ...]], names: str
) -> None:
    cleared = Notify(1, Why.CLEARED, Level.WARNING, ("all",))
    assert told_to(cleared, earlier, alerts=("all",)) == names
    assert told_to(replace(cleared, level=Level.NOTICE), earlier) == names


def test_where_nobody_knows_who_was_told_those_hear_who_would_have() -> None:
    about = Subject(service="web", what=What.WELL)
    cleared = Notify(1, Why.CLEARED, Level.CRITICAL)
    assert len(audience(ROUTES, cleared, about, None, WALL)) == 4


@pytest.mark.parametrize(
    ("level", "earlier", "names"),
    [
        (Level.NOTICE, {}, "all"),
        (Level.CRITICAL, {}, "all loud two:ann two:bob"),
        (Level.NOTICE, {("two", "ann"): (RAISED,)}, "two:ann"),
        (Level.WARNING, {("two", "ann"): (RAISED,)}, "two:ann"),
        (Level.CRITICAL, {("two", "ann"): (RAISED,)}, "all loud two:ann two:bob"),
        (Level.NOTICE, {("two", "ann"): (GIVEN_UP,)}, "all"),
    ],
)
def test_a_verdict_closes_what_was_begun_and_is_news_where_it_is_bad(
    level: Level, earlier: Mapping[Lane, tuple[Heard, ...]], names: str
) -> None:
    assert told_to(Notify(1, Why.VERDICT, level), earlier) == names


@pytest.mark.parametrize(
    ("remind", "age", "waits", "level", "heard"),
    [
        (4 * HOUR, None, False, Level.CRITICAL, True),
        (4 * HOUR, 3 * HOUR, False, Level.CRITICAL, False),
        (4 * HOUR, 3.7 * HOUR, False, Level.CRITICAL, True),
        (4 * HOUR, 5 * HOUR, True, Level.CRITICAL, False),  # it has not heard the last one yet
        (4 * HOUR, -HOUR, False, Level.CRITICAL, True),  # the clock was set back
        (HOUR, 3 * HOUR, False, Level.CRITICAL, True),
        (None, 9 * HOUR, False, Level.CRITICAL, False),
        (None, 24 * HOUR, False, Level.WARNING, True),  # as the core says
    ],
)
def test_each_route_is_reminded_in_its_own_time(
    remind: float | None, age: float | None, waits: bool, level: Level, heard: bool
) -> None:
    route = wish(remind=remind)
    told = () if age is None else (Heard(Why.RAISED, level, WALL - age, waits=waits),)
    first = Heard(Why.RAISED, level, WALL - 48 * HOUR)
    earlier = {("all", ""): (first, *told) if told and not waits else told}
    found = told_to(Notify(1, Why.REMINDER, level), earlier, routes=(route,))
    assert found == ("all" if heard else "")


def test_one_target_of_a_route_can_be_left_out() -> None:
    notify = Notify(1, Why.RAISED, Level.WARNING, not_to=("all", lane_name("two", "bob")))
    about = Subject(service="svwatch", what=What.NOT_DELIVERED)
    lanes = audience(ROUTES, notify, about, {}, WALL)
    assert [(route.name, target.to) for route, target in lanes] == [("two", "ann")]
