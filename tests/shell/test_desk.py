"""What the daemon answers about alerts, with its loop, a real mail server and real children."""

import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from svwatch.core.ledger import What
from svwatch.core.letters import Fate, OutboxSnap, Rehearsed, Said
from svwatch.core.route import Route, Target
from svwatch.shell.daemon import Daemon
from svwatch.shell.store import Store, StoreFailed
from svwatch.shell.wire import Call, Reply, to_line
from tests.shell.mailbox import Mailbox, free_port
from tests.shell.pages import WALL, alert
from tests.shell.test_daemon import CONFIG, Host

ALERTS = """
alerts:
  ops:
    mail: {{{{to: ops@example.net, from: svwatch@example.net, server: 127.0.0.1, port: {port}}}}}
    gather: 0s
"""


class Office(Host):
    """A host whose route `ops` leads to *mailbox*."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(root, monkeypatch)
        self.mailbox = Mailbox(free_port())
        self.config(CONFIG + ALERTS.format(port=self.mailbox.port))

    def left(self, subject: str, *, dead: bool) -> int:
        """Leave a letter of an earlier life behind; give its number."""
        store = Store.open(str(self.root / "state"))
        try:
            ops = Route("ops", (Target(self.mailbox.url(), to="ops@example.net"),))
            (letter,) = alert(store, subject, routes=(ops,)).owed
            if dead:
                store.dead(letter, "550 5.7.1 spam", WALL)
            else:
                store.failed(letter, "451 4.3.0 later", 2 * WALL)
            return letter
        finally:
            store.close()

    def ask(self, verb: str, *names: str, **options: str | bool) -> list[Reply]:
        return self.call(Call(f"alerts {verb}", names, dict(options)))

    def said(self, verb: str, *names: str) -> tuple[int, tuple[Said, ...]]:
        *_, reply = self.ask(verb, *names)
        assert reply.kind == "result", reply
        return reply.code, msgspec.json.decode(reply.data, type=tuple[Said, ...])

    def fate(self, number: int) -> Fate:
        assert self.daemon is not None
        letter = self.daemon.parts.watch.store.dead_letters().letter(number)
        assert letter is not None
        return letter.fate


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    made = Office(tmp_path, monkeypatch)
    yield made
    made.end()
    made.mailbox.stop()


def watched(office: Office) -> Daemon:
    office.work()
    return office.watched()


def test_list_shows_what_is_left(office: Office) -> None:
    number = office.left("leaking", dead=True)
    watched(office)
    (reply,) = office.ask("list")
    found = msgspec.json.decode(reply.data, type=OutboxSnap)
    assert [(one.number, one.fate) for one in found.letters] == [(number, Fate.DEAD)]
    (lane,) = [one for one in found.page.routes if one.dead]
    assert (lane.name, lane.died, lane.configured) == ("ops", "550 5.7.1 spam", True)


def test_what_is_retried_goes_out_at_once(office: Office) -> None:
    number = office.left("leaking", dead=True)
    watched(office)
    office.mailbox.start()
    code, (one,) = office.said("retry", "ops")
    assert (code, one.number) == (0, number)
    assert one.text.endswith(": goes out now")
    office.until(lambda: office.fate(number) is Fate.SENT)
    assert "web leaking raised" in office.mailbox.take()["Subject"]


def test_what_waits_for_its_time_goes_out_at_once(office: Office) -> None:
    number = office.left("leaking", dead=False)
    watched(office)
    assert office.fate(number) is Fate.OWED
    office.mailbox.start()
    office.said("retry", str(number))
    office.until(lambda: office.fate(number) is Fate.SENT)


def test_a_drop_is_answered_once_it_is_on_record(office: Office) -> None:
    number = office.left("leaking", dead=True)
    watched(office)
    code, (one,) = office.said("drop", str(number))
    assert (code, one.number) == (0, number)
    assert one.text.endswith("web leaking raised: dropped")
    assert office.fate(number) is Fate.DROPPED
    assert What.ALERTS_DROPPED in office.whats()
    code, (one,) = office.said("drop", str(number))
    assert (code, office.whats().count(What.ALERTS_DROPPED)) == (3, 1)


def test_a_drop_that_cannot_be_recorded_is_no_drop(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = office.left("leaking", dead=True)
    daemon = watched(office)
    store = daemon.parts.watch.store

    def full(*_: object) -> None:
        raise StoreFailed("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(store, "commit", full)
        (reply,) = office.ask("drop", "all")
        assert (reply.kind, reply.code) == ("error", 1)
        assert reply.text.startswith("the disk is full; ")
        assert office.fate(number) is Fate.DEAD
    office.until(lambda: office.fate(number) is Fate.DROPPED)
    assert office.whats().count(What.ALERTS_DROPPED) == 1


def test_words_that_mean_nothing_are_answered(office: Office) -> None:
    watched(office)
    assert office.said("drop", "all")[0] == 0
    assert office.said("drop", "17")[0] == 2
    code, (one,) = office.said("retry", "opss")
    assert (code, one.text) == (2, "there is no route 'opss': did you mean 'ops'?")


def test_the_daemon_sends_the_test_and_passes_on_what_the_server_says(office: Office) -> None:
    watched(office)
    office.mailbox.start()
    progress, reply = office.ask("test", "ops", sudo="ann")
    assert (reply.kind, reply.code) == ("result", 0)
    (one,) = msgspec.json.decode(reply.data, type=tuple[Rehearsed, ...])
    assert (one.route, one.ok) == ("ops", True)
    assert one.said.endswith("250 2.0.0 Ok: queued as 42")
    assert progress.text.startswith("ops  mail to ops@example.net by 127.0.0.1:")
    assert progress.text.endswith("250 2.0.0 Ok: queued as 42")
    assert "test" in office.mailbox.take()["Subject"]
    office.mailbox.to_rcpt = ["550 5.1.1 no such user"]
    *_, reply = office.ask("test")
    assert reply.code == 1
    assert "550 5.1.1 no such user" in bytes(reply.data).decode()
    assert not msgspec.json.decode(office.ask("list")[0].data, type=OutboxSnap).letters


def test_a_test_that_cannot_be_is_refused(office: Office) -> None:
    watched(office)
    (reply,) = office.ask("test", "opps")
    assert (reply.kind, reply.code) == ("error", 2)
    assert reply.text == "there is no route 'opps': did you mean 'ops'?"
    office.config(CONFIG)
    office.call(Call("reload"))
    (reply,) = office.ask("test")
    assert (reply.kind, reply.code) == ("error", 3)


def test_an_end_of_the_daemon_ends_its_tests(office: Office) -> None:
    daemon = watched(office)
    office.mailbox.start()
    office.mailbox.hanging = True
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(office.root / "control"))
        line.sendall(to_line(Call("alerts test")))
        office.until(lambda: not office.mailbox.hung.empty(), rounds=200)
        assert daemon.parts.answers.filenos()
        office.end()
        assert daemon.parts.answers.filenos() == ()
