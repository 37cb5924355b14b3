"""Pidfiles, well written and otherwise."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.seen import Absent, Unreadable
from svwatch.probe.pidfile import Named, parse_pid, read


@pytest.mark.parametrize(
    ("raw", "pid"),
    [
        (b"123", 123),
        (b" 123\r\n\n", 123),
        (b"\t0123 ", 123),
        (b"1", 1),
        (b"4194304\n", 4194304),
        (b"2" + b" " * 63, 2),
    ],
)
def test_one_number_with_blanks(raw: bytes, pid: int) -> None:
    assert parse_pid(raw) == pid


@pytest.mark.parametrize("raw", [b"", b"\n", b" \t\r\n"])
def test_empty(raw: bytes) -> None:
    assert parse_pid(raw) == Absent("empty")


@pytest.mark.parametrize(
    "raw",
    [
        b"0",
        b"-5",
        b"+5",
        b"12 34",
        b"12\n34\n",
        b"0x10",
        b"1e3",
        b"4194305",
        b"99999999999999999999",
        "١٢".encode(),
        b"12\0",
        b"\xff",
        b"pid 12",
        b"1" + b" " * 64,
    ],
)
def test_garbage(raw: bytes) -> None:
    assert parse_pid(raw) == Absent("garbage")


@given(st.binary(max_size=80))
def test_no_bytes_raise(raw: bytes) -> None:
    found = parse_pid(raw)
    assert isinstance(found, Absent) or 0 < found <= 1 << 22


def test_a_pidfile_is_read_with_its_circumstances(tmp_path: Path) -> None:
    path = tmp_path / "w.pid"
    path.write_text("77\n")
    path.chmod(0o640)
    os.utime(path, (1000, 2000))
    assert read(str(path)) == Named(77, 2000.0, os.geteuid(), 0o640)


def test_a_link_to_a_regular_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("77\n")
    (tmp_path / "link").symlink_to("real")
    found = read(str(tmp_path / "link"))
    assert isinstance(found, Named)
    assert found.pid == 77


def test_what_is_not_there_is_absent(tmp_path: Path) -> None:
    assert read(str(tmp_path / "none")) == Absent("no pidfile")
    assert read(str(tmp_path / "none" / "deeper")) == Absent("no pidfile")


def test_what_is_no_regular_file_says_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for name, word in [
            ("fifo", "a FIFO"),
            (".", "a directory"),
            ("loop", "symbolic links"),
            ("socket", "No such device"),
        ]:
            found = read(str(tmp_path / name))
            assert isinstance(found, Unreadable), name
            assert word in found.why
    assert isinstance(read("/dev/zero"), Unreadable)
    assert isinstance(read("a\0b"), Unreadable)
