"""Incidents: raised once, cleared after enough good looks, worse and reminded of for a reason."""

from msgspec.structs import replace

from svwatch.core.decide import step
from svwatch.core.ledger import What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Alert, ChangedPid, Command, Exec, Rule, Unmonitor
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Kind, Outcome, Unreadable, World
from svwatch.core.state import State
from tests.core.test_remedy import over, storm_rule
from tests.core.world import MB, Sim, daemon, limit_rule, runit


def alert_rule(mb: int = 175, n: int = 1) -> Rule:
    return limit_rule(mb, n, action=Alert())


def looks(sim: Sim, *sizes: int) -> None:
    for size in sizes:
        sim.rss = size * MB
        sim.advance(5.0)
        sim.look()


def test_an_alert_is_raised_once_and_cleared_after_three_good_looks() -> None:
    sim = Sim(runit(alert_rule()))
    looks(sim, 200, 200, 200)
    assert sim.told() == [(What.OVER, Why.RAISED)]
    looks(sim, 40, 40)
    assert sim.state.incidents
    looks(sim, 40)
    assert not sim.state.incidents
    assert sim.told() == [(What.OVER, Why.RAISED), (What.WELL, Why.CLEARED)]


def test_a_value_that_swings_around_the_limit_is_one_incident() -> None:
    sim = Sim(runit(alert_rule()))
    looks(sim, *([200, 40] * 30))
    assert sim.told() == [(What.OVER, Why.RAISED)]


def test_clearing_needs_as_many_good_looks_as_raising_needed_bad_ones() -> None:
    sim = Sim(runit(alert_rule(n=6)))
    looks(sim, *[200] * 6)
    looks(sim, *[40] * 5)
    assert sim.state.incidents
    looks(sim, 40)
    assert not sim.state.incidents


def test_a_quarter_more_is_worse_but_not_within_ten_minutes() -> None:
    sim = Sim(runit(alert_rule()))
    looks(sim, 200, 260)
    assert len(sim.told()) == 1
    looks(sim, *[260] * 120)
    assert [why for _, why in sim.told()] == [Why.RAISED, Why.WORSENED]


def test_critical_is_reminded_of_every_four_hours() -> None:
    sim = Sim(daemon(storm_rule(Unmonitor(), 2, 3600.0)))
    sim.look()
    sim.start_takes = None
    sim.die()
    sim.run(13 * 3600.0)
    reminders = [why for what, why in sim.told() if what is What.GAVE_UP]
    assert reminders.count(Why.REMINDER) == 3


def test_down_by_hand_is_reminded_of_after_a_day_as_a_warning() -> None:
    sim = Sim(runit())
    sim.look()
    sim.want = "d"
    sim.die(term=True)
    sim.run(24 * 3600.0 + 30)
    assert [(note.why, note.level) for note in sim.notes] == [
        (Why.RAISED, Level.NOTICE),
        (Why.REMINDER, Level.WARNING),
    ]


def test_down_by_hand_is_critical_at_once_where_up_is_expected() -> None:
    sim = Sim(runit(expect_up=True))
    sim.look()
    sim.want = "d"
    sim.die(term=True)
    sim.run(6.0)
    assert [note.level for note in sim.notes] == [Level.CRITICAL]


def test_a_deploy_between_two_looks_is_one_planned_event() -> None:
    sim = Sim(runit())
    sim.look()
    sim.want = "d"
    sim.die(term=True)
    sim.look(scheduled=False)
    sim.want = "u"
    sim.spawn()
    sim.look(scheduled=False)
    sim.run(60.0)
    assert sim.told() == [(What.RESTARTED, Why.RAISED)]
    assert sim.records[-1].facts.planned is None or sim.state.restarts[-1].planned


def test_crashes_of_one_service_are_folded_and_counted() -> None:
    sim = Sim(runit())
    sim.look()
    for _ in range(40):
        sim.advance(1.0)
        sim.crash()
        sim.look(scheduled=False)
    assert sim.told() == [(What.RESTARTED, Why.RAISED), (What.CRASHING, Why.WORSENED)]
    assert sim.records[-1].facts.count == 40
    sim.run(1300.0)
    assert sim.told()[-1] == (What.WELL, Why.CLEARED)


def test_a_crash_loop_is_given_up_in_one_message() -> None:
    sim = Sim(runit(storm_rule(Unmonitor(), 3)))
    sim.look()
    for _ in range(3):
        sim.advance(1.0)
        sim.crash()
        sim.look(scheduled=False)
    assert sim.told() == [(What.RESTARTED, Why.RAISED), (What.GAVE_UP, Why.WORSENED)]
    assert len({note.serial for note in sim.notes}) == 1


def test_crashes_that_nobody_saw_run_are_counted_exactly() -> None:
    sim = Sim(runit(storm_rule(Unmonitor(), 9)))
    sim.look()
    sim.die()
    for _ in range(8):
        sim.advance(1.0)
        sim.starts = 1  # renamed twice, gone again
        sim.look(scheduled=False)
        sim.run(0.06)
    assert sum(entry.count for entry in sim.state.restarts) == 8
    assert sim.stands() is Phase.AWAITING
    sim.advance(1.0)
    sim.starts = 1
    sim.look(scheduled=False)
    sim.run(0.06)
    assert sim.stands() is Phase.HELD


def test_a_start_that_is_told_before_its_process_is_seen_is_one_restart() -> None:
    sim = Sim(runit())
    sim.look()
    sim.die()
    sim.starts = 1  # runsv renamed `pid`, and did not write `status` yet
    sim.look(scheduled=False)
    sim.advance(0.01)
    sim.look(scheduled=False)  # and is slow about it
    new = sim.spawn()
    sim.starts = 0  # that rename has been told
    sim.run(0.03)
    assert sim.told() == [(What.RESTARTED, Why.RAISED)]
    assert sim.records[-1].facts.new == new
    sim.run(60.0)
    assert sum(entry.count for entry in sim.state.restarts) == 1


def test_finish_is_not_down() -> None:
    """While ./finish runs (state 2, its own pid) nothing is started."""
    sim = Sim(runit(limit_rule()))
    over(sim)
    sim.run(0.03)
    seen = sim.observe(scheduled=False)
    assert seen.sv is not None
    finishing = replace(seen, sv=replace(seen.sv, pid=999, state=2))
    done = step(sim.service, sim.state, finishing, tuple(sim.inbox))
    assert not [one for one in done.effects if getattr(one, "kind", None) is Kind.START]


def test_quietly_tells_nobody() -> None:
    sim = Sim(runit(replace(limit_rule(), quietly=True)))
    over(sim)
    sim.run(60.0)
    assert What.RESTART_FIXED in sim.whats()
    assert sim.notes == []


def test_exec_runs_once_per_incident() -> None:
    rule = limit_rule(175, 1, action=Exec(Command(("/bin/dump",))))
    sim = Sim(runit(rule))
    looks(sim, 200, 200, 200)
    assert sim.commands == ["exec"]
    looks(sim, 40, 40, 40, 200)
    assert sim.commands == ["exec", "exec"]


def test_changed_pid_names_its_rule_in_the_one_event() -> None:
    text = "if changed pid then alert"
    rule = Rule(key=text, text=text, where="f:3", test=ChangedPid(), action=Alert())
    sim = Sim(runit(rule))
    sim.look()
    sim.advance(5.0)
    sim.crash()
    sim.look()
    assert len(sim.notes) == 1
    assert sim.records[-1].facts.rule == text


def test_giving_up_is_left_by_time_and_forgets() -> None:
    sim = Sim(runit(storm_rule(Unmonitor(600.0), 3)))
    sim.look()
    for _ in range(3):
        sim.advance(1.0)
        sim.crash()
        sim.look(scheduled=False)
    assert sim.stands() is Phase.HELD
    sim.run(620.0)
    assert sim.stands() is Phase.WATCHING
    assert all(entry.planned for entry in sim.state.restarts)
    assert sim.told()[-1] == (What.MONITORED, Why.CLEARED)


def test_monitor_by_hand_ends_it_at_once() -> None:
    sim = Sim(runit(storm_rule(Unmonitor(), 3)))
    sim.look()
    for _ in range(3):
        sim.advance(1.0)
        sim.crash()
        sim.look(scheduled=False)
    sim.look(Request(Verb.MONITOR, "ann"), scheduled=False)
    assert sim.stands() is Phase.WATCHING


def test_a_reboot_drops_incarnations_and_keeps_what_was_left_of_waits() -> None:
    sim = Sim(runit(storm_rule(Unmonitor(600.0), 3)))
    sim.look()
    for _ in range(3):
        sim.advance(1.0)
        sim.crash()
        sim.look(scheduled=False)
    sim.run(100.0)
    left = (sim.state.until or 0.0) - sim.now.mono
    sim.world = World("boot-2", 1)
    sim.now = type(sim.now)(20.0, 20.0)
    sim.scheduled = 25.0
    sim.crash()
    sim.starts = 0
    sim.look()
    assert sim.stands() is Phase.HELD
    assert abs((sim.state.until or 0.0) - 20.0 - left) < 6.0
    assert sum(entry.count for entry in sim.state.restarts) == 3
    assert What.RESTARTED not in [what for what, _ in sim.told()[2:]]


def test_a_gap_empties_windows() -> None:
    sim = Sim(runit(limit_rule()))
    sim.look()
    looks(sim, 200, 200)
    sim.advance(60.0)
    looks(sim, 200)
    assert sim.state.bid is None


def test_a_restart_while_nobody_watched_is_seen_afterwards() -> None:
    sim = Sim(runit())
    sim.look()
    sim.crash()
    sim.starts = 0
    sim.advance(600.0)
    sim.look()
    assert [entry.count for entry in sim.state.restarts] == [1]


def test_a_runsv_that_dies_during_a_restart_fails_it() -> None:
    sim = Sim(runit(limit_rule()))
    sim.stop_takes = None
    over(sim)
    sim.verdict = Unreadable("runsv is not running")
    sim.run(30.0)
    assert sim.state.intent is None
    assert (What.RESTART_FAILED, Why.VERDICT) in sim.told()


def test_outcomes_are_reported_and_do_not_decide() -> None:
    sim = Sim(runit(limit_rule()))
    sim.stop_takes = 3.0
    over(sim)
    sim.inbox[:] = [Outcome(Kind.STOP, sim.state.serial, 1, "fail: dj: timeout")]
    sim.run(60.0)
    assert sim.stands() is Phase.WATCHING
    details = [line.detail for record in sim.records for line in record.lines]
    assert any("exit 1: fail: dj: timeout" in detail for detail in details)


def test_state_is_small_when_all_is_well() -> None:
    sim = Sim(runit(limit_rule()))
    sim.run(600.0)
    assert sim.state.windows == {}
    assert sim.state.incidents == {}
    assert isinstance(sim.state, State)
