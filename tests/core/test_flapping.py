"""Flapping: what comes and goes is one incident from the third time on, and ends when calm."""

from msgspec.structs import replace

from svwatch.core.kinds import Kind
from svwatch.core.ledger import What, Why
from svwatch.core.plan import Alert, Command, Exec, Rule
from svwatch.core.seen import Incarnation, Suspect
from svwatch.core.status import status_of
from tests.core.world import MB, Sim, daemon, limit_rule, runit


def alert_rule(**keys: object) -> Rule:
    return replace(limit_rule(175, 1, action=Alert()), **keys)


def swing(sim: Sim, times: int, *, on: float = 20.0, off: float = 100.0) -> None:
    """Let it be over its limit for a while and well for longer, again and again."""
    for _ in range(times):
        sim.rss = 200 * MB
        sim.run(on)
        sim.rss = 40 * MB
        sim.run(off)


def test_an_hour_of_it_is_told_once_with_a_count_and_closed_when_calm() -> None:
    sim = Sim(runit(alert_rule()))
    sim.look()
    swing(sim, 30)
    assert sim.told() == [
        (What.OVER, Why.RAISED),
        (What.WELL, Why.CLEARED),
        (What.OVER, Why.RAISED),
        (What.WELL, Why.CLEARED),
        (What.OVER, Why.RAISED),  # the third: from now on it is one
    ]
    (incident,) = sim.state.incidents.values()
    assert incident.flaps == 30
    raised = [one for one in sim.records if one.serial == incident.serial and one.facts.flaps]
    assert [one.facts.flaps for one in raised] == list(range(3, 31))
    sim.run(1500.0)
    assert sim.state.incidents
    sim.run(400.0)
    assert sim.state.incidents == {}
    assert sim.told()[5:] == [(What.WELL, Why.CLEARED)]


def test_while_it_is_gone_it_is_shown_as_flapping_and_no_worse() -> None:
    sim = Sim(runit(alert_rule()))
    sim.look()
    swing(sim, 3)
    shown = status_of(sim.service, sim.state, sim.now)
    assert (shown.kind, shown.code) == (Kind.FLAPPING, 1)
    assert "3 times" in shown.sentence
    sim.rss = 200 * MB
    sim.run(10.0)
    assert status_of(sim.service, sim.state, sim.now).kind is Kind.OVER


def test_twice_in_an_hour_is_twice() -> None:
    sim = Sim(runit(alert_rule()))
    sim.look()
    swing(sim, 6, off=2400.0)
    assert [why for _, why in sim.told()] == [Why.RAISED, Why.CLEARED] * 6


def test_it_is_not_told_that_it_is_worse() -> None:
    sim = Sim(runit(alert_rule()))
    sim.look()
    swing(sim, 3)
    sim.rss = 900 * MB
    sim.run(1200.0)
    assert Why.WORSENED not in [why for _, why in sim.told()]


def test_a_built_in_cause_flaps_too() -> None:
    sim = Sim(daemon())
    sim.look()
    for _ in range(10):
        sim.verdict = Suspect(Incarnation(9, 9), "a sign")
        sim.run(30.0)
        sim.verdict = None
        sim.run(60.0)
    assert [what for what, why in sim.told() if why is Why.RAISED] == [What.SUSPECT_PID] * 3
    assert status_of(sim.service, sim.state, sim.now).kind is Kind.FLAPPING


def test_what_runs_a_command_each_time_does_so_each_time() -> None:
    rule = limit_rule(175, 1, action=Exec(Command(("/bin/true",))))
    sim = Sim(runit(rule))
    sim.look()
    swing(sim, 6)
    assert sim.commands == ["exec"] * 6
