"""How much memory there is, and whose end the kernel made."""

from pathlib import Path

import pytest

from svwatch.probe.cgroup import (
    OomCount,
    memtotal,
    oom_files,
    own_limit,
    parse_limit,
    parse_membership,
    parse_oom,
)

HOST = "MemTotal:       1000000 kB\nMemFree: 1 kB\n"


@pytest.mark.parametrize(
    ("name", "limit", "total"),
    [
        ("memory.max", "536870912\n", 536870912),
        ("memory.max", "max\n", 1024000000),
        ("memory.max", "99999999999999\n", 1024000000),
        ("memory.max", "0\n", 1024000000),
        ("memory/memory.limit_in_bytes", "536870912\n", 536870912),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", 1024000000),
        ("other", "1\n", 1024000000),
    ],
)
def test_a_container_has_less(tmp_path: Path, name: str, limit: str, total: int) -> None:
    (tmp_path / "meminfo").write_text(HOST)
    (tmp_path / "cg" / "memory").mkdir(parents=True)
    (tmp_path / "cg" / name).write_text(limit)
    assert memtotal(str(tmp_path), str(tmp_path / "cg")) == total


def test_nothing_readable_is_zero(tmp_path: Path) -> None:
    assert memtotal(str(tmp_path), str(tmp_path)) == 0
    assert memtotal() > 1 << 20


def test_the_kernel_counts_its_kills(tmp_path: Path) -> None:
    proc, root = tmp_path / "proc", tmp_path / "cg"
    (proc / "7").mkdir(parents=True)
    (proc / "7" / "cgroup").write_text("0::/dj\n")
    (root / "dj").mkdir(parents=True)
    events = root / "dj" / "memory.events"
    events.write_text("low 0\noom 5\noom_kill 3\noom_group_kill 9\n")
    count = OomCount(str(proc))
    assert not count.rose()
    found = oom_files((proc / "7" / "cgroup").read_bytes(), str(root))
    assert found[0] == str(events)
    count._path = found[0]
    count.refresh()
    assert not count.rose()
    events.write_text("oom_kill 4\n")
    assert count.rose()
    assert not count.rose()


def test_no_group_no_count(tmp_path: Path) -> None:
    count = OomCount(str(tmp_path))
    count.begin(7)
    assert not count.rose()


def test_membership_of_both_versions() -> None:
    raw = b"4:memory,cpu:/a:b\n1:cpu:/\n0::/system.slice/x\nnonsense\n"
    assert parse_membership(raw) == (("memory,cpu", "/a:b"), ("cpu", "/"), ("", "/system.slice/x"))
    assert oom_files(raw, "/c") == (
        "/c/memory/a:b/memory.oom_control",
        "/c/system.slice/x/memory.events",
        "/c/unified/system.slice/x/memory.events",
    )


def test_no_bytes_raise() -> None:
    assert parse_limit(b"max") is None
    assert parse_limit(b"-1") is None
    assert parse_oom(b"oom_kill x\noom_kill\n") is None
    assert parse_membership(b"\xff:\xff:\xff\n::\n") == ()


def grouped(tmp_path: Path, membership: str, files: dict[str, str]) -> tuple[int | None, str]:
    own = tmp_path / "proc/7"
    own.mkdir(parents=True)
    (own / "cgroup").write_text(membership)
    for name, text in files.items():
        path = tmp_path / "cg" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return own_limit(7, f"{tmp_path}/proc", f"{tmp_path}/cg")


def test_the_limit_of_its_own_group(tmp_path: Path) -> None:
    limit = grouped(tmp_path, "0::/a/b\n", {"a/b/memory.max": "4096\n", "a/memory.max": "1\n"})
    assert limit == (4096, "")


def test_the_limit_of_its_own_group_in_v1(tmp_path: Path) -> None:
    files = {"memory/w/memory.limit_in_bytes": "8192\n"}
    assert grouped(tmp_path, "9:cpu:/w\n4:memory:/w\n", files) == (8192, "")


def test_no_limit_is_no_limit_whatever_lies_above(tmp_path: Path) -> None:
    files = {"a/b/memory.max": "max\n", "a/memory.max": "4096\n"}
    assert grouped(tmp_path, "0::/a/b\n", files) == (
        None,
        "its control group has no memory limit (/a/b)",
    )


def test_a_limit_near_infinity_is_none_in_v1(tmp_path: Path) -> None:
    files = {"memory/w/memory.limit_in_bytes": "9223372036854771712\n"}
    assert grouped(tmp_path, "4:memory:/w\n", files)[0] is None


def test_a_group_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert own_limit(7, f"{tmp_path}/proc")[1].endswith("/7/cgroup cannot be read")
