"""Who could make a path name another file."""

import os
from pathlib import Path

import pytest

from svwatch.probe.owners import Writer, directories, writers

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
STRANGER = 4242


def ours(path: Path, found: tuple[Writer, ...]) -> list[tuple[int | None, str]]:
    """Those that come from below *path*, not from where the test happens to run."""
    return [(one.uid, one.mend) for one in found if str(path) in one.mend]


def test_each_directory_on_the_way_counts(tmp_path: Path) -> None:
    base = os.path.realpath(tmp_path)
    Path(base, "real", "deep").mkdir(parents=True)
    Path(base, "a").mkdir()
    Path(base, "a", "link").symlink_to("../real/deep")
    found = directories(f"{base}/a/link/w.pid")
    assert found[0] == "/"
    assert f"{base}/a" in found
    assert f"{base}/real" in found
    assert f"{base}/real/deep" in found
    assert f"{base}/real/deep/w.pid" not in found


def test_a_link_from_the_root(tmp_path: Path) -> None:
    base = os.path.realpath(tmp_path)
    Path(base, "real").mkdir()
    Path(base, "link").symlink_to(f"{base}/real")
    found = directories(f"{base}/link/w.pid")
    assert found[-1] == f"{base}/real"
    assert all(os.path.isdir(directory) for directory in found)


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("x")
    assert directories(str(tmp_path / "x" / "w.pid"))


@needs_root
def test_a_file_of_roots_alone_is_nobodys(tmp_path: Path) -> None:
    path = tmp_path / "w.pid"
    path.touch(0o644)
    assert ours(tmp_path, writers(str(path))) == []


@needs_root
def test_owners_and_modes(tmp_path: Path) -> None:
    inner = tmp_path / "run"
    inner.mkdir(0o755)
    path = inner / "w.pid"
    path.touch(0o644)
    os.chown(path, STRANGER, STRANGER)
    assert ours(tmp_path, writers(str(path))) == [(STRANGER, f"chown root {path}")]
    os.chown(path, 0, 0)
    path.chmod(0o666)
    assert ours(tmp_path, writers(str(path))) == [(None, f"chmod o-w {path}")]
    path.chmod(0o664)
    assert ours(tmp_path, writers(str(path))) == []  # root's group
    os.chown(path, 0, STRANGER)
    assert ours(tmp_path, writers(str(path))) == [(None, f"chmod g-w {path}")]
    os.chown(path, 0, 0)
    path.chmod(0o644)
    os.chown(inner, STRANGER, 0)
    assert ours(tmp_path, writers(str(path))) == [(STRANGER, f"chown root {inner}")]


@needs_root
def test_a_sticky_directory_is_everybodys_but_its_files_are_not(tmp_path: Path) -> None:
    inner = tmp_path / "run"
    inner.mkdir()
    path = inner / "w.pid"
    path.touch(0o644)
    inner.chmod(0o1777)
    assert ours(tmp_path, writers(str(path))) == []
    inner.chmod(0o777)
    assert ours(tmp_path, writers(str(path))) == [(None, f"chmod o-w {inner}")]
    inner.chmod(0o1777)
    os.chown(inner, STRANGER, 0)  # who owns a sticky directory may replace what is in it
    assert ours(tmp_path, writers(str(path))) == [(STRANGER, f"chown root {inner}")]


@needs_root
def test_a_link_brings_its_own_directory(tmp_path: Path) -> None:
    safe, open_ = tmp_path / "safe", tmp_path / "open"
    safe.mkdir()
    open_.mkdir()
    (safe / "w.pid").touch(0o644)
    (open_ / "w.pid").symlink_to(safe / "w.pid")
    os.chown(open_, STRANGER, 0)
    assert ours(tmp_path, writers(str(open_ / "w.pid"))) == [(STRANGER, f"chown root {open_}")]
