"""Judging what is no resident size: tables of readings and marks."""

import pytest
from msgspec.structs import replace

from svwatch.core.evaluate import judge, read
from svwatch.core.labels import label
from svwatch.core.limits import limit_of
from svwatch.core.needs import files, needs, pss_over, restless
from svwatch.core.phrase import tested as in_words
from svwatch.core.plan import (
    Acts,
    Alert,
    ChangedPpid,
    ChildOver,
    Gauge,
    Gauged,
    Ident,
    Metric,
    Older,
    Op,
    Resource,
    Rule,
    Silent,
    Size,
    Storm,
)
from svwatch.core.plan import Test as RuleTest
from svwatch.core.seen import Aged, Incarnation, Need, Owner, Proc, Running, Tree
from svwatch.core.state import Known, Mark, Rates, Restarted, Spent, State
from svwatch.core.turn import Turn
from svwatch.core.windows import key_of, rule_of
from svwatch.view.limits import limit_words
from tests.core.world import MB, START, Sim, runit

MAIN = Incarnation(7, int((START.boot - 100) * 100))  # 100 s old
LOG = "/sv/dj/log/main/current"
PLAIN = Proc(MAIN, 1, 50 * MB)


def child(number: int, rss: int, uss: int | None = None) -> Proc:
    return Proc(Incarnation(number, 1), 7, rss * MB, uss=None if uss is None else uss * MB)


def turn_of(
    *procs: Proc, known: Known | None = None, complete: bool = True, **seen: object
) -> Turn:
    sim = Sim(runit(log=LOG))
    looked = replace(
        sim.observe(scheduled=True),
        tree=Tree(procs, complete) if procs else None,
        verdict=Running(MAIN),
        memtotal=1000 * MB,
        **seen,
    )
    return Turn(sim.service, State(known=known or Known(MAIN)), looked)


def mark(test: RuleTest, turn: Turn) -> tuple[Mark, float | None]:
    reading = read(test, turn)
    assert reading.why or reading.mark is not Mark.UNKNOWN, "an unknown says why"
    return reading.mark, reading.value


def over(gauge: Gauge, limit: float, op: Op = Op.GT) -> Gauged:
    return Gauged(gauge, op, limit)


def size(metric: Metric, mb: int) -> Resource:
    return Resource(metric, Op.GT, Size(mb * MB))


@pytest.mark.parametrize(
    ("test", "proc", "expected"),
    [
        (over(Gauge.THREADS, 5), replace(PLAIN, threads=6), (Mark.BAD, 6)),
        (over(Gauge.THREADS, 6), replace(PLAIN, threads=6), (Mark.GOOD, 6)),
        (over(Gauge.THREADS, 5), PLAIN, (Mark.UNKNOWN, None)),
        (over(Gauge.DESCRIPTORS, 900, Op.GE), replace(PLAIN, fds=900), (Mark.BAD, 900)),
        (over(Gauge.DESCRIPTORS, 0, Op.LT), PLAIN, (Mark.UNKNOWN, None)),
        (over(Gauge.CHILDREN, 0, Op.EQ), PLAIN, (Mark.BAD, 0)),
        (size(Metric.USS, 40), replace(PLAIN, uss=41 * MB), (Mark.BAD, 41 * MB)),
        (size(Metric.USS, 50), PLAIN, (Mark.GOOD, None)),  # RSS is no more
        (size(Metric.USS, 49), PLAIN, (Mark.UNKNOWN, None)),
        (size(Metric.SWAP, 1), replace(PLAIN, swap=2 * MB), (Mark.BAD, 2 * MB)),
        (size(Metric.SWAP, 500), PLAIN, (Mark.UNKNOWN, None)),  # RSS says nothing of it
        (ChildOver(Metric.USS, Op.GT, Size(MB)), PLAIN, (Mark.GOOD, None)),  # there is no child
    ],
)  # fmt: skip
def test_marks(test: RuleTest, proc: Proc, expected: tuple[Mark, float | None]) -> None:
    assert mark(test, turn_of(proc)) == expected


def test_totals_add_up_and_are_unknown_where_one_is() -> None:
    test = Resource(Metric.TOTAL_SWAP, Op.GT, Size(3 * MB))
    main, other = replace(PLAIN, swap=2 * MB), replace(child(8, 1), swap=2 * MB)
    assert mark(test, turn_of(main, other)) == (Mark.BAD, 4 * MB)
    assert mark(test, turn_of(main, child(8, 1)))[0] is Mark.UNKNOWN


def test_children_of_an_incomplete_tree_accuse_only() -> None:
    two = (PLAIN, child(8, 1), child(9, 1))
    assert mark(over(Gauge.CHILDREN, 1), turn_of(*two, complete=False)) == (Mark.BAD, 2)
    assert mark(over(Gauge.CHILDREN, 2), turn_of(*two, complete=False))[0] is Mark.UNKNOWN


RATES = Rates(1.0, (Spent(MAIN, 5.0, 0, 0),), 95.0, 99.0, 1.9, 3e6, None)


@pytest.mark.parametrize(
    ("gauge", "limit", "expected"),
    [
        (Gauge.CPU, 90, (Mark.BAD, 95.0)),
        (Gauge.TOTAL_CPU, 99, (Mark.GOOD, 99.0)),
        (Gauge.CORES, 1.5, (Mark.BAD, 1.9)),
        (Gauge.READ, 2e6, (Mark.BAD, 3e6)),
        (Gauge.WRITE, 2e6, (Mark.UNKNOWN, None)),
    ],
)
def test_what_is_used_per_second(
    gauge: Gauge, limit: float, expected: tuple[Mark, float | None]
) -> None:
    assert mark(over(gauge, limit), turn_of(PLAIN, known=Known(MAIN, rates=RATES))) == expected
    assert mark(over(gauge, limit), turn_of(PLAIN))[0] is Mark.UNKNOWN  # one look says nothing


def test_what_is_not_ours_to_read_is_said() -> None:
    hidden = Known(MAIN, rates=replace(RATES, spent=(Spent(MAIN, 5.0),), read=None))
    assert "not ours to read" in read(over(Gauge.READ, 1), turn_of(PLAIN, known=hidden)).why


@pytest.mark.parametrize(
    ("age", "limit", "expected"),
    [
        (90.0, 60.0, (Mark.BAD, 90.0)),
        (60.0, 60.0, (Mark.GOOD, 60.0)),
        (5000.0, 60.0, (Mark.BAD, 100.0)),  # it has lived for 100 s only
        (5000.0, 100.0, (Mark.GOOD, 100.0)),
    ],
)
def test_the_age_of_a_log_counts_within_a_life(
    age: float, limit: float, expected: tuple[Mark, float]
) -> None:
    seen = turn_of(PLAIN, files=(Aged(LOG, age), Aged("/other", 1.0)))
    assert mark(Silent(limit), seen) == expected
    assert mark(Older("/other", 60.0), seen) == (Mark.GOOD, 1.0)


def test_a_file_that_is_not_there_is_no_old_file() -> None:
    gone = turn_of(PLAIN, files=(Aged("/x", None, "No such file or directory"),))
    assert read(Older("/x", 1.0), gone).why == "/x: No such file or directory"
    assert mark(Older("/x", 1.0), turn_of(PLAIN))[0] is Mark.UNKNOWN


@pytest.mark.parametrize(
    ("ident", "op", "number", "expected"),
    [
        (Ident.UID, Op.NE, 33, Mark.BAD),
        (Ident.UID, Op.NE, 1, Mark.GOOD),
        (Ident.EUID, Op.EQ, 2, Mark.BAD),
        (Ident.GID, Op.NE, 3, Mark.GOOD),
    ],
)
def test_whom_it_acts_for(ident: Ident, op: Op, number: int, expected: Mark) -> None:
    test = Acts(ident, op, "x", number)
    assert mark(test, turn_of(PLAIN, owner=Owner(1, 2, 3)))[0] is expected
    assert mark(test, turn_of(PLAIN))[0] is Mark.UNKNOWN


def test_another_parent_than_when_it_had_settled() -> None:
    assert mark(ChangedPpid(), turn_of(PLAIN, known=Known(MAIN, ppid=1)))[0] is Mark.GOOD
    assert mark(ChangedPpid(), turn_of(PLAIN, known=Known(MAIN, ppid=5)))[0] is Mark.BAD
    assert mark(ChangedPpid(), turn_of(PLAIN))[0] is Mark.UNKNOWN


def test_percent_of_its_own_cgroup() -> None:
    test = Resource(Metric.MEMORY, Op.GT, Size(percent=50.0, cgroup=True))
    assert mark(test, turn_of(PLAIN, cgroup=90 * MB)) == (Mark.BAD, 50 * MB)
    assert mark(test, turn_of(PLAIN, cgroup=100 * MB)) == (Mark.GOOD, 50 * MB)
    assert read(test, turn_of(PLAIN, cgroup_why="no limit")).why == "no limit"


def test_any_restarts_count_those_that_were_asked_for() -> None:
    turn = turn_of()
    entries = (Restarted(turn.mono, 0, "operator", planned=True), Restarted(turn.mono, 0, "crash"))
    turn.set(restarts=entries, known=None)
    assert read(Storm(2, seconds=60.0, planned=True), turn).value == 2
    assert read(Storm(2, seconds=60.0), turn).value == 1


# --- children, each by itself ----------------------------------------------------------------


def rule(test: RuleTest) -> Rule:
    return Rule(key="if child", text="if child", where="x:1", test=test, action=Alert())


def test_each_child_has_a_finding_of_its_own_the_worst_first() -> None:
    heavy = rule(ChildOver(Metric.USS, Op.GT, Size(10 * MB)))
    turn = turn_of(PLAIN, child(8, 20, 11), child(9, 20, 5), child(10, 20, 19))
    found = judge(heavy, turn, frozen=False)
    assert [(one.who and one.who.pid, one.value, one.fired) for one in found] == [
        (10, 19 * MB, True),
        (8, 11 * MB, True),
    ]
    assert len(turn.state.windows) == 2


def test_no_bad_child_is_one_good_finding() -> None:
    heavy = rule(ChildOver(Metric.MEMORY, Op.GT, Size(30 * MB)))
    (found,) = judge(heavy, turn_of(PLAIN, child(8, 20), child(9, 25)), frozen=False)
    assert (found.mark, found.value) == (Mark.GOOD, 25 * MB)


def test_a_child_that_could_not_be_read_is_unknown() -> None:
    heavy = rule(ChildOver(Metric.USS, Op.GT, Size(10 * MB)))
    (found,) = judge(heavy, turn_of(PLAIN, child(8, 20), child(9, 5)), frozen=False)
    assert found.mark is Mark.UNKNOWN


def test_children_of_an_incomplete_tree_are_judged_and_the_rest_is_unknown() -> None:
    heavy = rule(ChildOver(Metric.MEMORY, Op.GT, Size(30 * MB)))
    (found,) = judge(heavy, turn_of(PLAIN, child(8, 20), complete=False), frozen=False)
    assert (found.mark, found.why) == (Mark.UNKNOWN, "a process of the tree could not be read")
    (found,) = judge(heavy, turn_of(PLAIN, child(8, 40), complete=False), frozen=False)
    assert found.mark is Mark.BAD


def test_the_window_of_a_child_is_that_of_its_rule() -> None:
    key = key_of("if x > 3 then exec 'a @1.2 b'", Incarnation(7, 9))
    assert rule_of(key) == "if x > 3 then exec 'a @1.2 b'"
    assert rule_of("if x then exec 'a @b.c'") == "if x then exec 'a @b.c'"


# --- what is asked, and what it is called ----------------------------------------------------


def test_nothing_is_asked_for_that_no_rule_needs() -> None:
    plain = runit(rule(Resource(Metric.TOTALMEM, Op.GT, Size(1))), rule(over(Gauge.CHILDREN, 1)))
    assert needs(plain) == frozenset()
    assert files(plain) == ()
    assert pss_over(plain) is None
    assert not restless(plain)
    assert restless(runit(rule(over(Gauge.THREADS, 1))))


def test_what_rules_ask_for() -> None:
    service = runit(
        rule(over(Gauge.CPU, 1)),
        rule(over(Gauge.CORES, 1)),
        rule(over(Gauge.DESCRIPTORS, 1)),
        rule(over(Gauge.WRITE, 1)),
        rule(Resource(Metric.TOTAL_SWAP, Op.GT, Size(1))),
        rule(Resource(Metric.MEMORY, Op.GT, Size(percent=5.0, cgroup=True))),
        rule(Acts(Ident.UID, Op.NE, "x", 1)),
        rule(ChangedPpid()),
        rule(Silent(1.0)),
        rule(Older("/x", 1.0)),
        rule(ChildOver(Metric.USS, Op.GT, Size(7))),
        rule(Resource(Metric.TOTAL_PSS, Op.GT, Size(9))),
        log=LOG,
    )
    assert needs(service) == set(Need) - {Need.SWAP}
    assert files(service) == (LOG, "/x")
    assert pss_over(service) == 7
    assert restless(service)


@pytest.mark.parametrize(
    ("test", "measured", "words", "column"),
    [
        (over(Gauge.CPU, 80), 98.24, "cpu 98.2% > 80%", "80% cpu"),
        (over(Gauge.CORES, 1.5), 1.987, "cores 1.99 > 1.5", "1.5 cores"),
        (over(Gauge.THREADS, 200), 201.0, "threads 201 > 200", "200 threads"),
        (over(Gauge.READ, 10 * MB), 11.0 * MB, "disk read 11 MB/s > 10 MB/s", "10M/s disk read"),
        (Silent(600.0), 720.0, "log silent 12m > 10m", "10m log"),
        (Older("/x", 600.0), 720.0, "age of /x 12m > 10m", "10m file"),
        (Acts(Ident.UID, Op.NE, "x", 33), 0.0, "uid 0 != 33", "-"),
        (ChildOver(Metric.USS, Op.GT, Size(9 * MB)), 10.0 * MB, "child uss 10 MB > 9 MB", "-"),
        (Resource(Metric.USS, Op.GT, Size(9 * MB)), None, "uss > 9 MB", "9M uss"),
        (ChangedPpid(), 1.0, "changed ppid", "-"),
        (
            Resource(Metric.MEMORY, Op.GT, Size(percent=80.0, cgroup=True)),
            9.0 * MB,
            "memory 9 MB > 80%",
            "80% cgroup",
        ),
    ],
)
def test_words(test: RuleTest, measured: float | None, words: str, column: str) -> None:
    assert in_words(test, measured, None) == words
    assert limit_words(limit_of(runit(rule(test)), None, ())) == column
    assert (label(test) is None) is isinstance(test, ChangedPpid)
