"""A store that fails: nothing half-done, a reason for people, never a traceback."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from svwatch.core.ledger import Notify, Why
from svwatch.core.level import Level
from svwatch.core.plan import Service
from svwatch.core.state import State
from svwatch.shell import schema
from svwatch.shell.database import BUSY, FILE
from svwatch.shell.store import Store, StoreFailed, Turn
from tests.shell.pages import AT, OPS, WALL, alert, commit, record


@pytest.fixture
def state_dir(tmp_path: Path) -> str:
    return str(tmp_path / "state")


@contextmanager
def failing(match: str) -> Iterator[None]:
    with pytest.raises(StoreFailed, match=match) as caught:
        yield
    assert not caught.value.corrupt


def test_a_full_disk_undoes_the_whole_commit(state_dir: str) -> None:
    store = Store.open(state_dir)
    commit(store, record(1), state=State(serial=1))
    pages = store._db.rows("PRAGMA page_count")[0][0]
    store._db.rows(f"PRAGMA max_page_count = {pages}")  # SQLite's own way to have no space
    with failing("the disk is full"):
        commit(store, record(1, reason="x" * 50_000), record(2), state=State(serial=2))
    assert store.states()["web"].state.serial == 1
    assert [event.facts.reason for event in store.events()] == [None]
    store._db.rows("PRAGMA max_page_count = 100000")
    assert commit(store, record(2), state=State(serial=2)).events[0].number == 2


def test_a_locked_database_is_said_within_half_a_second(state_dir: str) -> None:
    store = Store.open(state_dir)
    other = sqlite3.connect(os.path.join(state_dir, FILE), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waited = store._db.rows("PRAGMA busy_timeout")[0][0]
    assert waited == BUSY * 1000 == 500
    with failing("locked by another process"):
        commit(store, state=State(serial=1))
    other.execute("ROLLBACK")
    other.close()
    commit(store, state=State(serial=1))
    assert store.states()["web"].state.serial == 1


def test_an_error_in_the_middle_leaves_nothing_behind(state_dir: str) -> None:
    store = Store.open(state_dir)

    def breaks(*_: object) -> NoReturn:
        raise ZeroDivisionError

    turn = Turn(
        service=Service(name="web", where="w"),
        state=State(serial=1),
        effects=(record(1), Notify(1, Why.RAISED, Level.NOTICE)),
    )
    with pytest.raises(ZeroDivisionError):
        store.commit((turn,), breaks, (OPS,), WALL, AT)
    assert store.states() == {}
    assert store.events() == ()
    assert commit(store, record(1)).events[0].number == 1


@pytest.mark.parametrize(
    "content",
    [b"this is no database, but it is long enough to look like one" * 20, b"\0" * 4096],
    ids=["text", "zeros"],
)
def test_a_file_that_is_no_database_is_put_aside(state_dir: str, content: bytes) -> None:
    os.makedirs(state_dir, 0o700)
    path = Path(state_dir, FILE)
    path.write_bytes(content)
    store = Store.open(state_dir)
    assert commit(store, record(1), state=State()).events[0].number == 1
    if store.said:  # SQLite takes a file of zeros for an empty one: so do we
        assert "the database is damaged" in store.said
        assert Path(f"{path}.damaged-1").read_bytes() == content
        assert f"kept as {path}.damaged-1" in store.said


def test_a_database_with_a_hole_is_put_aside(state_dir: str) -> None:
    store = Store.open(state_dir)
    for serial in range(200):
        commit(store, record(serial, reason="x" * 500), state=State(serial=serial))
    store.close()
    path = Path(state_dir, FILE)
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + os.urandom(40_000) + whole[48_192:])
    for time in (1, 2):
        store = Store.open(state_dir)
        assert ("the database is damaged" in store.said) == (time == 1)
        assert "Traceback" not in store.said
        assert commit(store, record(time), state=State()).events[0].number == time
        store.close()


def test_damage_that_shows_later_can_be_put_aside(state_dir: str) -> None:
    store = Store.open(state_dir)
    commit(store, record(1))
    store.close()
    store = Store.open(state_dir, aside="reading it failed")
    assert store.said.startswith("reading it failed; it is kept as ")
    assert store.events() == ()


def test_a_newer_database_is_refused_and_left_alone(state_dir: str) -> None:
    store = Store.open(state_dir)
    with store._db.writing():
        store._db.change("INSERT INTO schema_step VALUES (?, 0)", (99,))
    store.close()
    with failing("written by a newer svwatch"):
        Store.open(state_dir)
    with failing("written by a newer svwatch"):
        Store.open_readonly(state_dir)
    assert os.listdir(state_dir) == [FILE]


def test_a_step_that_fails_is_not_on_record(
    state_dir: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(state_dir).close()
    newer = (*schema.STEPS, ("CREATE TABLE fine (x TEXT) STRICT", "CREATE TABLE event (x TEXT)"))
    monkeypatch.setattr(schema, "STEPS", newer)
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        Store.open(state_dir)
    with sqlite3.connect(os.path.join(state_dir, FILE)) as other:
        tables = {name for (name,) in other.execute("SELECT name FROM sqlite_master")}
        assert schema.version(other) == len(newer) - 1
    other.close()
    assert "event" in tables
    assert "fine" not in tables


def test_a_directory_that_others_may_write_is_refused(state_dir: str) -> None:
    os.makedirs(state_dir)
    os.chmod(state_dir, 0o777)
    with failing(f"others may write to {state_dir}: chmod 700"):
        Store.open(state_dir)
    assert os.listdir(state_dir) == []


def test_a_link_in_place_of_the_file_is_refused(state_dir: str, tmp_path: Path) -> None:
    os.makedirs(state_dir, 0o700)
    target = tmp_path / "target"
    os.symlink(target, os.path.join(state_dir, FILE))
    with failing("symbolic links"):
        Store.open(state_dir)
    assert not target.exists()


def test_a_state_dir_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with failing("Not a directory"):
        Store.open(str(tmp_path / "file" / "state"))


# --- readers ----------------------------------------------------------------------------------


def test_without_a_database_there_is_nothing_to_read(state_dir: str) -> None:
    assert Store.open_readonly(state_dir) is None
    assert not os.path.exists(state_dir)


def test_a_reader_works_beside_the_writer_and_holds_it_up_never(state_dir: str) -> None:
    store = Store.open(state_dir)
    commit(store, record(1), state=State(serial=1))
    before = sorted(os.listdir(state_dir))
    reader = Store.open_readonly(state_dir)
    assert reader is not None
    assert list(reader.states()) == ["web"]
    for serial in range(2, 50):
        commit(store, record(serial), state=State(serial=serial))
    assert store._db.row("PRAGMA wal_checkpoint(TRUNCATE)") == (0, 0, 0)  # nobody holds a page
    assert reader.states()["web"].state.serial == 49
    reader.close()
    assert sorted(os.listdir(state_dir)) == before


def test_a_reader_without_a_writer_makes_no_file(state_dir: str) -> None:
    store = Store.open(state_dir)
    alert(store, "x")
    store.close()
    assert os.listdir(state_dir) == [FILE]
    reader = Store.open_readonly(state_dir)
    assert reader is not None
    assert len(reader.events()) == len(reader.owed(WALL)) == 1
    assert os.listdir(state_dir) == [FILE]
    with pytest.raises(StoreFailed, match="cannot be written"):
        reader.note("a", "b")
    reader.close()
    assert os.listdir(state_dir) == [FILE]


def test_a_reader_of_a_damaged_file_says_so_and_moves_nothing(state_dir: str) -> None:
    os.makedirs(state_dir, 0o700)
    Path(state_dir, FILE).write_bytes(b"no database at all, whatever its name says" * 20)
    with pytest.raises(StoreFailed, match="the database is damaged"):
        Store.open_readonly(state_dir)
    assert os.listdir(state_dir) == [FILE]
