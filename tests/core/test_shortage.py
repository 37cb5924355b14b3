"""min_up: a group that has fewer members up than it must."""

from svwatch.core.kinds import Code
from svwatch.core.phases import Phase
from svwatch.core.plan import Group, Plan, Service, Share
from svwatch.core.seen import Incarnation, Now
from svwatch.core.shortage import group_rows, shortages
from svwatch.core.snapshot import service_snap
from svwatch.core.state import Known, State

AT = Now(5000.0, 4000.0)
NAMES = ("a", "b", "c", "d")
UP = State(looked=AT, known=Known(Incarnation(1, 1)), seen=True)
GONE = State(phase=Phase.WISHED_DOWN, by="hand", looked=AT, absent_since=1.0)


def plan(min_up: Share) -> Plan:
    made = tuple(
        Service(name=name, where="f:1", service_dir=f"/sv/{name}", groups=("g",)) for name in NAMES
    )
    return Plan(source="f", services=made, groups=(Group("g", min_up=min_up), Group("h")))


def states(down: str, how: State = GONE) -> dict[str, State]:
    return {name: how if name in down else UP for name in NAMES}


def test_below_its_number_is_short_and_says_who_is_not_up() -> None:
    (short,) = shortages(plan(Share(3)), states("bd"), AT)
    assert short.says == "2 of 4 up, min_up 3; not: b, d"
    assert shortages(plan(Share(3)), states("b"), AT) == ()
    assert len(shortages(plan(Share(percent=80.0)), states("b"), AT)) == 1


def test_a_restart_under_way_and_the_unknown_are_not_down() -> None:
    moment = State(phase=Phase.AWAITING, looked=AT, absent_since=AT.mono - 1.0, seen=True)
    assert shortages(plan(Share(4)), states("a", moment), AT) == ()
    assert shortages(plan(Share(4)), states("abcd", State()), AT) == ()


def test_it_is_a_critical_row() -> None:
    made = plan(Share(3))
    found = states("cd")
    snaps = [service_snap(one, found[one.name], AT, 0.0) for one in made.services]
    (row,) = group_rows(made.groups, snaps)
    assert (row.name, row.status.code) == ("group g", Code.CRITICAL)
    assert row.status.sentence == "BELOW MIN_UP: 2 of 4 up, min_up 3; not: c, d"
