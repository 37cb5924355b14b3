"""What is used per second, on the scale of monit, between two looks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.rates import counts, rates
from svwatch.core.seen import Incarnation, Proc, Tree
from svwatch.core.state import Rates

MAIN, ONE, TWO = Incarnation(7, 1), Incarnation(8, 1), Incarnation(9, 1)


def proc(who: Incarnation, cpu: float | None, threads: int = 1) -> Proc:
    return Proc(who, 1, 1, cpu=cpu, threads=threads)


def moved(read: int, written: int) -> Proc:
    return Proc(MAIN, 1, 1, read=read, written=written)


def between(before: Tree, after: Tree, seconds: float = 10.0, cpus: int = 2) -> Rates:
    return rates(rates(None, before, 100.0, cpus), after, 100.0 + seconds, cpus)


@pytest.mark.parametrize(
    ("threads", "used", "expected"),
    [
        (1, 10.0, 100.0),  # one busy thread
        (4, 10.0, 50.0),  # one busy, three idle, on two processors
        (4, 20.0, 100.0),
        (1, 20.0, 100.0),  # more than one thread can use: a thread that has ended
        (0, 1.0, 10.0),
    ],
)
def test_cpu_is_of_what_its_threads_could_use(threads: int, used: float, expected: float) -> None:
    found = between(Tree((proc(MAIN, 5.0),)), Tree((proc(MAIN, 5.0 + used, threads),)))
    assert found.cpu == pytest.approx(expected)
    assert found.cores == pytest.approx(used / 10)


def test_total_cpu_cannot_tell_one_busy_child_from_two_and_cores_can() -> None:
    idle = (proc(MAIN, 1.0), proc(ONE, 0.0), proc(TWO, 0.0))
    one = between(Tree(idle[:2]), Tree((proc(MAIN, 1.0), proc(ONE, 9.8))))
    two = between(Tree(idle), Tree((proc(MAIN, 1.0), proc(ONE, 9.6), proc(TWO, 9.6))))
    assert one.total_cpu == pytest.approx(98.0)
    assert two.total_cpu == pytest.approx(96.0)
    assert (one.cpu, two.cpu) == (0.0, 0.0)
    assert two.cores == pytest.approx(1.92)


def test_a_child_born_meanwhile_counts_whole_and_one_that_ended_not_at_all() -> None:
    born = between(Tree((proc(MAIN, 1.0),)), Tree((proc(MAIN, 1.0), proc(ONE, 5.0))))
    assert born.cores == pytest.approx(0.5)
    ended = between(Tree((proc(MAIN, 1.0), proc(ONE, 5.0))), Tree((proc(MAIN, 2.0),)))
    assert ended.cores == pytest.approx(0.1)


def test_one_look_says_nothing_and_looks_too_near_change_nothing() -> None:
    first = rates(None, Tree((proc(MAIN, 1.0),)), 100.0, 2)
    assert (first.cpu, first.total_cpu, first.cores) == (None, None, None)
    assert rates(first, Tree((proc(MAIN, 9.0),)), 100.1, 2) is first


def test_what_could_not_be_read_is_unknown() -> None:
    found = between(
        Tree((proc(MAIN, 1.0), proc(ONE, 1.0))), Tree((proc(MAIN, 2.0), proc(ONE, None)))
    )
    assert found.cpu == pytest.approx(10.0)
    assert not found.whole
    blind = between(Tree((proc(MAIN, None),)), Tree((proc(MAIN, 2.0),)))
    assert blind.cpu is None


def test_bytes_per_second() -> None:
    before = Tree((moved(0, 500),))
    found = between(before, Tree((moved(4096, 500),)))
    assert (found.read, found.written) == (409.6, 0.0)
    assert counts(before, MAIN)
    assert not counts(Tree((proc(MAIN, None),)), MAIN)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=5), st.floats(0.2, 1e5), st.integers(0, 99))
def test_monits_scale_has_an_end(used: list[float], seconds: float, cpus: int) -> None:
    crowd = [Incarnation(number + 7, 1) for number in range(len(used))]
    before = Tree(tuple(proc(who, 0.0) for who in crowd))
    after = Tree(tuple(proc(who, cpu) for who, cpu in zip(crowd, used, strict=True)))
    found = between(before, after, seconds, cpus)
    assert 0.0 <= (found.cpu or 0.0) <= (found.total_cpu or 0.0) <= 100.0
