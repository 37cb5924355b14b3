"""Signals go to the process that was judged, or to nobody."""

import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from svwatch.core.seen import HZ, Incarnation
from svwatch.shell.signals import Start, _parse, send
from svwatch.shell.spawn import Child, Ending, reap, spawn


@pytest.fixture
def sleeper() -> Iterator[Child]:
    child = spawn(["/bin/sleep", "600"])
    assert isinstance(child, Child)
    yield child
    if send(child.incarnation, "KILL") == "":
        wait(child)


def lives(child: Child) -> bool:
    assert child.pidfd is not None
    return not select.select([child.pidfd], [], [], 0)[0]


def wait(child: Child) -> Ending | None:
    assert child.pidfd is not None
    assert select.select([child.pidfd], [], [], 20)[0]
    return reap(child)


def test_the_judged_process_gets_the_signal(sleeper: Child) -> None:
    assert send(sleeper.incarnation, "TERM") == ""
    assert wait(sleeper) == Ending(-15)


@pytest.mark.parametrize("off", [-1, 1, -100_000])
def test_a_recycled_pid_gets_nothing(sleeper: Child, off: int) -> None:
    other = Incarnation(sleeper.pid, sleeper.ticks + off)
    assert send(other, "KILL") == f"pid {sleeper.pid} is another process by now"
    assert lives(sleeper)


def inherit(pid: int, last: Path) -> Child | None:
    """Make the kernel hand out *pid* again; None: somebody else was faster."""
    last.write_text(str(pid - 1))
    heir = spawn(["/bin/sleep", "600"])
    assert isinstance(heir, Child)
    if heir.pid == pid:
        return heir
    signal.pidfd_send_signal(heir.pidfd or -1, signal.SIGKILL)
    wait(heir)
    return None


def test_a_truly_recycled_pid_gets_nothing(sleeper: Child) -> None:
    """The kernel hands the number out again: the old incarnation is not the new one."""
    last = Path("/proc/sys/kernel/ns_last_pid")
    if not os.access(last, os.W_OK):
        pytest.skip("ns_last_pid cannot be set here")
    old = sleeper.incarnation
    assert send(old, "KILL") == ""
    assert wait(sleeper) == Ending(-9)
    while time.clock_gettime(time.CLOCK_BOOTTIME) * HZ < old.ticks + 1:
        continue  # at most 10 ms: within one tick nobody can tell them apart
    heir = next((heir for _ in range(50) if (heir := inherit(old.pid, last))), None)
    if heir is None:
        pytest.skip("other processes took the number first")
    refused, alive = send(old, "KILL"), lives(heir)
    assert send(heir.incarnation, "KILL") == ""
    wait(heir)
    assert refused == f"pid {old.pid} is another process by now"
    assert alive


def test_the_dead_are_a_value(sleeper: Child) -> None:
    target = sleeper.incarnation
    assert send(target, "KILL") == ""
    assert sleeper.pidfd is not None
    assert select.select([sleeper.pidfd], [], [], 20)[0]
    assert send(target, "KILL") == f"pid {target.pid} has ended"  # a zombie
    assert reap(sleeper) == Ending(-9)
    assert send(target, "KILL") == f"pid {target.pid} has ended"


def test_some_are_never_signalled() -> None:
    for pid in (0, 1, -1, os.getpid()):
        assert send(Incarnation(pid, 1), "TERM") == f"pid {pid} is never signalled"


@pytest.mark.parametrize("name", ["", "TERMINATE", "_DFL", "_IGN", "term"])
def test_an_unknown_signal_is_a_value(sleeper: Child, name: str) -> None:
    assert send(sleeper.incarnation, name) == f"there is no signal {name!r}"
    assert lives(sleeper)


def test_a_hidden_process_gets_nothing(sleeper: Child, tmp_path: Path) -> None:
    said = send(sleeper.incarnation, "TERM", proc=str(tmp_path))
    assert said == f"pid {sleeper.pid} has ended or is hidden"
    assert lives(sleeper)


def line(name: bytes, state: bytes, threads: bytes, ticks: bytes) -> bytes:
    return b"7 (%b) %b %b%b 0 %b 0 0\n" % (name, state, b"1 " * 16, threads, ticks)


@pytest.mark.parametrize(
    ("raw", "start"),
    [
        (line(b"sleep", b"S", b"1", b"123"), Start(123, ended=False)),
        (line(b") Z 1 (", b"S", b"1", b"123"), Start(123, ended=False)),
        (line(b"a b\nc", b"R", b"3", b"9"), Start(9, ended=False)),
        (line(b"x", b"Z", b"1", b"5"), Start(5, ended=True)),
        (line(b"x", b"Z", b"2", b"5"), Start(5, ended=False)),
        (b"", None),
        (b"7 (x) S 1", None),
    ],
)
def test_hostile_names_do_not_confuse_the_start(raw: bytes, start: Start | None) -> None:
    assert _parse(raw) == start
