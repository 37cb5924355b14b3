"""One contract for both samplers, on real processes."""

import os
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

from svwatch.core.seen import Incarnation, Need, Owner, Tree
from svwatch.probe.eyes import Eyes
from svwatch.probe.traits import Traits, traits_of
from svwatch.probe.witness import Sampler, sampler
from tests.probe.stage import Stage

MB = 1 << 20
Sampling = Callable[[int], Sampler]


@pytest.fixture(params=["procfs", "psutil"])
def eyes(request: pytest.FixtureRequest) -> Iterator[Eyes]:
    made = Eyes(portable=request.param == "psutil")
    yield made
    made.close()


@pytest.fixture
def linux() -> Iterator[Eyes]:
    made = Eyes()
    yield made
    made.close()


def begin(eyes: Eyes, pid: int) -> Sampler:
    made = sampler(eyes)
    found = eyes.traits(pid)
    assert isinstance(found, Traits)
    made.begin(found.incarnation)
    return made


def tree_of(made: Sampler, pss_over: int | None = None) -> Tree:
    tree = made.sample(pss_over)
    assert isinstance(tree, Tree)
    assert tree.complete
    return tree


def sampled(made: Sampler, needs: frozenset[Need]) -> Tree:
    tree = made.sample(None, needs)
    assert isinstance(tree, Tree)
    return tree


def pids(tree: Tree) -> set[int]:
    return {proc.incarnation.pid for proc in tree.procs}


def test_both_name_the_same_incarnation(actor: Stage) -> None:
    pid = actor().pid
    linux, psutil = Eyes().traits(pid), Eyes(portable=True).traits(pid)
    assert isinstance(linux, Traits)
    assert isinstance(psutil, Traits)
    assert abs(linux.incarnation.ticks - psutil.incarnation.ticks) <= 1
    assert linux.identity == psutil.identity
    assert (linux.ppid, linux.session, linux.uids) == (psutil.ppid, psutil.session, psutil.uids)


def test_a_process_alone(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    tree = tree_of(begin(eyes, one.pid))
    assert pids(tree) == {one.pid}
    assert tree.main.ppid == os.getpid()
    assert tree.main.rss > MB
    assert tree.main.name.startswith("python")


def test_memory_that_grows_is_seen(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(eyes, one.pid)
    before = tree_of(made).totalmem
    one.ask("grow 20")
    assert 20 * MB <= tree_of(made).totalmem - before < 24 * MB


def test_children_and_theirs_join(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(eyes, one.pid)
    assert len(tree_of(made).procs) == 1
    family = set(one.pids("nest")) | set(one.pids("fork"))
    tree = tree_of(made)
    assert tree.main.incarnation.pid == one.pid
    assert pids(tree) == family | {one.pid}
    assert tree.totalmem == sum(proc.rss for proc in tree.procs)


def test_a_child_of_another_thread_joins(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(eyes, one.pid)
    tree_of(made)
    assert set(one.pids("thread")) < pids(tree_of(made))


def test_the_dead_leave_and_zombies_are_dead(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(eyes, one.pid)
    first, second = one.pids("fork") + one.pids("fork")
    assert pids(tree_of(made)) == {one.pid, first, second}
    one.ask(f"reap {first}")
    assert pids(tree_of(made)) == {one.pid, second}
    one.ask(f"zombie {second}")
    assert pids(tree_of(made)) == {one.pid}


def test_an_orphan_stays_while_it_lives(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(eyes, one.pid)
    middle, leaf = one.pids("nest")
    assert pids(tree_of(made)) == {one.pid, middle, leaf}
    one.ask(f"reap {middle}")
    tree = tree_of(made)
    assert pids(tree) == {one.pid, leaf}
    orphan = next(proc for proc in tree.procs if proc.incarnation.pid == leaf)
    assert orphan.ppid != middle


def test_a_dead_main_process_has_no_tree(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(eyes, one.pid)
    one.pids("fork")
    tree_of(made)
    one.kill()
    assert made.sample() is None


def test_a_reused_number_is_another_process(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    made = sampler(eyes)
    made.begin(Incarnation(one.pid, 1))
    assert made.sample() is None


def test_pss_is_read_where_rss_is_over_the_limit(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    one.ask("grow 30")
    one.pids("fork")
    made = begin(eyes, one.pid)
    assert [proc.pss for proc in tree_of(made, 500 * MB).procs] == [None, None]
    sizes = [proc.pss or 0 for proc in tree_of(made, MB).procs]
    rss = tree_of(made).totalmem
    assert 0 < sum(sizes) < rss - 20 * MB  # what the two share is counted once


def test_uss_is_what_nobody_shares(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    one.ask("grow 30")
    one.pids("fork")
    tree = tree_of(begin(eyes, one.pid), MB)
    private = [proc.uss for proc in tree.procs]
    assert all(0 < (size or 0) < 20 * MB for size in private)  # what they share is neither's


def test_nothing_is_read_that_nobody_asked_for(eyes: Eyes, actor: Stage) -> None:
    main = tree_of(begin(eyes, actor().pid)).main
    assert (main.uss, main.swap, main.cpu, main.threads) == (None,) * 4
    assert (main.fds, main.read, main.written) == (None,) * 3


def test_what_the_main_process_alone_is_asked_for(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    one.pids("fork")
    asked = frozenset({Need.CPU, Need.DESCRIPTORS, Need.IO, Need.SWAP})
    made = begin(eyes, one.pid)
    main, child = sampled(made, asked).procs
    assert (child.cpu, child.fds, child.read, child.swap) == (None,) * 4
    assert main.swap == 0
    assert main.threads == 1
    assert main.read is not None
    one.pids("thread")
    one.ask("open 7")
    one.ask("burn 0.2")
    after = sampled(made, asked).main
    assert after.threads == 2
    assert (after.fds or 0) - (main.fds or 0) == 7
    assert 0.15 <= (after.cpu or 0) - (main.cpu or 0) < 1.0


def test_what_it_writes_is_counted(eyes: Eyes, actor: Stage, tmp_path: Path) -> None:
    one = actor()
    made = begin(eyes, one.pid)
    before = sampled(made, frozenset({Need.IO})).main.written
    one.ask(f"write {tmp_path}/file")
    after = sampled(made, frozenset({Need.IO})).main.written
    assert before is not None
    assert after is not None
    moved = after - before
    assert moved == 0 or MB <= moved < 2 * MB  # a file system in memory writes nothing


def test_what_everybody_is_asked_for(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    one.pids("fork")
    asked = frozenset({Need.TOTAL_CPU, Need.TOTAL_SWAP})
    for proc in sampled(begin(eyes, one.pid), asked).procs:
        assert proc.cpu is not None
        assert (proc.threads, proc.swap) == (1, 0)


def test_whom_it_acts_for(eyes: Eyes, actor: Stage) -> None:
    made = begin(eyes, actor().pid)
    tree_of(made)
    assert made.owner() == Owner(os.getuid(), os.geteuid(), os.getgid())
    made.close()
    assert made.owner() is None


def test_nobody_to_look_at(eyes: Eyes) -> None:
    made = sampler(eyes)
    assert made.sample() is None
    assert made.still()
    assert made.incarnations() == frozenset()


def test_execve_changes_the_name_and_not_the_process(eyes: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(eyes, one.pid)
    tree_of(made)
    assert one.ask("exec") == []
    assert tree_of(made).main.name == "sleep"


# --- the Linux sampler alone -----------------------------------------------------------------


def test_equal_bytes_are_still(linux: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(linux, one.pid)
    tree_of(made)
    assert made.still()
    one.ask("grow 1")
    assert not made.still()
    tree_of(made)
    assert made.still()


def test_a_birth_and_a_death_are_not_still(linux: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(linux, one.pid)
    for order in ("fork", "thread"):
        tree_of(made)
        (child,) = one.pids(order)
        linux.last_pid(fresh=True)
        assert not made.still(), order
    tree_of(made)
    one.ask(f"reap {one.others[0]}")
    assert not made.still()
    assert child


def test_a_leader_that_ended_before_its_threads_lives(linux: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(linux, one.pid)
    tree_of(made)
    one.ask("leave")
    one.ask("last")
    found = traits_of(one.pid)
    while isinstance(found, Traits) and found.exe is not None:  # its thread ends any moment now
        found = traits_of(one.pid)
    tree = tree_of(made)
    assert tree.main.rss > 32 * MB
    assert not made.still()  # its zeros would hide what the threads do


def test_descriptors_are_given_back(linux: Eyes, actor: Stage) -> None:
    before = len(os.listdir("/proc/self/fd"))
    one = actor()
    pipes = len(os.listdir("/proc/self/fd"))
    made = begin(linux, one.pid)
    one.pids("nest")
    tree_of(made)
    assert linux.held == 12
    assert len(os.listdir("/proc/self/fd")) == pipes + 12
    made.close()
    assert linux.held == 0
    assert len(os.listdir("/proc/self/fd")) == pipes
    assert before < pipes


def test_where_descriptors_are_scarce_they_are_opened_per_look(linux: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(linux, one.pid)
    linux._limit = 20
    tree = tree_of(made)
    assert linux.held == 0
    assert not made.still()
    (child,) = one.pids("fork")
    assert pids(tree_of(made)) == pids(tree) | {child}
    one.kill()
    assert made.sample() is None


def test_without_any_descriptor_nothing_is_said(linux: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(linux, one.pid)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open("/dev/null", os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        seen = made.sample()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not isinstance(seen, Tree)
    assert seen is not None
    assert "Too many open files" in seen.why


def test_without_lists_of_children_one_look_over_all_serves(linux: Eyes, actor: Stage) -> None:
    one = actor()
    made = begin(linux, one.pid)
    family = set(one.pids("nest"))
    tree_of(made)
    for seat in made._seats.values():  # type: ignore[attr-defined]
        os.close(seat.children_fd)
        seat.children_fd = -1
    family |= set(one.pids("fork"))
    assert pids(tree_of(made)) == family | {one.pid}
    assert not made.still()


def test_who_is_only_listed_as_a_child_is_not_believed(linux: Eyes, actor: Stage) -> None:
    one, stranger = actor(), actor()
    made = begin(linux, one.pid)
    tree_of(made)
    for seat in made._seats.values():  # type: ignore[attr-defined]
        os.close(seat.children_fd)
        seat.children_fd = -1
    linux._brood = {one.pid: (stranger.pid,)}
    linux._bred = monotonic() + 60
    one.pids("fork")
    assert pids(tree_of(made)) == {one.pid}


def test_pss_takes_a_hundredth_of_the_time_at_most(linux: Eyes, actor: Stage) -> None:
    made = begin(linux, actor().pid)
    assert tree_of(made, 1).main.pss
    made._pss_from += 60.0  # type: ignore[attr-defined]
    assert tree_of(made, 1).main.pss is None
