"""Ages of files: by the wall clock once, by our own from then on."""

import os
from pathlib import Path

from svwatch.probe.ages import Ages


class Clock:
    """A wall clock that does what the test says."""

    def __init__(self, wall: float) -> None:
        self.wall = wall

    def __call__(self) -> float:
        return self.wall


def written(path: Path, at: float) -> str:
    path.write_text("x")
    os.utime(path, (at, at))
    return str(path)


def age(ages: Ages, path: str, mono: float) -> float | None:
    (found,) = ages.ask((path,), mono)
    assert found.path == path
    return found.seconds


def test_the_first_look_trusts_the_wall(tmp_path: Path) -> None:
    path = written(tmp_path / "log", 1_000_000.0)
    assert age(Ages(Clock(1_000_060.0)), path, 5.0) == 60.0


def test_time_passes_by_our_own_clock(tmp_path: Path) -> None:
    path = written(tmp_path / "log", 1_000_000.0)
    clock = Clock(1_000_060.0)
    ages = Ages(clock)
    assert age(ages, path, 5.0) == 60.0
    clock.wall += 5000.0  # stepped by more than an hour
    assert age(ages, path, 10.0) == 65.0
    clock.wall -= 90_000.0
    assert age(ages, path, 15.0) == 70.0


def test_what_is_written_is_young_again(tmp_path: Path) -> None:
    path = written(tmp_path / "log", 1_000_000.0)
    clock = Clock(1_000_060.0)
    ages = Ages(clock)
    age(ages, path, 5.0)
    clock.wall = 1_000_065.0
    written(tmp_path / "log", 1_000_064.0)
    assert age(ages, path, 10.0) == 1.0


def test_what_is_written_beside_a_step_is_as_old_as_the_last_look(tmp_path: Path) -> None:
    path = written(tmp_path / "log", 1_000_000.0)
    clock = Clock(1_000_060.0)
    ages = Ages(clock)
    age(ages, path, 5.0)
    written(tmp_path / "log", 1_000_064.0)
    clock.wall = 1_004_000.0
    assert age(ages, path, 10.0) == 5.0


def test_the_future_is_now(tmp_path: Path) -> None:
    path = written(tmp_path / "log", 1_000_000.0)
    assert age(Ages(Clock(999_000.0)), path, 5.0) == 0.0


def test_what_is_not_there_has_no_age(tmp_path: Path) -> None:
    (found,) = Ages().ask((f"{tmp_path}/none",), 1.0)
    assert (found.seconds, found.why) == (None, "No such file or directory")
    (found,) = Ages().ask((str(tmp_path),), 1.0)
    assert (found.seconds, found.why) == (None, "is a directory")
    (found,) = Ages().ask(("/a\0b",), 1.0)
    assert found.seconds is None
