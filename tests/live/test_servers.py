"""Real servers and workers, each told to end in its own gentle way: what is under way is done."""

import importlib.util
import shutil
import subprocess
import sys
import threading

import pytest

from svwatch.core.event import Event
from svwatch.core.ledger import What
from tests.live.rig import Rig, free_port
from tests.live.subject import alive
from tests.live.test_workers import SUBJECTS, children, get, main_pid
from tests.live.tools import CI, missing
from tests.live.waiting import until

pytestmark = pytest.mark.live


def needs(*programs: str, packages: str) -> None:
    """Skip where a program is missing; in CI, which installs Debian's, fail."""
    if absent := missing(*programs):
        why = f"no {', '.join(absent)}: apt install {packages}"
        (pytest.fail if CI else pytest.skip)(why)


def python(*modules: str) -> None:
    """Skip where a Python package is missing; CI need not have it."""
    absent = [name for name in modules if importlib.util.find_spec(name) is None]
    if absent:
        pytest.skip(f"pip install '.[workers]': no {', '.join(absent)}")


class Server:
    """A real program under runit, with the directory of its application."""

    def __init__(self, rig: Rig, kind: str, command: str, **env: str) -> None:
        self.rig = rig
        self.kind = kind
        self.app = shutil.copytree(SUBJECTS / kind, rig.root / kind)
        self.report = rig.root / f"{kind}.report"
        self.env = {"REPORT": str(self.report), **env}
        words = " ".join(f"{key}={value}" for key, value in self.env.items())
        rig.service(kind, f"cd {self.app}\nexec env {words} {command}")

    @property
    def pid(self) -> int:
        """Its supervised process."""
        return main_pid(self.rig.services / self.kind)

    def run(self, *argv: str) -> None:
        """Run a program in its directory, with its environment."""
        env = self.rig.env(self.env)
        subprocess.run(argv, cwd=self.app, env=env, check=True, capture_output=True)

    def lines(self) -> list[str]:
        """Give what its jobs wrote down."""
        return self.report.read_text().splitlines() if self.report.exists() else []

    def log(self) -> str:
        """Give what it printed."""
        current = self.rig.root / "sv" / self.kind / "log/main/current"
        return current.read_text() if current.exists() else ""  # svlogd has yet to begin

    def restarted(self, keys: str) -> Event:
        """Let svwatch restart it; give the event."""
        self.rig.config(f"services: {{{self.kind}: {{supervisor: runit, {keys}}}}}\n")
        daemon = self.rig.watch()
        daemon.knows(self.kind)
        old, tree = self.pid, children(self.pid)
        self.rig.ask("restart", self.kind)
        event = daemon.event(self.kind, What.RESTART_FIXED)
        assert self.pid not in {old, 0}
        assert not any(alive(pid) for pid in {old, *tree})
        assert len(daemon.events(self.kind)) == 1
        return event


def redis(rig: Rig) -> str:
    """Make redis a service of the rig; give its URL."""
    port = free_port()
    words = f"--port {port} --bind 127.0.0.1 --save '' --appendonly no --dir {rig.root}"
    rig.service("redis", f"exec redis-server {words}")
    return f"redis://127.0.0.1:{port}/0"


def told(event: Event) -> list[str]:
    """Give the signals that were sent, without the pids."""
    return [line.detail.split()[0] for line in event.lines if line.what == "told to end"]


def test_unicorn_answers_the_request_in_flight_and_a_new_master_serves(rig: Rig) -> None:
    needs("unicorn", packages="unicorn")
    port, begun = free_port(), rig.root / "begun"
    server = Server(
        rig,
        "unicorn",
        "unicorn -c unicorn.rb config.ru",
        LISTEN=f"127.0.0.1:{port}",
        BEGUN=str(begun),
    )
    rig.up()
    until(lambda: get(port), "unicorn to answer", seconds=20)
    old, answers = server.pid, []

    def ask() -> None:
        answers.append(get(port, "slow"))

    thread = threading.Thread(target=ask)
    thread.start()
    until(begun.exists, "the request to be in flight")
    event = server.restarted("stop_signal: QUIT")
    thread.join(timeout=20)
    assert answers == [f"{old} {begun.read_text()}"]
    assert told(event) == ["QUIT"]
    assert int(get(port).split()[0]) == server.pid


def test_huey_finishes_its_task(rig: Rig) -> None:
    python("huey")
    consumer = f"{sys.executable} -m huey.bin.huey_consumer tasks.huey -k process -w 2"
    server = Server(rig, "huey", consumer, QUEUE_FILE=str(rig.root / "huey.db"))
    rig.up()
    server.run(sys.executable, "tasks.py", "2.5")
    until(server.lines, "the task to begin", seconds=20)
    old = server.pid
    event = server.restarted("stop_signal: INT")
    assert told(event) == ["INT"]
    assert server.lines() == [f"begun {old}", f"done {old}"]


def test_sidekiq_takes_no_new_job_and_finishes_the_one_it_has(rig: Rig) -> None:
    needs("sidekiq", "redis-server", packages="ruby-sidekiq redis-server")
    url = redis(rig)
    server = Server(rig, "sidekiq", "sidekiq -r ./app.rb -c 1 -t 8", REDIS_URL=url)
    rig.up()
    until(lambda: "Booting Sidekiq" in server.log(), "sidekiq", seconds=20)
    # two jobs and one thread: the second is for the successor
    server.run("ruby", "app.rb", "2.5", "0.1")
    until(server.lines, "the first job to begin")
    old = server.pid
    event = server.restarted("stop_signal: [TSTP 3s, TERM], stop_timeout: 15s")
    assert told(event) == ["TSTP"]
    assert any(line.what.startswith("sv down") for line in event.lines)
    assert server.lines()[:2] == [f"begun {old}", f"done {old}"]
    until(lambda: len(server.lines()) == 4, "the second job", seconds=20)
    assert server.lines()[2:] == [f"begun {server.pid}", f"done {server.pid}"]


def test_celery_finishes_its_task(rig: Rig) -> None:
    python("celery", "redis")
    needs("redis-server", packages="redis-server")
    url = redis(rig)
    worker = "-A tasks worker -c 1 -l INFO --without-gossip --without-mingle"
    server = Server(rig, "celery", f"{sys.executable} -m celery {worker}", BROKER=url)
    rig.up()
    until(lambda: " ready." in server.log(), "celery", seconds=30)
    ask = f"{sys.executable} -c 'import tasks; tasks.asked.delay(2.5)'"
    server.run("/bin/sh", "-c", ask)
    until(server.lines, "the task to begin", seconds=20)
    old = server.pid
    server.restarted("stop_timeout: 15s")
    assert server.lines() == [f"begun {old}", f"done {old}"]


def test_gunicorn_kept_up_by_something_else(rig: Rig) -> None:
    python("gunicorn")
    port, pidfile = free_port(), rig.root / "gunicorn.pid"
    app = shutil.copytree(SUBJECTS / "gunicorn", rig.root / "app")
    words = f"--workers 2 --pid {pidfile} --graceful-timeout 5 --bind 127.0.0.1:{port} app:app"
    command = f"cd {app}; while :; do {sys.executable} -m gunicorn {words}; done"
    rig.start("/bin/sh", "-c", command)
    until(lambda: get(port), "gunicorn to answer", seconds=20)
    rig.config(f"services: {{web: {{supervisor: external, pidfile: {pidfile}}}}}\n")
    daemon = rig.watch()
    daemon.knows("web")
    old = int(pidfile.read_text())
    tree = {old, *children(old)}
    rig.ask("restart", "web")
    event = daemon.event("web", What.RESTART_FIXED)
    assert event.facts.new
    assert event.facts.new.pid == int(pidfile.read_text()) != old
    assert not any(alive(pid) for pid in tree)
    assert int(get(port)) in children(event.facts.new.pid)
