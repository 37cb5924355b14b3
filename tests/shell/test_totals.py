"""Totals on disk: they outlive the events that they count, and whoever counted them."""

from pathlib import Path

import pytest

from svwatch.core.ledger import Record, What
from svwatch.core.state import State
from svwatch.core.totals import Count, Total
from svwatch.shell import book, schema
from svwatch.shell.store import Store, Turn
from svwatch.shell.totals import Totals
from tests.shell.pages import AT, WALL, commit, compose, record


def crash(serial: int) -> Record:
    return record(serial, What.RESTARTED, cause="crash", count=1)


def crashes(number: int, service: str = "web") -> tuple[Total, ...]:
    return (Total(service, Count.RESTARTS, "crash", number),)


def test_they_go_on_in_the_next_life(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "state"))
    commit(store, crash(1), crash(2))
    assert store.totals() == crashes(2)
    store.close()
    store = Store.open(str(tmp_path / "state"))
    commit(store, crash(3))
    assert store.totals() == crashes(3)


def test_pruned_events_stay_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "KEPT_EVENTS", 1)
    store = Store.open(str(tmp_path / "state"))
    commit(store, *(crash(serial) for serial in range(1, 6)), state=State())
    store.minute([("web", 600, 1)])
    assert len(store.events()) == 1
    assert store.totals() == crashes(5)


def test_what_is_neither_configured_nor_remembered_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(str(tmp_path / "state"))
    commit(store, crash(1), state=State())
    gone = next(iter(store.states().values())).service
    store.commit([Turn(service=gone, removed=True)], compose, (), WALL, AT)
    store.minute([("web", 600, 1)])
    assert store.totals() == crashes(1), "the ledger still tells of it"
    monkeypatch.setattr(book, "KEPT_EVENTS", 0)
    store.minute([("web", 660, 1)])
    assert store.totals() == ()


def test_a_database_of_the_version_before_gets_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(schema, "STEPS", schema.STEPS[:1])
        older.setattr(Totals, "add", lambda _self, _grown: None)
        store = Store.open(str(tmp_path / "state"))
        commit(store, crash(1), state=State(serial=1))
        store.close()
    store = Store.open(str(tmp_path / "state"))
    assert store.states()["web"].state == State(serial=1)
    commit(store, crash(2))
    assert (len(store.events()), store.totals()) == (2, crashes(1))
