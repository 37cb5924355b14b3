"""Ways that take nothing: when people must know, and who is left to be told."""

import pytest

from svwatch.core.level import Level
from svwatch.core.route import Form, Route, Target, single
from svwatch.core.trouble import AFTER, Lane, facts_of, left, refusing

NOW = 1_800_000_000.0
OLD = NOW - AFTER - 1


def lane(**how: object) -> Lane:
    return Lane(**{"route": "ops", **how})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "refuses", "overdue"),
    [
        (lane(), False, False),
        (lane(waiting=3, since=OLD), False, False),  # held back, not tried
        (lane(waiting=1, since=NOW - 60, error="450 later"), True, False),
        (lane(waiting=1, since=OLD, error="450 later"), True, True),
        (lane(waiting=1, since=NOW + 3600, error="450 later"), True, False),  # the clock was set
        (lane(dead=1, died="550 no such user"), True, True),
        (lane(dead=1, died="550 no such user", recovered=True), False, False),
        (lane(dead=1, recovered=True, waiting=1, since=OLD, error="450"), True, True),
        (lane(dead=1, died="550", waiting=2, since=NOW), True, True),
    ],
)
def test_what_people_must_know(one: Lane, refuses: bool, overdue: bool) -> None:
    assert one.refuses is refuses
    assert one.overdue(NOW, AFTER) is overdue


def test_lanes_that_refuse_by_route() -> None:
    ann, bob = lane(to="ann", dead=1), lane(to="bob", waiting=1, error="e")
    slack = Lane(route="slack", waiting=1)
    assert refusing((ann, slack, bob)) == {"ops": (ann, bob)}


def test_one_sentence_for_all_targets_of_a_route() -> None:
    lanes = (
        lane(to="ann", waiting=2, since=NOW - 700, error="450 later"),
        lane(to="bob", waiting=1, since=NOW - 900, error="450 later", dead=4, died="x"),
        lane(to="eve", dead=1, died="550 no such user"),
    )
    facts = facts_of(lanes, NOW)
    assert facts.who == "ops (ann, bob, eve)"
    assert (facts.count, facts.dead, facts.span) == (3, 5, 900)
    assert facts.reason == "450 later; 550 no such user"
    assert facts_of((lane(dead=1, died="550"),), NOW).count is None


OPS = Route("ops", (Target("a://", to="ann"), Target("b://", to="bob")))
LOUD = single("loud", "c://", Level.CRITICAL)
AM = single("am", "http://am/", form=Form.ALERTMANAGER)


@pytest.mark.parametrize(
    ("routes", "silent", "anybody"),
    [
        ((), (), False),
        ((OPS,), (), True),
        ((OPS,), ("ops",), False),
        ((OPS,), ("ops/ann",), True),  # bob hears of ann's
        ((OPS,), ("ops/ann", "ops/bob"), False),
        ((OPS, LOUD), ("ops",), False),  # it is a warning
        ((OPS, AM), ("ops",), True),
        ((OPS, AM), ("ops", "am"), False),
    ],
)
def test_who_is_left(routes: tuple[Route, ...], silent: tuple[str, ...], anybody: bool) -> None:
    assert left(routes, silent) is anybody
