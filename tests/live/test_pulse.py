"""The heartbeat of a real daemon, and what is told by the routes of the last good configuration."""

import os
import signal
import stat
from collections.abc import Iterator

import pytest

from svwatch.core.ledger import What
from tests.live.daemon import OWN
from tests.live.post import Post, body
from tests.live.rig import Rig
from tests.live.waiting import throughout, until
from tests.live.web_office import HANG, Say, WebOffice

pytestmark = pytest.mark.live

QUICK = {"SVWATCH_RETRY_BASE": "0.05"}  # a failing route is told after 6 s
CONFIG = """
heartbeat: {{url: "{url}/ping/canary", every: 1s}}
services:
  one: {{supervisor: runit}}
"""
SERVICES = "services: {one: {supervisor: runit}}\n"


@pytest.fixture
def office() -> Iterator[WebOffice]:
    with WebOffice() as office:
        yield office


def beats(office: WebOffice) -> int:
    return sum(heard.method == "GET" and heard.path == "/ping/canary" for heard in office.heard)


def test_it_beats_while_it_watches_and_not_while_it_hangs(rig: Rig, office: WebOffice) -> None:
    worker = rig.worker("one")
    rig.config(CONFIG.format(url=office.url))
    rig.up()
    worker.started(1)
    daemon = rig.watch(QUICK)
    until(lambda: beats(office) >= 3, "three beats")
    os.kill(daemon.pid, signal.SIGSTOP)
    before = beats(office)
    throughout(lambda: beats(office) <= before + 1, "who does not look does not beat", seconds=3)
    os.kill(daemon.pid, signal.SIGCONT)
    until(lambda: beats(office) >= before + 2, "it goes on")
    assert "canary" not in rig.ask("status", "--json") + rig.ask("config", "one")
    assert daemon.end() == 0
    rig.ask("check")
    once = beats(office)
    rig.ask("check")
    assert beats(office) == once + 1  # each run that is complete


def test_one_that_nobody_hears_is_told_and_never_waited_for(
    rig: Rig, office: WebOffice, post: Post
) -> None:
    post.open()
    office.script[:] = [Say(500, "no such check")]
    worker = rig.worker("one")
    rig.config(CONFIG.format(url=office.url), port=post.port)
    rig.up()
    worker.started(1)
    daemon = rig.watch(QUICK)
    event = daemon.event(OWN, What.NOT_DELIVERED, seconds=20)
    assert "500" in (event.facts.reason or "")
    until(lambda: any("heartbeat" in one for one in post.subjects), "a mail of it")
    assert rig.story().count("nobody hears the heartbeat") == 1
    office.script[:] = [Say()]
    daemon.event(OWN, What.DELIVERED)
    until(lambda: any("delivers to the heartbeat again" in one for one in post.subjects), "its end")
    office.script[:] = [Say(HANG)]
    hung = len(office.heard)
    until(lambda: len(office.heard) > hung, "one that hangs")
    worker.kill()
    daemon.event("one", What.RESTARTED)
    assert len(office.heard) == hung + 1
    assert daemon.end() == 0


def test_one_that_cannot_start_says_so_once_by_the_last_good_routes(rig: Rig, post: Post) -> None:
    post.open()
    worker = rig.worker("one")
    rig.config(SERVICES, port=post.port)
    rig.up()
    worker.started(1)
    rig.watch().end()
    kept = rig.root / "state/routes.secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    rig.config(SERVICES + "sevrices: {}\n", port=1)
    for _ in range(3):  # runit starts it again each second
        assert rig.watch().ended(seconds=15) == 1
    (mail,) = post.mails
    assert "does not start" in mail["Subject"]
    assert "sevrices" in body(mail)
    rig.config(SERVICES, port=post.port)
    daemon = rig.watch()
    daemon.knows("one")
    assert daemon.end() == 0
    assert len(post.mails) == 1
    for name in os.listdir(rig.root / "state"):
        path = rig.root / "state" / name
        if path.is_file() and path != kept:
            assert b"mailto" not in path.read_bytes(), name
