"""svwatch as a service of runit itself, by the directory that `etc/` ships."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.live.rig import Rig
from tests.live.waiting import until

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        not (Path(sys.executable).parent / "svwatch").exists(), reason="svwatch is not installed"
    ),
]

SHIPPED = Path(__file__).resolve().parents[2] / "etc/sv/svwatch"


def test_the_service_directory_runs_svwatch(rig: Rig) -> None:
    worker = rig.worker("one")
    config = rig.config("services:\n  one:\n    supervisor: runit\n")
    here = rig.root / "sv/svwatch"
    shutil.copytree(SHIPPED, here)
    environment = f"export SVWATCH_CONFIG={config}\nPATH={Path(sys.executable).parent}:"
    for name in ("run", "log/run", "check", "finish"):
        path = here / name
        text = path.read_text().replace("/etc/svwatch", str(config)).replace("PATH=", environment)
        path.write_text(text.replace("/var/log/svwatch", f"{rig.root}/log"))
    # `sv` runs ./check with its own environment, in which an installed svwatch is on the PATH
    check = (here / "check").read_text().partition("\n")
    (here / "check").write_text(f"#!/bin/sh\n{environment}$PATH\n{check[2]}")
    (rig.services / "svwatch").symlink_to(here)
    rig.up()
    worker.started(1)

    started = rig.sv("-w", "20", "start", "svwatch")
    assert started.stdout.startswith("ok: run: svwatch:"), started
    log = rig.root / "log/current"
    until(lambda: log.exists() and "1 service" in log.read_text(), "its first lines")

    stopped = rig.sv("-w", "20", "stop", "svwatch")
    assert stopped.stdout.startswith("ok: down: svwatch:"), stopped
    assert worker.starts == 1
    config.write_text("intervall: 5s\n")
    rig.sv("up", "svwatch")
    until(lambda: 'did you mean "interval"' in log.read_text(), "its complaint")
    until(lambda: "again in 5 s" in log.read_text(), "the pause before the next try", seconds=20)
    failed = rig.sv("-w", "1", "check", "svwatch")
    assert failed.returncode != 0
