"""Look-alikes: who could be the service already, and who surely is not."""

import os
import sys
from pathlib import Path

from msgspec.structs import replace

from svwatch.core.seen import Identity, Incarnation
from svwatch.probe.census import Census, Likeness
from svwatch.probe.eyes import Eyes, nofile
from svwatch.probe.traits import Traits, traits_of
from tests.probe.stage import Casting, Stage

NOBODY = frozenset[int]()


def traits(pid: int) -> Traits:
    found = traits_of(pid)
    assert isinstance(found, Traits)
    return found


def alike(likeness: Likeness, beside: frozenset[int] = NOBODY) -> set[int]:
    found = Census().alike(likeness, beside=beside)
    return {one.incarnation.pid for one in found}


def test_the_same_command_by_the_same_user(actor: Stage) -> None:
    one, two = actor(), actor()
    like = Likeness(service="w", identity=traits(one.pid).identity)
    assert {one.pid, two.pid} <= alike(like)
    assert two.pid in alike(like, frozenset({one.pid}))
    assert one.pid not in alike(like, frozenset({one.pid}))
    other = replace(like, identity=replace(like.identity, uid=4242))
    assert not {one.pid, two.pid} & alike(other)
    other = replace(like, identity=replace(like.identity, exe="/bin/other"))
    assert not {one.pid, two.pid} & alike(other)
    assert alike(Likeness(service="w", identity=Identity())) == set()


def test_of_a_tree_the_root_is_told_and_beside_it_nobody_of_it(actor: Stage) -> None:
    one = actor()
    family = one.pids("nest")
    like = Likeness(service="w", identity=traits(one.pid).identity)
    assert {one.pid, *family} & alike(like) == {one.pid}
    assert not {one.pid, *family} & alike(like, frozenset({one.pid}))
    one.kill()
    assert {one.pid, *family} & alike(like) == {family[0]}


def test_the_marker_says_whose_it_is(actor: Stage) -> None:
    mine, others = actor(env={"SVWATCH_SERVICE": "w"}), actor(env={"SVWATCH_SERVICE": "v"})
    like = Likeness(service="w", identity=traits(mine.pid).identity)
    found = {one.incarnation.pid: one.how for one in Census().alike(like, beside=NOBODY)}
    assert found[mine.pid] == "it carries SVWATCH_SERVICE=w"
    assert others.pid not in found
    assert alike(Likeness(service="w")) == {mine.pid}


def test_a_command_line_that_matches(actor: Stage) -> None:
    one = actor()
    like = Likeness(service="w", cmdline=r"def last_words")
    found = {one.incarnation.pid: one.how for one in Census().alike(like, beside=NOBODY)}
    assert found[one.pid] == "its command line matches cmdline:"


def test_we_and_ours_are_not_it() -> None:
    like = Likeness(service="w", cmdline=".")
    found = {one.incarnation.pid for one in Eyes().alike(like, beside=NOBODY)}
    assert os.getpid() not in found
    assert os.getppid() not in found


def test_kernel_threads_are_read_once() -> None:
    census = Census()
    census.alike(Likeness(service="w"), beside=NOBODY)
    known = dict(census._kernel)
    census.alike(Likeness(service="w"), beside=NOBODY)
    assert set(census._kernel) <= set(known) | set(os.listdir("/proc"))
    assert all(traits(int(pid)).kernel for pid in list(census._kernel)[:5])


def test_members_of_a_session(actor: Stage) -> None:
    leader = actor(session=True)
    (child,) = leader.pids("fork")
    mine = traits(leader.pid).incarnation
    census = Census()
    assert {who.pid for who in census.members(mine)} == {leader.pid, child}
    leader.kill()
    assert {who.pid for who in census.members(mine)} == {child}
    assert census.members(Incarnation(os.getpid(), 1)) == ()


def test_children_by_a_look_over_all(actor: Stage) -> None:
    one = actor()
    middle, leaf = one.pids("nest")
    found = Census().offspring()
    assert middle in found[one.pid]
    assert found[middle] == (leaf,)
    assert one.pid in found[os.getpid()]


def test_a_proc_that_is_none(tmp_path: Path) -> None:
    census = Census(str(tmp_path / "none"))
    assert census.alike(Likeness(service="w"), beside=NOBODY) == ()
    assert census.offspring() == {}


def test_psutil_finds_the_same(actor: Stage) -> None:
    one = actor()
    identity = traits(one.pid).identity
    eyes = Eyes(portable=True)
    found = eyes.alike(Likeness(service="w", identity=identity), beside=NOBODY)
    assert one.pid in {who.incarnation.pid for who in found}
    assert eyes.lives(traits(one.pid).incarnation)
    assert eyes.memtotal() > 1 << 20
    assert eyes.traits(1 << 22) is None


def test_claims_keep_services_apart(actor: Stage, service: Casting, tmp_path: Path) -> None:
    """Four workers with one command line: none is taken for another that was stopped."""
    from svwatch.core.seen import Memory, Running  # noqa: PLC0415
    from svwatch.probe.look import Looker  # noqa: PLC0415

    eyes = Eyes()
    one, two = actor(), actor()
    lookers = []
    for name, pid in (("a", one.pid), ("b", two.pid)):
        (tmp_path / name).write_text(str(pid))
        lookers.append(Looker(service(name=name, pidfile=str(tmp_path / name)), eyes))
    first, second = (looker.observe(Memory()).verdict for looker in lookers)
    assert isinstance(first, Running)
    assert isinstance(second, Running)
    one.kill()
    memory = Memory(known=first.incarnation, identity=first.identity, around=True)
    seen = lookers[0].observe(memory)
    assert seen.around is not None
    assert two.pid not in {who.incarnation.pid for who in seen.around}
    three = actor()
    seen = lookers[0].observe(memory)
    assert three.pid in {who.incarnation.pid for who in seen.around or ()}
    for looker in lookers:
        looker.close()


def test_descriptors_to_ask_for() -> None:
    assert nofile(1024, 4096) == 4096
    assert nofile(1024, -1) == 1 << 20
    assert nofile(-1, -1) == 1 << 20
    assert nofile(5000, 4096) == 5000


def test_the_daemon_never_imports_psutil() -> None:
    import subprocess  # noqa: PLC0415

    code = (
        "import sys; import svwatch.probe.look, svwatch.probe.log; from svwatch.probe.eyes import "
        "Eyes; Eyes(); bad = {'psutil', 'subprocess', 'tempfile', 'yaml', 'logging', 'json',"
        " 'asyncio', 'pathlib', 'dataclasses'} & set(sys.modules); sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        check=False,
        capture_output=True,
        env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
    )
    assert done.returncode == 0, done.stderr
