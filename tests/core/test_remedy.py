"""Remediation as a story: what is run, when, and what is said of it."""

from msgspec.structs import replace

from svwatch.core.ledger import What, Why
from svwatch.core.phases import Phase
from svwatch.core.plan import Restart, Rule, Stop, Storm, Survivors, Unmonitor
from svwatch.core.request import Request, Verb
from svwatch.core.seen import (
    Forbidden,
    Granted,
    Incarnation,
    Lookalike,
    Lost,
    Suspect,
    Unreadable,
)
from tests.core.world import MB, Sim, daemon, limit_rule, runit


def storm_rule(action: object, count: int = 3, seconds: float = 300.0) -> Rule:
    text = f"if {count} restarts within {seconds:g}s then act"
    return Rule(
        key=text,
        text=text,
        where="dj.yaml:12",
        test=Storm(count, seconds=seconds),
        action=action,  # type: ignore[arg-type]
    )


def grant(sim: Sim) -> None:
    """Let the restart that is bid for begin, as admission would."""
    assert sim.state.bid is not None
    sim.look(Granted(), scheduled=False)


def over(sim: Sim, looks: int = 3) -> None:
    """Put the service over its limit for so many scheduled looks, and grant."""
    sim.look()
    sim.rss = 200 * MB
    for _ in range(looks):
        sim.advance(5.0)
        sim.look()
    grant(sim)


def test_over_the_limit_it_is_restarted_once_and_proven() -> None:
    sim = Sim(runit(limit_rule()))
    sim.stop_takes = 2.4
    over(sim)
    old = sim.main
    sim.run(60.0)
    assert sim.commands == ["stop", "start"]
    assert sim.main != old
    assert sim.stands() is Phase.WATCHING
    assert sim.state.intent is None
    assert sim.whats() == [What.RESTART_BEGUN, What.RESTART_FIXED]
    assert sim.told() == [(What.RESTART_FIXED, Why.VERDICT)]


def test_two_looks_over_the_limit_are_not_three() -> None:
    sim = Sim(runit(limit_rule()))
    sim.look()
    sim.rss = 200 * MB
    for _ in range(2):
        sim.advance(5.0)
        sim.look()
    assert sim.state.bid is None
    sim.rss = 40 * MB
    sim.run(60.0)
    assert sim.commands == []


def test_an_extra_look_moves_no_window() -> None:
    sim = Sim(runit(limit_rule()))
    sim.look()
    sim.rss = 200 * MB
    for _ in range(9):
        sim.advance(0.1)
        sim.look(scheduled=False)
    assert sim.state.windows == {}
    assert sim.state.bid is None


def test_the_window_of_the_dead_does_not_judge_the_newborn() -> None:
    sim = Sim(runit(limit_rule()))
    sim.look()
    sim.rss = 200 * MB
    for _ in range(2):
        sim.advance(5.0)
        sim.look()
    sim.fresh_rss = 200 * MB
    sim.crash()
    sim.advance(5.0)
    sim.look()
    assert sim.state.bid is None
    assert len(sim.state.windows[sim.service.rules[0].key]) == 1


def test_nothing_starts_while_a_descendant_lives() -> None:
    sim = Sim(runit(limit_rule(), survivors=Survivors.WAIT))
    child = Incarnation(77, 999_000)
    sim.children[child] = MB
    over(sim)
    sim.run(20.0)
    assert sim.main is None
    assert sim.commands == ["stop"]
    del sim.children[child]
    sim.run(20.0)
    assert sim.commands == ["stop", "start"]


def test_survivors_of_a_dead_main_get_the_stop_signal_once() -> None:
    sim = Sim(runit(limit_rule()))
    child = Incarnation(77, 999_000)
    sim.children[child] = MB
    over(sim)
    sim.run(10.0)
    assert [(one.incarnation, one.name) for one in sim.signals] == [(child, "TERM")]


def test_what_will_not_stop_is_said_once_and_not_killed() -> None:
    sim = Sim(runit(limit_rule(), stop_timeout=30.0))
    sim.stop_takes = None
    over(sim)
    sim.run(300.0)
    assert sim.stands() is Phase.STUCK
    assert sim.commands == ["stop"]
    assert sim.signals == []
    raised = [said for said in sim.told() if said == (What.WILL_NOT_STOP, Why.RAISED)]
    assert len(raised) == 1


def test_with_kill_after_the_whole_recorded_tree_is_killed() -> None:
    sim = Sim(runit(limit_rule(), stop_timeout=30.0, kill_after=10.0))
    sim.stop_takes = None
    sim.children[Incarnation(77, 999_000)] = MB
    over(sim)
    main = sim.main
    sim.run(39.0)
    assert sim.signals == []
    sim.run(60.0)
    assert {one.incarnation for one in sim.signals} == {main, Incarnation(77, 999_000)}
    assert {one.name for one in sim.signals} == {"KILL"}
    assert sim.commands == ["stop", "start"]
    assert sim.stands() is Phase.WATCHING


def test_restart_now_kills_after_five_seconds_and_takes_over_a_drain() -> None:
    hard = limit_rule(600, 1, action=Restart(now=True))
    sim = Sim(runit(limit_rule(), hard, stop_timeout=3000.0))
    sim.stop_takes = None
    over(sim)
    sim.run(60.0)
    assert sim.signals == []
    sim.rss = 700 * MB
    sim.run(12.0)
    assert [one.name for one in sim.signals] == ["KILL"]
    assert sim.commands == ["stop", "start"]


def test_a_long_stop_is_told_when_it_has_begun_and_again_with_the_verdict() -> None:
    sim = Sim(runit(limit_rule(), stop_timeout=3000.0))
    sim.stop_takes = 100.0
    over(sim)
    sim.run(200.0)
    assert [why for _, why in sim.told()] == [Why.BEGUN, Why.VERDICT]


def test_a_lost_up_is_repeated_until_want_is_u() -> None:
    sim = Sim(runit(limit_rule()))
    over(sim)
    while sim.commands != ["stop", "start"]:
        sim.run(0.01)
    assert sim.main is None  # nothing has come of it yet
    sim.want, sim.starts_at = "d", None  # the first `up` was lost
    sim.run(30.0)
    assert sim.commands == ["stop", "start", "start"]
    assert sim.stands() is Phase.WATCHING


def test_down_by_hand_right_after_the_successor_was_seen_is_no_lost_up() -> None:
    sim = Sim(runit(limit_rule()))
    over(sim)
    while sim.main is None or len(sim.commands) < 2:
        sim.run(0.01)
    sim.want, sim.starts_at, sim.main = "d", None, None  # and nobody looked in between
    sim.run(30.0)
    assert sim.commands == ["stop", "start"]
    assert sim.stands() is Phase.WISHED_DOWN


def test_down_again_by_hand_after_our_up_stands() -> None:
    sim = Sim(runit(limit_rule()))
    over(sim)
    sim.start_takes = 5.0
    sim.run(1.0)
    assert sim.state.intent is not None
    assert sim.state.intent.confirmed
    sim.want, sim.starts_at = "d", None
    sim.run(60.0)
    assert sim.stands() is Phase.WISHED_DOWN
    assert sim.commands == ["stop", "start"]
    assert What.RESTART_WITHDRAWN in sim.whats()


def test_up_by_hand_while_stopping_means_no_up_from_us() -> None:
    sim = Sim(runit(limit_rule()))
    sim.stop_takes = 20.0
    over(sim)
    sim.run(5.0)
    sim.want = "u"
    sim.run(10.0)
    sim.ends_at = None
    sim.crash()
    sim.run(30.0)
    assert sim.commands == ["stop"]
    assert sim.stands() is Phase.WATCHING


def test_a_start_that_brings_nothing_fails_and_counts() -> None:
    sim = Sim(daemon(storm_rule(Unmonitor(), 3, 3600.0)))
    sim.look()
    sim.start_takes = None
    sim.die()
    sim.run(600.0)
    assert sim.commands == ["start", "start", "start"]
    assert sim.stands() is Phase.HELD
    assert What.GAVE_UP in sim.whats()


def test_without_a_storm_rule_failing_starts_back_off() -> None:
    sim = Sim(daemon())
    sim.look()
    sim.start_takes = None
    sim.die()
    sim.run(3600.0)
    assert What.NO_HELP in sim.whats()
    assert 4 <= len(sim.commands) <= 9


def test_someone_else_started_it_so_we_do_not() -> None:
    sim = Sim(daemon())
    sim.look()
    sim.die()
    sim.around = (Lookalike(Incarnation(4242, 5), "same program and arguments"),)
    sim.run(120.0)
    assert sim.commands == []
    assert (What.SOMEONE_ELSE, Why.RAISED) in sim.told()


def test_a_doubt_that_comes_up_before_the_start_holds_it_back() -> None:
    sim = Sim(daemon(limit_rule()))
    sim.stop_takes = 5.0
    over(sim)
    sim.verdict = Suspect(Incarnation(9, 9), "a sign")
    sim.run(60.0)
    assert sim.main is None
    assert sim.commands == ["stop"]
    sim.verdict = None
    sim.run(60.0)
    assert sim.commands == ["stop", "start"]
    assert sim.stands() is Phase.WATCHING


def test_absent_is_not_dead_until_two_looks_and_start_after() -> None:
    sim = Sim(daemon())
    sim.look()
    sim.die()
    sim.run(9.0)
    assert sim.commands == []
    sim.run(20.0)
    assert sim.commands == ["start"]


def test_stop_sleep_start_by_hand_is_left_alone() -> None:
    sim = Sim(daemon())
    sim.look()
    for _ in range(50):
        sim.die()
        sim.run(8.0)
        sim.spawn()
        sim.run(7.0)
    assert sim.commands == []


def test_a_crash_under_runit_is_one_event_and_no_command() -> None:
    sim = Sim(runit(limit_rule()))
    sim.look()
    sim.advance(1.0)
    sim.crash()
    sim.look(scheduled=False)
    sim.run(60.0)
    assert sim.commands == []
    assert sim.told() == [(What.RESTARTED, Why.RAISED)]
    assert [entry.count for entry in sim.state.restarts] == [1]


def test_a_start_is_counted_once_however_its_two_signs_arrive() -> None:
    sim = Sim(runit())
    sim.look()
    sim.advance(1.0)
    sim.crash()
    sim.starts = 0  # the new pid is read before its rename was
    sim.look(scheduled=False)
    sim.starts = 1
    sim.look(scheduled=False)
    sim.run(20.0)
    assert sum(entry.count for entry in sim.state.restarts) == 1


def test_a_crash_loop_is_stopped_for_a_while_and_tried_again() -> None:
    sim = Sim(runit(storm_rule(Stop(600.0))))
    sim.look()
    for _ in range(3):
        sim.advance(1.0)
        sim.crash()
        sim.look(scheduled=False)
    sim.run(5.0)
    assert sim.commands == ["stop"]
    assert sim.stands() is Phase.BACKOFF
    assert sim.state.holding
    sim.run(590.0)
    assert sim.commands == ["stop"]
    sim.run(60.0)
    assert sim.commands == ["stop", "start"]
    assert sim.stands() is Phase.WATCHING


def test_a_healthy_service_is_left_alone_by_its_storm_rule() -> None:
    sim = Sim(runit(storm_rule(Unmonitor())))
    sim.look()
    sim.advance(60.0)
    sim.crash()
    sim.starts = 3
    sim.advance(30.0)  # it has run for 30 s when somebody looks
    sim.look()
    assert sim.stands() is Phase.WATCHING


def test_planned_restarts_make_no_storm() -> None:
    sim = Sim(runit(storm_rule(Unmonitor())))
    sim.look()
    for _ in range(5):
        sim.advance(2.0)
        sim.die(term=True)
        sim.spawn()
        sim.look(scheduled=False)
    assert sim.stands() is Phase.WATCHING
    assert all(entry.planned for entry in sim.state.restarts)


def test_sv_down_by_hand_is_respected_and_told_once() -> None:
    sim = Sim(runit(limit_rule()))
    sim.look()
    sim.want = "d"
    sim.die(term=True)
    sim.run(3600.0)
    assert sim.commands == []
    assert sim.stands() is Phase.WISHED_DOWN
    assert sim.told() == [(What.DOWN_BY_HAND, Why.RAISED)]
    sim.want = "u"
    sim.spawn()
    sim.run(30.0)
    assert sim.stands() is Phase.WATCHING
    assert sim.told()[1:] == [(What.BACK, Why.CLEARED)]


def test_a_suspect_pid_is_neither_signalled_nor_started_over() -> None:
    sim = Sim(daemon(limit_rule()))
    sim.verdict = Suspect(Incarnation(9, 9), "it began 3h after the pidfile was written")
    sim.rss = 900 * MB
    sim.run(600.0)
    assert sim.commands == []
    assert sim.signals == []
    assert sim.stands() is Phase.BLIND
    assert sim.told() == [(What.SUSPECT_PID, Why.RAISED)]


def test_a_forbidden_pid_refuses_a_restart_by_hand_as_well() -> None:
    sim = Sim(daemon())
    sim.verdict = Forbidden(1, "pid 1 is init")
    sim.look()
    done = sim.look(Request(Verb.RESTART, "ann"), scheduled=False)
    assert "pid 1" in done.refused
    assert sim.commands == []


def test_a_lost_pidfile_starts_nothing_and_the_process_stays_watched() -> None:
    sim = Sim(daemon(limit_rule()))
    sim.look()
    assert sim.main is not None
    sim.verdict = Lost(sim.main, "the pidfile is gone")
    sim.run(120.0)
    assert sim.commands == []
    assert sim.stands() is Phase.WATCHING
    assert sim.told() == [(What.PIDFILE_LOST, Why.RAISED)]


def test_blindness_is_shown_at_once_and_critical_after_five_minutes() -> None:
    sim = Sim(runit(limit_rule()))
    sim.look()
    sim.verdict = Unreadable("supervise/ok: permission denied")
    sim.advance(5.0)
    sim.look()
    assert sim.stands() is Phase.BLIND
    assert sim.told() == []
    sim.run(400.0)
    assert sim.told() == [(What.CANNOT_MEASURE, Why.WORSENED)]
    sim.verdict = None
    sim.run(10.0)
    assert sim.stands() is Phase.WATCHING


def test_restart_by_hand_is_planned_and_answers_with_a_verdict() -> None:
    sim = Sim(runit(storm_rule(Unmonitor(), 1)))
    sim.look()
    sim.advance(1.0)
    sim.look(Request(Verb.RESTART, "ann"), scheduled=False)
    sim.run(60.0)
    assert sim.commands == ["stop", "start"]
    assert sim.stands() is Phase.WATCHING
    assert sim.told() == [(What.RESTART_FIXED, Why.VERDICT)]


def test_a_crash_of_svwatch_in_the_middle_is_resumed_from_the_record() -> None:
    sim = Sim(runit(limit_rule()))
    sim.stop_takes = 3.0
    over(sim)
    saved = sim.state  # committed; then svwatch is killed and its inbox is lost
    sim.inbox.clear()
    sim.advance(12.0)
    sim.state, sim.last = saved, None
    sim.look()
    sim.run(60.0)
    assert sim.commands[-1] == "start"
    assert sim.stands() is Phase.WATCHING
    assert What.RESTART_FIXED in sim.whats()


def test_what_is_down_already_is_put_up_only_after_sv_down_has_ended() -> None:
    sim = Sim(runit(storm_rule(Unmonitor(), 1)))
    sim.look()
    sim.look(Request(Verb.STOP, "ann"), scheduled=False)
    sim.run(30.0)
    before = len(sim.runs)
    sim.look(Request(Verb.RESTART, "ann"), scheduled=False)
    for _ in range(3):  # `sv down` runs, and nothing else of it is to be seen
        late, sim.inbox = sim.inbox, []
        assert sim.commands[before:] == ["stop"]
        sim.advance(0.01)
        sim.look(scheduled=False)
        sim.inbox = late
    sim.run(30.0)
    assert sim.commands[before:] == ["stop", "start"]
    assert sim.stands() is Phase.WATCHING


def test_how_long_it_was_down_is_not_guessed_where_nobody_looked() -> None:
    sim = Sim(runit(limit_rule()))
    sim.stop_takes = 3.0
    over(sim)
    sim.advance(60.0)
    sim.look()
    sim.run(60.0)
    assert sim.whats()[-1] is What.RESTART_FIXED
    assert [one.facts.down for one in sim.records if one.facts.down is not None] == []


def test_observe_mode_says_would_and_runs_nothing() -> None:
    sim = Sim(replace(runit(limit_rule()), observe=True))
    sim.look()
    sim.rss = 200 * MB
    sim.run(300.0)
    assert sim.commands == []
    assert sim.signals == []
    assert sim.told() == [(What.WOULD, Why.RAISED)]


def test_restarting_does_not_help_is_said_and_spaced() -> None:
    sim = Sim(runit(limit_rule()))
    sim.fresh_rss = sim.rss = 200 * MB
    for _ in range(500):
        sim.run(5.0)
        if sim.state.bid is not None:
            grant(sim)
    assert What.NO_HELP in sim.whats()
    starts = sim.commands.count("start")
    assert 4 <= starts <= 9, starts
