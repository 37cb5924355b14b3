"""A looker on real pidfiles, real processes and service directories made by hand."""

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from svwatch.core.seen import (
    Absent,
    Doubled,
    Forbidden,
    Incarnation,
    Lost,
    Memory,
    Need,
    Observation,
    Owner,
    Running,
    Suspect,
    Unreadable,
)
from svwatch.probe import runsv
from svwatch.probe.eyes import Eyes
from svwatch.probe.look import Looker
from svwatch.probe.supervise import Restarts
from tests.probe.stage import Casting, Stage


@pytest.fixture
def eyes() -> Iterator[Eyes]:
    made = Eyes()
    yield made
    made.close()


@pytest.fixture
def pidfile(tmp_path: Path) -> Path:
    return tmp_path / "w.pid"


@pytest.fixture
def looker(pidfile: Path, eyes: Eyes, service: Casting) -> Iterator[Looker]:
    made = Looker(service(pidfile=str(pidfile)), eyes)
    yield made
    made.close()


def believe(looker: Looker) -> Memory:
    """Look, and believe what is seen, as the core does."""
    verdict = looker.observe(Memory()).verdict
    assert isinstance(verdict, Running)
    return Memory(known=verdict.incarnation, identity=verdict.identity)


def quiet(looker: Looker, memory: Memory) -> bool:
    """Look until nothing is new, then say whether one more look agrees."""
    looker.poll(memory)
    looker.observe(memory)
    return looker.poll(memory)


def test_a_process_is_seen_and_then_still(looker: Looker, pidfile: Path, actor: Stage) -> None:
    one = actor()
    pidfile.write_text(f"{one.pid}\n")
    memory = believe(looker)
    seen = looker.observe(memory, starts=3, exact=False)
    assert isinstance(seen.verdict, Running)
    assert seen.tree is not None
    assert seen.tree.main.incarnation == seen.verdict.incarnation == memory.known
    assert seen.alive == (memory.known,)
    assert (seen.starts, seen.exact, seen.scheduled) == (3, False, True)
    assert seen.memtotal > 1 << 20
    assert (seen.busy, seen.around, seen.oom, seen.term, seen.sv) == ((), None, False, False, None)
    assert quiet(looker, memory)
    assert looker.poll(memory)
    assert not looker.poll(replace(memory, around=True))


@pytest.mark.parametrize("what", ["memory", "child", "pidfile", "gone", "death"])
def test_whatever_changes_is_noticed(
    looker: Looker, pidfile: Path, actor: Stage, what: str
) -> None:
    one = actor()
    pidfile.write_text(f"{one.pid}\n")
    memory = believe(looker)
    assert quiet(looker, memory)
    match what:
        case "memory":
            one.ask("grow 3")
        case "child":
            one.pids("fork")
            looker._eyes.last_pid(fresh=True)
        case "pidfile":
            pidfile.write_text("12345\n")
        case "gone":
            pidfile.unlink()
        case "death":
            one.kill()
    assert not looker.poll(memory)


@pytest.mark.parametrize("need", sorted(Need))
def test_what_the_bytes_do_not_show_is_read_at_every_look(
    looker: Looker, pidfile: Path, actor: Stage, need: Need
) -> None:
    pidfile.write_text(f"{actor().pid}\n")
    memory = believe(looker)
    assert quiet(looker, memory)
    assert not quiet(looker, replace(memory, needs=frozenset({need})))
    assert quiet(looker, memory)


def test_what_is_asked_for_is_in_the_observation(
    looker: Looker, pidfile: Path, actor: Stage, tmp_path: Path
) -> None:
    pidfile.write_text(f"{actor().pid}\n")
    memory = believe(looker)
    plain = looker.observe(memory)
    assert (plain.cpus, plain.owner, plain.files) == (0, None, ())
    assert (plain.cgroup, plain.cgroup_why) == (None, "")
    asked = replace(memory, needs=frozenset(Need), files=(str(pidfile), f"{tmp_path}/none"))
    assert not quiet(looker, replace(memory, files=asked.files))
    seen = looker.observe(asked)
    assert seen.cpus == os.cpu_count()
    assert seen.owner == Owner(os.getuid(), os.geteuid(), os.getgid())
    young, missing = seen.files
    assert 0.0 <= (young.seconds or 0.0) < 60.0
    assert missing.why == "No such file or directory"
    assert (seen.cgroup is None) is bool(seen.cgroup_why)
    assert seen.tree is not None
    assert seen.tree.main.cpu is not None
    assert seen.tree.main.ppid == os.getpid()


def test_absence_is_quiet_until_a_file_comes(looker: Looker, pidfile: Path, actor: Stage) -> None:
    assert looker.observe(Memory()).verdict == Absent("no pidfile")
    assert quiet(looker, Memory())
    pidfile.write_text(f"{actor().pid}\n")
    assert not looker.poll(Memory())
    assert isinstance(looker.observe(Memory()).verdict, Running)


def test_a_stale_number_is_looked_at_every_time(
    looker: Looker, pidfile: Path, actor: Stage
) -> None:
    one = actor()
    pidfile.write_text(f"{one.pid}\n")
    one.kill()
    assert looker.observe(Memory()).verdict == Absent("stale", one.pid)
    assert not quiet(looker, Memory())


def test_the_pidfd_tells_the_end(looker: Looker, pidfile: Path, actor: Stage) -> None:
    one, two = actor(), actor()
    pidfile.write_text(f"{one.pid}\n")
    memory = believe(looker)
    fd = looker.pidfd()
    assert fd is not None
    assert not select.select([fd], [], [], 0)[0]
    one.kill()
    assert select.select([fd], [], [], 10)[0]
    pidfile.write_text(f"{two.pid}\n")
    seen = looker.observe(memory)
    assert isinstance(seen.verdict, Running)
    assert seen.alive == ()
    assert looker.pidfd() not in (None, fd)
    two.kill()
    assert isinstance(looker.observe(memory).verdict, Absent)
    assert looker.pidfd() is None


def test_a_lost_pidfile_keeps_its_process(looker: Looker, pidfile: Path, actor: Stage) -> None:
    one = actor()
    pidfile.write_text(f"{one.pid}\n")
    memory = believe(looker)
    for change in (pidfile.unlink, pidfile.touch):
        change()
        seen = looker.observe(memory)
        assert isinstance(seen.verdict, Lost)
        assert seen.verdict.incarnation == memory.known
        assert seen.tree is not None
        assert looker.pidfd() is not None


def test_two_copies(looker: Looker, pidfile: Path, actor: Stage) -> None:
    one, two = actor(), actor()
    pidfile.write_text(f"{one.pid}\n")
    memory = believe(looker)
    pidfile.write_text(f"{two.pid}\n")
    seen = looker.observe(memory)
    assert isinstance(seen.verdict, Doubled)
    assert (seen.verdict.named.pid, seen.verdict.remembered) == (two.pid, memory.known)
    assert seen.tree is not None
    assert seen.tree.main.incarnation == memory.known


def test_a_clock_that_was_stepped_makes_no_second_copy(
    looker: Looker, pidfile: Path, actor: Stage
) -> None:
    one = actor()
    pidfile.write_text(f"{one.pid}\n")
    os.utime(pidfile, (1e9, 1e9))
    seen = looker.observe(Memory())
    assert isinstance(seen.verdict, Suspect)
    assert "began" in seen.verdict.sign
    adopted = Memory(adopted=seen.verdict.incarnation)
    assert isinstance(looker.observe(adopted).verdict, Running)


def test_our_own_number_and_pid_1_are_not_for_signals(looker: Looker, pidfile: Path) -> None:
    for pid in (os.getpid(), os.getppid(), 1, 2):
        pidfile.write_text(f"{pid}\n")
        seen = looker.observe(Memory())
        assert isinstance(seen.verdict, (Forbidden, Absent)), pid
        assert pid > 2 or isinstance(seen.verdict, Forbidden) or not os.path.exists("/proc/2")
        assert seen.tree is None
        assert looker.pidfd() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_strangers_pidfile_may_not_name_roots_process(
    looker: Looker, pidfile: Path, actor: Stage
) -> None:
    one = actor()
    pidfile.write_text(f"{one.pid}\n")
    os.chown(pidfile, 4242, 4242)
    seen = looker.observe(Memory())
    assert isinstance(seen.verdict, Forbidden)
    assert seen.verdict.mend == f"chown root {pidfile}"
    trusting = Looker(replace(looker.service, trust_pidfile=True), looker._eyes)
    assert isinstance(trusting.observe(Memory()).verdict, Running)
    trusting.close()


def test_who_of_the_tree_lives(looker: Looker, pidfile: Path, actor: Stage) -> None:
    one = actor()
    pidfile.write_text(f"{one.pid}\n")
    middle, leaf = one.pids("nest")
    memory = believe(looker)
    tree = looker.observe(memory).tree
    assert tree is not None
    everybody = tuple(proc.incarnation for proc in tree.procs)
    assert {who.pid for who in everybody} == {one.pid, middle, leaf}
    one.kill()
    seen = looker.observe(replace(memory, tree=everybody))
    assert {who.pid for who in seen.alive} == {middle, leaf}


def test_our_commands_keep_it_busy(looker: Looker, actor: Stage) -> None:
    command = actor(session=True)
    (left,) = command.pids("fork")
    mine = _incarnation(looker, command.pid)
    memory = Memory(commands=(mine,))
    assert looker.observe(memory).busy == (mine,)
    command.kill()
    assert [who.pid for who in looker.observe(memory).busy] == [left]
    reused = Incarnation(os.getpid(), 1)
    assert looker.observe(Memory(commands=(reused,))).busy == ()


def test_the_service_itself_is_no_busy_command(looker: Looker, pidfile: Path, actor: Stage) -> None:
    one = actor(session=True)
    pidfile.write_text(f"{one.pid}\n")
    mine = _incarnation(looker, one.pid)
    assert looker.observe(Memory(commands=(mine,))).busy == ()


def test_a_pidfile_that_is_a_fifo_holds_nobody_up(looker: Looker, pidfile: Path) -> None:
    os.mkfifo(pidfile)
    seen = looker.observe(Memory())
    assert isinstance(seen.verdict, Unreadable)
    assert "FIFO" in seen.verdict.why


# --- runit -----------------------------------------------------------------------------------


class Supervised:
    """A service directory as runsv leaves it; we are its runsv."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "supervise").mkdir()
        os.mkfifo(directory / "supervise" / "ok")
        self.ok = os.open(directory / "supervise" / "ok", os.O_RDONLY | os.O_NONBLOCK)

    def put(self, pid: int, state: int = 1, *, want: bytes = b"u", term: int = 0) -> None:
        head = (runsv.TAI + 1_700_000_000).to_bytes(8, "big") + bytes(4)
        raw = head + pid.to_bytes(4, "little") + b"\0" + want + bytes([term, state])
        new = self.directory / "supervise" / "status.new"
        new.write_bytes(raw)
        new.rename(self.directory / "supervise" / "status")

    def close(self) -> None:
        if self.ok >= 0:
            os.close(self.ok)
        self.ok = -1


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    made = Supervised(tmp_path)
    yield made
    made.close()


@pytest.fixture
def runit(supervised: Supervised, eyes: Eyes, service: Casting) -> Iterator[Looker]:
    made = Looker(service(service_dir=str(supervised.directory)), eyes)
    yield made
    made.close()


def test_runit_says_what_runs(runit: Looker, supervised: Supervised, actor: Stage) -> None:
    one = actor()
    supervised.put(one.pid)
    memory = believe(runit)
    seen = runit.observe(memory)
    assert seen.sv is not None
    assert (seen.sv.pid, seen.sv.want, seen.sv.state, seen.sv.alive) == (one.pid, "u", 1, True)
    assert seen.tree is not None
    assert quiet(runit, memory)
    supervised.put(one.pid, want=b"d")
    assert not runit.poll(memory)
    seen = runit.observe(memory)
    assert isinstance(seen.verdict, Running)
    assert seen.sv is not None
    assert seen.sv.want == "d"


def test_an_end_under_runit(runit: Looker, supervised: Supervised, actor: Stage) -> None:
    one = actor()
    supervised.put(one.pid, term=1)
    memory = believe(runit)
    one.kill()
    seen = runit.observe(memory)
    assert seen.verdict == Absent("ended", one.pid)
    assert seen.term
    supervised.put(one.pid, 2)
    assert runit.observe(memory).verdict == Absent("finishing", one.pid, finishing=True)
    supervised.put(0, 0)
    seen = runit.observe(memory)
    assert seen.verdict == Absent("down")
    assert not seen.term
    assert seen.alive == ()


def test_a_crash_was_asked_for_by_nobody(
    runit: Looker, supervised: Supervised, actor: Stage
) -> None:
    one, two = actor(), actor()
    supervised.put(one.pid)
    memory = believe(runit)
    one.kill()
    supervised.put(two.pid)
    seen = runit.observe(memory)
    assert isinstance(seen.verdict, Running)
    assert not seen.term
    assert not seen.oom


def test_the_word_of_the_renames_waits_for_the_end(
    runit: Looker, supervised: Supervised, actor: Stage
) -> None:
    one, two = actor(), actor()
    supervised.put(one.pid)
    memory = believe(runit)
    runit.observe(memory, term=True)
    assert not runit.observe(memory).term
    one.kill()
    supervised.put(two.pid)
    assert runit.observe(memory).term


def test_a_dead_runsv_hides_no_process(runit: Looker, supervised: Supervised, actor: Stage) -> None:
    one = actor()
    supervised.put(one.pid)
    memory = believe(runit)
    assert quiet(runit, memory)
    supervised.close()
    assert not (runit.poll(memory) and runit.poll(memory))
    seen = runit.observe(memory)
    assert isinstance(seen.verdict, Unreadable)
    assert "runsv is not running" in seen.verdict.why
    assert seen.sv is not None
    assert not seen.sv.alive
    assert seen.tree is not None
    assert seen.tree.main.incarnation == memory.known
    assert seen.alive == (memory.known,)


def test_where_runsv_cannot_be_asked_for_its_child_speaks(
    runit: Looker, supervised: Supervised, actor: Stage
) -> None:
    supervised.put(actor().pid)
    ok = supervised.directory / "supervise" / "ok"
    ok.unlink()
    ok.mkdir()  # as little ours to open as root's FIFO is anybody else's
    seen = runit.observe(Memory())
    assert isinstance(seen.verdict, Unreadable)
    assert "may be stale" in seen.verdict.why


@pytest.mark.parametrize("what", ["supervise", "status", "size"])
def test_a_damaged_directory_says_nothing(
    runit: Looker, supervised: Supervised, actor: Stage, what: str
) -> None:
    one = actor()
    supervised.put(one.pid)
    memory = believe(runit)
    inside = supervised.directory / "supervise"
    match what:
        case "supervise":
            inside.rename(supervised.directory / "elsewhere")
        case "status":
            (inside / "status").unlink()
        case "size":
            (inside / "status").write_bytes(b"x" * 18)
    assert not runit.poll(memory)
    seen = runit.observe(memory)
    assert isinstance(seen.verdict, Unreadable)
    assert seen.tree is not None
    assert seen.sv is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_strangers_status_may_not_name_roots_process(
    runit: Looker, supervised: Supervised, actor: Stage
) -> None:
    supervised.put(actor().pid)
    os.chown(supervised.directory / "supervise", 4242, 4242)
    assert isinstance(runit.observe(Memory()).verdict, Forbidden)


def test_a_recreated_supervise_is_watched_again(
    supervised: Supervised, service: Casting, actor: Stage, tmp_path: Path
) -> None:
    restarts = Restarts()
    eyes = Eyes(restarts=restarts)
    looker = Looker(service(service_dir=str(supervised.directory)), eyes)
    one = actor()
    supervised.put(one.pid)
    memory = believe(looker)
    looker.renew_watch()
    inside = supervised.directory / "supervise"
    inside.rename(tmp_path / "gone")
    inside.mkdir()
    looker.observe(memory)
    looker.renew_watch()
    (inside / "pid.new").touch()
    (inside / "pid.new").rename(inside / "pid")
    assert str(supervised.directory) in restarts.take()
    looker.close()
    eyes.close()
    restarts.close()


def test_an_observation_travels(looker: Looker, pidfile: Path, actor: Stage) -> None:
    import msgspec  # noqa: PLC0415

    pidfile.write_text(f"{actor().pid}\n")
    seen = looker.observe(Memory())
    raw = msgspec.msgpack.encode(seen)
    assert msgspec.msgpack.decode(raw, type=Observation) == seen


def _incarnation(looker: Looker, pid: int) -> Incarnation:
    found = looker._eyes.traits(pid)
    assert found is not None
    assert not isinstance(found, Unreadable)
    return found.incarnation
