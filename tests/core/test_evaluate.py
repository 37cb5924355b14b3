"""Judging one look: tables of trees, limits and marks."""

import pytest
from msgspec.structs import replace

from svwatch.core.decide import is_quiet
from svwatch.core.evaluate import counted, read
from svwatch.core.phases import Phase
from svwatch.core.plan import (
    ChangedPid,
    Exists,
    Lasting,
    Metric,
    NotExists,
    Op,
    Resource,
    Size,
    Storm,
    Uptime,
)
from svwatch.core.plan import Test as RuleTest
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Absent, Incarnation, Proc, Running, Tree, Unreadable
from svwatch.core.state import Known, Mark, Restarted, State
from svwatch.core.turn import Turn
from tests.core.world import MB, START, Sim, daemon, limit_rule, runit

MAIN = Incarnation(7, int((START.boot - 100) * 100))
CHILD = Incarnation(8, int((START.boot - 50) * 100))


def turn_of(*procs: Proc, complete: bool = True, warm_up: float = 0.0) -> Turn:
    sim = Sim(runit(warm_up=warm_up))
    seen = sim.observe(scheduled=True)
    tree = Tree(procs, complete) if procs else None
    verdict = Running(MAIN) if procs else Absent("down")
    seen = replace(seen, tree=tree, verdict=verdict, memtotal=1000 * MB)
    return Turn(sim.service, State(known=Known(MAIN)), seen)


def proc(rss: int, pss: int | None = None, who: Incarnation = MAIN) -> Proc:
    return Proc(who, 1, rss * MB, None if pss is None else pss * MB)


def over(metric: Metric, mb: int, op: Op = Op.GT) -> Resource:
    return Resource(metric, op, Size(mb * MB))


@pytest.mark.parametrize(
    ("test", "procs", "mark"),
    [
        (over(Metric.MEMORY, 100), [proc(99), proc(99, who=CHILD)], Mark.GOOD),
        (over(Metric.TOTALMEM, 100), [proc(99), proc(99, who=CHILD)], Mark.BAD),
        (over(Metric.MEMORY, 100), [proc(100)], Mark.GOOD),
        (over(Metric.MEMORY, 100, Op.GE), [proc(100)], Mark.BAD),
        (over(Metric.MEMORY, 0), [proc(1)], Mark.BAD),  # zero is a legal limit
        (over(Metric.MEMORY, 100, Op.LT), [proc(99)], Mark.BAD),
        (over(Metric.PSS, 100), [proc(99)], Mark.GOOD),  # PSS cannot exceed RSS
        (over(Metric.PSS, 100), [proc(101)], Mark.UNKNOWN),  # not read at this look
        (over(Metric.PSS, 100), [proc(101, 50)], Mark.GOOD),
        (over(Metric.TOTAL_PSS, 100), [proc(90, 60), proc(90, 60, CHILD)], Mark.BAD),
        (over(Metric.TOTAL_PSS, 100), [proc(90, 60), proc(90, None, CHILD)], Mark.UNKNOWN),
        (over(Metric.PSS, 100, Op.LT), [proc(99)], Mark.UNKNOWN),
        (Resource(Metric.MEMORY, Op.GT, Size(percent=20.0)), [proc(201)], Mark.BAD),
        (Resource(Metric.MEMORY, Op.GT, Size(percent=20.0)), [proc(200)], Mark.GOOD),
        (Uptime(Op.GT, 99.0), [proc(1)], Mark.BAD),
        (Uptime(Op.GT, 101.0), [proc(1)], Mark.GOOD),
        (Exists(), [proc(1)], Mark.BAD),
        (NotExists(), [proc(1)], Mark.GOOD),
        (ChangedPid(), [proc(1)], Mark.GOOD),
    ],
)
def test_marks(test: RuleTest, procs: list[Proc], mark: Mark) -> None:
    assert read(test, turn_of(*procs)).mark is mark


@pytest.mark.parametrize("metric", list(Metric))
def test_no_tree_is_unknown_and_never_zero(metric: Metric) -> None:
    assert read(over(metric, 100, Op.LT), turn_of()).mark is Mark.UNKNOWN


def test_an_incomplete_sum_accuses_but_does_not_acquit() -> None:
    partly = turn_of(proc(60), proc(60, who=CHILD), complete=False)
    assert read(over(Metric.TOTALMEM, 100), partly).mark is Mark.BAD
    assert read(over(Metric.TOTALMEM, 200), partly).mark is Mark.UNKNOWN
    assert read(over(Metric.TOTALMEM, 200, Op.LT), partly).mark is Mark.UNKNOWN


def test_a_process_that_warms_up_is_not_judged() -> None:
    assert read(over(Metric.MEMORY, 1), turn_of(proc(9), warm_up=101.0)).mark is Mark.UNKNOWN
    assert read(over(Metric.MEMORY, 1), turn_of(proc(9), warm_up=99.0)).mark is Mark.BAD


def test_percent_of_an_unknown_memory_is_unknown() -> None:
    turn = turn_of(proc(9))
    turn.seen = replace(turn.seen, memtotal=0)
    test = Resource(Metric.MEMORY, Op.GT, Size(percent=20.0))
    assert read(test, turn).mark is Mark.UNKNOWN


def test_unreadable_is_not_absent() -> None:
    turn = turn_of()
    turn.seen = replace(turn.seen, verdict=Unreadable("hidden"))
    assert read(NotExists(), turn).mark is Mark.UNKNOWN
    assert read(Exists(), turn).mark is Mark.UNKNOWN


def entries(*made: tuple[float, int, bool]) -> State:
    listed = tuple(
        Restarted(START.mono - ago, cycle, "crash", planned) for ago, cycle, planned in made
    )
    return State(restarts=listed, cycle=100)


@pytest.mark.parametrize(
    ("test", "count"),
    [
        (Storm(3, seconds=60.0), 2),
        (Storm(3, seconds=300.0), 3),
        (Storm(3, cycles=5), 1),
        (Storm(3, cycles=20), 3),
    ],
)
def test_storms_slide_and_leave_planned_restarts_out(test: Storm, count: int) -> None:
    state = entries((10, 98, False), (20, 95, False), (120, 90, False), (5, 99, True))
    assert counted(test, Turn(daemon(), state, Sim(daemon()).observe(scheduled=True))) == count


def test_lasting_needs_two_looks_and_the_whole_time() -> None:
    rule = replace(limit_rule(), window=Lasting(20.0))
    sim = Sim(runit(rule))
    sim.look()
    sim.rss = 200 * MB
    sim.run(15.0)
    assert sim.state.bid is None
    sim.run(15.0)
    assert sim.state.bid is not None


def test_a_good_look_empties_a_lasting_window() -> None:
    rule = replace(limit_rule(), window=Lasting(20.0))
    sim = Sim(runit(rule))
    sim.look()
    for _ in range(6):
        sim.rss = 200 * MB
        sim.run(15.0)
        sim.rss = 40 * MB
        sim.run(5.0)
    assert sim.state.bid is None


def settled() -> Sim:
    sim = Sim(runit(limit_rule()))
    sim.run(60.0)
    assert is_quiet(sim.service, sim.state, sim.now)
    return sim


def test_what_an_extra_look_saw_first_is_judged_at_the_next_scheduled_one() -> None:
    sim = settled()
    sim.rss = 200 * MB
    sim.advance(1.0)
    sim.look(scheduled=False)  # somebody asked just when it had grown; no window moved
    assert not is_quiet(sim.service, sim.state, sim.now)


def test_what_was_seen_while_windows_stood_still_is_judged_afterwards() -> None:
    sim = settled()
    sim.fresh_rss = 200 * MB  # the successor is over its limit from the start, and stays there
    sim.look(Request(Verb.RESTART, "ann"), scheduled=False)
    while sim.state.intent is not None:
        sim.run(1.0)
    assert not is_quiet(sim.service, sim.state, sim.now)
    sim.run(20.0)
    assert sim.state.bid is not None


def test_what_was_seen_while_nobody_judged_is_judged_afterwards() -> None:
    sim = settled()
    sim.look(Request(Verb.UNMONITOR, "ann"), scheduled=False)
    sim.rss = 200 * MB
    sim.run(20.0)
    sim.look(Request(Verb.MONITOR, "ann"), scheduled=False)
    assert sim.stands() is Phase.WATCHING
    assert not is_quiet(sim.service, sim.state, sim.now)
