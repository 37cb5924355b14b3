"""The first chapter: the stage is set, svwatch watches, nobody can be mailed."""

import sys

from svwatch.shell.demo.cast import FIVE_LINES
from svwatch.shell.demo.patience import until
from svwatch.shell.demo.scene import LIGHT, Scene
from svwatch.shell.demo.stage import WORKERS
from svwatch.shell.demo.told import seen

ALL = (*WORKERS, "mailer", "indexer")


def opens(scene: Scene) -> None:
    """Set the stage, show five lines, start svwatch."""
    stage, teller = scene.stage, scene.teller
    stage.build(scene.office.port, LIGHT)
    version = ".".join(map(str, sys.version_info[:3]))
    teller.remark(f"runit {stage.runit.origin}; Python {version}; everything is in {stage.root}")
    teller.quote(FIVE_LINES)
    stage.raise_curtain()
    for name in WORKERS:
        scene.up(name)
    valid = scene.watchman.ask("validate")
    seen(valid.returncode == 0, f"svwatch validate accepts it: {valid.stdout}{valid.stderr}")
    scene.watchman.start()
    seen(until(lambda: _all_ok(scene), 15, 0.2), "svwatch status shows six services, all ok")
    teller.claim(f"svwatch runs (pid {scene.watchman.pid}) and watches: {', '.join(ALL)}")


def _all_ok(scene: Scene) -> bool:
    lines = scene.watchman.ask("status").stdout.splitlines()
    fine = {line.split()[0] for line in lines if line.split()[1:2] == ["ok"]}
    return fine.issuperset(ALL)
