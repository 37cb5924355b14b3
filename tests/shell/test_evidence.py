"""The end of the log is kept when it says why, not when the successor has written over it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from svwatch.core.ledger import Facts, Record, What
from svwatch.core.seen import Incarnation, Now
from svwatch.core.state import Signal
from svwatch.shell.evidence import with_log
from tests.core.world import runit

AT = Now(1.0, 1.0)


def record(what: What, **facts: object) -> Record:
    return Record(serial=1, at=AT, what=what, facts=replace(Facts(), **facts))


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "current"
    path.write_text("".join(f"line {number}\n" for number in range(9)))
    return str(path)


@pytest.mark.parametrize(
    ("made", "kept"),
    [
        (record(What.RESTART_BEGUN, stopped_after=2.4), True),
        (record(What.RESTART_BEGUN), False),
        (record(What.RESTART_FIXED, after=1), False),
        (record(What.RESTART_FAILED), True),
        (record(What.CRASHING), True),
        (record(What.OVER), False),
    ],
)
def test_what_keeps_the_log(made: Record, kept: bool, log: str) -> None:
    [after] = with_log((made,), runit(log=log))
    assert isinstance(after, Record)
    expected = tuple(f"line {number}" for number in range(4, 9))
    assert after.facts.log == (expected if kept else None)


def test_an_unreadable_log_changes_nothing(tmp_path: Path) -> None:
    made = (record(What.CRASHING), Signal(Incarnation(7, 7), "TERM"))
    assert with_log(made, runit(log=str(tmp_path / "none"))) == made
    assert with_log(made, runit()) == made
