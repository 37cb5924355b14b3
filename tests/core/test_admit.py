"""Admission: of all that want to be restarted, never too many at once."""

from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.admit import admit, is_down, is_missing
from svwatch.core.lease import Ties
from svwatch.core.phases import Phase
from svwatch.core.plan import Group, Plan, Service, Share
from svwatch.core.seen import Incarnation, Now
from svwatch.core.state import Bid, Goal, Intent, Known, State


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


def up(excess: float | None = None) -> State:
    bid = None if excess is None else Bid("rule", excess, 0.0)
    return State(looked=Now(1.0, 1.0), known=Known(Incarnation(1, 1)), bid=bid)


BY_HAND = State(phase=Phase.WISHED_DOWN, by="hand", looked=Now(1.0, 1.0), absent_since=0.5)


def test_no_rule_takes_a_group_below_its_min_up() -> None:
    groups = {"g": Group("g", max_down=Share(2), min_up=Share(2))}
    plan = plan_of(["a", "b", "c"], groups)
    done = admit(plan, {"a": BY_HAND, "b": up(2.0), "c": up(3.0)})
    assert (done.granted, done.behind) == ((), {"b": ("a",), "c": ("a",)})
    assert admit(plan, {"a": up(), "b": up(2.0), "c": up(3.0)}).granted == ("c",)


def test_where_all_must_be_up_max_down_alone_decides() -> None:
    groups = {"g": Group("g", max_down=Share(1), min_up=Share(2))}
    assert admit(plan_of(["a", "b"], groups), {"a": up(2.0), "b": up()}).granted == ("a",)


def test_what_is_down_already_waits_for_nobody() -> None:
    dead = State(phase=Phase.AWAITING, bid=Bid("", 1.0, 0.0, who="operator ann"))
    done = admit(plan_of(["a", "b"], ONE), {"a": dead, "b": RESTARTING})
    assert done.granted == ("a",)


def test_operators_go_before_rules_and_in_the_order_of_the_configuration() -> None:
    asked = State(bid=Bid("", 1.0, 5.0, who="operator ann"))
    plan = plan_of(["b", "a", "c"], {"g": Group("g", max_down=Share(2))})
    assert admit(plan, {"a": asked, "b": asked, "c": wants(9.0)}).granted == ("b", "a")


def test_a_stop_of_all_is_not_held_up_by_one_that_is_dead() -> None:
    stop = State(bid=Bid("", 1.0, 5.0, who="operator ann", goal=Goal.STOP))
    dead = State(phase=Phase.AWAITING)
    done = admit(plan_of(["a", "b", "c"], ONE), {"a": stop, "b": stop, "c": dead})
    assert done.granted == ("a",)


def test_the_one_that_is_the_problem_is_waited_for() -> None:
    tied = State(bid=Bid("rule", 2.0, 0.0), ties=Ties(problem=("db",)))
    done = admit(plan_of(["a"], {}), {"a": tied})
    assert (done.granted, done.behind) == ((), {"a": ("db",)})


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


members = st.one_of(
    st.just(up()),
    st.just(BY_HAND),
    st.just(RESTARTING),
    st.floats(1.0, 9.0).map(up),
    st.just(State(looked=Now(1.0, 1.0), bid=Bid("", 1.0, 0.0, who="operator ann"))),
)


@given(st.lists(members, min_size=1, max_size=12), st.integers(1, 5), st.integers(1, 11))
def test_never_below_min_up_by_our_doing(states: list[State], most: int, least: int) -> None:
    named = {f"s{number}": state for number, state in enumerate(states)}
    group = Group("g", max_down=Share(most), min_up=Share(least))
    done = admit(plan_of(list(named), {"g": group}, at_once=12), named)
    away = {name for name, state in named.items() if is_down(state) or is_missing(state)}
    taken = set(done.granted) - away
    left = len(named) - len(away) - len(taken)
    # Whoever is down already takes nobody away; one at a time goes where nobody is.
    assert not taken or left >= min(least, len(named) - 1) or least >= len(named)
    down = {name for name, state in named.items() if is_down(state)}
    assert len(down | set(done.granted)) <= max(len(down), most)
