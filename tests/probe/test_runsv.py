"""The 20 bytes of runsv, and what else a service directory can hold."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.seen import SvStatus, Unreadable
from svwatch.probe import runsv

SAMPLE = bytes.fromhex("400000006b03c643 3af93c94 7d520000 00 75 00 01".replace(" ", ""))


def status(pid: int = 0, want: bytes = b"u", state: int = 1, term: int = 0) -> bytes:
    head = (runsv.TAI + 1_700_000_000).to_bytes(8, "big") + (5).to_bytes(4, "big")
    return head + pid.to_bytes(4, "little") + b"\0" + want + bytes([term, state])


def test_the_bytes_of_a_running_service() -> None:
    found = runsv.parse_status(SAMPLE)
    assert isinstance(found, SvStatus)
    assert (found.pid, found.want, found.state) == (21117, "u", 1)
    assert (found.paused, found.term) == (False, False)
    assert found.since == pytest.approx(0x6B03C643 - 10 + 0.989, abs=0.01)


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "0 bytes"),
        (b"x" * 18, "daemontools"),
        (b"x" * 35, "s6"),
        (b"x" * 21, "21 bytes"),
        (b"\0" * 20, "not runit's"),
        (SAMPLE[:19] + b"\3", "not runit's"),
        (SAMPLE[:17] + b"x\0\1", "not runit's"),
    ],
)
def test_other_bytes_say_whose_they_are(raw: bytes, word: str) -> None:
    found = runsv.parse_status(raw)
    assert isinstance(found, Unreadable)
    assert word in found.why


@given(st.binary(max_size=40))
def test_no_bytes_raise(raw: bytes) -> None:
    runsv.parse_status(raw)


@given(st.integers(0, 2**22), st.sampled_from("ud"), st.sampled_from((0, 1, 2)), st.booleans())
def test_what_is_written_is_read(pid: int, want: str, state: int, term: bool) -> None:
    found = runsv.parse_status(status(pid, want.encode(), state, term))
    assert isinstance(found, SvStatus)
    assert (found.pid, found.want, found.state, found.term) == (pid, want, state, term)
    assert found.since == pytest.approx(1_700_000_000)


def test_a_missing_service_directory(tmp_path: Path) -> None:
    assert _why(tmp_path / "none") == f"{tmp_path}/none is not there, or no directory"
    assert "no runsv ever served it" in _why(tmp_path)
    (tmp_path / "supervise").mkdir()
    assert "has no status" in _why(tmp_path)


def test_a_directory_in_the_place_of_the_status(tmp_path: Path) -> None:
    (tmp_path / "supervise" / "status").mkdir(parents=True)
    assert "Is a directory" in _why(tmp_path)


def test_a_dead_runsv_and_a_live_one(tmp_path: Path) -> None:
    supervise = tmp_path / "supervise"
    supervise.mkdir()
    (supervise / "status").write_bytes(SAMPLE)
    os.mkfifo(supervise / "ok")
    dead = runsv.read(str(tmp_path))
    assert isinstance(dead, SvStatus)
    assert not dead.alive
    reader = os.open(supervise / "ok", os.O_RDONLY | os.O_NONBLOCK)
    live = runsv.read(str(tmp_path))
    os.close(reader)
    assert isinstance(live, SvStatus)
    assert live.alive
    assert not live.has_check
    (tmp_path / "check").write_text("#!/bin/sh\n")
    (tmp_path / "check").chmod(0o755)
    again = runsv.read(str(tmp_path))
    assert isinstance(again, SvStatus)
    assert again.has_check


def _why(directory: Path) -> str:
    found = runsv.read(str(directory))
    assert isinstance(found, Unreadable)
    return found.why
