"""What is counted once, what is counted as often as it happened, and what not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.event import Event, amended, begun
from svwatch.core.ledger import Facts, Record, What
from svwatch.core.seen import Now
from svwatch.core.totals import Count, growth

AT = Now(100.0, 100.0)


def record(what: What, *, closed: bool = False, **facts: object) -> Record:
    return Record(serial=1, at=AT, what=what, facts=Facts(**facts), closed=closed)  # type: ignore[arg-type]


def counted(*records: Record) -> dict[str, int]:
    """Count a whole event, record by record."""
    found: dict[str, int] = {}
    event: Event | None = None
    for one in records:
        after = begun(1, "a", one, 0.0) if event is None else amended(event, one, 0.0)
        for total in growth(event, one, after):
            assert total.service == "a"
            key = f"{total.count}: {total.label}"
            found[key] = found.get(key, 0) + total.number
        event = after
    return found


BEGUN = record(What.RESTART_BEGUN, cause="memory")
FIXED = record(What.RESTART_FIXED, closed=True)
STORIES = {
    "a restart that worked": (
        (BEGUN, record(What.RESTART_BEGUN, exit=0), FIXED),
        {"restarts: memory": 1, "actions: restart fixed": 1},
    ),
    "one that did not": (
        (BEGUN, record(What.RESTART_FAILED, closed=True)),
        {"restarts: memory": 1, "actions: restart failed": 1},
    ),
    "one that took its time": (
        (BEGUN, record(What.WILL_NOT_STOP), BEGUN, FIXED),
        {"restarts: memory": 1, "actions: restart fixed": 1},
    ),
    "a stop for good": (
        (record(What.STOP_BEGUN, cause="storm"), record(What.STOPPED, closed=True)),
        {"actions: stop done": 1},
    ),
    "a stop that is reminded of": (
        (
            record(What.STOP_BEGUN),
            record(What.STOPPED, closed=True),
            record(What.STOPPED),
            record(What.STOPPED),
        ),
        {"actions: stop done": 1},
    ),
    "a stop that cannot be": (
        (record(What.STOP_BEGUN), record(What.WILL_NOT_STOP, closed=True)),
        {"actions: stop failed": 1},
    ),
    "a crash": ((record(What.RESTARTED, cause="crash", count=1),), {"restarts: crash": 1}),
    "a crash loop": (
        (
            record(What.RESTARTED, cause="crash", count=1),
            record(What.RESTARTED, cause="crash", count=2),
            record(What.CRASHING, cause="oom", count=70),
            record(What.CRASHING),
            record(What.WELL, closed=True),
        ),
        {"restarts: crash": 2, "restarts: oom": 68},
    ),
    "a crash loop that is given up": (
        (
            record(What.RESTARTED, cause="crash", count=1, crashes=1),
            record(What.CRASHING, cause="crash", count=3, crashes=3),
            record(What.GAVE_UP, cause="storm", count=3),
            record(What.GAVE_UP, cause="oom", crashes=8),
            record(What.CRASHING, cause="crash", count=9, crashes=9),
            record(What.WELL, closed=True),
        ),
        {"restarts: crash": 4, "restarts: oom": 5},
    ),
    "a restart that answers a crash": (
        (
            record(What.RESTARTED, cause="crash", count=1, crashes=1),
            record(What.RESTART_BEGUN, cause="changed pid"),
            FIXED,
        ),
        {"restarts: crash": 1, "restarts: changed pid": 1, "actions: restart fixed": 1},
    ),
    "a restart of which little is known": (
        (record(What.RESTARTED, who="runit"), record(What.RESTARTED, closed=True)),
        {"restarts: runit": 1},
    ),
    "a command beside, twice": (
        (record(What.EXEC), record(What.EXEC, exit=0), record(What.EXEC, exit=3)),
        {"actions: exec done": 1, "actions: exec failed": 1},
    ),
    "what was only meant": (
        (record(What.WOULD, doing="run /bin/x"), record(What.WOULD), record(What.WELL)),
        {"actions: run would": 1},
    ),
    "what is no deed": (
        (record(What.OVER), record(What.OVER), record(What.WELL, closed=True)),
        {},
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_stories(name: str) -> None:
    records, expected = STORIES[name]
    assert counted(*records) == expected


RECORDS = st.builds(
    Record,
    serial=st.just(1),
    at=st.just(AT),
    what=st.sampled_from(What),
    closed=st.booleans(),
    facts=st.builds(
        Facts, count=st.none() | st.integers(1, 9), cause=st.none() | st.just("crash"),
        exit=st.none() | st.integers(0, 2),
    ),
)  # fmt: skip


@given(st.lists(RECORDS, max_size=8))
def test_nothing_ever_shrinks(records: list[Record]) -> None:
    event: Event | None = None
    for one in records:
        after = begun(1, "a", one, 0.0) if event is None else amended(event, one, 0.0)
        grown = growth(event, one, after)
        assert all(total.number > 0 for total in grown)
        assert len({(total.count, total.label) for total in grown}) == len(grown)
        assert sum(total.count is Count.ACTIONS for total in grown) <= 2
        event = after
