"""Members of a pattern under a real runsvdir come and go; nobody reloads anything."""

import json
import os
from pathlib import Path

import pytest

from svwatch.core.ledger import What
from tests.live.post import Post
from tests.live.rig import Rig, script
from tests.live.waiting import until

pytestmark = pytest.mark.live

RULES = """
services:
  w-*:
    supervisor: runit
    members: 3
    exclude: [w-legacy]
    rules: |
      if totalmem > 60 MB for 2 cycles then restart
"""


def states(rig: Rig) -> dict[str, str]:
    found = json.loads(rig.ask("status", "--json"))
    return {one["name"]: one["state"] for one in found["services"]}


def test_workers_come_go_and_come_back(rig: Rig, post: Post) -> None:
    workers = [rig.worker(name) for name in ("w-1", "w-2", "w-3", "w-legacy")]
    rig.config(RULES, port=post.port)
    post.open()
    rig.up()
    for worker in workers:
        worker.started(1)
    daemon = rig.watch()
    daemon.knows("w-1", "w-2", "w-3")
    assert states(rig) == {"w-1": "ok", "w-2": "ok", "w-3": "ok"}

    late = rig.worker("w-10")
    daemon.knows("w-10", seconds=20)
    late.leak(80)  # what came late is judged and restarted as well
    daemon.event("w-10", What.RESTART_FIXED)
    assert late.starts == 2

    link = rig.services / "w-2"
    target = Path(os.readlink(link))
    link.unlink()
    daemon.event("w-2", What.GONE)
    until(lambda: states(rig)["w-2"] == "GONE", "w-2 to be shown as gone")
    rig.ask("check", code=1)
    assert "w-2" in rig.ask("check", "w-2", code=1)
    rig.ask("restart", "w-2", code=3)
    until(lambda: any("w-2" in one for one in post.subjects), "a message of it")

    (rig.services / "w-3").unlink()
    until(lambda: states(rig).get("w-*") == "TOO FEW", "the pattern to miss a member")
    link.symlink_to(target)
    until(lambda: states(rig)["w-2"] == "ok", "w-2 to be back", seconds=20)
    until(lambda: "w-*" not in states(rig), "the pattern to be complete")
    rig.ask("forget", "w-2", code=3)
    assert "w-3: forgotten" in rig.ask("forget", "w-3")
    until(lambda: "w-3" not in states(rig), "w-3 to be forgotten")
    rig.ask("check", code=0)
    assert daemon.end() == 0


def test_a_check_without_a_daemon_finds_members_at_each_run(rig: Rig) -> None:
    worker = rig.worker("w-1")
    rig.config(RULES.replace("members: 3", "members: 1"))
    rig.up()
    worker.started(1)
    assert "w-1" in rig.ask("check", "--standalone", code=0)
    other = rig.worker("w-2")
    other.started(1)
    assert "w-1 w-2" in rig.ask("check", code=0)
    (rig.services / "w-2").unlink()
    until(lambda: "GONE" in rig.ask("check", code=None), "w-2 to be gone")
    assert "w-2" in rig.ask("status", "w-2")
    assert "w-2: forgotten" in rig.ask("forget", "w-2")
    assert "w-2" not in rig.ask("check", code=0)


def test_one_that_vanishes_while_it_is_stopped_is_gone_and_comes_back_well(rig: Rig) -> None:
    worker = rig.worker("w-1", "--slow", "3")
    rig.config(RULES.replace("members: 3", "members: 1"))
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("w-1")
    link = rig.services / "w-1"
    target = os.readlink(link)
    worker.leak(80)
    until(worker.heard, "the stop to begin")
    link.unlink()
    daemon.event("w-1", What.GONE)
    assert states(rig)["w-1"] == "GONE"
    link.symlink_to(target)
    until(lambda: states(rig)["w-1"] == "ok", "it to be back and well", seconds=30)
    worker.started(2)
    daemon.event("w-1", What.RESTART_FIXED)
    assert daemon.end() == 0


def test_200_fake_members_come_and_go_beside_a_real_one(rig: Rig) -> None:
    worker = rig.worker("w-1")
    rig.config(RULES.replace("members: 3", "members: 150"))
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    every = [f"w-{number}" for number in range(2, 202)]
    places = {name: rig.root / "fake" / name for name in every}
    for place in places.values():
        script(place / "down", "")  # runsv serves it and starts nothing
        script(place / "run", "exec sleep 1000")
    for name, place in places.items():
        (rig.services / name).symlink_to(place)
    until(lambda: len(states(rig)) >= 201, "all to be members", seconds=40)
    before = daemon.memory()
    for name in every[:100]:
        (rig.services / name).unlink()
    until(lambda: list(states(rig).values()).count("GONE") == 100, "100 to be gone", seconds=20)
    rig.ask("forget", "all")
    until(lambda: len(states(rig)) <= 102, "them to be forgotten")
    assert daemon.memory() - before < 4 << 20
    assert [what for what in daemon.whats("svwatch") if what is What.CONFIG_LOADED] == []
    assert daemon.end() == 0
