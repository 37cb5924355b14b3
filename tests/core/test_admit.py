"""Admission: of all that want to be restarted, never too many at once."""

from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.admit import admit, is_down
from svwatch.core.phases import Phase
from svwatch.core.plan import Group, Plan, Service, Share
from svwatch.core.state import Bid, Goal, Intent, State


def plan_of(names: list[str], groups: dict[str, Group], at_once: int = 4) -> Plan:
    services = tuple(
        Service(name=name, where="f:1", service_dir=f"/sv/{name}", groups=tuple(groups))
        for name in names
    )
    return Plan(source="f", services=services, groups=(*groups.values(),), restarts_at_once=at_once)


def wants(excess: float) -> State:
    return State(bid=Bid("rule", excess, 0.0))


RESTARTING = State(phase=Phase.STOPPING, intent=Intent(goal=Goal.RESTART, serial=1, began=0.0))
ONE = {"dj": Group("dj")}


def test_the_one_furthest_over_its_limit_goes_first() -> None:
    plan = plan_of(["a", "b", "c"], ONE)
    done = admit(plan, {"a": wants(1.1), "b": wants(1.9), "c": wants(1.2)})
    assert done.granted == ("b",)
    assert done.behind == {"a": ("b",), "c": ("b",)}


def test_one_that_is_down_makes_the_others_wait() -> None:
    done = admit(plan_of(["a", "b"], ONE), {"a": RESTARTING, "b": wants(2.0)})
    assert done.granted == ()
    assert done.behind == {"b": ("a",)}


def test_one_that_somebody_took_down_does_not() -> None:
    down = State(phase=Phase.WISHED_DOWN)
    assert admit(plan_of(["a", "b"], ONE), {"a": down, "b": wants(2.0)}).granted == ("b",)


def test_the_host_has_a_limit_of_its_own() -> None:
    names = [f"s{number}" for number in range(9)]
    done = admit(plan_of(names, {}, at_once=4), {name: wants(2.0) for name in names})
    assert len(done.granted) == 4


def test_a_percentage_lets_one_go_at_least() -> None:
    groups = {"g": Group("g", max_down=Share(percent=5.0))}
    done = admit(plan_of(["a", "b"], groups), {"a": wants(2.0), "b": wants(3.0)})
    assert done.granted == ("b",)


kinds = st.one_of(
    st.just(State()),
    st.just(RESTARTING),
    st.just(State(phase=Phase.AWAITING)),
    st.just(State(phase=Phase.WISHED_DOWN)),
    st.floats(1.0, 9.0).map(wants),
)


@given(st.lists(kinds, min_size=1, max_size=12), st.integers(1, 5), st.integers(1, 5))
def test_never_more_down_than_allowed(states: list[State], most: int, at_once: int) -> None:
    named = {f"s{number}": state for number, state in enumerate(states)}
    plan = plan_of(list(named), {"g": Group("g", max_down=Share(most))}, at_once)
    done = admit(plan, named)
    before = sum(is_down(state) for state in states)
    assert before + len(done.granted) <= max(before, most)
    busy = sum(state.intent is not None for state in states)
    assert busy + len(done.granted) <= max(busy, at_once)
    asked = {name for name, state in named.items() if state.bid is not None}
    assert asked == set(done.granted) | set(done.behind)


@given(st.lists(kinds, min_size=1, max_size=12))
def test_somebody_goes_where_nobody_is_down(states: list[State]) -> None:
    named = {f"s{number}": state for number, state in enumerate(states)}
    done = admit(plan_of(list(named), {"g": Group("g")}), named)
    asked = any(state.bid is not None for state in states)
    if asked and not any(is_down(state) for state in states):
        assert len(done.granted) == 1
