"""The loop, with real processes, a real store and a real compiling child, one round at a time."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from svwatch.core import decide
from svwatch.core.kinds import Code
from svwatch.core.ledger import What, Why
from svwatch.core.plan import Service
from svwatch.core.route import Form, single
from svwatch.core.seen import Incarnation, Input, Observation
from svwatch.core.snapshot import Snapshot
from svwatch.core.state import Goal, Intent, State, Step
from svwatch.shell.assemble import assemble, greet, settle
from svwatch.shell.begin import MIND, Refused
from svwatch.shell.daemon import Daemon
from svwatch.shell.ledger import Explained, Listed
from svwatch.shell.novelty import Checked
from svwatch.shell.parts import Parts
from svwatch.shell.store import Store, StoreFailed, Turn
from svwatch.shell.ward import Ward
from svwatch.shell.wire import Call, Reply, read_reply, to_line
from svwatch.view import to_check, to_nagios, to_text
from tests.shell.fakes import Clock, compose, service

CONFIG = """
interval: 1s
control_socket: {root}/control
services:
  one:
    pidfile: {root}/one.pid
    start: touch {root}/started
    stop: "true"
    start_after: 1h
    rules: |
      if totalmem > 900 MB then restart
      if changed pid then alert
"""


class Host:
    """A directory with a configuration, a worker and a daemon whose rounds the test turns."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.daemon: Daemon | None = None
        self.workers: list[subprocess.Popen[bytes]] = []
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        self.config(CONFIG)

    def config(self, text: str) -> None:
        path = self.root / "svwatch.yaml"
        path.write_text(text.format(root=self.root))
        path.chmod(0o600)

    def work(self) -> Incarnation:
        worker = subprocess.Popen(["/bin/sleep", "1000"])
        self.workers.append(worker)
        (self.root / "one.pid").write_text(f"{worker.pid}\n")
        stat = Path(f"/proc/{worker.pid}/stat").read_text()
        return Incarnation(worker.pid, int(stat.rpartition(")")[2].split()[19]))

    def kill(self) -> None:
        self.workers[-1].kill()
        self.workers[-1].wait()

    def begin(self) -> Daemon:
        parts = assemble(str(self.root / "svwatch.yaml"), str(self.root / "state"), None)
        assert isinstance(parts, Parts)
        self.daemon = Daemon(parts)
        greet(parts)
        return self.daemon

    def until(self, there: Callable[[], object], rounds: int = 60) -> None:
        """Turn rounds until it is there: each waits for something to happen, half a second long."""
        assert self.daemon is not None
        for _ in range(rounds):
            if there():
                return
            self.daemon.once(0.5)
        pytest.fail("it never came to be")

    def watched(self) -> Daemon:
        """Begin, and go on until the worker was seen."""
        daemon = self.begin()
        self.until(lambda: "one" in self.wards and self.wards["one"].seen)
        return daemon

    @property
    def wards(self) -> dict[str, Ward]:
        assert self.daemon is not None
        return self.daemon.parts.watch.roster.wards

    def whats(self) -> list[What]:
        assert self.daemon is not None
        return [event.what for event in self.daemon.parts.watch.store.events()]

    def call(self, call: Call) -> list[Reply]:
        """Ask on the control socket while the loop turns; give all replies."""
        assert self.daemon is not None
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.root / "control"))
            line.sendall(to_line(call))
            line.setblocking(False)
            said = bytearray()

            def answered() -> bool:
                try:
                    said.extend(heard := line.recv(1 << 20))
                except BlockingIOError:
                    return False
                assert heard, "the daemon hung up"
                return said.endswith(b"\n") and b'"progress"' not in said.splitlines()[-1]

            self.until(answered)
        replies = [read_reply(one) for one in bytes(said).splitlines()]
        assert all(isinstance(reply, Reply) for reply in replies)
        return replies  # type: ignore[return-value]

    def end(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()
        if self.daemon is not None:
            settle(self.daemon.parts)
            self.daemon = None


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    made = Host(tmp_path, monkeypatch)
    yield made
    made.end()


def test_it_begins_looks_and_says_so(host: Host, capfd: pytest.CaptureFixture[str]) -> None:
    worker = host.work()
    host.watched()
    assert host.wards["one"].believed == worker
    out = capfd.readouterr().out.splitlines()
    assert out[0].startswith("svwatch 0.1.0 begins (pid ")
    assert f"{host.root}/svwatch.yaml, 1 service, routes: none: nobody will be told" in out[-1]
    assert out[-1].endswith("mode: act")


def test_systemd_hears_of_it_after_the_first_look(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(host.root / "notify"))
        line.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(host.root / "notify"))
        host.work()
        host.begin()
        with pytest.raises(BlockingIOError):
            line.recv(100)
        host.until(lambda: host.wards and host.wards["one"].seen)
        assert line.recv(100) == b"READY=1"


def test_an_end_and_a_successor_are_one_event(host: Host) -> None:
    host.work()
    host.watched()
    host.kill()
    host.until(lambda: host.wards["one"].state.exit)
    assert What.RESTARTED not in host.whats()
    successor = host.work()
    host.until(lambda: What.RESTARTED in host.whats())
    assert host.wards["one"].believed == successor


def test_an_end_wakes_the_loop_at_once(host: Host) -> None:
    host.work()
    daemon = host.watched()
    while daemon.parts.agenda.names or daemon.parts.watch.again:
        daemon.once(0)
    timers = daemon.parts.agenda.timers
    for key in (("round", 1.0), ("ward", "one"), ("minute", None)):
        timers.put(key, None)  # nothing but the pidfd can wake it now
    host.kill()
    daemon.once(10)
    assert host.wards["one"].state.exit
    assert timers.has(("ward", "one"))  # the successor is looked for


# --- configurations --------------------------------------------------------------------------


def test_a_rejected_reload_changes_nothing_that_runs(
    host: Host, capfd: pytest.CaptureFixture[str]
) -> None:
    worker = host.work()
    daemon = host.watched()
    host.config(CONFIG.replace("start_after", "start_aftr"))
    os.kill(os.getpid(), signal.SIGHUP)
    host.until(lambda: daemon.parts.plans.rejected and What.CONFIG_REJECTED in host.whats())
    assert host.wards["one"].believed == worker
    assert 'unknown key "start_aftr"' in capfd.readouterr().err
    (reply,) = host.call(Call("status"))
    assert 'unknown key "start_aftr"' in str(
        msgspec.json.decode(reply.data, type=Snapshot).rejected
    )
    (reply,) = host.call(Call("reload"))
    assert (reply.code, "stays in force" in reply.text) == (1, True)
    assert host.whats().count(What.CONFIG_REJECTED) == 1  # the same errors are told once
    host.config(CONFIG)
    (reply,) = host.call(Call("reload"))
    assert (reply.code, reply.text) == (0, "loaded: 1 service")
    assert not daemon.parts.plans.rejected


def test_a_configuration_that_does_not_load_ends_the_start(
    host: Host, capfd: pytest.CaptureFixture[str]
) -> None:
    host.config("services: [")
    daemon = host.begin()
    host.until(lambda: daemon.ending is not None)
    assert daemon.ending == 1
    assert "svwatch.yaml:1:" in capfd.readouterr().err
    assert What.CONFIG_REJECTED in host.whats()


def test_routes_of_the_last_good_configuration_tell_of_a_bad_one(host: Host) -> None:
    host.config(CONFIG + "alerts: {{ops: {{url: 'json://127.0.0.1:1/', level: critical}}}}\n")
    host.watched()
    host.end()
    host.config("nonsense: 1")
    daemon = host.begin()
    host.until(daemon.parts.watch.store.waiting)
    (backlog,) = daemon.parts.watch.store.waiting()
    assert (backlog.route, backlog.waiting) == ("ops", 1)


def test_a_reload_with_another_socket_listens_there(host: Host) -> None:
    host.watched()
    host.config(CONFIG.replace("/control", "/other"))
    host.call(Call("reload"))
    assert (host.root / "other").is_socket()
    assert not (host.root / "control").exists()


# --- what is asked ---------------------------------------------------------------------------


def test_everybody_gets_an_answer(host: Host) -> None:
    host.work()
    host.watched()
    (pong,) = host.call(Call("ping"))
    assert (pong.kind, pong.text) == ("result", "svwatch is here")
    (unknown,) = host.call(Call("dance"))
    assert (unknown.kind, unknown.code) == ("error", 2)
    (nobody,) = host.call(Call("restart", ("won",)))
    assert nobody.text == "there is no service 'won': did you mean 'one'?"
    (nothing,) = host.call(Call("restart"))
    assert nothing.code == 2
    (why_what,) = host.call(Call("why"))
    assert why_what.code == 2
    (listed,) = host.call(Call("events"))
    assert What.DAEMON_STARTED in [
        event.what for event in msgspec.json.decode(listed.data, type=Listed).events
    ]
    (explained,) = host.call(Call("why", ("one",)))
    answer = msgspec.json.decode(explained.data, type=Explained)
    assert answer.nothing is not None
    assert answer.nothing.service.name == "one"
    (number,) = host.call(Call("why", ("#1",)))
    assert msgspec.json.decode(number.data, type=Explained).event is not None
    (missing,) = host.call(Call("why", ("77",)))
    assert missing.text == "there is no event #77"


def test_a_check_looks_now_and_reports(host: Host) -> None:
    host.work()
    daemon = host.watched()
    before = host.wards["one"].seen
    cycle = host.wards["one"].state.cycle
    daemon.parts.agenda.timers.put(("round", 1.0), None)
    (reply,) = host.call(Call("check", (), {"quiet": True}))
    checked = msgspec.json.decode(reply.data, type=Checked)
    assert [one.name for one in checked.snapshot.services] == ["one"]
    assert host.wards["one"].seen is not before
    assert host.wards["one"].state.cycle == cycle  # no window moves


def test_a_restart_is_waited_for_and_refused_with_a_reason(host: Host) -> None:
    host.config(CONFIG.replace("interval: 1s", "interval: 1s\nmode: observe"))
    host.work()
    host.watched()
    *_, reply = host.call(Call("restart", ("one",)))
    assert (reply.kind, reply.code) == ("result", 3)
    assert "observe" in reply.text


# --- our own bugs ----------------------------------------------------------------------------


def test_a_bug_in_a_turn_is_survived_and_not_ok(
    host: Host, capfd: pytest.CaptureFixture[str]
) -> None:
    host.work()
    daemon = host.watched()
    watch = daemon.parts.watch

    def broken(_s: Service, _t: State, _o: Observation, _i: tuple[Input, ...]) -> Step:
        raise LookupError("no such thing")

    watch._mind = msgspec.structs.replace(MIND, step=broken)
    daemon.parts.agenda.look(["one"])
    host.until(lambda: What.OUR_BUG in host.whats())
    assert "LookupError: no such thing" in capfd.readouterr().err
    (reply,) = host.call(Call("status"))
    (snap,) = msgspec.json.decode(reply.data, type=Snapshot).services
    assert (snap.status.code, "bug in svwatch" in snap.status.sentence) == (Code.UNKNOWN, True)
    for _ in range(5):
        daemon.parts.agenda.look(["one"])
        daemon.once(0)
    assert host.whats().count(What.OUR_BUG) == 1  # amended, not repeated
    watch._mind = msgspec.structs.replace(MIND, step=decide.step)
    daemon.parts.agenda.look(["one"])
    daemon.once(0)
    assert not host.wards["one"].trouble


def test_a_bug_in_the_turn_of_all_is_survived_and_not_ok(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.work()
    daemon = host.watched()
    watch = daemon.parts.watch

    def broken(*_: object) -> None:
        raise LookupError("no such thing")

    monkeypatch.setattr(watch.store, "commit", broken)
    host.kill()
    host.until(lambda: host.wards["one"].trouble)
    daemon.once(0)
    assert daemon._patience(10.0)  # it does not turn in circles
    monkeypatch.undo()
    host.until(lambda: What.OUR_BUG in host.whats() and host.wards["one"].state.exit)


def test_a_bug_in_a_delivery_or_a_connection_is_survived(host: Host) -> None:
    daemon = host.watched()

    def broken(*_: object) -> None:
        raise LookupError("no such thing")

    assert daemon.a_delivery(broken) is None
    assert daemon.a_connection(broken) is None
    daemon.once(0)
    assert host.whats().count(What.OUR_BUG) == 1  # one place in the code, one event


def test_a_letter_that_cannot_be_written_is_written_plainly(host: Host) -> None:
    daemon = host.watched()
    daemon.parts.letters.compose = None  # type: ignore[assignment, method-assign]
    (event, *_) = daemon.parts.watch.store.events()
    for form in (Form.MAIL, Form.JSON):
        letter = daemon._compose(event, Why.RAISED, single("ops", "http://h/", form=form))
        assert event.service in letter.subject
        assert letter.body.startswith("{") == (form is Form.JSON)


# --- a store that fails ----------------------------------------------------------------------


def test_people_hear_from_memory_that_nothing_can_be_recorded(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.work()
    daemon = host.watched()
    heard: list[str] = []
    daemon.parts._syslog = heard.append
    watch, store = daemon.parts.watch, daemon.parts.watch.store

    def full(*_: object) -> None:
        raise StoreFailed("the disk is full")

    monkeypatch.setattr(store, "commit", full)
    host.kill()
    host.until(lambda: watch.unrecorded)
    for _ in range(4):
        daemon.once(0.05)
    assert heard == [
        "svwatch cannot record what it does (the disk is full): nothing is stopped or started"
    ]
    (reply,) = host.call(Call("status"))
    assert msgspec.json.decode(reply.data, type=Snapshot).unrecorded == "the disk is full"
    assert reply.code == Code.CRITICAL
    monkeypatch.undo()
    host.until(lambda: not watch.unrecorded)


# --- the end ---------------------------------------------------------------------------------


def test_a_signal_ends_it_with_a_goodbye(host: Host) -> None:
    daemon = host.watched()
    os.kill(os.getpid(), signal.SIGTERM)
    host.until(lambda: daemon.ending is not None)
    assert daemon.ending == 0
    host.end()
    store = Store.open_readonly(str(host.root / "state"))
    assert store is not None
    assert store.noted("goodbye")
    assert [event.what for event in store.events()][-1] is What.DAEMON_ENDED
    store.close()


def put_down(root: Path, **changes: object) -> int:
    """Leave a record of a service that we took down; give the reading end of its control."""
    supervise = root / "sv/one/supervise"
    supervise.mkdir(parents=True)
    os.mkfifo(supervise / "control")
    intent = Intent(goal=Goal.RESTART, serial=1, began=1.0, took_down=True)
    state = State(serial=1, intent=msgspec.structs.replace(intent, **changes))
    one = service(pidfile=None, service_dir=str(root / "sv/one"))
    store = Store.open(str(root / "state"))
    clock = Clock()
    store.commit([Turn(service=one, state=state)], compose, (), clock.wall(), clock())
    store.close()
    return os.open(supervise / "control", os.O_RDONLY | os.O_NONBLOCK)


def test_what_we_took_down_is_put_up_at_the_end(host: Host) -> None:
    control = put_down(host.root)
    host.config("interval: 1s\nservices: {{}}")
    daemon = host.begin()
    assert set(host.wards) == {"one"}  # before any configuration was read
    daemon.ending = 0
    host.end()
    assert os.read(control, 9) == b"u"
    os.close(control)


def test_what_a_rule_stops_for_good_stays_down(host: Host) -> None:
    control = put_down(host.root, goal=Goal.STOP)
    host.begin()
    host.end()
    assert os.read(control, 9) == b""
    os.close(control)


def test_the_lock_names_its_holder(host: Host) -> None:
    host.begin()
    second = assemble(str(host.root / "svwatch.yaml"), str(host.root / "state"), None)
    assert isinstance(second, Refused)
    assert second.why == f"svwatch run (pid {os.getpid()}) holds the lock"
    assert second.locked


@pytest.mark.parametrize(
    "show",
    [lambda shot: to_text.status(shot, 0), lambda shot: to_check.check(shot, 0), to_nagios.nagios],
)
def test_every_view_says_that_nothing_can_be_recorded(show: Callable[[Snapshot], str]) -> None:
    shot = Snapshot(host="web1", wall=0.0, unrecorded="the disk is full")
    assert "cannot record: the disk is full" in show(shot).lower()
    assert shot.code is Code.CRITICAL
