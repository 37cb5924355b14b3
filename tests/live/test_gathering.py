"""What happens to several services at the same time is one mail, and each mail has its thread."""

import time

import pytest

from svwatch.core.ledger import What
from tests.live.post import Post, body
from tests.live.rig import Rig
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live

NAMES = tuple(f"dj-{number}" for number in range(1, 5))
RULES = """
services:
  dj-{1..4}:
    supervisor: runit
    rules: if changed pid then alert
"""


def test_four_crashes_at_once_are_one_mail(rig: Rig, post: Post) -> None:
    workers = [rig.worker(name) for name in NAMES]
    rig.config(RULES, port=post.port, gather="3s")
    post.open()
    rig.up()
    for worker in workers:
        worker.started(1)
    daemon = rig.watch()
    daemon.knows(*NAMES)
    for worker in workers:
        worker.kill()
    events = [daemon.event(name, What.RESTARTED) for name in NAMES]
    until(lambda: post.mails, "the mail")
    throughout(lambda: len(post.mails) == 1, "one mail for all", seconds=4)
    (mail,) = post.mails
    assert "4 services" in str(mail["Subject"])
    assert all(name in body(mail) for name in NAMES)
    assert mail["In-Reply-To"] is None
    for event in events:  # each knows that it was told of
        until(lambda event=event: "250" in rig.ask("why", str(event.number)), "its receipt")  # type: ignore[misc]


def test_a_check_does_not_wait_for_company(rig: Rig, post: Post) -> None:
    worker = rig.worker(NAMES[0])
    rig.config(RULES.replace("{1..4}", "1"), port=post.port, gather="30s")
    post.open()
    rig.up()
    worker.started(1)
    rig.ask("check", code=0)
    worker.kill()
    worker.started(2)
    began = time.monotonic()
    rig.ask("check", code=None)
    assert time.monotonic() - began < 15
    assert [NAMES[0] in subject for subject in post.subjects] == [True]
