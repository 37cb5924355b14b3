"""Thousands of rounds with restarts in between: nothing is kept that is not needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.soaker import Mark, read
from tests.live.rig import Rig

pytestmark = pytest.mark.live

ROOT = Path(__file__).resolve().parent.parent.parent
SERVICES = ("one", "two", "three", "four")
WARM = 1000  # cycles in which everything was done once: caches are full
GROWTH = 1 << 20  # bytes


def soaked(rig: Rig, *marks: int) -> list[Mark]:
    """Drive the daemon's loop over the services of *rig*."""
    config = rig.config("\n".join(("services:", *map(service, SERVICES))))
    argv = [sys.executable, "-m", "tests.benchmarks.soaker", str(config)]
    argv += [str(rig.root / "state"), str(rig.root / "sock"), *map(str, marks)]
    ran = subprocess.run(
        argv, cwd=ROOT, env=rig.env(), capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "internal error" not in ran.stderr, ran.stderr
    return read(ran.stdout)


def service(name: str) -> str:
    return f"  {name}: {{supervisor: runit, rules: [if changed pid then alert]}}"


def test_descriptors_and_memory_stay_flat(rig: Rig) -> None:
    for name in SERVICES:
        rig.service(name, "exec sleep 1000", log=False)
    rig.up()
    warm, *later = soaked(rig, WARM, 2000, 3000)
    for mark in later:
        assert mark.descriptors == warm.descriptors, (warm, later)
        assert mark.resident - warm.resident < GROWTH, (warm, later)
    assert later[-1].kills >= 5, later
    assert later[-1].requests >= 5, later
