"""`svwatch demo` plays to its end, and nothing is left of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from svwatch.shell.demo.story import CHAPTERS
from tests.live.tools import CI, RUNIT, missing

pytestmark = pytest.mark.live


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give a directory for the demo's temporary directory."""
    if absent := missing(*RUNIT):
        why = f"runit is not installed: no {', '.join(absent)} on PATH"
        (pytest.fail if CI else pytest.skip)(why)
    return tmp_path


def demo(place: Path, *, patch: str = "") -> subprocess.CompletedProcess[str]:
    """Play the fast demo in a process of its own, in which *patch* was executed before."""
    code = f"import sys\n{patch}\nfrom svwatch.shell.demo import play\nsys.exit(play(fast=True))"
    words = ["-c", code] if patch else ["-m", "svwatch", "demo", "--fast"]
    argv = [sys.executable, *words]
    env = os.environ | {"TMPDIR": str(place)}
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=180, check=False)


def betrays(place: Path) -> list[str]:
    """Give the command lines of live processes that name *place*."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(place) in line:
            found.append(os.fsdecode(line))
    return found


def test_the_demo_sees_all_it_claims_and_leaves_nothing(place: Path) -> None:
    played = demo(place)
    assert played.returncode == 0, played.stdout + played.stderr
    for title, _ in CHAPTERS:
        assert title in played.stdout
    assert "NOT SEEN" not in played.stdout
    assert list(place.iterdir()) == []
    assert betrays(place) == []


def test_a_claim_that_is_not_seen_ends_it_with_1_and_leaves_nothing(place: Path) -> None:
    lame = "from svwatch.shell.demo import cast\ncast.DAEMON = 'import sys; sys.exit(0)'"
    played = demo(place, patch=lame)
    assert played.returncode == 1, played.stdout + played.stderr
    assert "NOT SEEN" in played.stdout
    assert "Traceback" not in played.stderr
    assert list(place.iterdir()) == []
    assert betrays(place) == []
