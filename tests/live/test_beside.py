"""Runs of `--check` that overlap: cron does not wait for the one before."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from svwatch.core.ledger import What
from tests.live.post import Post
from tests.live.rig import Rig, script
from tests.live.subject import Subject
from tests.live.test_check import whats
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live

RULES = """
groups:
  workers: {max_down: 1}
services:
  "{one,two,three}":
    supervisor: runit
    group: workers
    rules: |
      if totalmem > 60 MB then restart
      if changed pid then alert
"""
ONE = """
  {name}:
    supervisor: runit
    rules: |
      if totalmem > 60 MB then restart
"""
ALONE = "services:" + "".join(ONE.replace("{name}", name) for name in ("one", "two", "three"))


def begin(rig: Rig, *words: str) -> int:
    """Start a check that goes on by itself; give its pid."""
    argv = (sys.executable, "-m", "svwatch", "check", *rig.places(), *words)
    return rig.start(*argv)


def grow(worker: Subject) -> None:
    """Make it grow over its limit, and wait until it has."""
    worker.leak(80)
    until(lambda: size(worker.pid) > 70 << 20, f"{worker.name} to grow")


def size(pid: int) -> int:
    """Give the resident size of a process in bytes (proc(5), statm)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def three(rig: Rig, rules: str, *habits: str) -> None:
    """Start three workers that are well, and check once."""
    workers = [rig.worker(name, *habits) for name in ("one", "two", "three")]
    rig.config(rules, stop_timeout="50s")
    rig.up()
    for worker in workers:
        worker.started(1)
    rig.ask("check", "-q", code=0)


def test_the_next_run_looks_at_the_others_and_acts_on_nobody_twice(rig: Rig) -> None:
    three(rig, ALONE, "--slow", "4")
    one, two = rig.subject_of("one"), rig.subject_of("two")
    grow(one)
    first = begin(rig)
    until(one.heard, "TERM for one")
    began = time.monotonic()
    assert rig.ask("check", "-q", code=1) == "", "under way is no news"
    said = rig.ask("check", code=1)
    assert time.monotonic() - began < 3.5, "it did not wait for the other run"
    assert said.startswith("WARNING   one  stopping for ")
    assert " of 50s (check of " in said
    assert said.endswith(", on record); 2 other services looked at\n")
    grow(two)  # what goes wrong meanwhile is seen and acted upon
    second = begin(rig)
    until(two.heard, "TERM for two", seconds=3)
    assert not one.starts > 1, "one is still in its long stop"
    for pid in (first, second):
        until(lambda pid=pid: rig.keeper.code(pid) is not None, "its end", seconds=15)  # type: ignore[misc]
    assert [len(worker.heard()) for worker in (one, two)] == [1, 1]
    assert [(worker.starts, worker.seconds) for worker in (one, two)] == [(2, 0), (2, 0)]
    assert whats(rig) == [What.RESTART_FIXED]
    assert rig.ask("check", code=0) == "ok        one two three\n"


def test_overlapping_runs_keep_to_the_group(rig: Rig) -> None:
    three(rig, RULES, "--slow", "2")
    workers = [rig.subject_of(name) for name in ("one", "two", "three")]
    for worker in workers:
        grow(worker)
    runs = [begin(rig) for _ in range(4)]
    throughout(
        lambda: sum(not worker.alive or bool(worker.dying()) for worker in workers) <= 1,
        "never two of them down",
        seconds=6,
    )
    for pid in runs:
        until(lambda pid=pid: rig.keeper.code(pid) is not None, "its end", seconds=50)  # type: ignore[misc]
    until(
        lambda: rig.ask("check", code=None) and all(worker.starts == 2 for worker in workers),
        "all restarted", seconds=30,
    )  # fmt: skip
    assert [len(worker.heard()) for worker in workers] == [1, 1, 1]
    assert [worker.seconds for worker in workers] == [0, 0, 0]


def test_a_member_waits_for_one_that_another_run_restarts(rig: Rig) -> None:
    three(rig, RULES, "--slow", "3")
    one, two = rig.subject_of("one"), rig.subject_of("two")
    grow(one)
    first = begin(rig)
    until(one.heard, "TERM for one")
    grow(two)
    said = rig.ask("check", code=1)
    assert "two  WAITING: totalmem " in said
    assert "; its turn comes after one" in said
    assert not two.heard()
    until(lambda: rig.keeper.code(first) is not None, "its end", seconds=15)
    rig.ask("check", code=0)
    assert [(worker.starts, len(worker.heard())) for worker in (one, two)] == [(2, 1), (2, 1)]


def test_a_killed_run_is_taken_over(rig: Rig) -> None:
    three(rig, ALONE, "--slow", "2")
    one = rig.subject_of("one")
    grow(one)
    first = begin(rig)
    until(one.heard, "TERM for one")
    os.kill(first, signal.SIGKILL)
    until(lambda: rig.keeper.code(first) is not None, "its end")
    said = rig.ask("check", code=0)
    assert said == "ok        one two three\n"
    assert (one.starts, one.seconds, len(one.heard())) == (2, 0, 1)
    assert whats(rig) == [What.RESTART_FIXED]


ALERT = "changed pid then alert"
HUNG = """
services:
  one:
    pidfile: {root}/one.pid
    start: "true"
    stop: {root}/hang
    rules: |
      if totalmem > 60 MB then restart
"""


@pytest.mark.parametrize("rules", [ALONE, HUNG], ids=["deaf worker", "hung command"])
def test_it_never_lasts_longer_than_check_timeout(rig: Rig, rules: str) -> None:
    workers = [rig.worker(name, "--ignore") for name in ("one", "two", "three")]
    path = rig.config(rules.replace("{root}", str(rig.root)), stop_timeout="60s")
    path.write_text("check_timeout: 3s\n" + path.read_text())
    rig.up()
    (rig.root / "one.pid").write_text(f"{workers[0].started(1)}\n")
    script(rig.root / "hang", f"echo $$ > {rig.root}/hung\nexec sleep 1000")
    rig.ask("check", code=None)
    grow(workers[0])
    for _ in range(2):
        began = time.monotonic()
        said = rig.ask("check", code=None)
        assert time.monotonic() - began < 3.0
        assert said.startswith("WARNING   one  STOPPING "), said
    assert workers[0].starts == 1
    if rules is HUNG:
        os.kill(int((rig.root / "hung").read_text()), signal.SIGKILL)


def test_a_daemon_that_hangs_costs_no_more_than_check_timeout(rig: Rig) -> None:
    path = rig.config("services: {}\n")
    path.write_text("check_timeout: 4s\n" + path.read_text())
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        deaf.bind(str(rig.root / "sock"))
        deaf.listen()
        began = time.monotonic()
        argv = [sys.executable, "-m", "svwatch", "check", *rig.places(), "--format", "nagios"]
        done = subprocess.run(argv, env=rig.env(), capture_output=True, text=True, check=False)
        assert time.monotonic() - began < 4.0
    assert done.returncode == 3
    assert done.stdout.startswith("SVWATCH UNKNOWN - no answer within ")


def test_what_could_not_be_delivered_is_sent_by_the_next_run(rig: Rig, post: Post) -> None:
    worker = rig.worker("one")
    rules = ONE.replace("{name}", "one").replace("totalmem > 60 MB then restart", ALERT)
    path = rig.config("services:" + rules, port=post.port)
    path.write_text("check_timeout: 3s\n" + path.read_text())
    rig.up()
    worker.started(1)
    rig.ask("check", code=0)
    worker.kill()
    worker.started(2)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deaf.bind(("127.0.0.1", post.port))
        deaf.listen()
        began = time.monotonic()
        rig.ask("check", code=None)
        assert time.monotonic() - began < 3.0
    post.open()
    rig.ask("check", code=0)
    rig.ask("check", code=0)
    assert len(post.mails) == 1
