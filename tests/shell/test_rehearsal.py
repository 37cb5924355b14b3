"""`svwatch alerts test`: by the way of real letters, to real servers, with their own words."""

import os
import select
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from msgspec import json

from svwatch.commands import run
from svwatch.core.letters import Rehearsed
from svwatch.core.route import Form, Route, Target
from svwatch.shell.rehearsal import Rehearsal, chosen, failed
from svwatch.view.letter import Letter
from tests.shell.mailbox import Leaping, Mailbox, free_port

TEXT = """
state_dir: {root}/state
control_socket: {root}/sock
alerts:
  ops: {{mail: {{to: ops@example.net, from: svwatch@example.net, server: 127.0.0.1, port: {port}}}}}
  two:
    mail:
      to: [ann@example.net, bob@example.net]
      from: svwatch@example.net
      server: 127.0.0.1
      port: {port}
services: {{one: {{pidfile: /run/one}}}}
"""
LETTER = Letter(host="web7", now=1_794_826_800.0)
HANG = "import signal; signal.pause()"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


class Verb:
    """The verb, where no daemon runs."""

    def __init__(self, root: Path, port: int, capsys: pytest.CaptureFixture[str]) -> None:
        self._path = root / "svwatch.yaml"
        self._capsys = capsys
        self.write(TEXT.format(root=root, port=port))

    def write(self, text: str) -> None:
        self._path.write_text(text)
        self._path.chmod(0o600)

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code = run(["alerts", "test", "-c", str(self._path), *words], 2)
        said = self._capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def verb(tmp_path: Path, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]) -> Verb:
    return Verb(tmp_path, mailbox.port, capsys)


def see(rehearsal: Rehearsal, clock: Leaping | None = None) -> list[Rehearsed]:
    """Be the loop; with a *clock* of our own leap to what is due."""
    clock, leaps = clock or Leaping(), clock is not None
    rehearsal.go(clock.now().mono)
    while not rehearsal.over:
        if leaps and rehearsal.due is not None:
            clock.leap(rehearsal.due - clock.now().mono)
            rehearsal.go(clock.now().mono)
        assert select.select(rehearsal.filenos(), (), (), 30.0)[0]
        rehearsal.go(clock.now().mono)
    return rehearsal.found


def routes(mailbox: Mailbox, *names: str) -> tuple[Route, ...]:
    return tuple(Route(name, (Target(mailbox.url(), "mail to ops"),)) for name in names)


# --- without a daemon --------------------------------------------------------------------------


def test_a_test_arrives_and_says_that_it_is_one(
    verb: Verb, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "ann")
    code, said, _ = verb("ops")
    assert code == 0
    (line,) = said.splitlines()
    words = line.split()
    where = f"127.0.0.1:{mailbox.port}"
    assert words[:7] == ["ops", "mail", "to", "ops@example.net", "by", where, "ok"]
    assert line.endswith("250 2.0.0 Ok: queued as 42")
    mail = mailbox.take()
    assert mail["To"] == "ops@example.net"
    host = os.uname().nodename
    assert mail["Subject"].startswith(f"[{host}] ")
    assert "test" in mail["Subject"]
    assert "ann" in mail["Subject"]
    text = str(mail.get_payload())
    assert "Nothing is wrong" in text
    assert host in text
    assert "svwatch why" not in text, "it is in no ledger"


def test_each_recipient_is_told_of_apart(verb: Verb, mailbox: Mailbox) -> None:
    code, said, _ = verb()
    assert code == 0
    assert [line.split()[0] for line in sorted(said.splitlines())] == ["ops", "two", "two"]
    to = sorted(mailbox.take()["To"] for _ in range(3))
    assert to == ["ann@example.net", "bob@example.net", "ops@example.net"]
    ids = {line.index(" ok ") for line in said.splitlines()}
    assert len(ids) == 1, "columns stand below each other"


def test_a_refusal_is_told_in_the_words_of_the_server(verb: Verb, mailbox: Mailbox) -> None:
    mailbox.to_rcpt = ["550 5.1.1 no such user here"]
    code, said, _ = verb("ops")
    assert code == 1
    assert "  failed  " in said
    assert "550 5.1.1 no such user here" in said


def test_nobody_listens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = Verb(tmp_path, free_port(), capsys)("ops")
    assert code == 1
    assert "Connection refused" in said


def test_for_programs(verb: Verb, mailbox: Mailbox) -> None:
    mailbox.to_data = ["451 4.3.0 later"]
    code, said, _ = verb("ops", "--json")
    found = json.decode(said)
    assert code == 1
    assert found["ok"] is False
    (one,) = found["targets"]
    assert (one["route"], one["ok"]) == ("ops", False)
    assert "451 4.3.0 later" in one["said"]
    assert 0 < one["milliseconds"] < 60_000
    code, said, _ = verb("ops", "--json")
    assert (code, json.decode(said)["ok"]) == (0, True)


def test_mistakes_in_the_call_and_in_the_configuration(verb: Verb) -> None:
    code, _, said = verb("opps")
    assert (code, said) == (2, "svwatch: there is no route 'opps': did you mean 'ops'?\n")
    verb.write("services: {one: {pidfile: /run/one}}\n")
    code, _, said = verb()
    assert code == 3
    assert "no route is configured" in said
    verb.write("nonsense: 1\n")
    code, _, said = verb()
    assert code == 3
    assert 'unknown key "nonsense"' in said


def test_nothing_of_it_is_kept(verb: Verb, tmp_path: Path) -> None:
    verb("ops")
    assert not (tmp_path / "state").exists()


def test_no_secret_is_shown(verb: Verb) -> None:
    port = free_port()
    url = f"mailto://user:canary-canary@127.0.0.1:{port}/?from=a@example.net&to=b@example.net"
    verb.write(f'alerts: {{ops: {{url: "{url}"}}}}\nservices: {{one: {{pidfile: /run/one}}}}\n')
    for words in ((), ("--json",)):
        code, said, complained = verb(*words)
        assert code == 1
        assert "canary" not in said + complained


# --- the children ------------------------------------------------------------------------------


def test_one_that_hangs_is_ended_and_delays_nobody(mailbox: Mailbox) -> None:
    told: list[Rehearsed] = []
    command = (sys.executable, "-c", HANG)
    rehearsal = Rehearsal(
        routes(mailbox, *"abcdef"), LETTER, "ann", told.append, command=command, deadline=7.0
    )
    rehearsal.go(time.monotonic())
    assert len(rehearsal.filenos()) == 4, "no more at once"
    assert rehearsal.due is not None
    assert rehearsal.due <= time.monotonic() + 7.0
    assert see(rehearsal, Leaping()) == told
    assert sorted(one.route for one in told) == list("abcdef")
    assert all("ended after 7 s" in one.said for one in told)
    assert failed(told) == 1


def test_a_child_that_cannot_be_started_is_an_answer(mailbox: Mailbox) -> None:
    told: list[Rehearsed] = []
    (one,) = see(Rehearsal(routes(mailbox, "a"), LETTER, "ann", told.append, command=("/nowhere",)))
    assert (one.ok, "cannot be started: No such file" in one.said) == (False, True)


def test_who_leaves_leaves_no_child_behind(mailbox: Mailbox) -> None:
    command = (sys.executable, "-c", HANG)
    rehearsal = Rehearsal(routes(mailbox, "a", "b"), LETTER, "ann", print, command=command)
    rehearsal.go(time.monotonic())
    pids = [errand.mailman.pid for errand in rehearsal._errands]
    rehearsal.close()
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_names_mean_routes(mailbox: Mailbox) -> None:
    known = routes(mailbox, "a", "b", "c")
    assert chosen(known, ()) == known
    assert chosen(known, ("c", "a", "c")) == (known[2], known[0])
    assert chosen(known, ("zz",)) == "there is no route 'zz'"


class Takes(BaseHTTPRequestHandler):
    """Takes any document; *said* is what it takes."""

    said: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.said.append((self.path, body))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    Takes.said.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Takes) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_webhook_gets_a_document_and_alertmanager_an_alert(web: str) -> None:
    hook = Route("hook", (Target(f"{web}/hook", "hook"),), form=Form.JSON)
    manager = Route("manager", (Target(web, "manager"),), form=Form.ALERTMANAGER)
    found = see(Rehearsal((hook, manager), LETTER, "ann", lambda _: None))
    assert [one.ok for one in found] == [True, True], found
    said = dict(Takes.said)
    document = json.decode(said["/hook"])
    assert (document["host"], document["what"], document["event"]) == ("web7", "test message", 0)
    (alert,) = json.decode(said["/api/v2/alerts"])
    assert alert["labels"]["alertname"] == "SvwatchTestMessage"
    assert "ann asked for it" in alert["annotations"]["summary"]
    assert alert["startsAt"] < alert["endsAt"]
