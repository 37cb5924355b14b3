"""How a service is told to end: ladders, runsv's control, its own restart, its own supervisor."""

from msgspec.structs import replace

from svwatch.core.ladder import Rung
from svwatch.core.ledger import What, Why
from svwatch.core.phases import Phase
from svwatch.core.plan import Command, Restart, Service, Stop
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Forbidden, Granted, Incarnation, Kind, Outcome
from tests.core.test_remedy import over, storm_rule
from tests.core.world import MB, Sim, daemon, external, limit_rule, runit

QUIT = (Rung("QUIT"),)
QUIETLY = (Rung("TSTP", 30.0), Rung("TERM"))
CHILD = Incarnation(77, 999_000)


def restarts_itself(**keys: object) -> Service:
    base = daemon(limit_rule(), restart=Command(("/bin/dj", "restart")), start_timeout=10.0)
    return replace(base, **keys)


def told(sim: Sim) -> list[tuple[int, str]]:
    """Give the signals by pidfd, in order."""
    return [(one.incarnation.pid, one.name) for one in sim.signals]


def ordered(sim: Sim) -> list[tuple[int, str]]:
    """Give what runsv was told, in order."""
    return [(one.incarnation.pid, one.name) for one in sim.orders]


# --- one signal ------------------------------------------------------------------------------


def test_under_runit_the_gentle_signal_goes_through_runsv() -> None:
    sim = Sim(runit(limit_rule(), stop_signal=QUIT))
    sim.stop_takes = 2.0
    over(sim)
    assert sim.main is not None
    old = sim.main.pid
    sim.run(60.0)
    assert ordered(sim) == [(old, "QUIT")]
    assert sim.commands == ["start"]
    assert sim.signals == []
    assert sim.told() == [(What.RESTART_FIXED, Why.VERDICT)]


def test_what_does_not_run_is_taken_down_by_sv() -> None:
    sim = Sim(runit(storm_rule(Stop(600.0)), stop_signal=QUIT))
    sim.look()
    for _ in range(3):
        sim.advance(1.0)
        sim.die()
        sim.starts = 1
        sim.look(scheduled=False)
    sim.run(5.0)
    assert sim.orders == []
    assert sim.commands == ["stop"]


def test_an_order_that_did_not_arrive_is_given_again() -> None:
    sim = Sim(runit(limit_rule(), stop_signal=QUIT))
    sim.stop_takes, sim.deaf = None, True
    over(sim)
    assert len(sim.orders) == 1
    sim.deaf = False
    sim.run(3.0)
    assert len(sim.orders) == 2
    sim.run(20.0)
    assert len(sim.orders) == 2  # want is d: it has it


def test_what_runsv_does_not_hear_is_said_ever_less_often_and_told() -> None:
    sim = Sim(runit(limit_rule(), stop_signal=QUIT, stop_timeout=10.0))
    sim.stop_takes, sim.deaf = None, True
    over(sim)
    serial = sim.orders[0].serial
    sim.look(Outcome(Kind.SIGNAL, serial, None, "QUIT not sent: permission denied"))
    sim.run(600.0)
    assert len(sim.orders) < 35
    assert sim.whats()[-1] is What.WILL_NOT_STOP
    lines = [line.detail for one in sim.records for line in one.lines]
    assert "QUIT not sent: permission denied" in lines


def test_what_the_order_itself_started_is_taken_down_again() -> None:
    sim = Sim(runit(limit_rule(), stop_signal=QUIT))
    sim.stop_takes, sim.races = 1.0, True
    over(sim)
    again = sim.main
    assert again is not None
    sim.run(0.5)
    assert ordered(sim)[1:] == [(again.pid, "TERM")]
    sim.run(60.0)
    assert len(sim.orders) == 2
    assert sim.commands == ["start"]
    assert sim.main is not None
    assert sim.main != again
    assert sim.stands() is Phase.WATCHING


def test_what_was_restarted_before_it_was_taken_down_is_not_restarted_twice() -> None:
    sim = Sim(runit(limit_rule(), stop_signal=QUIETLY, stop_timeout=300.0))
    over(sim)
    sim.run(5.0)
    assert sim.want == "u"
    sim.crash()  # TSTP ended it, and runsv started another
    sim.run(60.0)
    assert sim.commands == []
    assert sim.orders == []
    assert sim.whats()[-1] is What.RESTART_FIXED
    assert sum(entry.count for entry in sim.state.restarts) == 1


def test_but_what_it_left_behind_is_waited_for() -> None:
    sim = Sim(runit(limit_rule(), stop_signal=QUIETLY, stop_timeout=300.0))
    over(sim)
    sim.run(1.0)
    sim.children[CHILD] = MB
    sim.look()
    sim.crash()
    sim.run(10.0)
    assert (CHILD.pid, "TERM") in told(sim)
    assert sim.state.intent is not None
    sim.children.clear()
    sim.run(30.0)
    assert sim.whats()[-1] is What.RESTART_FIXED


def test_runsv_is_told_nothing_while_nobody_knows_what_runs() -> None:
    sim = Sim(runit(limit_rule(), stop_signal=QUIETLY, stop_timeout=300.0))
    over(sim)
    sim.verdict = Forbidden(4, "what runs there is not what was judged")
    sim.run(60.0)
    assert sim.commands == []
    sim.verdict = None
    sim.run(30.0)
    assert sim.commands == ["stop", "start"]


def test_a_stop_goes_on_with_what_was_started_meanwhile() -> None:
    sim = Sim(runit(limit_rule(action=Stop()), stop_signal=QUIETLY, stop_timeout=300.0))
    sim.look()
    sim.rss = 200 * MB
    sim.run(20.0)
    assert [name for _, name in told(sim)] == ["TSTP"]
    sim.crash()
    sim.run(30.0)
    assert sim.commands == ["stop"]
    assert sim.main is None
    assert sim.stands() is Phase.WISHED_DOWN


def test_want_d_before_we_took_it_down_is_a_wish() -> None:
    sim = Sim(runit(limit_rule(), stop_signal=QUIETLY, stop_timeout=300.0))
    over(sim)
    sim.run(5.0)
    sim.want = "d"
    sim.die(term=True)
    sim.run(100.0)
    assert sim.commands == []
    assert sim.stands() is Phase.WISHED_DOWN
    assert What.RESTART_WITHDRAWN in sim.whats()


# --- ladders ---------------------------------------------------------------------------------


def test_a_ladder_waits_between_its_signals() -> None:
    sim = Sim(runit(limit_rule(), stop_signal=QUIETLY, stop_timeout=300.0))
    over(sim)
    assert sim.main is not None
    old = sim.main.pid
    sim.run(29.0)
    assert told(sim) == [(old, "TSTP")]
    assert sim.commands == []
    sim.run(30.0)
    assert told(sim) == [(old, "TSTP")]
    assert sim.commands == ["stop", "start"]  # TERM is what `sv down` sends


def test_what_is_over_at_its_very_first_look_is_told_like_any_other() -> None:
    sim = Sim(daemon(limit_rule(n=1), stop=None, stop_signal=QUIETLY, stop_timeout=300.0))
    sim.rss = 200 * MB
    sim.look()
    sim.look(Granted(), scheduled=False)
    assert [name for _, name in told(sim)] == ["TSTP"]
    sim = Sim(daemon(limit_rule(n=1, action=Restart(now=True)), stop=None))
    sim.rss = 200 * MB
    sim.look()
    assert [name for _, name in told(sim)] == ["TERM"]


def test_the_last_signal_waits_until_stop_timeout_is_over() -> None:
    sim = Sim(daemon(limit_rule(), stop=None, stop_signal=QUIETLY, stop_timeout=100.0))
    sim.stop_takes = None
    over(sim)
    sim.run(99.0)
    assert [name for _, name in told(sim)] == ["TSTP", "TERM", "CONT"]
    assert What.WILL_NOT_STOP not in sim.whats()
    sim.run(2.0)
    assert sim.whats()[-1] is What.WILL_NOT_STOP


def test_now_skips_to_the_last_signal_and_kills_after_five_seconds() -> None:
    sim = Sim(daemon(limit_rule(), stop=None, stop_signal=QUIETLY, stop_timeout=300.0))
    sim.stop_takes = None
    sim.look()
    sim.look(Request(Verb.RESTART, "ann", now=True), scheduled=False)
    sim.run(4.9)
    assert [name for _, name in told(sim)] == ["TERM", "CONT"]
    sim.run(30.0)
    assert [name for _, name in told(sim)] == ["TERM", "CONT", "KILL"]
    assert sim.commands == ["start"]


def test_now_in_the_middle_of_a_ladder_gives_five_seconds_from_the_last_signal() -> None:
    hard = limit_rule(600, 1, action=Restart(now=True))
    sim = Sim(runit(limit_rule(), hard, stop_signal=QUIETLY, stop_timeout=300.0))
    sim.stop_takes = None
    over(sim)
    sim.run(15.0)
    sim.rss = 700 * MB
    while sim.commands != ["stop"]:
        sim.run(0.1)
    sim.run(4.5)
    assert [name for _, name in told(sim)] == ["TSTP"]
    sim.run(1.0)
    assert [name for _, name in told(sim)] == ["TSTP", "KILL"]


def test_kill_after_counts_from_the_end_of_stop_timeout() -> None:
    keys = {"stop_signal": QUIETLY, "stop_timeout": 60.0, "kill_after": 10.0}
    sim = Sim(runit(limit_rule(), **keys))
    sim.stop_takes = None
    over(sim)
    sim.run(69.0)
    assert [name for _, name in told(sim)] == ["TSTP"]
    sim.run(5.0)
    assert [name for _, name in told(sim)] == ["TSTP", "KILL"]


def test_survivors_get_the_last_signal_of_the_service() -> None:
    sim = Sim(runit(limit_rule(), stop_signal=QUIT))
    sim.children[CHILD] = MB
    over(sim)
    sim.run(10.0)
    assert told(sim) == [(CHILD.pid, "QUIT")]


def test_a_pidfile_without_a_stop_command_gets_its_signal() -> None:
    sim = Sim(daemon(limit_rule(), stop=None, stop_signal=(Rung("INT"),)))
    over(sim)
    assert sim.main is not None
    old = sim.main.pid
    sim.run(60.0)
    assert told(sim) == [(old, "INT")]
    assert sim.commands == ["start"]
    assert sim.whats()[-1] is What.RESTART_FIXED


# --- its own restart command -----------------------------------------------------------------


def test_a_restart_command_does_both_and_is_believed_only_when_seen() -> None:
    sim = Sim(restarts_itself())
    sim.stop_takes, sim.start_takes = 2.0, 3.0
    over(sim)
    old = sim.main
    sim.run(60.0)
    assert sim.commands == ["restart"]
    assert sim.main not in {old, None}
    assert sim.told() == [(What.RESTART_FIXED, Why.VERDICT)]
    assert sum(entry.count for entry in sim.state.restarts) == 1


def test_a_restart_command_that_ends_and_changes_nothing_has_failed() -> None:
    sim = Sim(restarts_itself())
    sim.stop_takes = None
    over(sim)
    sim.run(28.0)
    assert sim.state.intent is not None
    sim.run(5.0)
    assert (What.RESTART_FAILED, Why.VERDICT) in sim.told()
    assert "still runs" in (sim.records[-1].facts.reason or "")


def test_a_restart_command_that_brings_nothing_has_failed_and_nothing_else_is_run() -> None:
    sim = Sim(restarts_itself(start_after=600.0))
    sim.start_takes = None
    over(sim)
    sim.run(30.0)
    assert sim.commands == ["restart"]
    assert (What.RESTART_FAILED, Why.VERDICT) in sim.told()


def test_what_was_killed_after_a_restart_command_is_started_by_the_start_command() -> None:
    sim = Sim(restarts_itself(stop_timeout=20.0, kill_after=5.0))
    sim.stop_takes = None
    over(sim)
    sim.restarting = False  # it gave up
    sim.run(60.0)
    assert sim.commands == ["restart", "start"]
    assert [name for _, name in told(sim)] == ["KILL"]


def test_an_operator_in_a_hurry_gets_stop_and_start() -> None:
    sim = Sim(restarts_itself())
    sim.look()
    sim.look(Request(Verb.RESTART, "ann", now=True), scheduled=False)
    sim.run(60.0)
    assert sim.commands == ["stop", "start"]


def test_a_stop_is_refused_while_a_restart_command_is_at_work() -> None:
    sim = Sim(restarts_itself())
    sim.stop_takes = 5.0
    over(sim)
    done = sim.look(Request(Verb.STOP, "ann"), scheduled=False)
    assert "restart command is at work" in done.refused
    sim.run(60.0)
    assert sim.whats()[-1] is What.RESTART_FIXED


# --- its own supervisor ----------------------------------------------------------------------


def test_an_external_supervisor_starts_what_was_told_to_end() -> None:
    sim = Sim(external(limit_rule(), stop_signal=QUIT))
    sim.stop_takes, sim.start_takes = 1.0, 2.0
    over(sim)
    assert sim.main is not None
    old = sim.main.pid
    sim.run(60.0)
    assert told(sim) == [(old, "QUIT")]
    assert sim.commands == []
    assert sim.told() == [(What.RESTART_FIXED, Why.VERDICT)]
    assert sum(entry.count for entry in sim.state.restarts) == 1


def test_an_external_supervisor_that_starts_nothing_is_told_of_and_not_helped() -> None:
    sim = Sim(external(limit_rule(), start_timeout=10.0))
    sim.start_takes = None
    over(sim)
    sim.run(120.0)
    assert sim.commands == []
    assert (What.RESTART_FAILED, Why.VERDICT) in sim.told()


def test_what_an_external_supervisor_let_die_is_only_told() -> None:
    absent = replace(limit_rule(), key="if not exist then restart", text="x")
    sim = Sim(
        external(replace(absent, test=daemon().rules[0].test, window=daemon().rules[0].window))
    )
    sim.look()
    sim.die()
    sim.run(120.0)
    assert sim.commands == []
    assert sim.signals == []
    assert sim.told() == [(What.DOWN, Why.RAISED)]
    done = sim.look(Request(Verb.RESTART, "ann"), scheduled=False)
    assert "its own supervisor" in done.refused
