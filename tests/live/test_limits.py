"""A worker that grows is restarted once, with proof, and watched on."""

import pytest

from svwatch.core.ledger import What
from svwatch.core.units import MB
from tests.live.post import Post, body
from tests.live.rig import Rig
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live

RULES = """
services:
  one:
    supervisor: runit
    rules: |
      if totalmem > 60 MB for 3 cycles then restart
      if changed pid then alert
"""


def test_over_the_limit_is_restarted_once_and_watched_on(rig: Rig, post: Post) -> None:
    worker = rig.worker("one")
    rig.config(RULES, port=post.port)
    post.open()
    rig.up()
    old = worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")

    worker.leak(80)
    event = daemon.event("one", What.RESTART_FIXED)
    facts = event.facts
    assert facts.old
    assert facts.new
    assert (facts.old.pid, facts.new.pid) == (old, worker.pid)
    assert facts.measured is not None
    assert facts.measured > 60 * MB == facts.limit
    assert facts.after is not None
    assert facts.after < 60 * MB
    assert (worker.starts, worker.seconds, worker.heard()) == (2, 0, [old])
    assert [event.what for event in daemon.events()] == [What.RESTART_FIXED]

    until(lambda: len(post.mails) == 1, "the mail")
    assert "one restarted, fixed" in post.subjects[0]
    assert str(old) in body(post.mails[0])

    # a planned successor is no changed pid, and it is judged like the first
    throughout(lambda: worker.starts == 2, "restarted once", seconds=2)
    worker.leak(160)
    worker.started(3)
    daemon.event("one", What.RESTART_FIXED, What.NO_HELP, nth=2)
    assert worker.seconds == 0
    assert len(worker.heard()) == 2


def test_below_the_limit_nothing_happens(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(RULES)
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(30)
    throughout(lambda: worker.starts == 1, "left alone", seconds=3)
    assert daemon.whats() == []
    assert worker.heard() == []


def test_the_operator_restarts_and_waits_for_the_verdict(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(RULES)
    rig.up()
    old = worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    rig.ask("restart", "one")
    assert worker.starts == 2  # the answer came after the deed
    assert worker.heard() == [old]
    assert daemon.event("one", What.RESTART_FIXED).facts.who != "rule"


def test_observe_mode_only_tells(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config("mode: observe\n" + RULES)
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(80)
    event = daemon.event("one", What.WOULD)
    assert event.facts.doing == "restart"
    throughout(lambda: worker.starts == 1, "only told", seconds=2)
    assert worker.heard() == []
