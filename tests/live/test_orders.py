"""The verbs, on real services: each waits for its verdict and ends with its exit code."""

import signal
import subprocess
import sys

import pytest

from svwatch.core.ledger import What
from tests.live.post import Post
from tests.live.rig import Rig, status
from tests.live.subject import Subject
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live

ONE = """
services:
  one:
    supervisor: runit
    rules: |
      if totalmem > 600 MB then restart
"""


def wants(worker: Subject) -> bytes:
    return (status(worker.service) or b"")[17:18]


def test_stop_stays_down_over_a_restart_of_svwatch_and_start_ends_it(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(ONE)
    rig.up()
    old = worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    said = rig.ask("stop", "one")
    assert f"one: TERM sent to {old}, " in said
    assert said.endswith("it stays down until svwatch start one. done\n")
    assert not worker.alive
    assert "STOPPED" in rig.ask("status")
    assert "STOPPED: by operator" in rig.ask("check", code=1)

    assert daemon.end() == 0
    assert wants(worker) == b"d"
    daemon = rig.watch()
    throughout(lambda: wants(worker) == b"d", "left down", seconds=2)
    assert "STOPPED" in rig.ask("status")
    rig.ask("monitor", "one", code=3)

    said = rig.ask("start", "one")
    assert f"started {worker.pid}; settled: " in said
    assert worker.starts == 2
    assert "runs already, pid" in rig.ask("start", "one")
    rig.ask("check", code=0)
    assert What.RESTARTED not in daemon.whats()


def test_a_service_that_crashes_all_the_time_is_stopped(rig: Rig) -> None:
    worker = rig.worker("one")
    worker.crash()
    rig.config(ONE)
    rig.up()
    worker.started(2)
    daemon = rig.watch()
    until(lambda: "one" in daemon.states(), "it to be looked at")
    rig.ask("stop", "one")
    runs = worker.runs
    throughout(lambda: worker.runs == runs, "it stays down", seconds=3)
    worker.crash(on=False)
    rig.ask("start", "one")
    assert worker.alive


def test_what_is_down_by_hand_is_started(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(ONE)
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    rig.sv("down", "one")
    daemon.event("one", What.DOWN_BY_HAND)
    rig.ask("start", "one")
    assert (worker.starts, worker.alive) == (2, True)
    rig.ask("check", code=0)


def test_unmonitor_is_named_and_ends(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(ONE)
    rig.up()
    worker.started(1)
    rig.watch().knows("one")
    assert "not watched any more" in rig.ask("unmonitor", "one")
    assert "NOT WATCHED" in rig.ask("status")
    assert "NOT WATCHED: svwatch unmonitor" in rig.ask("check", code=1)
    worker.leak(700)
    throughout(lambda: worker.starts == 1, "left alone", seconds=2)
    assert rig.ask("monitor", "one") == "one: watched\n"
    worker.started(2)
    rig.ask("unmonitor", "one", "--for", "1s", code=None)
    until(lambda: "NOT WATCHED" not in rig.ask("status"), "its time to be over")


def test_exit_codes(rig: Rig) -> None:
    worker = rig.worker("one", "--slow", "4")
    rig.config(ONE + "  two: {pidfile: /nonexistent/pid, rules: [if not exist then alert]}\n")
    rig.up()
    worker.started(1)
    rig.watch().knows("one")
    rig.ask("restart", "nobody", code=2)
    rig.ask("restart", code=2)
    assert "refused, it has no start command" in rig.ask("restart", "two", code=3)
    rig.ask("restart", "one", "--timeout", "1s", code=5)
    assert rig.ask("restart", "one", "--no-wait") == "one: begun\n"
    rig.ask("stop", "one")  # what is under way becomes a stop
    assert (worker.starts, worker.alive) == (1, False)
    worker.crash()
    assert "restart: failed" in rig.ask("restart", "one", code=1)


def test_without_a_daemon_the_verb_does_it_itself(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(ONE)
    rig.up()
    worker.started(1)
    assert "settled: " in rig.ask("restart", "one")
    assert worker.starts == 2
    rig.ask("stop", "one")
    assert not worker.alive
    rig.ask("start", "one")
    assert (worker.starts, worker.seconds) == (3, 0)


def begun(rig: Rig, *words: str) -> "subprocess.Popen[str]":
    """Start a verb and leave it waiting."""
    argv = [sys.executable, "-m", "svwatch", words[0], *rig.places(), *words[1:]]
    return subprocess.Popen(
        argv, env=rig.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_ctrl_c_detaches_and_what_was_asked_goes_on(rig: Rig) -> None:
    workers = [rig.worker(name, "--slow", "1") for name in ("one", "two", "three")]
    same = "{supervisor: runit, group: g}"
    rig.config(f"services: {{one: {same}, two: {same}, three: {same}}}\n")
    rig.up()
    for worker in workers:
        worker.started(1)
    daemon = rig.watch()
    daemon.knows("one", "two", "three")
    asked = begun(rig, "restart", "-g", "g")
    until(workers[0].heard, "the first to be told to end")
    asked.send_signal(signal.SIGINT)
    _, said = asked.communicate(timeout=20)
    assert asked.returncode == 130
    assert "detached" in said
    for worker in workers:
        worker.started(2, seconds=20)
        daemon.event(worker.name, What.RESTART_FIXED)
    assert [worker.seconds for worker in workers] == [0, 0, 0]


def test_a_hold_without_a_daemon_is_on_record(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(ONE.replace("600 MB", "60 MB"))
    rig.up()
    worker.started(1)
    assert "one: on hold until " in rig.ask("hold", "one", "--for", "10m")
    worker.leak(80)
    assert "one (on hold until " in rig.ask("check", code=0)
    rig.ask("restart", "one", code=3)
    assert worker.starts == 1
    rig.ask("release", "one")
    rig.ask("check", code=None)
    worker.started(2)


AFTER = """
services:
  db:
    supervisor: runit
    rules: if totalmem > 600 MB then restart
  app:
    supervisor: runit
    after: db
    rules: |
      if totalmem > 60 MB for 2 cycles then restart
      if totalmem > 50 MB then alert
"""


def test_after_keeps_quiet_while_the_other_one_is_the_problem(rig: Rig, post: Post) -> None:
    db, app = rig.worker("db"), rig.worker("app")
    rig.config(AFTER, port=post.port)
    post.open()
    rig.up()
    db.started(1)
    app.started(1)
    daemon = rig.watch()
    daemon.knows("db", "app")
    rig.sv("down", "db")
    daemon.event("db", What.DOWN_BY_HAND)
    app.leak(80)
    until(lambda: "its turn comes after db" in rig.ask("check", code=None), "app to wait")
    throughout(lambda: app.starts == 1, "not restarted", seconds=2)
    assert not [one for one in post.subjects if " app " in one]
    assert "while db is the problem" in rig.ask("check", code=1)
    rig.sv("up", "db")
    app.started(2)
    daemon.event("app", What.RESTART_FIXED)
    until(lambda: [one for one in post.subjects if " app " in one], "app to be told of")
