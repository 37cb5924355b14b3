"""What an operator does by hand stands."""

import pytest

from svwatch.core.ledger import What
from tests.live.post import Post
from tests.live.rig import Rig, status
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live

RULES = """
services:
  one:
    supervisor: runit
    rules: |
      if not exist then start
      if totalmem > 60 MB for 2 cycles then restart
"""


def test_down_by_hand_is_respected(rig: Rig, post: Post) -> None:
    worker = rig.worker("one")
    rig.config(RULES, port=post.port, start_after="1s")
    post.open()
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    rig.sv("down", "one")
    daemon.event("one", What.DOWN_BY_HAND)
    throughout(lambda: (status(worker.service) or b"")[17:18] == b"d", "left down", seconds=4)
    assert worker.starts == 1
    assert "down by hand" in rig.ask("status")
    rig.ask("check", code=0)

    rig.sv("up", "one")
    worker.started(2)
    until(lambda: "down by hand" not in rig.ask("status"), "it to be well again")
    throughout(lambda: worker.starts == 2, "nobody restarts it", seconds=1)
    assert not {What.RESTARTED, What.START_FIXED, What.DOWN} & set(daemon.whats())
    assert not [subject for subject in post.subjects if "CRITICAL" in subject]


def test_up_by_hand_during_a_restart_leaves_the_start_to_runit(rig: Rig) -> None:
    worker = rig.worker("one", "--slow", "2")
    rig.config(RULES)
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(80)
    until(worker.heard, "the stop to begin")
    rig.sv("up", "one")
    daemon.event("one", What.RESTART_FIXED)
    assert (worker.starts, worker.seconds) == (2, 0)
    assert len(daemon.events()) == 1


def test_down_by_hand_withdraws_our_up(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(RULES, settle="4s")
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(80)
    worker.started(2)
    until(lambda: (status(worker.service) or b"")[17:18] == b"u", "our up")
    rig.sv("down", "one")  # before it has settled
    daemon.event("one", What.RESTART_WITHDRAWN)
    throughout(lambda: (status(worker.service) or b"")[17:18] == b"d", "left down", seconds=3)
    assert worker.starts == 2
