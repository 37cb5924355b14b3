"""One incident, one message: it waits for the verdict, or says begun and closes with it."""

import pytest
from msgspec.structs import replace

from svwatch.core.ledger import What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Alert, Restart, Stop, Unmonitor
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Incarnation, Lookalike, Removed, Unreadable
from tests.core.test_remedy import over, storm_rule
from tests.core.world import MB, Sim, daemon, limit_rule, runit

NAMED = replace(limit_rule(), to=("ops",))


def whys(sim: Sim) -> list[tuple[Why, Level]]:
    return [(note.why, note.level) for note in sim.notes]


@pytest.mark.parametrize(
    ("takes", "told"),
    [
        (2.0, [Why.VERDICT]),
        (15.0, [Why.VERDICT]),
        (19.0, [Why.VERDICT]),
        (21.0, [Why.BEGUN, Why.VERDICT]),  # and it must settle for ten seconds
        (300.0, [Why.BEGUN, Why.VERDICT]),
    ],
)
def test_the_message_waits_thirty_seconds_for_the_verdict(takes: float, told: list[Why]) -> None:
    sim = Sim(runit(limit_rule(), stop_timeout=3000.0))
    sim.stop_takes = takes
    over(sim)
    sim.run(400.0)
    assert [note.why for note in sim.notes] == told
    assert len({note.serial for note in sim.notes}) == 1


def test_begun_is_said_after_thirty_seconds() -> None:
    sim = Sim(runit(limit_rule(), stop_timeout=3000.0))
    sim.stop_takes = None
    over(sim)
    sim.run(29.0)
    assert sim.notes == []
    sim.run(2.0)
    assert whys(sim) == [(Why.BEGUN, Level.NOTICE)]


def test_what_will_not_stop_is_worse_than_begun_and_closed_by_the_verdict() -> None:
    sim = Sim(runit(NAMED, stop_timeout=60.0))
    sim.stop_takes = 90.0
    over(sim)
    sim.run(200.0)
    assert sim.told() == [
        (What.RESTART_BEGUN, Why.BEGUN),
        (What.WILL_NOT_STOP, Why.WORSENED),
        (What.RESTART_FIXED, Why.VERDICT),
    ]
    assert [note.level for note in sim.notes] == [Level.NOTICE, Level.CRITICAL, Level.CRITICAL]
    assert {(note.serial, note.to) for note in sim.notes} == {(1, ("ops",))}


def test_one_that_is_short_of_time_will_not_stop_without_having_begun() -> None:
    sim = Sim(runit(limit_rule(), stop_timeout=10.0))
    sim.stop_takes = 15.0
    over(sim)
    sim.run(60.0)
    assert [note.why for note in sim.notes] == [Why.RAISED, Why.VERDICT]


def test_what_is_withdrawn_after_it_was_told_says_so() -> None:
    sim = Sim(runit(limit_rule(), stop_timeout=3000.0))
    sim.stop_takes = 40.0
    over(sim)
    sim.start_takes = 5.0
    sim.run(41.0)
    sim.want, sim.starts_at = "d", None  # somebody's `sv down` after our `up`
    sim.run(20.0)
    assert sim.stands() is Phase.WISHED_DOWN
    assert sim.told()[:2] == [
        (What.RESTART_BEGUN, Why.BEGUN),
        (What.RESTART_WITHDRAWN, Why.VERDICT),
    ]


def test_what_is_withdrawn_before_anybody_heard_of_it_is_not_told() -> None:
    sim = Sim(runit(limit_rule()))
    over(sim)
    sim.start_takes = 5.0
    sim.run(1.0)
    sim.want, sim.starts_at = "d", None
    sim.run(20.0)
    assert [what for what, _ in sim.told()] == []


def test_a_stop_instead_of_a_start_that_was_told_closes_that() -> None:
    sim = Sim(runit(limit_rule(), stop_timeout=3000.0, start_timeout=600.0))
    sim.stop_takes = 40.0
    over(sim)
    sim.start_takes = None
    sim.run(45.0)
    sim.look(Request(Verb.STOP, "ann"), scheduled=False)
    sim.run(60.0)
    assert sim.told() == [
        (What.RESTART_BEGUN, Why.BEGUN),
        (What.RESTART_WITHDRAWN, Why.VERDICT),
        (What.STOPPED, Why.VERDICT),
    ]


def test_someone_else_is_worse_than_begun_and_is_closed() -> None:
    sim = Sim(daemon(limit_rule(), stop_timeout=300.0))
    sim.stop_takes = 40.0
    over(sim)
    sim.around = (Lookalike(Incarnation(4242, 5), "same program and arguments"),)
    sim.run(60.0)
    assert sim.told()[:2] == [
        (What.RESTART_BEGUN, Why.BEGUN),
        (What.SOMEONE_ELSE, Why.WORSENED),
    ]
    sim.around = ()
    sim.run(120.0)
    assert [why for _, why in sim.told()[2:]] == [Why.VERDICT]
    assert {note.serial for note in sim.notes} == {1}


def test_a_restart_that_fails_after_begun_is_one_verdict_and_is_closed_when_it_works() -> None:
    sim = Sim(daemon(limit_rule()))
    sim.stop_takes, sim.start_takes = 5.0, None
    over(sim)
    sim.run(40.0)
    assert sim.told() == [
        (What.RESTART_BEGUN, Why.BEGUN),
        (What.RESTART_FAILED, Why.VERDICT),
    ]
    sim.start_takes = 0.0
    sim.run(120.0)
    assert sim.told()[2:] == [(What.RESTART_FAILED, Why.CLEARED)]
    assert {note.serial for note in sim.notes} == {1}


def test_a_storm_that_ends_a_start_is_one_message() -> None:
    sim = Sim(runit(limit_rule(), storm_rule(Unmonitor(), 3)))
    over(sim)
    sim.run(1.0)
    for _ in range(4):
        sim.advance(1.0)
        sim.crash()
        sim.look(scheduled=False)
    assert sim.told() == [(What.GAVE_UP, Why.RAISED)]


def test_a_storm_rule_that_stops_it_for_good_goes_on_in_the_same_event() -> None:
    sim = Sim(runit(storm_rule(Stop(), 3)))
    sim.look()
    for _ in range(3):
        sim.advance(1.0)
        sim.crash()
        sim.look(scheduled=False)
    sim.run(30.0)
    assert sim.told() == [(What.RESTARTED, Why.RAISED), (What.STOPPED, Why.VERDICT)]
    assert sim.notes[-1].level is Level.CRITICAL
    sim.look(Request(Verb.START, "ann"), scheduled=False)
    sim.run(30.0)
    assert sim.told()[2:] == [(What.BACK, Why.CLEARED)]
    assert {note.serial for note in sim.notes} == {1}


def test_a_rest_that_was_told_to_begin_is_closed_when_all_is_well() -> None:
    rule = limit_rule(175, 3, action=Stop(60.0))
    sim = Sim(runit(rule, stop_timeout=300.0))
    sim.stop_takes = 40.0
    sim.look()
    sim.rss = 200 * MB
    sim.run(60.0)
    assert sim.told() == [(What.STOP_BEGUN, Why.BEGUN), (What.BACKING_OFF, Why.WORSENED)]
    sim.run(100.0)
    assert sim.stands() is Phase.WATCHING
    assert [why for _, why in sim.told()[2:]] == [Why.CLEARED]
    assert {note.serial for note in sim.notes} == {1}


def test_what_leaves_the_configuration_leaves_nobody_waiting() -> None:
    sim = Sim(runit(storm_rule(Unmonitor(), 3)))
    sim.look()
    for _ in range(3):
        sim.advance(1.0)
        sim.crash()
        sim.look(scheduled=False)
    done = sim.look(Removed(), scheduled=False)
    assert done.closed
    assert sim.told()[2:] == [(What.FORGOTTEN, Why.CLEARED)]


def test_a_lost_restart_of_another_boot_closes_what_was_told() -> None:
    sim = Sim(runit(limit_rule(), stop_timeout=3000.0))
    sim.stop_takes = None
    over(sim)
    sim.run(40.0)
    sim.world = replace(sim.world, boot_id="boot-2")
    sim.now = replace(sim.now, boot=20.0, mono=20.0)
    sim.scheduled, sim.want = 25.0, "u"
    sim.crash()
    sim.starts = 0
    sim.look()
    assert sim.told() == [
        (What.RESTART_BEGUN, Why.BEGUN),
        (What.RESTART_WITHDRAWN, Why.VERDICT),
    ]


# --- reminders -------------------------------------------------------------------------------


def gave_up(**keys: object) -> Sim:
    sim = Sim(runit(storm_rule(Unmonitor(), 3), **keys))
    sim.look()
    for _ in range(3):
        sim.advance(1.0)
        sim.crash()
        sim.look(scheduled=False)
    return sim


def reminders(sim: Sim) -> int:
    return [note.why for note in sim.notes].count(Why.REMINDER)


@pytest.mark.parametrize(("remind", "number"), [(3600.0, 12), (4 * 3600.0, 3), (None, 0)])
def test_the_service_says_how_often_it_is_reminded_of(remind: float | None, number: int) -> None:
    sim = gave_up(remind=remind)
    sim.run(12.5 * 3600.0)
    assert reminders(sim) == number


def test_a_reboot_does_not_begin_the_wait_for_a_reminder_anew() -> None:
    sim = gave_up()
    for boot in range(4):
        sim.run(2.5 * 3600.0)
        sim.world = replace(sim.world, boot_id=f"boot-{boot}")
        sim.now = replace(sim.now, boot=20.0, mono=20.0)
        sim.scheduled = 25.0
        sim.crash()
        sim.starts = 0
        sim.look()
    assert reminders(sim) == 2


def test_after_a_long_gap_there_is_one_reminder() -> None:
    sim = gave_up()
    sim.advance(40 * 3600.0)
    sim.look()
    sim.run(3600.0)
    assert reminders(sim) == 1


def test_a_warning_is_reminded_of_daily_whatever_the_routes_say() -> None:
    sim = Sim(runit(limit_rule(action=Alert()), remind=None))
    sim.look()
    sim.rss = 200 * MB
    sim.run(49 * 3600.0)
    assert [note.why for note in sim.notes] == [Why.RAISED, Why.REMINDER, Why.REMINDER]


def test_blindness_that_is_told_is_told_to_end() -> None:
    sim = Sim(runit(limit_rule()))
    sim.look()
    sim.verdict = Unreadable("permission denied")
    sim.run(400.0)
    sim.verdict = None
    sim.run(10.0)
    assert whys(sim) == [(Why.WORSENED, Level.CRITICAL), (Why.CLEARED, Level.CRITICAL)]


def test_harder_than_a_drain_is_the_same_message() -> None:
    hard = limit_rule(600, 1, action=Restart(now=True))
    sim = Sim(runit(limit_rule(), hard, stop_timeout=3000.0))
    sim.stop_takes = None
    over(sim)
    sim.run(10.0)
    sim.rss = 700 * MB
    sim.run(60.0)
    assert sim.told() == [(What.RESTART_FIXED, Why.VERDICT)]


def test_an_alert_that_is_held_back_goes_to_the_routes_of_its_rule() -> None:
    sim = Sim(runit(replace(limit_rule(action=Alert()), to=("ops",))))
    sim.look()
    sim.look(Request(Verb.HOLD, "ann", seconds=60.0), scheduled=False)
    sim.rss = 200 * MB
    sim.run(50.0)
    assert sim.notes == []
    sim.run(20.0)
    assert [(note.why, note.to) for note in sim.notes] == [(Why.RAISED, ("ops",))]
