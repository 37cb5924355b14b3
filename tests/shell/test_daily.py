"""The daily word from a real ledger: once, to whoever hears notices, whoever else ends or fails."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from svwatch.core.ledger import What
from svwatch.core.level import Level
from svwatch.core.route import single
from svwatch.core.seen import Now
from svwatch.core.state import State
from svwatch.shell.begin import MIND
from svwatch.shell.daily import Morning
from svwatch.shell.own import NAME, Own
from svwatch.shell.store import Store
from tests.shell.fakes import Full, Ground
from tests.shell.pages import commit, record

NIGHT = 1_795_910_400.0  # Sun 2026-11-29 00:00 UTC
OPS, LOUD = single("ops", "json://a"), single("loud", "json://b", Level.WARNING)


class Days:
    """A daemon on its way through the days: `at` is a look at that hour."""

    def __init__(self, root: Path) -> None:
        self.ground = Ground(root, MIND)
        self.watch = self.ground.watch
        self.watch.routes = (OPS, LOUD)
        self.wall = NIGHT
        self.watch.wall = lambda: self.wall
        self.morning = Morning(self.watch)
        self.serial = 0

    def at(self, hours: float, day: int = 0) -> list[What]:
        self.wall = NIGHT + day * 86_400.0 + hours * 3600.0
        now = Now(self.wall - NIGHT, self.wall - NIGHT)
        return [event.what for event in self.morning.look(now)]

    def quietly(self, name: str, times: int = 1, *, quiet: bool | None = True) -> None:
        for _ in range(times):
            self.serial += 1
            done = record(self.serial, What.RESTART_FIXED, cause="memory", quiet=quiet)
            commit(self.watch.store, done, name=name, wall=self.wall)

    def again(self) -> None:
        """End, and begin with what is on record."""
        saved = self.watch.store.states()
        own = Own(saved[NAME].state if NAME in saved else State())
        self.watch.own = own
        self.morning = Morning(self.watch)

    def letters(self) -> list[tuple[str, str]]:
        store = self.watch.store
        said = [one for one in store.events() if one.what is What.QUIETLY]
        return [
            (told.route, f"{one.facts.reason}") for one in said for told in store.told(one.number)
        ]


@pytest.fixture
def days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Days]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    made = Days(tmp_path)
    yield made
    made.ground.close()
    monkeypatch.undo()
    time.tzset()


def test_it_is_said_in_the_first_minute_after_eight_to_who_hears_notices(days: Days) -> None:
    assert days.at(0.5) == []
    days.quietly("one", 3)
    days.quietly("two")
    days.quietly("three", quiet=False)
    assert days.at(7.99) == []
    assert days.at(8.01) == [What.QUIETLY]
    assert days.letters() == [("ops", "4 restarts of 2 services in 7h 30m")]
    (event,) = [one for one in days.watch.store.events() if one.what is What.QUIETLY]
    assert event.closed
    assert [line.what for line in event.lines] == ["one", "two"]
    assert [line.at for line in event.lines] == [pytest.approx(NIGHT + 1800.0)] * 2
    assert days.at(8.02) == []


def test_a_day_without_anything_has_no_word_and_the_next_says_what_is_new(days: Days) -> None:
    days.at(0.5)
    assert days.at(8.01) == []
    days.quietly("one")
    assert days.at(12.0) == []
    assert days.at(8.01, 1) == [What.QUIETLY]
    assert days.at(8.01, 2) == []
    days.quietly("one", 2)
    days.at(8.01, 3)
    assert [words for _, words in days.letters()] == [
        "1 restart of 1 service in 1d",
        "2 restarts of 1 service in 1d",
    ]


def test_a_daemon_that_begins_again_repeats_nothing(days: Days) -> None:
    days.at(0.5)
    days.quietly("one")
    days.again()
    assert days.at(8.01) == [What.QUIETLY]
    days.again()
    days.quietly("one")
    assert days.at(8.02) == []
    days.again()
    assert days.at(8.01, 1) == [What.QUIETLY]
    assert len(days.letters()) == 2


def test_one_that_was_away_at_eight_says_it_when_it_is_back(days: Days) -> None:
    days.at(0.5)
    days.quietly("one")
    days.again()
    assert days.at(21.0, 2) == [What.QUIETLY]
    assert days.at(8.01, 3) == []


def test_what_could_not_be_recorded_is_said_once_it_can(days: Days) -> None:
    days.at(0.5)
    days.quietly("one")
    store = days.watch.store
    days.watch.store = Broken(store)  # type: ignore[assignment]
    assert days.at(8.01) == []
    assert days.watch.unrecorded == "the disk is full"
    days.watch.store = store
    assert days.letters() == []
    days.watch.keep_own(Now(30_000.0, 30_000.0))
    assert len(days.letters()) == 1
    assert days.at(8.05) == []


class Broken(Full):
    """A store that can be read, and whose disk is full."""

    def __init__(self, store: Store) -> None:
        self.quiet = store.quiet
        self.newest_number = store.newest_number


def test_thousands_of_services_are_one_letter(days: Days) -> None:
    days.at(0.5)
    for number in range(450):  # more than are read at once
        days.quietly(f"worker-{number:04}")
    assert days.at(8.01) == [What.QUIETLY]
    assert days.letters() == [("ops", "450 restarts of 450 services in 7h 30m")]


def test_eight_is_eight_of_local_time_also_when_that_changes(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    days.at(0.5, 118)  # Sat 2027-03-27; the night after it loses an hour
    for day, hours in ((118, 7.01), (119, 6.01), (120, 6.01)):
        days.quietly("one")
        assert days.at(hours - 0.1, day) == []
        assert days.at(hours, day) == [What.QUIETLY]
        assert days.at(hours + 1.0, day) == []


def test_nobody_is_told_where_nobody_hears_notices(days: Days) -> None:
    days.watch.routes = (LOUD,)
    days.at(0.5)
    days.quietly("one")
    assert days.at(8.01) == [What.QUIETLY]  # it is in the ledger all the same
    assert days.letters() == []
