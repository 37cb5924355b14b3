"""Runs beside each other: one inside at a time, and no service has two of them."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from svwatch.shell import lock
from svwatch.shell.claims import Claims, claims
from svwatch.shell.lock import Holder, Locked, take


def run(root: Path, kind: str = "check", wall: float = 7.0) -> Claims:
    found = claims(str(root), kind, wall, 0.0)
    assert isinstance(found, Claims)
    return found


def test_one_is_inside_at_a_time(tmp_path: Path) -> None:
    first = run(tmp_path)
    began = time.monotonic()
    assert claims(str(tmp_path), "check", 8.0, 0.1) is None
    assert 0.1 <= time.monotonic() - began < 2.0
    first.leave()
    second = run(tmp_path)
    assert not first.enter(0.0)
    second.release()
    assert first.enter(0.0)
    first.release()


def test_a_service_that_one_keeps_is_named_to_the_others(tmp_path: Path) -> None:
    first = run(tmp_path, "restart", 7.0)
    first.keep(["one", "two"])
    first.leave()
    second = run(tmp_path)
    found = second.others()
    assert sorted(found) == ["one", "two"]
    holder = found["one"]
    assert isinstance(holder, Holder)
    assert (holder.kind, holder.since) == ("restart", 7.0)
    second.keep(["three"])
    second.leave()
    assert first.enter(0.0)
    assert sorted(first.others()) == ["three"]
    first.keep(["two"])
    first.leave()
    assert second.enter(0.0)
    assert sorted(second.others()) == ["two"]
    second.leave()
    first.release()
    assert second.enter(0.0)
    assert second.others() == {}
    second.release()
    assert list((tmp_path / "lock.d").iterdir()) == []


HOLD = """
import sys
from svwatch.shell.claims import claims
held = claims(sys.argv[1], "check", 1.0, 0.0)
held.keep(["one"])
print("kept", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_one_kept_is_free(tmp_path: Path) -> None:
    words = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"kept\n"
        assert claims(str(tmp_path), "check", 8.0, 0.0) is None
        other.kill()
    after = run(tmp_path)
    assert after.others() == {}
    after.keep(["one"])
    after.release()


def test_no_daemon_begins_beside_a_run_nor_a_run_beside_a_daemon(tmp_path: Path) -> None:
    one, two = run(tmp_path), None
    one.leave()
    two = run(tmp_path)
    assert take(str(tmp_path), "run", 9.0) == Locked(None)
    one.release()
    assert take(str(tmp_path), "run", 9.0) == Locked(None)
    two.release()
    daemon = take(str(tmp_path), "run", 9.0)
    assert isinstance(daemon, lock.Lock)
    found = claims(str(tmp_path), "check", 10.0, 0.0)
    assert isinstance(found, Locked)
    assert found.holder == daemon.holder
    daemon.release()


def test_one_delivers_at_a_time(tmp_path: Path) -> None:
    one = run(tmp_path)
    one.leave()
    two = run(tmp_path)
    assert one.post.take()
    assert not two.post.take()
    one.post.release()
    assert two.post.take()
    one.release()
    two.release()


@pytest.mark.parametrize("content", [b"", b"nonsense"])
def test_a_nameless_holder_holds_all_the_same(tmp_path: Path, content: bytes) -> None:
    first = run(tmp_path)
    first.keep(["one"])
    first.leave()
    (tmp_path / "lock.d/one").write_bytes(content)
    second = run(tmp_path)
    assert second.others() == {"one": None}
    first.release()
    second.release()
