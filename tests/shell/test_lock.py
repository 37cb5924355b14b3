"""One svwatch at a time, and the other is told who."""

import os
import sys
from pathlib import Path

import pytest

from svwatch.shell.lock import Holder, Lock, Locked, take
from svwatch.shell.signals import start_of
from svwatch.shell.spawn import spawn


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    first = take(str(tmp_path), "run", 1000.5)
    assert isinstance(first, Lock)
    start = start_of(os.getpid())
    assert start is not None
    me = Holder(os.getpid(), start.ticks, "run", 1000.5)
    second = take(str(tmp_path), "check", 2000.0)
    assert second == Locked(me)
    assert str(second) == f"svwatch run (pid {os.getpid()}) holds the lock"
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    first.release()
    third = take(str(tmp_path), "check", 3000.0)
    assert isinstance(third, Lock)
    assert third.holder.kind == "check"
    third.release()


def test_death_releases_it(tmp_path: Path) -> None:
    script = f"from svwatch.shell.lock import take; print(take({str(tmp_path)!r}, 'run', 1.0))"
    child = spawn([sys.executable, "-c", f"{script}; import os; os.kill(os.getpid(), 9)"])
    os.waitid(os.P_PID, child.pid, os.WEXITED)  # type: ignore[union-attr]
    assert '"kind":"run"' in (tmp_path / "lock").read_text()
    lock = take(str(tmp_path), "run", 2.0)
    assert isinstance(lock, Lock), "what a dead svwatch wrote holds nobody back"
    lock.release()


def test_a_command_of_ours_does_not_hold_it(tmp_path: Path) -> None:
    lock = take(str(tmp_path), "run", 1.0)
    assert isinstance(lock, Lock)
    read, write = os.pipe()
    child = spawn(["/bin/cat"], stdin=read)
    lock.release()
    again = take(str(tmp_path), "run", 2.0)
    assert isinstance(again, Lock)
    again.release()
    os.close(read)
    os.close(write)
    os.waitid(os.P_PID, child.pid, os.WEXITED)  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [b"", b"{", b"7\n", b"\xff", b'{"pid":"x"}'])
def test_an_unreadable_name_is_no_obstacle(tmp_path: Path, content: bytes) -> None:
    first = take(str(tmp_path), "run", 1.0)
    assert isinstance(first, Lock)
    (tmp_path / "lock").write_bytes(content)
    second = take(str(tmp_path), "run", 1.0)
    assert second == Locked(None)
    assert str(second) == "another svwatch is at work"
    first.release()


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="lock"):
        take(str(tmp_path), "run", 1.0)
    assert not (tmp_path / "precious").exists()
