"""A hold during a deploy by hand, and services that depend on each other."""

import os
import signal
import subprocess
import sys

import pytest

from svwatch.core.ledger import What
from tests.live.post import Post
from tests.live.rig import Rig, status
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live

ONE = """
services:
  one:
    supervisor: runit
    rules: |
      if totalmem > 60 MB for 2 cycles then restart
      if changed pid then alert
      if 3 restarts within 5 minutes then unmonitor
"""


def test_a_deploy_by_hand_is_neither_told_nor_acted_upon(rig: Rig, post: Post) -> None:
    worker = rig.worker("one")
    rig.config(ONE, port=post.port)
    post.open()
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    said = rig.ask("hold", "one", "--for", "10m", "--reason", "deploy")
    assert said.startswith("one: on hold until ")
    for restart in range(2, 6):
        rig.sv("restart", "one")
        worker.started(restart)
    worker.kill()
    worker.started(6)
    worker.leak(80)
    throughout(lambda: worker.starts == 6, "left alone", seconds=3)
    check = rig.ask("check", code=0)
    assert "one (on hold until " in check
    assert "deploy" in check
    assert "ON HOLD until " in rig.ask("status")
    assert "refused, on hold by " in rig.ask("restart", "one", code=3)

    assert daemon.end(signal.SIGTERM) == 0
    daemon = rig.watch()
    os.kill(daemon.pid, signal.SIGHUP)
    throughout(lambda: "ON HOLD until " in rig.ask("status"), "it outlives us", seconds=2)
    assert post.subjects == []
    assert worker.starts == 6

    assert rig.ask("release", "one") == "one: released\n"
    worker.started(7)  # it was over its limit all the time
    daemon.event("one", What.RESTART_FIXED)
    assert not {What.GAVE_UP, What.CRASHING} & set(daemon.whats())
    until(lambda: post.subjects, "the restart to be told")


def test_a_hold_ends_by_itself(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(ONE)
    rig.up()
    worker.started(1)
    rig.watch().knows("one")
    rig.ask("hold", "one", code=2)
    rig.ask("hold", "one", "--for", "2 days", code=2)
    rig.ask("hold", "one", "--for", "2s")
    worker.leak(80)
    until(lambda: "ON HOLD" not in rig.ask("status"), "its end")
    worker.started(2)


def test_a_hold_for_a_command_ends_with_it(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(ONE)
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    svwatch = [sys.executable, "-m", "svwatch"]
    inner = " ".join([*svwatch, "restart", *rig.places(), "one"])
    script = f"{' '.join([*svwatch, 'status', *rig.places()])}; {inner}; exit 7"
    argv = [*svwatch, "hold", *rig.places(), "one", "--for", "5m", "--", "sh", "-c", script]
    done = subprocess.run(argv, env=rig.env(), capture_output=True, text=True, check=False)
    assert done.returncode == 7, done
    assert "ON HOLD" in done.stdout
    assert "settled: " in done.stdout  # what the command itself asks for is done
    assert done.stdout.endswith("one: released\n")
    assert "ON HOLD" not in rig.ask("status")
    assert worker.starts == 2
    assert [what for what in daemon.whats() if what is What.RELEASED] == [What.RELEASED]


TWO = """
services:
  db:
    supervisor: runit
    rules: |
      if totalmem > 60 MB for 2 cycles then restart
  app:
    supervisor: runit
    depends_on: db
    rules: |
      if totalmem > 60 MB for 2 cycles then restart
"""


def test_what_depends_goes_down_before_and_comes_up_after(rig: Rig) -> None:
    db, app = rig.worker("db"), rig.worker("app")
    rig.config(TWO)
    rig.up()
    db.started(1)
    app.started(1)
    daemon = rig.watch()
    daemon.knows("db", "app")
    db.leak(80)
    daemon.event("db", What.RESTART_FIXED)
    app.started(2)
    ends = {name: daemon.event(name, *whats).lines for name, whats in (
        ("app", (What.STOPPED,)), ("db", (What.RESTART_FIXED,)),
    )}  # fmt: skip
    gone = {
        name: next(one.at for one in lines if "gone" in one.what) for name, lines in ends.items()
    }
    assert gone["app"] <= gone["db"]
    up = next(one.at for one in ends["db"] if "started" in one.what)
    assert up <= daemon.event("app", What.START_FIXED).at
    assert (db.starts, app.starts, db.seconds, app.seconds) == (2, 2, 0, 0)

    said = rig.ask("stop", "db")
    assert "dependants first" in said
    assert not db.alive
    assert not app.alive
    assert daemon.end() == 0
    throughout(lambda: not (db.alive or app.alive), "both stay down", seconds=1)
    rig.watch()
    assert "db must run first" in rig.ask("start", "app", code=3)
    rig.ask("start", "db")
    app.started(3)


def test_all_are_restarted_together_and_each_has_its_verdict(rig: Rig) -> None:
    db, app = rig.worker("db"), rig.worker("app")
    rig.config(TWO)
    rig.up()
    db.started(1)
    app.started(1)
    rig.watch().knows("db", "app")
    said = rig.ask("restart", "all")
    assert "db: done " in said
    assert "app: done" in said
    assert db.starts == 2
    assert app.starts >= 2
    rig.ask("stop", "all")
    assert not db.alive
    assert not app.alive
    said = rig.ask("start", "all")
    assert "refused" not in said
    assert db.alive
    assert app.alive
    assert (db.seconds, app.seconds) == (0, 0)


def test_svwatch_that_ends_in_the_middle_leaves_nobody_down(rig: Rig) -> None:
    db, app = rig.worker("db", "--slow", "3"), rig.worker("app")
    rig.config(TWO)
    rig.up()
    db.started(1)
    app.started(1)
    daemon = rig.watch()
    daemon.knows("db", "app")
    rig.ask("restart", "db", "--no-wait")
    until(lambda: not app.alive and db.heard(), "db to be told to end")
    assert daemon.end() == 0
    app.started(2)
    db.started(2)
    assert (status(app.service) or b"")[17:18] == b"u"
