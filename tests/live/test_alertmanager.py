"""Debian's Alertmanager and amtool: what it holds of us opens, lasts, ends and can be silenced."""

import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import datetime

import msgspec
import pytest

from svwatch.core.ledger import What
from tests.live.daemon import OWN
from tests.live.post import Post
from tests.live.rig import Rig, free_port
from tests.live.subject import Subject
from tests.live.tools import CI, missing
from tests.live.waiting import throughout, until
from tests.live.web_office import WebOffice

pytestmark = pytest.mark.live

PROGRAMS = ("prometheus-alertmanager", "amtool")
# Refreshed each 0.6 s, open for 3 s without that, a failing route told after 6 s: a hundredth
QUICK = {"SVWATCH_RETRY_BASE": "0.05"}
ROUTE = """
global: {{resolve_timeout: 5s}}
route: {{receiver: hook, group_by: [service], group_wait: 0s, group_interval: 1s}}
receivers:
- name: hook
  webhook_configs: [{{url: "{hook}", send_resolved: true}}]
"""
CONFIG = """
  am: {{alertmanager: {url}}}
groups:
  leaky: {{}}
services:
  one:
    supervisor: runit
    group: leaky
    rules: |
      if totalmem > 60 MB then alert
"""
LABELS = {
    "alertname": "SvwatchOverTheLimit",
    "host": os.uname().nodename,
    "service": "one",
    "severity": "warning",
    "kind": "over",
    "group": "leaky",
    "rule": "if totalmem > 60 MB then alert",
}


class Manager:
    """One Alertmanager in a rig, what it sends on, and a worker that can leak."""

    def __init__(self, rig: Rig, hook: WebOffice) -> None:
        self.rig = rig
        self.hook = hook
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.worker: Subject = rig.worker("one")
        path = rig.root / "am.yml"
        path.write_text(ROUTE.format(hook=hook.url))

    def start(self) -> None:
        self.rig.start(
            "prometheus-alertmanager",
            f"--config.file={self.rig.root}/am.yml",
            f"--storage.path={self.rig.root}/am",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
        )
        until(lambda: self.tool("alert", "query", check=False).returncode == 0, "Alertmanager")

    def tool(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        argv = ["amtool", f"--alertmanager.url={self.url}", *words]
        env = self.rig.env()
        return subprocess.run(argv, env=env, capture_output=True, text=True, check=check)

    def held(self, *words: str) -> list[dict[str, dict[str, str]]]:
        """Give what is firing."""
        done = self.tool("alert", "query", "-o", "json", *words)
        found: list[dict[str, dict[str, str]]] = msgspec.json.decode(done.stdout)
        return found

    def firing(self) -> list[str]:
        return [one["labels"]["alertname"] for one in self.held()]

    def sent(self) -> list[tuple[str, str]]:
        """Give name and status of every alert that was sent on."""
        bodies = [msgspec.json.decode(heard.body) for heard in self.hook.heard]
        return [
            (one["labels"]["alertname"], one["status"]) for body in bodies for one in body["alerts"]
        ]

    def leaks(self) -> None:
        """Let the worker be over its limit, and wait until Alertmanager has heard of it."""
        self.worker.started(1)
        self.worker.leak(80)
        until(self.firing, "an alert in Alertmanager", seconds=15)

    def mended(self) -> None:
        """Let the worker be small again."""
        self.rig.sv("restart", "one")


@pytest.fixture
def manager(rig: Rig) -> Iterator[Manager]:
    if absent := missing(*PROGRAMS):
        (pytest.fail if CI else pytest.skip)(f"not installed: {', '.join(absent)}")
    with WebOffice() as hook:
        yield Manager(rig, hook)


def config(manager: Manager, post: Post | None = None, more: str = "") -> None:
    text = CONFIG.format(url=manager.url) + more
    if post is None:
        manager.rig.config("alerts:" + text)
    else:
        manager.rig.config(text, port=post.port)


def test_it_fires_is_refreshed_and_resolved(manager: Manager) -> None:
    config(manager)
    manager.start()
    manager.rig.up()
    daemon = manager.rig.watch(QUICK)
    manager.leaks()
    (alert,) = manager.held()
    assert alert["labels"] == LABELS
    assert "totalmem" in alert["annotations"]["summary"]
    assert alert["annotations"]["command"].startswith("svwatch why ")
    # longer than resolve_timeout, and than what was posted first would have lasted
    throughout(manager.firing, "it was refreshed", seconds=6.5)
    until(lambda: manager.sent() == [("SvwatchOverTheLimit", "firing")], "it is sent on")
    manager.mended()
    daemon.event("one", What.WELL)
    until(lambda: manager.firing() == [], "it is resolved", seconds=2.5)
    ends = ("SvwatchOverTheLimit", "resolved")
    until(lambda: ends in manager.sent(), "the end is sent on")


def test_what_is_silenced_there_is_still_ours(manager: Manager) -> None:
    config(manager)
    manager.start()
    manager.tool(
        "silence", "add", "-a", "ann", "-c", "deploy", "-d", "1h", "service=one",
        'rule=~"if totalmem.*"',
    )  # fmt: skip
    manager.rig.up()
    daemon = manager.rig.watch(QUICK)
    manager.worker.started(1)
    manager.worker.leak(80)
    until(lambda: manager.held("--silenced"), "a silenced alert", seconds=15)
    throughout(lambda: manager.held("--silenced"), "it goes on", seconds=3.5)
    assert manager.firing() == []
    assert manager.sent() == []
    assert "over" in manager.rig.ask("status")
    manager.mended()
    daemon.event("one", What.WELL)
    until(lambda: manager.held("--silenced") == [], "it is resolved")
    assert daemon.whats(OWN).count(What.NOT_DELIVERED) == 0


def test_without_us_it_ends_by_itself(manager: Manager) -> None:
    config(manager)
    manager.start()
    manager.rig.up()
    daemon = manager.rig.watch(QUICK)
    manager.leaks()
    daemon.end(signal.SIGKILL)
    until(lambda: manager.firing() == [], "nobody refreshes it", seconds=5)
    manager.rig.watch(QUICK)
    until(manager.firing, "it is open again")


def test_runs_without_a_daemon_tell_it_too(manager: Manager) -> None:
    config(manager)
    manager.start()
    manager.rig.up()
    manager.worker.started(1)
    manager.worker.leak(80)
    until(lambda: manager.rig.ask("check", code=None) and manager.firing(), "it is open")
    manager.rig.ask("check", code=1)
    (alert,) = manager.held()
    assert alert["labels"] == LABELS
    left = datetime.fromisoformat(alert["endsAt"]) - datetime.fromisoformat(alert["updatedAt"])  # type: ignore[arg-type]
    assert 298 < left.total_seconds() < 302  # five minutes, or three runs
    manager.mended()
    manager.worker.started(2)
    until(lambda: manager.rig.ask("check", code=None) and not manager.firing(), "it is resolved")


def test_one_that_is_away_is_told_by_mail_and_hears_all_when_it_is_back(
    manager: Manager, post: Post
) -> None:
    post.open()
    config(manager, post)
    manager.rig.up()
    daemon = manager.rig.watch(QUICK)
    manager.worker.started(1)
    manager.worker.leak(80)
    daemon.event(OWN, What.NOT_DELIVERED, seconds=20)
    until(lambda: any("cannot deliver to am" in one for one in post.subjects), "a mail of it")
    manager.start()
    until(lambda: manager.firing() == ["SvwatchOverTheLimit"], "it hears what is open")
    daemon.event(OWN, What.DELIVERED)
    until(lambda: any("delivers to am again" in one for one in post.subjects), "a mail of that")
    assert not any("not delivered" in name.lower() for name in manager.firing())


def test_one_that_cannot_start_for_its_configuration_is_open_there(manager: Manager) -> None:
    config(manager)
    manager.start()
    manager.rig.up()
    manager.worker.started(1)
    manager.rig.watch(QUICK).end()
    config(manager, more="sevrices: {}\n")
    assert manager.rig.watch(QUICK).ended() == 1
    (alert,) = manager.held()
    assert alert["labels"]["alertname"] == "SvwatchConfigRejected"
    assert alert["labels"]["severity"] == "critical"
    assert "sevrices" in alert["annotations"]["summary"]
    config(manager)
    manager.rig.watch(QUICK)
    until(lambda: manager.firing() == [], "it is resolved")
