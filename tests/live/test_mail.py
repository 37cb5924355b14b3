"""Mail reaches a real SMTP server: at once, after an outage, and after a kill in between."""

import signal

import pytest

from svwatch.core.ledger import What
from svwatch.shell.store import Store
from tests.live.post import Post, body
from tests.live.rig import Rig
from tests.live.tools import libfaketime
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live

RULES = """
services:
  one:
    supervisor: runit
    rules: if changed pid then alert
  two:
    supervisor: runit
    rules: if changed pid then alert
"""
SOON = {"SVWATCH_RETRY_BASE": "0.2"}  # seconds until the second try


def attempts(rig: Rig) -> int:
    """Give how often the mails that wait were tried, all in all."""
    store = Store.open_readonly(str(rig.root / "state"))
    if store is None:
        return 0
    try:
        tried = [told.attempts for event in store.events() for told in store.told(event.number)]
    finally:
        store.close()
    return sum(tried)


def test_a_mail_arrives_and_says_what_happened(rig: Rig, post: Post) -> None:
    worker = rig.worker("one")
    rig.worker("two")
    rig.config(RULES, port=post.port)
    post.open()
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one", "two")
    old = worker.kill()
    event = daemon.event("one", What.RESTARTED)
    until(lambda: post.mails, "the mail")
    (mail,) = post.mails
    assert mail["To"] == "ops@example.net"
    assert "svwatch@example.net" in str(mail["From"])
    assert "one" in str(mail["Subject"])
    text = body(mail)
    assert str(old) in text
    assert str(worker.started(2)) in text
    assert f"svwatch why {event.number}" in text
    until(lambda: "250" in rig.ask("why", str(event.number)), "the receipt to be on record")
    assert str(old) in rig.ask("why", str(event.number))


def test_mail_survives_an_outage_and_a_kill(rig: Rig, post: Post) -> None:
    one, two = rig.worker("one"), rig.worker("two")
    rig.config(RULES, port=post.port)
    rig.up()
    one.started(1)
    two.started(1)
    daemon = rig.watch(SOON)
    daemon.knows("one", "two")
    one.kill()
    daemon.event("one", What.RESTARTED)
    until(lambda: attempts(rig) >= 2, "the second try")  # nobody listens
    daemon.end(signal.SIGKILL)

    daemon = rig.watch(SOON | an_hour_later())
    daemon.knows("one", "two")
    two.kill()
    daemon.event("two", What.RESTARTED)
    assert post.mails == []
    post.open()
    until(lambda: len(post.mails) >= 2, "both mails", seconds=30)
    first, second = post.subjects[:2]
    assert " one " in first, "in the order of their events"
    assert " two " in second
    throughout(lambda: len(post.mails) == 2, "each of them once", seconds=2)
    assert post.mails[0]["Message-ID"] != post.mails[1]["Message-ID"]


def an_hour_later() -> dict[str, str]:
    """Give the environment of a process for which the outage took an hour, where that can be."""
    library = libfaketime()
    if library is None:
        return {}
    return {"LD_PRELOAD": library, "FAKETIME": "+3600", "DONT_FAKE_MONOTONIC": "1"} | {
        "NO_FAKE_STAT": "1"
    }


def test_a_kill_while_a_mail_is_being_sent_loses_none(rig: Rig, post: Post) -> None:
    one = rig.worker("one")
    rig.worker("two")
    rig.config(RULES, port=post.port)
    rig.up()
    one.started(1)
    daemon = rig.watch(SOON)
    daemon.knows("one", "two")
    one.kill()
    daemon.event("one", What.RESTARTED)
    daemon.end(signal.SIGKILL)  # owed, and perhaps handed over already
    post.open()
    rig.watch(SOON)
    until(lambda: post.mails, "the mail", seconds=30)
    assert "one" in post.subjects[0]
