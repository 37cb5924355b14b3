"""Workers that do not end when they are told to."""

import signal

import pytest

from svwatch.core.ledger import What
from tests.live.rig import Rig, status
from tests.live.subject import alive
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live

LIMIT = """
    supervisor: runit
    rules: |
      if totalmem > 60 MB for 2 cycles then restart
"""


def test_a_deaf_worker_gets_no_second_copy(rig: Rig) -> None:
    worker = rig.worker("one", "--ignore")
    rig.config("services:\n  one:" + LIMIT, stop_timeout="1s")
    rig.up()
    old = worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(80)
    daemon.event("one", What.WILL_NOT_STOP)
    throughout(lambda: worker.starts == 1 and alive(old), "neither killed nor doubled", seconds=3)
    assert (status(worker.service) or b"")[17:18] == b"d"
    assert "WILL NOT STOP" in rig.ask("status")
    rig.ask("check", code=2)

    worker.kill()  # the operator's choice; svwatch goes on where it was
    daemon.event("one", What.RESTART_FIXED)
    assert (worker.starts, worker.seconds) == (2, 0)
    assert len(daemon.events("one")) == 1


def test_with_kill_after_the_whole_tree_is_killed(rig: Rig) -> None:
    worker = rig.worker("one", "--ignore", "--children", "2")
    rig.config("services:\n  one:" + LIMIT, stop_timeout="1s", kill_after="1s")
    rig.up()
    old = worker.started(1)
    until(lambda: len(worker.journal("child")) == 2, "two children")
    children = [int(words[1]) for words in worker.journal("child")]
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(80)
    event = daemon.event("one", What.RESTART_FIXED)
    assert not alive(old)
    assert not any(alive(pid) for pid in children)
    assert (worker.starts, worker.seconds) == (2, 0)
    assert any("KILL" in line.what + line.detail for line in event.lines)


def test_children_that_outlive_a_worker_hold_back_the_start(rig: Rig) -> None:
    # the shell ends at TERM and leaves a child behind that takes its time: a stray in the making
    worker = rig.subject("one", "--slow", "3")
    rig.service("one", f"trap 'exit 0' TERM\n{' '.join(worker.argv)} &\nwait")
    rig.config("services:\n  one:" + LIMIT)
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(80)
    daemon.event("one", What.RESTART_FIXED, seconds=20)
    assert (worker.starts, worker.seconds) == (2, 0)


def test_a_long_stop_delays_no_other_service(rig: Rig) -> None:
    slow = rig.worker("slow", "--slow", "60")
    other, killed = rig.worker("other"), rig.worker("killed")
    text = f"services:\n  slow:{LIMIT}  other:{LIMIT}  killed:\n    supervisor: runit\n"
    rig.config(text + "    rules: if changed pid then alert\n", stop_timeout="90s")
    rig.up()
    for worker in (slow, other, killed):
        worker.started(1)
    daemon = rig.watch()
    daemon.knows("slow", "other", "killed")
    slow.leak(80)
    until(lambda: slow.heard() == [slow.pid], "the long stop to begin")

    other.leak(80)
    killed.kill()
    # as quick as without the long stop: an exit at once, a limit after two looks and the settling
    daemon.event("killed", What.RESTARTED, seconds=2)
    daemon.event("other", What.RESTART_FIXED, seconds=6)
    assert slow.alive
    assert (slow.starts, other.starts, killed.starts) == (1, 2, 2)
    assert "STOPPING" in rig.ask("status")
    assert daemon.end(signal.SIGTERM) == 0  # it does not wait for the stop either
