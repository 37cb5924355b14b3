"""Numbers as people say them."""

import pytest

from svwatch.core import phrase
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
    Test,
    Times,
    Uptime,
)
from svwatch.core.state import Restarted
from tests.core.world import MB, limit_rule

TESTS: list[tuple[Test, float | None, float | None, str]] = [
    (Exists(), None, None, "a process exists"),
    (NotExists(), None, None, "no process"),
    (ChangedPid(), None, None, "changed pid"),
    (Storm(3, seconds=300.0), None, None, "3 restarts within 5m"),
    (Storm(3, cycles=5), None, None, "3 restarts within 5 cycles"),
    (Uptime(Op.GT, 86_400.0), 90_000.0, None, "uptime 1d 1h > 1d"),
    (Resource(Metric.PSS, Op.GE, Size(80 * MB)), 99.0 * MB, None, "pss 99 MB >= 80 MB"),
    (Resource(Metric.PSS, Op.GE, Size(80 * MB)), None, None, "pss >= 80 MB"),
    (Resource(Metric.MEMORY, Op.GT, Size(percent=12.5)), None, None, "memory > 12.5%"),
    (
        Resource(Metric.MEMORY, Op.GT, Size(percent=20.0)),
        300.0 * MB,
        200.0 * MB,
        "memory 300 MB > 200 MB (20%)",
    ),
]


@pytest.mark.parametrize(("test", "measured", "limit", "said"), TESTS)
def test_what_a_test_found(
    test: Test, measured: float | None, limit: float | None, said: str
) -> None:
    assert phrase.tested(test, measured, limit) == said


def test_how_long_a_window_is() -> None:
    assert phrase.asked(Times()) == ""
    assert phrase.asked(Times(3, 5)) == "3 of 5"
    assert phrase.asked(Lasting(120.0)) == "for 2m"
    assert phrase.condition(limit_rule(), 182.0 * MB, None) == "totalmem 182 MB > 175 MB, 3 of 3"


def test_restarts_are_counted_back_from_the_newest() -> None:
    entries = [Restarted(100.0 + 10 * turn, turn, "crash") for turn in range(5)]
    entries.append(Restarted(145.0, 9, "operator", planned=True))
    assert phrase.storm(entries) == "5 restarts in 40s"
    assert phrase.storm(entries, 3) == "3 restarts in 20s"
    assert phrase.storm([Restarted(1.0, 1, "crash", count=4, exact=False)]) == "at least 4 restarts"
    assert phrase.storm([]) == ""


@pytest.mark.parametrize(
    ("number", "rank"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")],
)
def test_ranks(number: int, rank: str) -> None:
    assert phrase.ordinal(number) == rank


def test_plurals() -> None:
    assert [phrase.several(n, "process") for n in (0, 1, 2)] == [
        "0 processes",
        "1 process",
        "2 processes",
    ]
    assert phrase.several(2, "error") == "2 errors"


def test_a_number_without_a_unit_is_bare() -> None:
    assert phrase.amount(4.5, None) == "4.5"
    assert phrase.amount(2.0 * MB, "bytes", short=True) == "2M"
