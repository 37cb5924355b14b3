"""Starts are counted by renames: made by hand here, and by a real runsv at the end."""

import os
import select
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.seen import SvStatus
from svwatch.probe import runsv
from svwatch.probe.supervise import IN_MOVED_TO, Event, Restarts, Starts, parse_events


@pytest.fixture
def restarts() -> Iterator[Restarts]:
    made = Restarts()
    yield made
    made.close()


class Runsv:
    """Writes what runsv writes, in its order: pid, stat, status, each by a rename."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "supervise").mkdir(parents=True)

    def put(self, pid: int, state: int, *, term: int = 0, name: str = "") -> None:
        head = (runsv.TAI + 1_700_000_000).to_bytes(8, "big") + bytes(4)
        tail = pid.to_bytes(4, "little") + b"\0u" + bytes([term, state])
        files = {"pid": b"%d\n" % pid if pid else b"", "stat": b"x\n", "status": head + tail}
        for file, raw in files.items():
            if name in ("", file):
                path = self.directory / "supervise" / file
                path.with_suffix(".new").write_bytes(raw)
                path.with_suffix(".new").rename(path)

    def crash(self, pid: int) -> None:
        self.put(0, 0)
        if (self.directory / "finish").exists():
            self.put(pid + 1000, 2)
            self.put(0, 0)
        self.put(pid, 1)


def test_two_renames_are_one_start(restarts: Restarts, tmp_path: Path) -> None:
    fake = Runsv(tmp_path)
    fake.put(10, 1)
    assert restarts.add(str(tmp_path))
    assert restarts.take() == {}
    fake.crash(11)
    assert restarts.take() == {str(tmp_path): Starts(1)}
    for pid in range(20, 25):
        fake.crash(pid)
    assert restarts.take() == {str(tmp_path): Starts(5)}
    assert restarts.take() == {}


def test_an_end_and_a_start_at_two_times_are_one_start(restarts: Restarts, tmp_path: Path) -> None:
    fake = Runsv(tmp_path)
    fake.put(10, 1)
    restarts.add(str(tmp_path))
    fake.put(0, 0)
    assert restarts.take()[str(tmp_path)].count == 0
    fake.put(11, 1)
    assert restarts.take()[str(tmp_path)].count == 1


@pytest.mark.parametrize("finish", [False, True])
def test_a_service_that_was_down_at_first(restarts: Restarts, tmp_path: Path, finish: bool) -> None:
    fake = Runsv(tmp_path)
    if finish:
        (tmp_path / "finish").touch()
    fake.put(0, 0)
    restarts.add(str(tmp_path))
    fake.put(10, 1)
    assert restarts.take()[str(tmp_path)].count == 1
    fake.crash(11)
    assert restarts.take()[str(tmp_path)].count == 1


def test_finish_takes_four_renames(restarts: Restarts, tmp_path: Path) -> None:
    fake = Runsv(tmp_path)
    (tmp_path / "finish").touch()
    fake.put(10, 1)
    restarts.add(str(tmp_path))
    for pid in (11, 12, 13):
        fake.crash(pid)
    assert restarts.take() == {str(tmp_path): Starts(3)}


def test_the_term_byte_says_that_somebody_asked(restarts: Restarts, tmp_path: Path) -> None:
    fake = Runsv(tmp_path)
    fake.put(10, 1)
    restarts.add(str(tmp_path))
    fake.put(10, 1, term=1, name="status")
    assert restarts.take() == {str(tmp_path): Starts(0, exact=True, term=True)}


def test_an_order_is_known_by_its_renames_when_the_byte_is_gone(
    restarts: Restarts, tmp_path: Path
) -> None:
    fake = Runsv(tmp_path)
    fake.put(10, 1)
    restarts.add(str(tmp_path))
    fake.put(10, 1, term=1, name="status")
    fake.crash(11)
    assert restarts.take() == {str(tmp_path): Starts(1, exact=True, term=True)}
    fake.crash(12)
    assert restarts.take() == {str(tmp_path): Starts(1)}


def test_an_order_long_before_an_end_is_not_its_cause(restarts: Restarts, tmp_path: Path) -> None:
    fake = Runsv(tmp_path)
    fake.put(10, 1)
    restarts.add(str(tmp_path))
    fake.put(10, 1, name="status")  # `sv up` on a service that is up
    restarts.take()
    fake.crash(11)
    assert restarts.take() == {str(tmp_path): Starts(1)}


def test_a_recreated_directory_is_watched_again(restarts: Restarts, tmp_path: Path) -> None:
    fake = Runsv(tmp_path / "a")
    fake.put(10, 1)
    restarts.add(str(tmp_path / "a"))
    (tmp_path / "a" / "supervise").rename(tmp_path / "gone")
    (tmp_path / "a" / "supervise").mkdir()
    fake.put(10, 1)
    assert restarts.take() == {}
    assert restarts.add(str(tmp_path / "a"))
    fake.crash(11)
    assert restarts.take() == {str(tmp_path / "a"): Starts(1)}


def test_directories_do_not_mix(restarts: Restarts, tmp_path: Path) -> None:
    fakes = [Runsv(tmp_path / name) for name in "ab"]
    for fake in fakes:
        fake.put(10, 1)
        restarts.add(str(fake.directory))
    fakes[0].crash(11)
    fakes[0].crash(12)
    fakes[1].crash(13)
    counts = {Path(name).name: one.count for name, one in restarts.take().items()}
    assert counts == {"a": 2, "b": 1}
    restarts.remove(str(tmp_path / "a"))
    fakes[0].crash(14)
    assert restarts.take() == {}


def test_what_is_not_there_is_not_watched(restarts: Restarts, tmp_path: Path) -> None:
    assert not restarts.add(str(tmp_path / "none"))
    restarts.remove(str(tmp_path / "none"))
    assert restarts.take() == {}


def test_a_pidfile_that_is_written_is_told_of(restarts: Restarts, tmp_path: Path) -> None:
    one, two = str(tmp_path / "one.pid"), str(tmp_path / "two.pid")
    assert restarts.add_pidfile(one)
    assert restarts.add_pidfile(two)
    (tmp_path / "other").write_text("1\n")
    restarts.take()
    assert restarts.written() == ()
    Path(one).write_text("1\n")
    (tmp_path / "new").write_text("2\n")
    (tmp_path / "new").rename(two)
    assert restarts.take() == {}
    assert set(restarts.written()) == {one, two}
    assert restarts.written() == ()
    restarts.remove(one)
    Path(one).write_text("3\n")
    Path(two).write_text("3\n")
    restarts.take()
    assert restarts.written() == (two,)


def test_the_directory_of_a_pidfile_may_come_later(restarts: Restarts, tmp_path: Path) -> None:
    place = tmp_path / "run"
    pidfile = place / "pid"
    assert not restarts.add_pidfile(str(pidfile))
    place.mkdir()
    assert restarts.add_pidfile(str(pidfile))
    assert restarts.add_pidfile(str(pidfile))
    pidfile.write_text("1\n")
    restarts.take()
    assert restarts.written() == (str(pidfile),)


def test_dropped_events_make_it_at_least(restarts: Restarts, tmp_path: Path) -> None:
    fake = Runsv(tmp_path)
    fake.put(10, 1)
    restarts.add(str(tmp_path))
    with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as file:
        queue = int(file.read())
    for number in range(queue + 10):  # names differ, or equal neighbours would be merged
        os.rename(
            tmp_path / "supervise" / "stat", tmp_path / "supervise" / f"stat{number % 2}"
        ) if number == 0 else os.rename(
            tmp_path / "supervise" / f"stat{(number - 1) % 2}",
            tmp_path / "supervise" / f"stat{number % 2}",
        )
    assert restarts.take()[str(tmp_path)].exact is False


def test_a_closed_one_tells_nothing(tmp_path: Path) -> None:
    made = Restarts()
    made.close()
    made.close()
    assert made.fileno() == -1
    assert not made.add(str(tmp_path))
    assert made.take() == {}


@given(
    st.lists(st.tuples(st.integers(1, 9), st.binary(max_size=20)), max_size=5), st.integers(0, 9)
)
def test_events_are_read_back(events: list[tuple[int, bytes]], cut: int) -> None:
    raw = b""
    for wd, name in events:
        padded = name.replace(b"\0", b"x") + b"\0" * 4
        raw += struct.pack("iIII", wd, IN_MOVED_TO, 0, len(padded)) + padded
    expected = [
        Event(wd, IN_MOVED_TO, os.fsdecode(name.replace(b"\0", b"x"))) for wd, name in events
    ]
    assert parse_events(raw) == expected
    shorter = parse_events(raw[: len(raw) - cut] if cut else raw)
    assert shorter == expected[: len(shorter)]


@given(st.binary(max_size=100))
def test_no_bytes_raise(raw: bytes) -> None:
    parse_events(raw)


# --- a real runsv ----------------------------------------------------------------------------


class Live:
    """A runsv of our own on a directory of our own."""

    def __init__(self, directory: Path, script: str) -> None:
        self.directory = directory
        directory.mkdir()
        (directory / "run").write_text(f"#!/bin/sh\n{script}\n")
        (directory / "run").chmod(0o755)
        self.process = subprocess.Popen(["runsv", str(directory)], stderr=subprocess.DEVNULL)

    def status(self) -> SvStatus | None:
        found = runsv.read(str(self.directory))
        return found if isinstance(found, SvStatus) else None

    def order(self, letter: bytes) -> None:
        fd = os.open(self.directory / "supervise" / "control", os.O_WRONLY)
        os.write(fd, letter)
        os.close(fd)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    made = Live(tmp_path / "w", "exec sleep 1000")
    yield made
    made.close()


def until(restarts: Restarts, live: Live, pid: int) -> tuple[SvStatus, list[Starts]]:
    """Follow the events until the service runs as another pid than *pid*."""
    told: list[Starts] = []
    while True:
        select.select([restarts], [], [], 0.05)
        restarts.add(str(live.directory))
        told += restarts.take().values()
        status = live.status()
        if status and status.alive and status.state == 1 and status.pid not in (0, pid):
            return status, told


@pytest.mark.live
def test_a_real_restart_is_one_start_and_was_asked_for(restarts: Restarts, live: Live) -> None:
    first, _ = until(restarts, live, 0)
    restarts.take()
    pid, told = first.pid, []
    for letter in (b"t", b"k"):
        live.order(letter)
        status, more = until(restarts, live, pid)
        told.append((sum(one.count for one in more), any(one.term for one in more)))
        pid = status.pid
    assert told == [(1, True), (1, False)]  # KILL sets no TERM byte
