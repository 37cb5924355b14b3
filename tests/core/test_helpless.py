"""Restarting does not help: one incident, ever longer waits, and an end of it."""

from svwatch.core.ledger import What, Why
from svwatch.core.phases import Phase
from svwatch.core.plan import Alert, Unmonitor
from tests.core.test_remedy import grant, storm_rule
from tests.core.world import MB, Sim, daemon, limit_rule, runit


def live(sim: Sim, seconds: float) -> None:
    """Let time pass; admission grants at once."""
    end = sim.now.mono + seconds
    while sim.now.mono < end:
        sim.run(5.0)
        if sim.state.bid is not None:
            grant(sim)


def fat(*rules: object) -> Sim:
    """Make a service that is over its limit from its first breath on."""
    sim = Sim(runit(limit_rule(), *rules))  # type: ignore[arg-type]
    sim.fresh_rss = sim.rss = 200 * MB
    return sim


def waits(sim: Sim) -> list[float]:
    """Give how long it was left alone each time, in minutes."""
    found = [one for one in sim.records if one.what is What.NO_HELP and one.facts.until]
    return [round(((one.facts.until or 0.0) - one.at.mono) / 60.0) for one in found]


def test_after_the_third_in_a_row_it_waits_one_two_four_up_to_sixty_minutes() -> None:
    sim = fat()
    live(sim, 12 * 3600.0)
    assert waits(sim)[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    # three at once, and one after each wait that is over
    over = [one for one in sim.records if one.facts.until and one.facts.until <= sim.now.mono]
    assert sim.commands.count("start") - 3 == len(over)


def test_it_is_one_incident_with_the_least_that_was_seen() -> None:
    sim = fat()
    live(sim, 3 * 3600.0)
    told = [why for what, why in sim.told() if what is What.NO_HELP]
    assert told == [Why.RAISED]
    records = [one for one in sim.records if one.what is What.NO_HELP]
    assert len({one.serial for one in records}) == 1
    assert {one.facts.after for one in records} == {200 * MB}
    assert len(waits(sim)) > 4
    assert not any(one.closed for one in records)


def test_it_ends_when_nobody_asks_for_ten_minutes() -> None:
    sim = fat()
    live(sim, 200.0)
    assert "no help" in sim.state.incidents
    sim.fresh_rss = 40 * MB
    live(sim, 400.0)
    assert sim.main is not None
    assert "no help" in sim.state.incidents
    live(sim, 600.0)
    assert sim.state.incidents == {}
    assert sim.state.helpless == 0
    assert sim.told()[-1] == (What.WELL, Why.CLEARED)


def test_what_recovers_while_it_is_left_alone_is_well_again() -> None:
    sim = fat()
    while sim.stands() is not Phase.BACKOFF:
        live(sim, 5.0)
    starts = len(sim.commands)
    sim.rss = 40 * MB
    live(sim, 660.0 + 60.0)
    assert len(sim.commands) == starts
    assert sim.state.incidents == {}
    sim.rss, sim.fresh_rss = 200 * MB, 40 * MB  # days later it is a new story
    live(sim, 60.0)
    assert len(sim.commands) == starts + 2
    assert sim.stands() is Phase.WATCHING


def test_an_old_process_that_grew_over_its_limit_is_no_failure() -> None:
    sim = Sim(runit(limit_rule()))
    for _ in range(8):
        live(sim, 700.0)
        sim.rss = 200 * MB
        live(sim, 60.0)
    assert sim.commands.count("start") == 8
    assert What.NO_HELP not in sim.whats()


def test_a_storm_rule_decides_instead() -> None:
    sim = fat(storm_rule(Unmonitor(), 5, 3600.0))
    live(sim, 3600.0)
    assert sim.stands() is Phase.HELD
    assert What.NO_HELP not in sim.whats()
    assert sim.commands.count("start") == 5


def test_a_storm_rule_that_only_tells_decides_nothing() -> None:
    sim = fat(storm_rule(Alert(), 3, 3600.0))
    live(sim, 3600.0)
    assert What.NO_HELP in sim.whats()


def test_starts_that_bring_nothing_are_one_incident_as_well() -> None:
    sim = Sim(daemon())
    sim.look()
    sim.start_takes = None
    sim.die()
    sim.run(3 * 3600.0)
    assert [why for what, why in sim.told() if what is What.NO_HELP] == [Why.WORSENED]
    assert [what for what, _ in sim.told()[:2]] == [What.START_BEGUN, What.START_FAILED]
    reminders = [why for _, why in sim.told()[3:]]
    assert set(reminders) <= {Why.REMINDER}
    assert len({note.serial for note in sim.notes}) == 1
    sim.start_takes = 0.0
    sim.run(3 * 3600.0)
    assert "no help" not in sim.state.incidents
