"""Wall time by arithmetic alone, held to the standard library."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.view import when
from tests.view.scene import NOON, OFFSET

WALLS = st.floats(min_value=0, max_value=4e9)
OFFSETS = st.integers(min_value=-14 * 4, max_value=14 * 4).map(lambda quarters: quarters * 900)


@given(st.integers(min_value=-100_000, max_value=2_000_000))
def test_civil_days(days: int) -> None:
    expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days)
    assert when.civil(days) == (expected.year, expected.month, expected.day)


@given(WALLS, OFFSETS)
def test_all_formats(wall: float, offset: int) -> None:
    wall = round(wall, 3)
    local = datetime.fromtimestamp(int(wall), timezone(timedelta(seconds=offset)))
    assert when.hms(wall, offset) == local.strftime("%H:%M:%S")
    assert when.hm(wall, offset) == local.strftime("%H:%M")
    assert when.weekday(wall, offset) == local.strftime("%a")
    assert when.date(wall, offset) == f"{local.strftime('%b')} {local.day}"
    assert when.zone(offset) == local.strftime("%z")


def test_milliseconds_are_carried() -> None:
    assert when.fine(NOON + 0.1, OFFSET) == "12:00:00.100"
    assert when.fine(NOON - 0.0001, OFFSET) == "12:00:00.000"


@pytest.mark.parametrize(
    ("ago", "since", "exact"),
    [
        (60, "11:59", "11:59:00"),
        (43_200, "00:00", "00:00:00"),
        (43_260, "Sun", "Sun 23:59:00"),
        (6 * 86_400, "Tue", "Tue 12:00:00"),
        (7 * 86_400, "Nov 9", "Nov 9"),
        (330 * 86_400, "Dec 21 2025", "Dec 21 2025"),
    ],
)
def test_the_past_is_told_as_short_as_it_can_be(ago: int, since: str, exact: str) -> None:
    assert when.since(NOON - ago, NOON, OFFSET) == since
    assert when.exact(NOON - ago, NOON, OFFSET) == exact


def test_tomorrow_is_named() -> None:
    assert when.moment(NOON + 86_400, NOON, OFFSET) == "Tue 12:00"
