"""`svwatch config` and `svwatch forget` where no daemon runs."""

import os
import shutil
from pathlib import Path

import pytest

from svwatch.shell.check import Wanted, check
from svwatch.shell.inforce import config, forget
from svwatch.shell.reach import Place

TEXT = """
service_root: {root}/service
state_dir: {root}/state
control_socket: {root}/sock
services:
  w-*:
    supervisor: runit
    stop_timeout: 9m
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    path = tmp_path / "svwatch.yaml"
    path.write_text(TEXT.format(root=tmp_path))
    path.chmod(0o600)
    (tmp_path / "service").mkdir()
    return Place(str(path))


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / "service" / name).mkdir()
        os.utime(root / "service" / name, (1e9, 1e9))


def test_config_says_what_is_in_force_and_from_where(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert config(place, "w-1") == 0
    said = capsys.readouterr().out
    assert [line.split() for line in said.splitlines() if line.startswith("stop_timeout")] == [
        ["stop_timeout", "9m", "svwatch.yaml:8"]
    ]
    assert config(place, None) == 0
    assert "service w-*" in capsys.readouterr().out


def test_config_of_nobody_is_a_mistake_in_the_call(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert config(place, "x-1") == 2
    assert "there is no service 'x-1'" in capsys.readouterr().err


def test_a_config_with_mistakes_shows_them(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "svwatch.yaml").write_text("services: {a: {supervisor: runitt}}")
    assert config(place, "a") == 1
    assert "svwatch.yaml:1:28" in capsys.readouterr().err


def test_who_is_gone_is_forgotten_on_record(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "w-1", "w-2")
    check(place, Wanted())
    assert forget(place, ("w-1",)) == 3
    assert forget(place, ("all",)) == 0
    said = capsys.readouterr().out
    assert "w-1: refused: w-1 is there" in said
    assert "all: nobody is gone" in said
    shutil.rmtree(tmp_path / "service" / "w-2")
    os.utime(tmp_path / "service", (1e9, 1e9))
    check(place, Wanted())
    assert "GONE" in capsys.readouterr().out
    assert forget(place, ("w-2", "w-9")) == 2
    said = capsys.readouterr().out
    assert "w-2: forgotten" in said
    assert "w-9: there is no service 'w-9'" in said
    check(place, Wanted())
    assert "w-2" not in capsys.readouterr().out


def test_a_dry_run_and_nagios_know_the_members_and_who_is_gone(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "w-1", "w-2")
    check(place, Wanted(dry_run=True))
    assert "w-2" in capsys.readouterr().out
    check(place, Wanted())
    shutil.rmtree(tmp_path / "service" / "w-2")
    os.utime(tmp_path / "service", (1e9, 1e9))
    check(place, Wanted())
    capsys.readouterr()
    check(place, Wanted(form="nagios"))
    assert "[WARNING] w-2: GONE" in capsys.readouterr().out
    check(place, Wanted(names=("w-2",), dry_run=True))
    assert "GONE" in capsys.readouterr().out
