"""`quietly`: in the ledger and told to nobody, unless something is wrong with it."""

import pytest
from msgspec.structs import replace

from svwatch.core.ledger import Facts, What, Why
from svwatch.core.plan import Alert, Command, Exec, Restart, Rule, Stop, Unmonitor
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Incarnation, Lookalike
from tests.core.test_remedy import grant, over, storm_rule
from tests.core.test_sprees import events
from tests.core.world import MB, Sim, daemon, limit_rule, runit

QUIET = replace(limit_rule(), quietly=True)


def facts(sim: Sim) -> list[Facts]:
    return [event.facts for event in events(sim)]


@pytest.mark.parametrize("takes", [1.0, 25.0, 300.0])
def test_a_restart_that_works_is_told_to_nobody_however_long_it_takes(takes: float) -> None:
    sim = Sim(runit(QUIET, stop_timeout=3000.0))
    sim.stop_takes = takes
    over(sim)
    sim.run(600.0)
    assert sim.notes == []
    (event,) = events(sim)
    assert (event.what, event.facts.quiet, event.closed) == (What.RESTART_FIXED, True, True)
    assert event.facts.measured == 200 * MB


def test_what_will_not_stop_is_not_quiet_and_neither_is_its_end() -> None:
    sim = Sim(runit(QUIET, stop_timeout=60.0))
    sim.stop_takes = 90.0
    over(sim)
    sim.run(200.0)
    assert sim.told() == [
        (What.WILL_NOT_STOP, Why.RAISED),
        (What.RESTART_FIXED, Why.VERDICT),
    ]
    assert facts(sim)[0].quiet is False


def test_a_start_that_fails_is_not_quiet() -> None:
    quiet = replace(daemon().rules[-1], quietly=True)
    sim = Sim(replace(daemon(), rules=(quiet,)))
    sim.look()
    sim.start_takes = None
    sim.die()
    sim.run(60.0)
    assert sim.told() == [(What.START_FAILED, Why.VERDICT)]
    assert facts(sim)[0].quiet is False


def test_someone_else_is_not_quiet() -> None:
    sim = Sim(daemon(QUIET))
    over(sim)
    sim.around = (Lookalike(Incarnation(4242, 5), "same program and arguments"),)
    sim.run(20.0)
    assert sim.told() == [(What.SOMEONE_ELSE, Why.RAISED)]
    assert facts(sim)[0].quiet is False


@pytest.mark.parametrize(
    ("action", "what"),
    [(Unmonitor(), What.GAVE_UP), (Stop(60.0), What.BACKING_OFF), (Stop(), What.STOPPED)],
)
def test_a_storm_is_never_quiet(action: object, what: What) -> None:
    sim = Sim(runit(replace(storm_rule(action), quietly=True)))
    sim.look()
    for _ in range(3):
        sim.advance(1.0)
        sim.crash()
        sim.look(scheduled=False)
    sim.run(5.0)
    assert sim.told()[-1][0] is what


def test_that_restarting_does_not_help_is_not_quiet() -> None:
    sim = Sim(runit(QUIET))
    sim.fresh_rss = sim.rss = 200 * MB
    for _ in range(60):
        sim.run(5.0)
        if sim.state.bid is not None:
            grant(sim)
    assert sim.told() == [(What.NO_HELP, Why.RAISED)]
    assert [one.facts.quiet for one in events(sim) if one.what is What.NO_HELP] == [None]
    assert {one.facts.quiet for one in events(sim) if one.what is What.RESTART_FIXED} == {True}


def test_what_an_operator_takes_over_is_told() -> None:
    sim = Sim(runit(QUIET, stop_timeout=3000.0))
    sim.stop_takes = 20.0
    over(sim)
    sim.look(Request(Verb.RESTART, "ann", now=True), scheduled=False)
    sim.look(Request(Verb.STOP, "ann"), scheduled=False)
    sim.run(60.0)
    assert sim.told() == [(What.STOPPED, Why.VERDICT)]
    assert facts(sim)[0].quiet is False


@pytest.mark.parametrize("action", [Stop(), Stop(60.0), Unmonitor(60.0), Restart(now=True)])
def test_other_quiet_actions_are_quiet_too(action: object) -> None:
    rule = replace(limit_rule(175, 3, action=action), quietly=True)
    sim = Sim(runit(rule))
    sim.look()
    sim.rss = 200 * MB
    sim.run(600.0)
    assert sim.notes == []
    assert facts(sim)[0].quiet is True


@pytest.mark.parametrize("repeat", [None, 2])
@pytest.mark.parametrize("action", [Alert(), Exec(Command(("/x",)))])
def test_quiet_alerts_and_commands_are_on_record_and_say_nothing(
    action: object, repeat: int | None
) -> None:
    rule: Rule = replace(limit_rule(175, 1, action=action), quietly=True, repeat=repeat)
    sim = Sim(runit(rule))
    sim.look()
    sim.rss = 200 * MB
    sim.run(100.0)
    sim.rss = 400 * MB
    sim.run(1300.0)
    sim.rss = 40 * MB
    sim.run(100.0)
    assert sim.notes == []
    assert [one.quiet for one in facts(sim)] == [True]
