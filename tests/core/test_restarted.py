"""What is remembered of restarts: enough for every storm, and no more, however long it lasts."""

from svwatch.core.plan import Alert, Rule, Storm
from svwatch.core.restarted import KEEP, MOST, remember
from svwatch.core.state import Restarted, State
from svwatch.core.turn import Turn
from tests.core.world import Sim, daemon


def turn_of(*rules: Rule) -> Turn:
    service = daemon(*rules)
    return Turn(service, State(), Sim(service).observe(scheduled=True))


def storm(count: int) -> Rule:
    return Rule(key="s", text="s", where="x:1", test=Storm(count, seconds=60.0), action=Alert())


def fill(turn: Turn, number: int, *, planned: bool = False) -> None:
    for _ in range(number):
        remember(turn, Restarted(turn.mono, 0, "crash", planned))


def test_a_service_that_crashes_for_ever_is_remembered_in_bounds() -> None:
    turn = turn_of()
    fill(turn, MOST + 20)
    assert len(turn.state.restarts) == MOST


def test_as_many_as_a_rule_counts_are_remembered() -> None:
    turn = turn_of(storm(MOST + 10))
    fill(turn, MOST + 20)
    assert len(turn.state.restarts) == MOST + 10


def test_deploys_do_not_crowd_out_crashes() -> None:
    turn = turn_of()
    fill(turn, 3)
    fill(turn, MOST + 20, planned=True)
    assert [one.planned for one in turn.state.restarts] == [False] * 3 + [True] * MOST


def test_a_day_is_remembered_in_order() -> None:
    turn = turn_of()
    ages = (KEEP + 1, KEEP - 1, 10.0)
    turn.set(restarts=tuple(Restarted(turn.mono - age, 0, "crash") for age in ages))
    fill(turn, 1)
    assert [turn.mono - one.at for one in turn.state.restarts] == [KEEP - 1, 10.0, 0.0]
