"""Sprees: restarts that follow each other are one incident, counted exactly, hardly ever told."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from svwatch.core.event import Event, amended, begun
from svwatch.core.kinds import Kind
from svwatch.core.ledger import What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import (
    Alert,
    ChangedPid,
    Command,
    Exec,
    Restart,
    Rule,
    Service,
    Stop,
    Unmonitor,
)
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Granted
from svwatch.core.status import status_of
from svwatch.core.totals import folded
from tests.core.test_remedy import grant, over, storm_rule
from tests.core.world import MB, Sim, daemon, external, limit_rule, runit


def changed(action: object) -> Rule:
    text = "if changed pid then act"
    return Rule(key=text, text=text, where="f:3", test=ChangedPid(), action=action)  # type: ignore[arg-type]


QUICK = {"settle": 0.1, "interval": 0.3}

SERVICES: dict[str, Service] = {
    "no storm rule": runit(limit_rule(), **QUICK),
    "told of each": runit(changed(Alert()), **QUICK),
    "given up": runit(limit_rule(), storm_rule(Unmonitor(), 5), **QUICK),
    "given up for a while": runit(limit_rule(), storm_rule(Unmonitor(20.0), 3), **QUICK),
    "stopped": runit(limit_rule(), storm_rule(Stop(), 5), **QUICK),
    "stopped for a while": runit(limit_rule(), storm_rule(Stop(10.0), 3), **QUICK),
    "slow to stop": runit(limit_rule(), storm_rule(Stop(10.0), 9), **QUICK),
    "told of storms": runit(limit_rule(), storm_rule(Alert(), 4), changed(Alert()), **QUICK),
    "runs a command": runit(storm_rule(Exec(Command(("/x",))), 4), **QUICK),
    "restarted on top": daemon(changed(Restart()), **QUICK),
    "by itself": external(limit_rule(), storm_rule(Unmonitor(60.0), 20), **QUICK),
    "limits": runit(limit_rule(175, 1), limit_rule(100, 2, key="if b"), **QUICK),
    "limits and storms": daemon(limit_rule(175, 1), storm_rule(Unmonitor(30.0), 4), **QUICK),
    "starts at once": daemon(limit_rule(175, 1), start_after=0.0, **QUICK),
}


class Loop:
    """A host on which one service ends a thousand times within ten minutes."""

    def __init__(self, service: Service) -> None:
        self.sim = Sim(service)
        self.sim.look()

    def go(self, causes: Callable[[int], str], times: int = 1000) -> None:
        for index in range(times):
            self.suffer(causes(index))
            self.sim.run(0.6)
            if self.sim.state.bid is not None:
                self.sim.look(Granted(), scheduled=False)

    def suffer(self, cause: str) -> None:
        sim = self.sim
        kept = sim.service.runit or sim.service.external
        if cause == "fat":
            sim.rss = 200 * MB
        elif cause == "gone" and sim.main is not None:
            sim.die()
            if kept and sim.want == "u":
                sim.starts_at = sim.now.mono + 0.2
        elif sim.main is not None and sim.want == "u":
            sim.crash()
        elif sim.want == "u" and sim.state.intent is None and kept:
            sim.spawn()


CAUSES: dict[str, Callable[[int], str]] = {
    "crashes": lambda _: "crash",
    "alternating": lambda index: ("crash", "fat", "gone")[index % 3],
    "limits": lambda _: "fat",
    "mostly limits": lambda index: "crash" if index % 7 == 0 else "fat",
}


@pytest.mark.parametrize("causes", CAUSES)
@pytest.mark.parametrize("kind", SERVICES)
def test_a_thousand_restarts_in_ten_minutes_are_three_messages(kind: str, causes: str) -> None:
    loop = Loop(SERVICES[kind])
    loop.go(CAUSES[causes])
    assert len(loop.sim.notes) <= 3, loop.sim.told()
    restarts = loop.sim.next_pid - 101
    assert bool(loop.sim.notes) is bool(restarts), "and never none"


def events(sim: Sim) -> list[Event]:
    """Give the ledger as it would be on disk."""
    found: dict[int, Event] = {}
    for record in sim.records:
        known = found.get(record.serial)
        found[record.serial] = (
            begun(record.serial, "dj", record, 0.0)
            if known is None
            else amended(known, record, 0.0)
        )
    return list(found.values())


@pytest.mark.parametrize("kind", ["no storm rule", "told of each", "given up", "told of storms"])
def test_a_thousand_crashes_are_one_event_that_counts_them_all(kind: str) -> None:
    loop = Loop(SERVICES[kind])
    loop.go(CAUSES["crashes"])
    crashes = [event for event in events(loop.sim) if folded(event)]
    assert [folded(event) for event in crashes] == [1000]
    assert 598.0 <= (crashes[0].facts.crashing or 0.0) <= 600.0
    assert crashes[0].facts.exact
    assert not crashes[0].closed


def test_the_count_is_exact_whatever_restarts_it() -> None:
    loop = Loop(SERVICES["stopped for a while"])
    loop.go(CAUSES["alternating"])
    sim = loop.sim
    made = [one for one in events(sim) if one.what in {What.RESTART_FIXED, What.START_FIXED}]
    tried = sum(1 for run in sim.runs if run.kind == "start")
    others = sum(folded(event) for event in events(sim))
    assert tried >= len(made)
    assert others == sim.next_pid - 101 - tried  # each process but the first had a reason
    assert sim.next_pid > 250


def crash(sim: Sim, times: int, *, every: float = 1.0) -> None:
    for _ in range(times):
        sim.advance(every)
        sim.crash()
        sim.look(scheduled=False)


# --- what is told ----------------------------------------------------------------------------


def test_two_crashes_are_one_notice_and_no_end() -> None:
    sim = Sim(runit())
    sim.look()
    crash(sim, 2)
    sim.run(700.0)
    assert sim.told() == [(What.RESTARTED, Why.RAISED)]
    (event,) = events(sim)
    assert (event.facts.crashes, event.what, event.closed) == (2, What.RESTARTED, True)
    assert sim.state.incidents == {}


def test_crashing_ends_with_one_word_after_ten_calm_minutes() -> None:
    sim = Sim(runit())
    sim.look()
    crash(sim, 5)
    sim.run(590.0)
    assert sim.told()[-1] == (What.CRASHING, Why.WORSENED)
    sim.run(20.0)
    assert sim.told()[2:] == [(What.WELL, Why.CLEARED)]
    assert sim.notes[-1].level is Level.CRITICAL  # whoever was told hears of it


def test_restarts_of_ours_go_on_with_it() -> None:
    sim = Sim(runit(limit_rule()))
    sim.look()
    crash(sim, 3)
    sim.run(540.0)
    over(sim)
    sim.run(400.0)
    assert sim.told()[-1] == (What.CRASHING, Why.WORSENED)
    sim.run(300.0)
    assert sim.told()[-1] == (What.WELL, Why.CLEARED)


def test_restarts_that_somebody_wanted_are_told_of_twice_in_ten_minutes() -> None:
    sim = Sim(runit())
    sim.look()
    for _ in range(50):
        sim.advance(2.0)
        sim.die(term=True)
        sim.spawn()
        sim.look(scheduled=False)
    assert sim.told() == [(What.RESTARTED, Why.RAISED)] * 2
    assert len(events(sim)) == 50
    assert sim.state.incidents == {}


def test_one_crash_each_nine_minutes_goes_on_one_each_eleven_does_not() -> None:
    for minutes, told in ((9, 1), (11, 6)):
        sim = Sim(runit())
        sim.look()
        for _ in range(6):
            sim.run(minutes * 60.0)
            sim.crash()
            sim.look(scheduled=False)
        assert len({note.serial for note in sim.notes}) == told


def test_giving_up_goes_on_in_the_event_of_the_crashes_and_counts_on() -> None:
    sim = Sim(runit(storm_rule(Unmonitor(), 3)))
    sim.look()
    crash(sim, 20)
    assert sim.told() == [(What.RESTARTED, Why.RAISED), (What.GAVE_UP, Why.WORSENED)]
    (event,) = events(sim)
    assert (event.what, event.level) == (What.GAVE_UP, Level.CRITICAL)
    assert (event.facts.count, event.facts.crashes) == (3, 20)
    assert event.facts.rule is not None


def test_a_rule_that_counts_to_more_is_told_of_after_the_crashing() -> None:
    sim = Sim(runit(storm_rule(Unmonitor(), 5)))
    sim.look()
    crash(sim, 20)
    assert [what for what, _ in sim.told()] == [What.RESTARTED, What.CRASHING, What.GAVE_UP]


def test_what_crashes_on_after_its_time_is_the_same_incident() -> None:
    sim = Sim(runit(storm_rule(Unmonitor(60.0), 3)))
    sim.look()
    for _ in range(10):
        crash(sim, 4)
        sim.run(62.0)
    assert [what for what, _ in sim.told()] == [What.RESTARTED, What.GAVE_UP]
    assert len(events(sim)) == 1
    assert events(sim)[0].what is What.CRASHING
    assert status_of(sim.service, sim.state, sim.now).kind is Kind.CRASHING
    sim.run(700.0)
    assert sim.told()[2:] == [(What.WELL, Why.CLEARED)]


def test_a_crash_loop_that_is_stopped_again_and_again_is_one_incident() -> None:
    sim = Sim(runit(storm_rule(Stop(60.0), 3)))
    sim.look()
    for _ in range(6):
        crash(sim, 3)
        sim.run(90.0)
    assert sim.commands.count("stop") == 6
    assert sim.told() == [(What.RESTARTED, Why.RAISED), (What.BACKING_OFF, Why.WORSENED)]
    sim.run(700.0)
    assert sim.told()[2:] == [(What.WELL, Why.CLEARED)]
    assert {note.serial for note in sim.notes} == {1}


def test_a_start_that_fails_is_closed_by_the_one_that_works() -> None:
    sim = Sim(daemon())
    sim.look()
    sim.start_takes = None
    sim.die()
    while not sim.notes or sim.told()[-1][0] is not What.START_FAILED:
        sim.run(1.0)
    first = sim.notes[-1]
    assert (first.why, first.level) == (Why.VERDICT, Level.CRITICAL)
    sim.start_takes = 0.0
    sim.run(120.0)
    assert sim.stands() is Phase.WATCHING
    after = [(one.serial, one.why) for one in sim.notes if one.serial >= first.serial][2:]
    assert after == [(first.serial, Why.CLEARED)]
    assert events(sim)[0].what is What.START_FAILED  # what it was stays on record


def test_a_failed_start_that_somebody_else_puts_right_is_told_after_a_minute() -> None:
    sim = Sim(daemon(limit_rule()))
    sim.look()
    sim.start_takes = None
    sim.die()
    while What.START_FAILED not in [what for what, _ in sim.told()]:
        sim.run(1.0)
    sim.spawn()
    sim.run(90.0)
    assert sim.notes[-1].why is Why.CLEARED


def test_a_pidfile_that_changed_is_restarted_in_one_event_and_one_message() -> None:
    sim = Sim(daemon(changed(Restart())))
    sim.look()
    sim.advance(5.0)
    sim.crash()
    sim.look()
    grant(sim)
    sim.run(60.0)
    assert sim.told() == [(What.RESTART_FIXED, Why.VERDICT)]
    assert len(events(sim)) == 1


def test_an_order_takes_what_was_given_up_in_hand_and_says_so() -> None:
    for verb, what in ((Verb.RESTART, What.MONITORED), (Verb.STOP, What.STOPPED)):
        sim = Sim(runit(storm_rule(Unmonitor(), 3)))
        sim.look()
        crash(sim, 4)
        told = len(sim.notes)
        sim.look(Request(verb, "ann"), scheduled=False)
        assert sim.told()[told:] == [(what, Why.CLEARED)]
        assert not {"gave up", "restarted"} & set(sim.state.incidents)


def test_two_hundred_services_that_restart_once_are_told_of_once_each() -> None:
    def leak(sim: Sim) -> None:
        over(sim)

    def die(sim: Sim) -> None:
        sim.look()
        sim.die()

    def end(sim: Sim) -> None:
        sim.look()
        sim.advance(1.0)
        sim.crash()
        sim.look(scheduled=False)

    for number in range(200):
        happens, service = [
            (leak, runit(limit_rule())),
            (end, runit(limit_rule())),
            (die, daemon(limit_rule())),
            (end, external(limit_rule())),
        ][number % 4]
        sim = Sim(replace(service, name=f"s{number}"))
        happens(sim)
        sim.run(120.0)
        assert len(sim.notes) == 1, sim.told()


def test_many_restarts_found_after_a_long_time_are_no_crash_loop() -> None:
    sim = Sim(runit())
    sim.look()
    sim.crash()
    sim.starts = 9
    sim.advance(36_000.0)
    sim.look()
    assert [(note.why, note.level) for note in sim.notes] == [(Why.RAISED, Level.NOTICE)]


def test_one_that_may_have_been_missed_makes_the_count_a_lower_bound() -> None:
    sim = Sim(runit())
    sim.look()
    crash(sim, 1)
    inexact = replace(sim.observe(scheduled=False), exact=False)
    sim.crash()
    sim.observe = lambda *, scheduled: replace(  # type: ignore[method-assign]
        Sim.observe(sim, scheduled=scheduled), exact=False
    )
    sim.look(scheduled=False)
    del sim.observe
    crash(sim, 1)
    assert inexact.exact is False
    assert events(sim)[-1].facts.exact is False
    assert events(sim)[-1].facts.crashes == 3


def test_what_goes_with_it_is_told_when_people_have_not_heard_too_much() -> None:
    sim = Sim(daemon(limit_rule(175, 1), storm_rule(Unmonitor(), 3, 3600.0), start_after=0.0))
    sim.look()
    for _ in range(3):
        crash(sim, 1, every=20.0)
    assert What.GAVE_UP in [what for what, _ in sim.told()]
    sim.rss = 200 * MB
    sim.run(60.0)
    assert What.OVER not in [what for what, _ in sim.told()]
    sim.run(600.0)
    assert sim.told().count((What.OVER, Why.RAISED)) == 1
