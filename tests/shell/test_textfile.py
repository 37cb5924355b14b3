"""A file for others: whole or as it was, and never somebody else's."""

import os
import resource
import signal
import stat
from pathlib import Path

import pytest

from svwatch.shell import textfile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "svwatch.prom"


def test_it_is_there_for_everybody_whatever_our_umask(path: Path) -> None:
    mask = os.umask(0o077)
    try:
        assert textfile.replace(str(path), "é\n") == ""
    finally:
        os.umask(mask)
    assert path.read_bytes() == b"\xc3\xa9\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_who_reads_meanwhile_reads_the_old_one_whole(path: Path) -> None:
    textfile.replace(str(path), "old\n")
    with path.open() as reader:
        assert textfile.replace(str(path), "new and longer\n") == ""
        assert reader.read() == "old\n"
    assert path.read_text() == "new and longer\n"


def test_a_link_is_replaced_and_not_followed(path: Path) -> None:
    precious = path.parent / "precious"
    precious.write_text("mine")
    path.symlink_to(precious)
    (path.parent / f".svwatch.prom.{os.getpid()}").symlink_to(precious)
    assert textfile.replace(str(path), "x\n") == ""
    assert not path.is_symlink()
    assert (path.read_text(), precious.read_text()) == ("x\n", "mine")


def test_what_a_killed_one_left_is_no_obstacle(path: Path) -> None:
    (path.parent / f".svwatch.prom.{os.getpid()}").write_text("half a fi")
    assert textfile.replace(str(path), "x\n") == ""
    assert list(path.parent.iterdir()) == [path]


def test_trouble_is_a_sentence_and_leaves_nothing_behind(path: Path) -> None:
    assert textfile.replace("/nowhere/x.prom", "x") == "/nowhere/x.prom: No such file or directory"
    path.mkdir()
    assert textfile.replace(str(path), "x") == f"{path}: Is a directory"
    assert list(path.parent.iterdir()) == [path]
    assert textfile.remove(str(path)) == f"{path}: Is a directory"


def test_a_disk_that_takes_a_part_leaves_the_old_one(path: Path) -> None:
    textfile.replace(str(path), "old\n")
    least, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, most))  # stands for a disk that is full
    try:
        assert textfile.replace(str(path), "x" * 2000) == f"{path}: File too large"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (least, most))
        signal.signal(signal.SIGXFSZ, before)
    assert path.read_text() == "old\n"
    assert list(path.parent.iterdir()) == [path]


def test_taking_away_what_is_not_there_is_fine(path: Path) -> None:
    path.write_text("x")
    assert textfile.remove(str(path)) == textfile.remove(str(path)) == ""
    assert not path.exists()
