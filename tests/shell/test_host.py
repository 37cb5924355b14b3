"""A host that goes down is recognised, one that runs is not."""

import struct
from pathlib import Path

import pytest

from svwatch.shell.host import going_down, runlevel


def record(kind: int, pid: int) -> bytes:
    return struct.pack("=hxxi", kind, pid).ljust(384, b"\0")


@pytest.mark.parametrize(
    ("raw", "level"),
    [
        (b"", None),
        (b"short", None),
        (record(7, 4711), None),
        (record(1, ord("2") + 256 * ord("N")), "2"),
        (record(1, ord("5")) + record(7, 9) + record(1, ord("0") + 256 * ord("5")), "0"),
        (record(1, ord("6")) + b"torn", "6"),
    ],
)
def test_the_last_runlevel_counts(raw: bytes, level: str | None) -> None:
    assert runlevel(raw) == level


@pytest.mark.parametrize(("mode", "down"), [(0o000, False), (0o100, True), (0o644, False)])
def test_stopit_counts_when_it_is_executable(tmp_path: Path, mode: int, down: bool) -> None:
    (stopit := tmp_path / "stopit").touch()
    stopit.chmod(mode)
    assert going_down((str(stopit),), str(tmp_path / "utmp")) is down


def test_the_runlevel_is_read_from_utmp(tmp_path: Path) -> None:
    (utmp := tmp_path / "utmp").write_bytes(record(1, ord("6")))
    assert going_down((), str(utmp))
    utmp.write_bytes(record(1, ord("3")))
    assert not going_down((), str(utmp))
