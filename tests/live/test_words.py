"""A mail that is enough on a phone: of a worker that does not end, on real runit."""

import pytest

from svwatch.core.ledger import What
from tests.live.post import Post, body
from tests.live.rig import Rig
from tests.live.waiting import until

pytestmark = pytest.mark.live

STUCK = """
services:
  one:
    supervisor: runit
    group: delayed_job
    rules: |
      if totalmem > 60 MB for 2 cycles then restart
"""


def test_what_does_not_end_is_told_with_its_processes_and_what_a_kill_costs(
    rig: Rig, post: Post
) -> None:
    worker = rig.worker("one", "--ignore")
    rig.config(STUCK, port=post.port, stop_timeout="1s")
    post.open()
    rig.up()
    old = worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(80)
    event = daemon.event("one", What.WILL_NOT_STOP)
    assert event.facts.tree is not None
    assert event.facts.tree[0].pid == old
    assert event.facts.command
    until(lambda: any("will not stop" in one for one in post.subjects), "the mail")
    mail = next(one for one in post.mails if "will not stop" in str(one["Subject"]))
    subject, text = str(mail["Subject"]), body(mail)
    assert "CRITICAL one will not stop: told to end " in subject
    assert f"pid {old} alive" in subject
    assert len(subject) <= 140
    assert "Still there:" in text
    assert f"{old} " in text
    assert "Killing it leaves its job locked" in text
    assert "End it: svwatch restart one --now" in text
    worker.kill()
    daemon.event("one", What.RESTART_FIXED)
