"""What a pid is, and what of it is alive."""

import os
import select
import threading
from pathlib import Path

from svwatch.core.seen import Incarnation, Unreadable
from svwatch.probe.clock import now, world
from svwatch.probe.traits import Traits, ancestors, exists, lives, pin, traits_of
from tests.probe.stage import Stage


def test_ourselves() -> None:
    found = traits_of(os.getpid())
    assert isinstance(found, Traits)
    assert found.uids == (os.getuid(), os.geteuid(), os.geteuid())
    assert found.exe == os.readlink("/proc/self/exe")
    assert not found.kernel
    assert found.depth == 1
    assert 0 <= found.incarnation.age(now().boot) < 86400


def test_a_thread_gives_itself_away() -> None:
    gate = threading.Event()
    thread = threading.Thread(target=gate.wait)
    thread.start()
    found = traits_of(thread.native_id or 0)
    gate.set()
    thread.join()
    assert isinstance(found, Traits)
    assert found.tgid == os.getpid() != found.incarnation.pid


def test_the_dead_and_the_undead_are_nobody(actor: Stage) -> None:
    one = actor()
    (child,) = one.pids("fork")
    found = traits_of(child)
    assert isinstance(found, Traits)
    assert lives(found.incarnation)
    one.ask(f"zombie {child}")
    assert traits_of(child) is None
    assert not lives(found.incarnation)
    assert exists(child)
    one.ask(f"reap {child}")
    assert traits_of(child) is None
    assert not exists(child)


def test_hidden_is_not_dead(tmp_path: Path) -> None:
    """An empty directory poses as a /proc that hides everybody."""
    found = traits_of(os.getpid(), str(tmp_path))
    assert isinstance(found, Unreadable)
    assert "hidepid" in found.why
    assert lives(Incarnation(os.getpid(), 1), str(tmp_path))
    assert traits_of(1 << 22, str(tmp_path)) is None


def test_nonsense_is_not_dead(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_bytes(b"7 (x) S nonsense")
    assert isinstance(traits_of(7, str(tmp_path)), Unreadable)


def test_a_pidfd_is_of_this_incarnation_or_of_none(actor: Stage) -> None:
    one = actor()
    found = traits_of(one.pid)
    assert isinstance(found, Traits)
    assert pin(Incarnation(one.pid, found.incarnation.ticks - 1)) is None
    fd = pin(found.incarnation)
    assert fd is not None
    assert not select.select([fd], [], [], 0)[0]
    one.kill()
    assert select.select([fd], [], [], 10)[0]
    os.close(fd)
    assert pin(found.incarnation) is None


def test_a_thread_that_outlives_its_leader_is_the_process(actor: Stage) -> None:
    one = actor()
    before = traits_of(one.pid)
    assert isinstance(before, Traits)
    one.ask("leave")
    one.ask("last")
    assert lives(before.incarnation)


def test_our_ancestors() -> None:
    line = ancestors()
    assert {os.getpid(), os.getppid()} <= line
    assert 0 not in line


def test_the_world_is_this_boot() -> None:
    here = world()
    assert here == world()
    assert len(here.boot_id) == 36
    assert world("/nonexistent").boot_id == ""
