"""Holds: judged, not acted upon, not told; and they always end."""

from msgspec.structs import replace

from svwatch.core.ledger import What, Why
from svwatch.core.level import Level
from svwatch.core.plan import Alert, Restart, Stop, Unmonitor
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Incarnation, Suspect, World
from tests.core.test_remedy import storm_rule
from tests.core.world import MB, Sim, daemon, limit_rule, runit

HOLD = Request(Verb.HOLD, "ann", seconds=900.0, reason="deploy", token="t1")


def held(*rules: object, **keys: object) -> Sim:
    sim = Sim(runit(*(rules or (limit_rule(),)), **keys))  # type: ignore[arg-type]
    sim.look()
    sim.look(HOLD, scheduled=False)
    return sim


def test_nothing_is_done_until_its_end_and_then_it_is() -> None:
    sim = held(limit_rule(600, 1, action=Restart(now=True)))
    sim.rss = 700 * MB
    sim.run(890.0)
    assert sim.runs == []
    assert [one.bad for one in sim.last.findings] == [1]  # type: ignore[union-attr]
    sim.run(20.0)
    assert len(sim.runs) == 2
    assert sim.state.lease is None


def test_what_backs_off_is_not_started_by_monitor_before_the_end() -> None:
    sim = Sim(runit(storm_rule(Stop(600.0))))
    sim.look()
    for _ in range(3):
        sim.crash()
        sim.run(1.0)
    sim.run(30.0)
    begun = len(sim.runs)
    sim.look(HOLD, scheduled=False)
    assert sim.look(Request(Verb.MONITOR, "bob"), scheduled=False).refused == "on hold by ann"
    assert len(sim.runs) == begun
    sim.look(Request(Verb.MONITOR, "ann", token="t1"), scheduled=False)
    assert len(sim.runs) == begun + 1


def test_what_is_bad_only_meanwhile_is_never_told() -> None:
    alert = limit_rule(150, 1, action=Alert(Level.CRITICAL), key="if totalmem > 150 MB then alert")
    sim = held(alert)
    sim.rss = 200 * MB
    sim.run(60.0)
    assert alert.key in sim.state.incidents
    sim.rss = 40 * MB
    sim.run(120.0)
    assert sim.state.incidents == {}
    sim.run(900.0)
    assert sim.told() == []


def test_what_is_still_bad_at_the_end_is_told_then() -> None:
    alert = limit_rule(150, 1, action=Alert(), key="if totalmem > 150 MB then alert")
    sim = held(alert)
    sim.rss = 200 * MB
    sim.run(890.0)
    assert sim.told() == []
    sim.run(20.0)
    assert sim.told() == [(What.OVER, Why.RAISED)]


def test_restarts_meanwhile_are_planned_and_no_storm() -> None:
    sim = held(storm_rule(Unmonitor()))
    for _ in range(6):
        sim.crash()
        sim.run(10.0)
    assert all(one.planned for one in sim.state.restarts)
    assert len(sim.state.restarts) == 6
    sim.run(900.0)
    assert sim.state.incidents == {}
    assert sim.told() == []


def test_down_by_hand_is_told_only_where_it_outlasts_the_hold() -> None:
    sim = held(expect_up=True)
    sim.want = "d"
    sim.die(term=True)
    sim.run(60.0)
    sim.want = "u"
    sim.spawn()
    sim.run(60.0)
    assert sim.told() == []
    sim.want = "d"
    sim.die(term=True)
    sim.run(800.0)
    assert sim.told() == [(What.DOWN_BY_HAND, Why.RAISED)]


def test_orders_are_refused_but_for_the_one_that_it_is_for() -> None:
    sim = held()
    done = sim.look(Request(Verb.RESTART, "bob"), scheduled=False)
    assert done.refused == "on hold by ann"
    done = sim.look(Request(Verb.STOP, "ann"), scheduled=False)
    assert done.refused == "on hold by ann"
    sim.look(Request(Verb.RESTART, "ann", token="t1"), scheduled=False)
    sim.run(30.0)
    assert len(sim.runs) == 2


def test_release_ends_it_and_a_second_hold_is_the_same_one() -> None:
    sim = held()
    done = sim.look(replace(HOLD, who="bob"), scheduled=False)
    assert done.refused == "on hold by ann"
    sim.look(replace(HOLD, seconds=60.0), scheduled=False)
    sim.run(61.0)
    assert sim.state.lease is None
    assert [one.what for one in sim.records] == [What.ON_HOLD, What.ON_HOLD, What.RELEASED]
    assert len({one.serial for one in sim.records}) == 1
    sim.look(HOLD, scheduled=False)
    sim.look(Request(Verb.RELEASE, "ann"), scheduled=False)
    assert sim.state.lease is None


def test_it_must_have_an_end() -> None:
    sim = Sim(runit(limit_rule()))
    sim.look()
    for seconds in (None, 0.0, 25 * 3600.0):
        assert sim.look(replace(HOLD, seconds=seconds), scheduled=False).refused
    assert sim.state.lease is None


def test_what_is_left_of_it_holds_in_a_new_world() -> None:
    sim = held()
    sim.run(300.0)
    sim.world = World("boot-2", 1)
    sim.now = replace(sim.now, boot=50.0, mono=50.0)
    sim.scheduled = sim.now.mono
    sim.die()
    sim.spawn()
    sim.look()
    assert sim.state.lease is not None
    assert 590.0 <= sim.state.lease.until - sim.now.mono <= 610.0


def test_a_remediation_under_way_ends_as_it_would_have() -> None:
    sim = Sim(runit(limit_rule()))
    sim.look()
    sim.stop_takes = 20.0
    sim.look(Request(Verb.RESTART, "ann"), scheduled=False)
    sim.run(2.0)
    sim.look(HOLD, scheduled=False)
    sim.run(60.0)
    assert len(sim.runs) == 2
    assert sim.told()[-1] == (What.RESTART_FIXED, Why.VERDICT)


def test_a_pidfile_service_that_ends_is_not_started_before_the_end() -> None:
    sim = Sim(daemon(limit_rule()))
    sim.look()
    sim.look(HOLD, scheduled=False)
    sim.die()
    sim.run(600.0)
    assert sim.runs == []
    sim.run(330.0)
    assert len(sim.runs) == 1


def test_a_suspect_pid_is_told_afterwards() -> None:
    sim = Sim(daemon(limit_rule()))
    sim.look()
    sim.look(HOLD, scheduled=False)
    sim.verdict = Suspect(Incarnation(4, 4), "a sign")
    sim.run(890.0)
    assert sim.told() == []
    sim.run(20.0)
    assert sim.told() == [(What.SUSPECT_PID, Why.RAISED)]
