"""The texts of /proc, hostile ones above all."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.probe.procfile import (
    PAGE,
    Stat,
    marker,
    parse_argv,
    parse_children,
    parse_ids,
    parse_io,
    parse_last_pid,
    parse_memtotal,
    parse_resident,
    parse_rollup,
    parse_stat,
    parse_swap,
    readable,
)

REST = b" S 7 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 3 0 12345 1000 50"


@given(st.binary(max_size=15))
def test_a_name_cannot_forge_a_stat(name: bytes) -> None:
    stat = parse_stat(b"42 (" + name + b")" + REST)
    assert stat is not None
    assert (stat.pid, stat.state, stat.ppid, stat.session) == (42, "S", 7, 9)
    assert (stat.threads, stat.ticks, stat.flags) == (3, 12345, 4194304)
    assert stat.used == 5 + 6
    assert stat.name.isprintable()


@pytest.mark.parametrize("name", [b"a) S 1 1 1 (b", b"x\n1 (y) R 1", b"((", b"", b"\xff\xfe"])
def test_names_that_look_like_stat(name: bytes) -> None:
    stat = parse_stat(b"42 (" + name + b")" + REST)
    assert stat is not None
    assert stat.ppid == 7


@given(st.binary(max_size=400))
def test_no_bytes_raise(raw: bytes) -> None:
    parse_stat(raw)
    parse_ids(raw)
    parse_resident(raw)
    parse_children(raw)
    parse_rollup(raw)
    parse_swap(raw)
    parse_io(raw)
    parse_memtotal(raw)
    parse_last_pid(raw)
    assert parse_argv(raw).isprintable()
    marker(raw, "X")


def test_our_own_stat() -> None:
    with open("/proc/self/stat", "rb") as file:
        stat = parse_stat(file.read())
    assert stat is not None
    assert (stat.pid, stat.ppid, stat.session) == (os.getpid(), os.getppid(), os.getsid(0))
    assert not stat.dead
    assert not stat.kernel


@pytest.mark.parametrize(
    ("state", "threads", "dead"),
    [("Z", 1, True), ("Z", 0, True), ("Z", 2, False), ("X", 1, True), ("S", 1, False)],
)
def test_a_zombie_with_living_threads_is_alive(state: str, threads: int, dead: bool) -> None:
    stat = Stat(1, "n", state, 0, 0, 0, threads, 0)
    assert stat.dead is dead


def test_ids_of_a_thread_in_a_container() -> None:
    raw = b"Name:\tUid:\t0\nTgid:\t77\nNSpid:\t78\t2\nUid:\t1\t2\t3\t4\nGid:\t9\t8\t7\n"
    ids = parse_ids(raw)
    assert ids is not None
    assert (ids.tgid, ids.uids, ids.depth, ids.gid) == (77, (1, 2, 3), 2, 9)


@pytest.mark.parametrize(
    "raw", [b"", b"Tgid:\t1\n", b"Uid:\t1\t1\t1\n", b"Tgid:\tx\nUid:\t1 1 1\n"]
)
def test_half_a_status_says_nothing(raw: bytes) -> None:
    assert parse_ids(raw) is None


def test_sizes() -> None:
    assert parse_resident(b"100 25 3 1 0 9 0\n") == 25 * PAGE
    assert parse_memtotal(b"MemTotal:       16 kB\nMemFree: 1 kB\n") == 16384
    assert parse_swap(b"VmRSS:\t 9 kB\nVmSwap:\t       3 kB\n") == 3072
    assert parse_swap(b"Name:\tkthreadd\n") is None


def test_what_smaps_rollup_says() -> None:
    raw = (
        b"5500-7f [rollup]\nRss:  9 kB\nPss:   7 kB\nPss_Dirty: 1 kB\n"
        b"Private_Clean: 2 kB\nPrivate_Dirty: 3 kB\n"
    )
    assert parse_rollup(raw) == (7 * 1024, 5 * 1024)
    assert parse_rollup(b"Pss: many kB\n") == (None, None)


def test_what_io_says() -> None:
    raw = b"rchar: 1\nwchar: 2\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 1\n"
    assert parse_io(raw) == (4096, 8192)
    assert parse_io(b"") == (None, None)


def test_the_last_pid() -> None:
    assert parse_last_pid(b"0.10 0.20 0.30 1/234 5678\n") == b"5678"
    assert parse_last_pid(b"") == b""


def test_children_are_numbers() -> None:
    assert parse_children(b"12 34 ") == (12, 34)
    assert parse_children(b"") == ()
    assert parse_children(b"1x 5 -3") == (5,)


def test_argv_is_fit_for_a_terminal() -> None:
    assert parse_argv(b"delayed_job.0\0\0\0\0") == "delayed_job.0"
    assert parse_argv(b"a\0b c\0\x1b[2J\0") == "a b c ?[2J"
    assert len(parse_argv(b"x" * 99999)) == 1024


def test_the_marker_is_a_whole_entry() -> None:
    assert marker(b"A=1\0SVWATCH_SERVICE=dj\0B=", "SVWATCH_SERVICE") == "dj"
    assert marker(b"XSVWATCH_SERVICE=dj\0", "SVWATCH_SERVICE") is None
    assert marker(b"A=SVWATCH_SERVICE=dj\0", "SVWATCH_SERVICE") is None


def test_readable_keeps_letters_of_all_kinds() -> None:
    assert readable("größe".encode()) == "größe"
    assert readable(b"a\nb\0") == "a?b?"
