"""Limits tried on history: tables of what fires when, and what can never be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.candidates import (
    DAY,
    HOLE,
    Spread,
    buckets,
    candidates,
    firings,
    rank,
    rounded,
    rule_of,
    study,
)
from svwatch.core.plan import (
    Alert,
    Lasting,
    Metric,
    Op,
    Resource,
    Rule,
    Service,
    Size,
    Times,
    Window,
)
from svwatch.core.units import GB, KB, MB

NOW = 30_000_000


def rule(
    size: int, metric: Metric = Metric.TOTALMEM, op: Op = Op.GT, window: Window | None = None
) -> Rule:
    return Rule(
        key=f"{metric} {size}", text=f"if {metric} {op} {size} B then alert", where="a.yaml:3",
        test=Resource(metric, op, Size(size)), action=Alert(), window=window or Times(3, 3),
    )  # fmt: skip


def service(*rules: Rule, interval: float = 5.0) -> Service:
    return Service(name="a", where="a.yaml:1", rules=rules, interval=interval)


@pytest.mark.parametrize(
    ("sizes", "percent", "expected"),
    [
        ([7], 50, 7), ([7], 95, 7), ([1, 2], 50, 1), ([1, 2], 95, 2), ([1, 2, 3], 50, 2),
        (range(1, 101), 95, 95), (range(1, 101), 50, 50), (range(1, 21), 95, 19),
    ],
)  # fmt: skip
def test_ranks(sizes: list[int], percent: int, expected: int) -> None:
    assert rank(list(sizes), percent) == expected


@pytest.mark.parametrize(
    ("window", "interval", "expected"),
    [
        (Times(1, 1), 5, (1, 1)),
        (Times(3, 3), 5, (1, 1)),
        (Times(12, 12), 5, (1, 1)),
        (Times(13, 13), 5, (2, 2)),
        (Times(3, 3), 60, (3, 3)),
        (Times(3, 15), 60, (3, 15)),
        (Times(2, 24), 5, (1, 2)),
        (Lasting(30), 5, (1, 1)),
        (Lasting(60), 5, (2, 2)),
        (Lasting(120), 5, (3, 3)),
    ],
)
def test_how_many_minutes_a_window_takes(
    window: Window, interval: float, expected: tuple[int, int]
) -> None:
    assert buckets(window, interval) == expected


@pytest.mark.parametrize(
    ("sizes", "shape", "expected"),
    [
        ("", (1, 1), []),
        ("...", (1, 1), []),
        (".#.", (1, 1), [1]),
        (".##.#", (1, 1), [1, 4]),
        ("####", (1, 1), [0]),
        (".##.###", (3, 3), [6]),
        ("#.#.#", (3, 5), [4]),
        ("#.#..", (3, 5), []),
        ("##.##", (2, 2), [1, 4]),
        ("#" + " " * HOLE + "#", (1, 1), [0, HOLE + 1]),
        ("#" + " " * (HOLE - 1) + "#", (1, 1), [0]),
        ("#" + " " * HOLE + "#", (2, 2), []),
    ],
)
def test_when_a_limit_fires(sizes: str, shape: tuple[int, int], expected: list[int]) -> None:
    rows = [(at, 10 if mark == "#" else 1) for at, mark in enumerate(sizes) if mark != " "]
    assert list(firings(rows, 5, shape)) == expected


def test_at_the_limit_is_not_over_it_but_where_the_rule_says_so() -> None:
    assert firings([(0, 5)], 5, (1, 1)) == ()
    assert firings([(0, 5)], 5, (1, 1), Op.GE) == (0,)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, 64 * KB), (1, 64 * KB), (3 * MB + 1, 3 * MB + 64 * KB), (30 * MB, 30 * MB),
        (40 * MB + 1, 41 * MB), (171 * MB, 175 * MB), (175 * MB, 175 * MB), (401 * MB, 410 * MB),
        (3 * GB + 1, 3100 * MB),
    ],
)  # fmt: skip
def test_round_limits(size: int, expected: int) -> None:
    assert rounded(size) == expected


def test_the_present_limit_is_one_of_four() -> None:
    spread = Spread(7, 100, 100 * MB, 168 * MB, 182 * MB)
    assert [size // MB for size in candidates(spread, None)] == [170, 175, 185, 230]
    assert [size // MB for size in candidates(spread, 171 * MB)] == [170, 171, 185, 230]
    assert [size // MB for size in candidates(spread, 400 * MB)] == [170, 185, 230, 400]
    assert [size // MB for size in candidates(spread, 170 * MB)] == [170, 175, 185, 230]
    still = Spread(7, 100, 100 * MB, 100 * MB, 100 * MB)
    assert [size // MB for size in candidates(still, None)] == [100, 125, 157, 200]


def test_which_rule_is_meant() -> None:
    low, high = rule(100 * MB), rule(600 * MB)
    shared = rule(5 * MB, Metric.TOTAL_PSS)
    least = rule(1, Metric.TOTALMEM, Op.LT)
    assert rule_of(service(high, shared, least, low)) == low
    assert rule_of(service(shared, least)) == shared
    assert rule_of(service(least)) is None


def test_a_week_of_a_worker_that_leaks() -> None:
    """It grows by 1 MB each minute from 60 MB and is restarted over 175 MB."""
    rows = [(NOW - at, (60 + (7 * DAY - at) % 117) * MB) for at in reversed(range(7 * DAY))]
    found = study(service(rule(175 * MB)), rows, NOW, 175 * MB)
    assert found is not None
    day, week = found.spreads
    assert (day.days, day.minutes, week.days, week.minutes) == (1, DAY, 7, 7 * DAY)
    assert week.most == 176 * MB
    assert (week.p50, week.p95) == (118 * MB, 171 * MB)
    shown = [(one.limit // MB, one.fired, one.present) for one in found.trials]
    assert shown[1] == (175, (13, 86), True)
    assert [one.over for one in found.trials[-2:]] == [0, 0]
    assert shown[0][0] == 145
    assert (found.first, found.last, found.apart) == (NOW - 7 * DAY + 1, NOW, False)


def test_a_rule_on_another_size_lends_its_window_only() -> None:
    window = Lasting(300)
    spared = service(rule(100 * MB, Metric.TOTAL_PSS, window=window))
    found = study(spared, [(NOW, 400 * MB)], NOW, 100 * MB)
    assert found is not None
    assert (found.apart, found.window) == (True, window)
    assert not any(one.present for one in found.trials)


def test_without_history_there_is_nothing_to_say() -> None:
    assert study(service(), [], NOW) is None
    assert study(service(), [(NOW - 7 * DAY, 5), (NOW + 1, 5)], NOW) is None


ROWS = st.dictionaries(
    st.integers(NOW - 3 * DAY, NOW), st.integers(1, 40 * GB) | st.integers(1, 9), min_size=1
).map(lambda rows: sorted(rows.items()))
WINDOWS = st.builds(
    lambda n, more: Times(n, min(64, n + more)), st.integers(1, 64), st.integers(0, 63)
) | st.builds(Lasting, st.floats(1, 3600))


@given(ROWS, WINDOWS, st.sampled_from([1.0, 5.0, 60.0, 300.0]), st.none() | st.integers(1, 50 * GB))
def test_what_is_always_true(
    rows: list[tuple[int, int]], window: Window, interval: float, present: int | None
) -> None:
    limit = present or 1
    found = study(service(rule(limit, window=window), interval=interval), rows, NOW, present)
    assert found is not None
    for spread in found.spreads:
        assert 0 < spread.p50 <= spread.p95 <= spread.most
    week = found.spreads[-1]
    sizes = [one.limit for one in found.trials]
    assert len(set(sizes)) == 4
    assert sizes == sorted(sizes)
    assert sizes[-1] > week.most
    assert [one.limit for one in found.trials if one.present] == ([present] if present else [])
    for one in found.trials:
        assert 0 <= one.fired[0] <= one.fired[1] <= week.minutes
        assert (one.over == 0) == (one.limit >= week.most)
    overs = [one.over for one in found.trials]
    assert overs == sorted(overs, reverse=True)
    assert found.trials[-1].fired == (0, 0)
    silent = [one.limit for one in found.trials if not one.fired[1]]
    assert all(not one.fired[1] for one in found.trials if silent and one.limit >= min(silent))


@given(st.integers(1, 2**50))
def test_rounding_is_small_upwards_and_settled(size: int) -> None:
    nice = rounded(size)
    assert nice >= size
    assert nice - size < max(64 * KB, size / 8)
    assert rounded(nice) == nice or rounded(nice) - nice < nice / 8
