"""Real workers: delayed_job as Debian ships it, and a pre-forking gunicorn."""

import importlib.util
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from svwatch.core.ledger import What
from svwatch.core.units import MB
from tests.live.rig import Rig, free_port, status
from tests.live.subject import alive
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live
SUBJECTS = Path(__file__).with_name("subjects")


def delayed_job() -> bool:
    """Whether delayed_job with its queue in SQLite can be run."""
    if shutil.which("rake") is None:
        return False
    load = ["ruby", "-e", 'require "delayed_job_active_record"; require "sqlite3"']
    return subprocess.run(load, capture_output=True, check=False).returncode == 0


def main_pid(service: Path) -> int:
    """Give the pid in supervise/status, 0 for none (runsv.c: little-endian)."""
    return int.from_bytes((status(service) or b"")[12:16], "little")


@pytest.mark.skipif(
    not delayed_job(),
    reason="apt install rake ruby-delayed-job ruby-delayed-job-active-record ruby-sqlite3",
)
def test_a_leaking_delayed_job_is_restarted_after_its_job(rig: Rig) -> None:
    names = ("rm-dj-1", "rm-dj-2")
    app = shutil.copytree(SUBJECTS / "delayed_job", rig.root / "app")
    queue = {"QUEUE_FILE": str(rig.root / "queue.sqlite3"), "RAILS_ENV": "live"}
    run_rake(rig, app, queue, "queue:create")
    for name in names:
        path = rig.service(name, f"cd {app}\nexec chpst -e {rig.root}/sv/{name}/env rake jobs:work")
        (path / "env").mkdir()
        for key, value in queue.items():
            (path / "env" / key).write_text(value + "\n")
    rig.config(
        "services:\n  rm-dj-{1..2}:\n    supervisor: runit\n    rules: |\n"
        "      if totalmem > 120 MB for 2 cycles then restart\n      if changed pid then alert\n",
        stop_timeout="1 minute",
    )
    rig.up()
    daemon = rig.watch()
    daemon.knows(*names)
    before = {name: main_pid(rig.services / name) for name in names}

    run_rake(rig, app, queue, "queue:report[150,3]")
    (name,) = until(lambda: {event.service for event in daemon.events()}, "a restart", seconds=30)
    event = daemon.event(name, What.RESTART_FIXED, seconds=30)
    other = names[1 - names.index(name)]
    new = main_pid(rig.services / name)
    assert event.facts.old
    assert event.facts.new
    assert (event.facts.old.pid, event.facts.new.pid) == (before[name], new)
    assert event.facts.measured is not None
    assert event.facts.after is not None
    assert event.facts.measured > 120 * MB > event.facts.after
    assert not alive(before[name])
    assert main_pid(rig.services / other) == before[other]
    # TERM came during the job, and the job was done all the same
    log = (rig.root / "queue.sqlite3.log").read_text().split()
    assert log == ["begun", str(before[name]), "done", str(before[name])]
    throughout(lambda: len(daemon.events()) == 1, "one restart, one event", seconds=2)


def run_rake(rig: Rig, app: Path, queue: dict[str, str], task: str) -> None:
    """Run a task of the application."""
    subprocess.run(["rake", task], cwd=app, env=rig.env(queue), check=True, capture_output=True)


@pytest.mark.skipif(importlib.util.find_spec("gunicorn") is None, reason="pip install gunicorn")
def test_a_leaking_preforking_server_is_restarted_whole(rig: Rig) -> None:
    port = free_port()
    app = shutil.copytree(SUBJECTS / "gunicorn", rig.root / "app")
    rig.service(
        "web",
        f"cd {app}\nexec {sys.executable} -m gunicorn --preload --workers 2 "
        f"--graceful-timeout 5 --bind 127.0.0.1:{port} app:app",
    )
    # by proportional size, for which the 20 MB that all share count once
    rig.config(
        "services:\n  web:\n    supervisor: runit\n    rules: |\n"
        "      if total pss > 120 MB for 2 cycles then restart\n"
    )
    rig.up()
    until(lambda: get(port), "gunicorn to answer", seconds=20)
    daemon = rig.watch()
    daemon.knows("web")
    old = main_pid(rig.services / "web")
    until(lambda: len(children(old)) == 2, "two workers")
    tree = {old, *children(old)}

    leaky = int(get(port, "leak?120"))
    assert leaky in tree
    event = daemon.event("web", What.RESTART_FIXED, seconds=30)
    new = main_pid(rig.services / "web")
    assert event.facts.old
    assert event.facts.new
    assert (event.facts.old.pid, event.facts.new.pid) == (old, new)
    assert event.facts.measured is not None
    assert event.facts.measured > 120 * MB
    assert not any(alive(pid) for pid in tree)
    assert int(get(port)) in children(new)
    assert len(daemon.events()) == 1


def get(port: int, path: str = "") -> str:
    """Ask the server; an empty answer where it does not listen yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=20) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def children(pid: int) -> set[int]:
    """Give the children of a process that has one thread (proc(5))."""
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
