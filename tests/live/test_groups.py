"""Groups on real services: never two down at once, min_up told, verbs that roll."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from svwatch.core.ledger import What
from tests.live.post import Post
from tests.live.rig import Rig, status
from tests.live.subject import Subject
from tests.live.waiting import until

pytestmark = pytest.mark.live

NAMES = ("dj-1", "dj-2", "dj-3", "dj-4")
FOUR = """
groups:
  dj: {max_down: 1, min_up: 3}
services:
  dj-{1..4}:
    supervisor: runit
    group: dj
    rules: |
      if totalmem > 60 MB for 2 cycles then restart
"""


class Recorder:
    """Counts every few milliseconds how many of some services runit has no process of."""

    def __init__(self, workers: list[Subject]) -> None:
        self.most = 0
        self.looks = 0
        self.downs: set[str] = set()
        self._workers = workers
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            down = {one.name for one in self._workers if not runs(one)}
            self.downs |= down
            self.most = max(self.most, len(down))
            self.looks += 1
            time.sleep(0.003)

    def end(self) -> None:
        self._over.set()


def runs(worker: Subject) -> bool:
    """Whether runit says that its process runs: state 1 (runsv.c)."""
    return (status(worker.service) or bytes(20))[19] == 1


def resident(pid: int) -> float:
    """Give its resident size in MB (statm, proc(5))."""
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * 4096 / 2**20


@contextmanager
def recorded(workers: list[Subject]) -> Iterator[Recorder]:
    recorder = Recorder(workers)
    thread = threading.Thread(target=recorder.run)
    thread.start()
    try:
        yield recorder
    finally:
        recorder.end()
        thread.join()


def four(rig: Rig, *habits: str) -> list[Subject]:
    workers = [rig.worker(name, *habits) for name in NAMES]
    rig.config(FOUR)
    rig.up()
    for worker in workers:
        worker.started(1)
    return workers


def test_of_four_over_the_limit_never_two_are_down(rig: Rig) -> None:
    workers = four(rig, "--slow", "0.3")
    for number, worker in enumerate(workers):
        worker.leak(80 + 20 * number)
    for number, worker in enumerate(workers):
        until(lambda: resident(worker.pid) > 80 + 20 * number, "a worker to grow", seconds=30)  # noqa: B023
    daemon = rig.watch()
    with recorded(workers) as recorder:
        until(lambda: "its turn comes after" in rig.ask("check", code=None), "one to wait")
        assert "WAITING" in rig.ask("status")
        for worker in workers:
            daemon.event(worker.name, What.RESTART_FIXED, seconds=40)
    assert recorder.most == 1
    assert recorder.downs == set(NAMES)
    assert recorder.looks > 500
    assert [worker.starts for worker in workers] == [2, 2, 2, 2]
    first = min(daemon.events(), key=lambda event: event.number)
    assert first.service == "dj-4"  # the one furthest over its limit


def test_a_restart_of_the_group_rolls(rig: Rig) -> None:
    workers = four(rig)
    rig.watch().knows(*NAMES)
    with recorded(workers) as recorder:
        said = rig.ask("restart", "-g", "dj")
    assert recorder.most == 1
    assert [worker.starts for worker in workers] == [2, 2, 2, 2]
    verdicts = said.strip().split("   ")
    assert [one.partition(":")[0] for one in verdicts] == list(NAMES)
    assert all(": done " in one and one.endswith(" MB") for one in verdicts)

    with recorded(workers) as recorder:
        rig.ask("restart", "all", "--parallel", "--timeout", "30s")
    assert recorder.most > 1
    assert [worker.starts for worker in workers] == [3, 3, 3, 3]


def test_the_first_failure_ends_a_rolling_restart(rig: Rig) -> None:
    workers = four(rig)
    rig.watch().knows(*NAMES)
    workers[0].crash()
    until(lambda: not workers[0].alive, "dj-1 to crash")
    said = rig.ask("restart", "dj-1", "dj-2", "dj-3", code=1)
    assert "dj-1: restart: failed" in said
    assert workers[2].starts == 1
    assert "not begun, dj-1 failed" in said


def test_stop_and_start_of_the_group_and_min_up(rig: Rig, post: Post) -> None:
    workers = [rig.worker(name) for name in NAMES]
    rig.config(FOUR, port=post.port)
    post.open()
    rig.up()
    for worker in workers:
        worker.started(1)
    daemon = rig.watch()
    daemon.knows(*NAMES)
    rig.ask("stop", "dj-1")
    rig.ask("check", code=1)
    rig.ask("stop", "dj-2")
    short = daemon.event("svwatch", What.TOO_FEW)
    assert short.facts.reason == "group dj: 2 of 4 up, min_up 3; not: dj-1, dj-2"
    assert "BELOW MIN_UP: 2 of 4 up" in rig.ask("check", code=2)
    assert "group dj" in rig.ask("status")

    assert daemon.end() == 0
    daemon = rig.watch()  # it is told once, whoever watches
    rig.ask("start", "-g", "dj", code=0)
    daemon.event("svwatch", What.ENOUGH)
    until(lambda: rig.ask("check", code=None).startswith("ok"), "all to be well")
    assert len([what for what in daemon.whats("svwatch") if what is What.ENOUGH]) == 1
    until(lambda: any("enough up" in one for one in post.subjects), "its end to be told")
    assert len([one for one in post.subjects if "too few up" in one]) == 1
