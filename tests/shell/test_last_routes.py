"""The routes of the last good configuration: whole, ours alone, or none."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from svwatch.core.level import Level
from svwatch.core.route import Form, Rate, Route, Target, Word, single
from svwatch.probe.eyes import Eyes
from svwatch.shell.begin import Refused, open_house
from svwatch.shell.last_routes import MODE, NAME, LastRoutes
from svwatch.shell.notes import ROUTES
from svwatch.shell.store import Store

SECRET = "hunter2"
OPS = Route(
    "ops",
    (Target(f"mailtos://u:{SECRET}@h/?to=a@example.net", "mailtos://h/", "a@example.net"),),
    Level.WARNING,
    Form.MAIL,
    only=(Word.DOWN,),
    remind=None,
    rate=Rate(3, 60.0),
    gather=0.0,
)


def nobody(sentence: str) -> None:
    pytest.fail(f"nothing was to be said, not {sentence!r}")


def test_what_was_kept_is_read(tmp_path: Path) -> None:
    last = LastRoutes(str(tmp_path))
    assert last.read(nobody) == ()
    assert last.keep((OPS, single("slack", "slack://x/"))) == ""
    assert last.read(nobody) == (OPS, single("slack", "slack://x/"))
    assert last.keep((OPS,)) == ""
    assert last.read(nobody) == (OPS,)
    assert os.listdir(tmp_path) == [NAME]


def test_only_we_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        LastRoutes(str(tmp_path)).keep((OPS,))
    finally:
        os.umask(before)
    assert (tmp_path / NAME).stat().st_mode & 0o777 == MODE


def test_what_it_holds_already_is_not_written_again(tmp_path: Path) -> None:
    last = LastRoutes(str(tmp_path))
    last.keep((OPS,))
    before = (tmp_path / NAME).stat().st_ino
    last.keep((OPS,))
    assert (tmp_path / NAME).stat().st_ino == before
    last.keep(())
    assert (tmp_path / NAME).stat().st_ino != before


def test_what_a_killed_one_left_behind_is_no_hindrance(tmp_path: Path) -> None:
    draft = tmp_path / f".{NAME}.{os.getpid()}"
    draft.symlink_to(tmp_path / "elsewhere")
    assert LastRoutes(str(tmp_path)).keep((OPS,)) == ""
    assert not (tmp_path / "elsewhere").exists()
    assert LastRoutes(str(tmp_path)).read(nobody) == (OPS,)


def test_of_another_version_there_are_none(tmp_path: Path) -> None:
    raw = msgspec.json.encode({"version": 99, "ways": [SECRET]})
    (tmp_path / NAME).write_bytes(raw)
    (tmp_path / NAME).chmod(MODE)
    assert LastRoutes(str(tmp_path)).read(nobody) == ()


def _damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _not_ours(path: Path) -> None:
    os.chown(path, 65534, 65534)


def _open_to_all(path: Path) -> None:
    path.chmod(0o666)


def _a_link(path: Path) -> None:
    path.rename(path.with_name("other"))
    path.symlink_to("other")


def _a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, MODE)


@pytest.mark.parametrize("spoil", [_damaged, _not_ours, _open_to_all, _a_link, _a_pipe])
def test_what_another_may_have_written_tells_nobody(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    if spoil is _not_ours and os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    last = LastRoutes(str(tmp_path))
    last.keep((OPS,))
    spoil(tmp_path / NAME)
    said: list[str] = []
    assert last.read(said.append) == ()
    assert len(said) == 1
    assert said[0].startswith(f"{tmp_path}/{NAME}")
    assert SECRET not in said[0]
    assert last.keep((OPS,)) == ""  # ours takes its place
    assert last.read(nobody) == (OPS,)


def test_no_place_to_keep_them_is_said(tmp_path: Path) -> None:
    why = LastRoutes(str(tmp_path / "gone")).keep((OPS,))
    assert why == f"{tmp_path}/gone/{NAME}: No such file or directory"


def test_the_note_of_earlier_versions_is_taken_out(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path))
    store.note(ROUTES, msgspec.json.encode((OPS,)).decode())
    store.close()
    house = open_house(str(tmp_path), "run", nobody, Eyes())
    assert not isinstance(house, Refused)
    assert house.store.noted(ROUTES) is None
    house.store.close()
    house.held.release()
    assert not [path for path in tmp_path.iterdir() if SECRET.encode() in path.read_bytes()]
