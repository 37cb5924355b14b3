"""A tree for people: in order, discreet, and never of another process with the same number."""

from pathlib import Path

import pytest

from svwatch.core.ledger import ProcLine
from svwatch.core.seen import Incarnation
from svwatch.probe.lineage import discreet, lineage


def process(root: Path, who: Incarnation, ppid: int, argv: str, state: str = "S") -> None:
    """Pose as a process of 3 pages."""
    pid, ticks = who.pid, who.ticks
    folder = root / str(pid)
    folder.mkdir()
    after = f"{state} {ppid} 1 1 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 {ticks} 0 0"
    (folder / "stat").write_text(f"{pid} (worker) {after}")
    (folder / "statm").write_text("9 3 1 1 0 1 0")
    (folder / "cmdline").write_bytes(argv.replace(" ", "\0").encode() + b"\0")


def test_branches_stand_below_their_parents(tmp_path: Path) -> None:
    process(tmp_path, Incarnation(20, 2000), 10, "sh -c dump", "D")
    process(tmp_path, Incarnation(10, 1000), 1, "rake jobs:work")
    process(tmp_path, Incarnation(30, 9000), 20, "")
    process(tmp_path, Incarnation(40, 1000), 1, "orphan")
    who = [Incarnation(pid, ticks) for pid, ticks in ((40, 1000), (30, 9000), (20, 2000))]
    found = lineage([*who, Incarnation(10, 1000)], 100.0, told=50.0, proc=str(tmp_path))
    assert [(one.pid, one.depth, one.command) for one in found] == [
        (40, 0, "orphan"),
        (10, 0, "rake jobs:work"),
        (20, 1, "sh -c dump"),
        (30, 2, "[worker]"),
    ]
    assert [one.late for one in found] == [False, False, False, True]
    assert found[2].state == "D"
    assert found[1].age == 90.0
    assert found[1].memory is not None
    assert found[1].memory % 3 == 0


def test_another_with_the_same_number_is_not_shown(tmp_path: Path) -> None:
    process(tmp_path, Incarnation(10, 1001), 1, "somebody else")
    who = [Incarnation(10, 1000), Incarnation(11, 5)]
    assert lineage(who, 100.0, proc=str(tmp_path)) == ()


def test_a_command_is_cut(tmp_path: Path) -> None:
    process(tmp_path, Incarnation(10, 1000), 1, "x" * 900)
    [one] = lineage([Incarnation(10, 1000)], 100.0, proc=str(tmp_path))
    assert isinstance(one, ProcLine)
    assert one.command == "x" * 100


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("mysqldump --password=hunter2 shop", "mysqldump --password=... shop"),
        ("run --api-token s3cret --verbose", "run --api-token ... --verbose"),
        ("PGPASSWORD=x psql", "PGPASSWORD=... psql"),
        ("worker redis://:pw@h/1 http://h/a@b", "worker redis://:...@h/1 http://h/a@b"),
        ("ruby a.rb KEYS=", "ruby a.rb KEYS="),
        ("", ""),
    ],
)
def test_a_password_is_not_mailed(command: str, shown: str) -> None:
    assert discreet(command) == shown
