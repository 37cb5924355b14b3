"""The end of a log, whatever is in it."""

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from svwatch.probe.log import WIDEST, WINDOW, split, tail


def test_the_last_lines(tmp_path: Path) -> None:
    path = tmp_path / "w.log"
    path.write_bytes(b"".join(b"line %d\n" % n for n in range(5000)))
    assert tail(str(path)) == tuple(f"line {n}" for n in range(4995, 5000))
    assert tail(str(path), 1) == ("line 4999",)
    assert tail(str(path), 0) == ()


def test_what_cannot_be_read_has_no_lines(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert tail(str(tmp_path / "none")) == ()
    assert tail(str(tmp_path / "fifo")) == ()
    assert tail(str(tmp_path)) == ()
    assert tail("a\0b") == ()
    assert tail("/dev/zero") == ()


def test_a_line_longer_than_the_window_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "w.log"
    path.write_bytes(b"x" * (WINDOW * 3))
    assert tail(str(path)) == ("x" * WIDEST,)


def test_half_a_line_is_no_line() -> None:
    assert split(b"lf a line\nwhole\n", 5, cut=True) == ["whole"]
    assert split(b"a line\nwhole\n", 5, cut=False) == ["a line", "whole"]


def test_escapes_do_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "w.log"
    path.write_bytes(b"\x1b[31mred\x07\r\n\xff\n")
    assert tail(str(path)) == ("?[31mred?", "\ufffd")


def test_what_svlogd_has_just_rotated_comes_first(tmp_path: Path) -> None:
    (tmp_path / "@4000000065000000000000aa.s").write_text("older\n")
    (tmp_path / "@4000000065000001000000aa.s").write_text("one\ntwo\n")
    (tmp_path / "@4000000065000002000000aa.t").write_text("not finished\n")
    current = tmp_path / "current"
    current.write_text("three\n")
    assert tail(str(current), 2) == ("two", "three")
    assert tail(str(current), 5) == ("one", "two", "three")


@given(st.binary(max_size=300), st.integers(1, 8), st.booleans())
def test_any_bytes_give_lines_for_people(raw: bytes, lines: int, cut: bool) -> None:
    found = split(raw, lines, cut=cut)
    assert len(found) <= lines
    assert all(line.isprintable() for line in found)
