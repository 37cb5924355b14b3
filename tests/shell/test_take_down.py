"""runsv is told to take a service down by a signal only where it runs the judged process."""

import os
import select
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from svwatch.core.seen import Incarnation
from svwatch.core.state import TakeDown
from svwatch.shell.hands import Hands
from svwatch.shell.signals import send
from svwatch.shell.spawn import Child, reap, spawn

FINISH, DOWN = 2, 0


class Runsv:
    """What runsv leaves in the file system, without a runsv: orders stay in the FIFO."""

    def __init__(self, place: Path) -> None:
        self.place = place
        (place / "supervise").mkdir()
        self._ends = [self._fifo("ok"), self._fifo("control")]

    def _fifo(self, name: str) -> int:
        path = self.place / "supervise" / name
        os.mkfifo(path)
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def says(self, pid: int, state: int, want: str = "u") -> None:
        """Write the 20 bytes (runsv.c)."""
        raw = struct.pack(">QI", 4611686018427387914 + 1_700_000_000, 0)
        raw += pid.to_bytes(4, "little") + bytes((0, ord(want), 0, state))
        (self.place / "supervise/status").write_bytes(raw)

    def orders(self) -> bytes:
        """Take what was written to `control`."""
        return os.read(self._ends[1], 100) if select.select(self._ends[1:], [], [], 0)[0] else b""

    def ends(self) -> None:
        """Be no more."""
        for fd in self._ends:
            os.close(fd)
        self._ends = []


@pytest.fixture
def runsv(tmp_path: Path) -> Iterator[Runsv]:
    made = Runsv(tmp_path)
    yield made
    made.ends()


@pytest.fixture
def worker() -> Iterator[Child]:
    child = spawn(["/bin/sleep", "600"])
    assert isinstance(child, Child)
    # until it is what it shall be it holds copies of our descriptors, the FIFO's reader too
    assert select.select([child.errors], [], [], 20)[0]
    yield child
    if send(child.incarnation, "KILL") == "":
        assert child.pidfd is not None
        assert select.select([child.pidfd], [], [], 20)[0]
        reap(child)


def told(runsv: Runsv, who: Incarnation, name: str = "QUIT", *, wake: bool = False) -> str:
    hands = Hands(str(runsv.place / "state"))
    return hands.take_down(TakeDown(who, str(runsv.place), name, wake))


@pytest.mark.parametrize(
    ("name", "wake", "orders"),
    [
        ("QUIT", False, b"oq"),
        ("INT", False, b"oi"),
        ("USR1", False, b"o1"),
        ("USR2", False, b"o2"),
        ("HUP", False, b"oh"),
        ("ALRM", False, b"oa"),
        ("QUIT", True, b"oqc"),
        ("TERM", False, b"d"),
        ("TERM", True, b"d"),
    ],
)
def test_it_is_one_write(
    runsv: Runsv, worker: Child, name: str, orders: bytes, *, wake: bool
) -> None:
    runsv.says(worker.pid, 1)
    assert told(runsv, worker.incarnation, name, wake=wake) == ""
    assert runsv.orders() == orders


@pytest.mark.parametrize("state", [DOWN, FINISH])
def test_what_does_not_run_gets_nothing(runsv: Runsv, worker: Child, state: int) -> None:
    runsv.says(worker.pid if state else 0, state)
    assert told(runsv, worker.incarnation) == f"pid {worker.pid} is not what runs there any more"
    assert runsv.orders() == b""


def test_another_process_gets_nothing(runsv: Runsv, worker: Child) -> None:
    runsv.says(worker.pid, 1)
    other = Incarnation(worker.pid, worker.ticks + 1)
    assert told(runsv, other) == f"pid {worker.pid} has ended"
    stranger = Incarnation(worker.pid + 1, worker.ticks)
    assert told(runsv, stranger) == f"pid {stranger.pid} is not what runs there any more"
    assert runsv.orders() == b""


def test_the_dead_get_nothing_even_where_status_is_old(runsv: Runsv, worker: Child) -> None:
    runsv.says(worker.pid, 1)
    assert send(worker.incarnation, "KILL") == ""
    assert worker.pidfd is not None
    assert select.select([worker.pidfd], [], [], 20)[0]
    assert told(runsv, worker.incarnation) == f"pid {worker.pid} has ended"
    assert runsv.orders() == b""


def test_without_a_runsv_nothing_is_written(runsv: Runsv, worker: Child) -> None:
    runsv.says(worker.pid, 1)
    runsv.ends()
    assert told(runsv, worker.incarnation) == f"{runsv.place} has no runsv"
    assert "has no status" in told(Runsv(runsv.place / "supervise"), worker.incarnation)


def test_runsv_cannot_send_everything(runsv: Runsv, worker: Child) -> None:
    runsv.says(worker.pid, 1)
    assert told(runsv, worker.incarnation, "TSTP") == "runsv cannot send TSTP"
    assert runsv.orders() == b""
