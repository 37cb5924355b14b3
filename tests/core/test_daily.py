"""The daily word: when it is due, whatever clocks and zones do, and what it counts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.daily import DAY, HOUR, day_of, due, first, turned_back
from svwatch.core.event import Event
from svwatch.core.ledger import Facts, What
from svwatch.core.quiet import gathered
from svwatch.core.state import Daily

MB = 1024 * 1024
SUNDAY = 1_795_910_400.0  # 2026-11-29 00:00 UTC


def at(hours: float, day: int = 0) -> float:
    return SUNDAY + day * DAY + hours * 3600.0


SAID = Daily(day_of(at(8.01), 0), at(8.01), 7)


@pytest.mark.parametrize(
    ("wall", "offset", "expected"),
    [
        (at(8.02), 0, False),
        (at(23.9), 0, False),
        (at(7.99, 1), 0, False),
        (at(8.0, 1), 0, True),
        (at(20.0, 5), 0, True),  # nobody watched for days: one word
        (at(6.5, 1), 3600, False),
        (at(7.1, 1), 3600, True),
        (at(14.0, 1), -6 * 3600, True),
        (at(13.0, 1), -6 * 3600, False),
    ],
)
def test_once_a_day_at_eight_of_local_time(wall: float, offset: int, expected: bool) -> None:
    assert due(SAID, wall, offset) is expected


@pytest.mark.parametrize(("hours", "next_day"), [(7.0, 0), (8.0, 1), (15.0, 1)])
def test_the_first_word_is_said_at_the_next_eight(hours: float, next_day: int) -> None:
    began = first(at(hours), 0, 3)
    assert (began.number, began.wall) == (3, at(hours))
    assert not due(began, at(7.9, next_day), 0)
    assert due(began, at(8.0, next_day), 0)


def test_a_clock_that_is_set_back_repeats_no_word_and_skips_no_day() -> None:
    for back in (at(7.9), at(3.0), at(12.0, -3)):
        again = turned_back(SAID, back, 0)
        assert again is not None
        assert again.number == SAID.number
        assert not due(again, back, 0)
        assert not due(again, back + 60.0, 0)
        today = day_of(back, 0)
        assert due(again, (today + 1) * DAY + HOUR, 0)
    assert turned_back(SAID, at(8.02), 0) is None


def test_a_clock_that_leaps_ahead_says_one_word() -> None:
    ahead = at(9.0, 30)
    assert due(SAID, ahead, 0)
    said = Daily(day_of(ahead, 0), ahead, 9)
    assert not due(said, ahead + 600.0, 0)
    home = turned_back(said, at(10.0), 0)
    assert home is not None
    assert not due(home, at(20.0), 0)
    assert due(home, at(8.0, 1), 0)


@given(st.lists(st.tuples(st.floats(1.0, 7200.0), st.sampled_from([0, 3600])), max_size=120))
def test_no_day_has_two_words_and_none_that_is_seen_at_noon_has_none(
    steps: list[tuple[float, int]],
) -> None:
    """Over winter and summer time, looks at any distance."""
    wall, last, said = at(0.0), first(at(0.0), 0, 0), list[int]()
    for seconds, offset in steps:
        wall += seconds
        if due(last, wall, offset):
            last = Daily(day_of(wall, offset), wall, 0)
            said.append(last.day)
        local = (wall + offset) % DAY
        if local >= 12 * 3600.0:
            assert last.day == day_of(wall, offset)
    assert len(said) == len(set(said))


# --- what is counted -------------------------------------------------------------------------


def event(service: str, what: What, hours: float = 9.0, **facts: object) -> Event:
    known = {"quiet": True} | facts
    return Event(
        number=1, service=service, serial=1, at=at(hours), updated=at(hours), what=what,
        facts=Facts(**known),  # type: ignore[arg-type]
    )  # fmt: skip


def memory(mb: int, limit: int = 175) -> dict[str, Any]:
    limits: dict[str, Any] = {"measured": float(mb * MB), "limit": float(limit * MB)}
    return {"cause": "memory", "test": "totalmem", "unit": "bytes", **limits}


def test_restarts_are_counted_by_cause_with_the_largest() -> None:
    found = gathered(
        {},
        [
            event("a", What.RESTART_FIXED, 10.0, **memory(200)),
            event("a", What.RESTART_FIXED, 9.0, **memory(311)),
            event("a", What.START_FIXED, cause="absent"),
            event("a", What.RESTART_BEGUN, **memory(190)),
            event("b", What.RESTART_FIXED, cause="no answer"),
            event("c", What.RESTART_FIXED, quiet=False, cause="memory"),
            event("c", What.WILL_NOT_STOP, quiet=None),
        ],
    )
    assert set(found) == {"a", "b"}
    a = found["a"]
    assert (a.since, a.restarts, a.causes) == (at(9.0), 4, {"memory": 3, "absent": 1})
    assert a.largest is not None
    assert a.largest.measured == 311 * MB
    assert found["b"].largest is None


def test_alerts_and_commands_are_counted_beside() -> None:
    found = gathered(
        {},
        [
            event("a", What.OVER, **memory(200)),
            event("a", What.WELL, was="over the limit", **memory(40)),
            event("a", What.WELL, was="exec"),
            event("a", What.STOPPED),
        ],
    )
    assert found["a"].others == {"alert": 2, "command": 1, "stop": 1}
    assert found["a"].restarts == 0
    assert found["a"].largest is not None
    assert found["a"].largest.measured == 200 * MB
    more = gathered(found, [event("a", What.OVER)])
    assert more["a"].number == 5
