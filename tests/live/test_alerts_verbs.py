"""`svwatch alerts` as people type it: an outage, a refusal for good, and a way that is tried."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from svwatch.core.ledger import What
from svwatch.shell.patience import REFUSALS
from tests.live.daemon import OWN, Daemon
from tests.live.rig import Rig
from tests.live.waiting import until
from tests.shell.mailbox import Mailbox

pytestmark = pytest.mark.live

CONFIG = """
alerts:
  ops:
    mail: {{to: ops@example.net, from: svwatch@example.net, server: 127.0.0.1, port: {port}}}
    gather: 0s
services:
  one:
    supervisor: runit
    rules: if changed pid then alert
"""
SOON = {"SVWATCH_RETRY_BASE": "0.1"}  # seconds until the second try
LATER = {"SVWATCH_RETRY_BASE": "300"}


class Office:
    """A worker whose end is told by mail."""

    def __init__(self, rig: Rig, mailbox: Mailbox) -> None:
        self.rig = rig
        self.mailbox = mailbox
        self.worker = rig.worker("one")
        rig.config(CONFIG.format(port=mailbox.port))
        rig.up()
        self.worker.started(1)

    def watch(self, env: Mapping[str, str]) -> Daemon:
        """Start the daemon."""
        daemon = self.rig.watch(env)
        daemon.knows("one")
        return daemon

    def ask(self, *words: str, code: int = 0) -> str:
        """Run a verb of one or two words; give what it prints."""
        argv = [sys.executable, "-m", "svwatch", *words, *self.rig.places()]
        done = subprocess.run(
            argv, env=self.rig.env(), capture_output=True, text=True, check=False, timeout=90
        )
        assert done.returncode == code, f"{words}: {done}"
        return done.stdout

    def left(self, status: str, attempts: int) -> list[int]:
        """Give the letters of that status that were tried at least so often."""
        found = json.loads(self.ask("alerts", "list", "--json"))["letters"]
        return [
            one["number"]
            for one in found
            if one["status"] == status and one["attempts"] >= attempts
        ]

    def ails(self) -> bool:
        """Whether a route ails, as programs are told."""
        return any(one["ails"] for one in json.loads(self.ask("status", "--json"))["routes"])


@pytest.fixture
def office(rig: Rig) -> Iterator[Office]:
    mailbox = Mailbox()
    yield Office(rig, mailbox)
    mailbox.stop()


def test_what_waits_for_a_dead_server_goes_out_at_once_when_asked(office: Office) -> None:
    daemon = office.watch(LATER)
    office.worker.kill()
    event = daemon.event("one", What.RESTARTED)
    until(lambda: office.left("owed", 1), "the first try")
    (number,) = office.left("owed", 1)
    said = office.ask("alerts", "list")
    assert "Connection refused" in said
    assert f"#{event.number}" in said
    assert said.splitlines()[-1] == "next: svwatch alerts test ops | svwatch alerts retry ops"
    assert "ALERTS ops: 1 waiting since " in office.ask("status")
    office.ask("check")  # it waits for a moment only: no warning yet

    office.mailbox.start()  # nobody would try for five minutes
    said = office.ask("alerts", "retry", "all")
    assert said.startswith(f"{number}  ops")
    assert said.endswith(": goes out now\n")
    assert " one " in office.mailbox.take()["Subject"]
    until(lambda: "nothing waits" in office.ask("alerts", "list"), "the receipt")
    assert "250 2.0.0 Ok: queued as 42" in office.ask("alerts", "list", "--all")


def test_a_refusal_for_good_is_seen_until_somebody_drops_it(office: Office) -> None:
    office.mailbox.to_data = ["550 5.7.1 looks like spam"] * REFUSALS
    office.mailbox.start()
    daemon = office.watch(SOON)
    assert office.ask("check", "-q") == ""
    office.worker.kill()
    daemon.event("one", What.RESTARTED)
    until(lambda: office.left("dead", REFUSALS), "it to be given up", seconds=40)
    (number,) = office.left("dead", REFUSALS)

    words = "1 given up for good (550 5.7.1 looks like spam): svwatch alerts list"
    assert f"WARNING   alerts to ops: {words}\n" in office.ask("check", code=1)
    assert f"alerts to ops: {words}\n" in office.ask("check", "-q", code=1)
    assert office.ask("check", "-q", code=1) == ""
    assert office.ask("check", "--format", "nagios", code=1).startswith("SVWATCH WARNING - ")
    assert f"ALERTS ops: {words}\n" in office.ask("status")
    assert office.ails()
    assert "550 5.7.1 looks like spam" in office.ask("alerts", "list")

    assert office.ask("alerts", "drop", str(number)).endswith(": dropped\n")
    (event,) = [one for one in daemon.events(OWN) if one.what is What.ALERTS_DROPPED]
    assert event.facts.who
    assert "dropped" in office.ask("why", str(event.number))
    office.ask("check")
    assert "nothing is stuck or given up any more" in office.ask("check", "-q")
    assert not office.ails()
    assert office.mailbox.subjects() == []


def test_a_way_is_tried_with_a_daemon_and_without(office: Office) -> None:
    office.mailbox.start()
    daemon = office.watch(LATER)
    try_it(office)
    daemon.end()
    try_it(office)
    assert office.left("owed", 0) == []


def try_it(office: Office) -> None:
    said = office.ask("alerts", "test")
    where = f"ops  mail to ops@example.net by 127.0.0.1:{office.mailbox.port}  ok "
    assert said.startswith(where)
    assert said.endswith("250 2.0.0 Ok: queued as 42\n")
    assert "test" in office.mailbox.take()["Subject"]
    office.mailbox.to_rcpt = ["550 5.1.1 no such user"]
    said = office.ask("alerts", "test", "ops", code=1)
    assert "  failed  " in said
    assert "550 5.1.1 no such user" in said
    office.ask("alerts", "test", "nobody", code=2)
