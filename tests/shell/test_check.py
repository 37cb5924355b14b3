"""One look without a daemon: what it reports, what it remembers, what it never does."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from svwatch.core.ledger import What
from svwatch.shell import lock
from svwatch.shell.check import Wanted, check
from svwatch.shell.notes import DAEMON, GOODBYE, LOOKED
from svwatch.shell.reach import Place
from svwatch.shell.store import Store
from tests.view.metrics_text import parse

CONFIG = """
interval: 1s
control_socket: {root}/control
services:
  one:
    pidfile: {root}/one.pid
    start: touch {root}/started
    stop: "true"
    start_after: 0s
    start_timeout: 1s
    rules: |
      if totalmem > {limit} MB then restart
      if not exist then start
"""


class Host:
    """A directory with a configuration and a worker; nothing runs but what a test calls."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.worker: subprocess.Popen[bytes] | None = None
        self.config()

    def config(self, text: str = CONFIG, limit: int = 900) -> None:
        path = self.root / "svwatch.yaml"
        path.write_text(text.format(root=self.root, limit=limit))
        path.chmod(0o600)

    def work(self) -> int:
        self.worker = subprocess.Popen(["/bin/sleep", "1000"])
        (self.root / "one.pid").write_text(f"{self.worker.pid}\n")
        return self.worker.pid

    def check(self, **words: object) -> int:
        place = Place(str(self.root / "svwatch.yaml"), str(self.root / "state"))
        return check(place, Wanted(**words))  # type: ignore[arg-type]

    def store(self) -> Store:
        return Store.open(str(self.root / "state"))

    def whats(self) -> list[What]:
        store = self.store()
        found = [event.what for event in store.events()]
        store.close()
        return found


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    yield made
    if made.worker is not None:
        made.worker.kill()
        made.worker.wait()


def test_all_well(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.work()
    assert host.check() == 0
    assert capsys.readouterr().out == "ok        one\n"


def test_it_remembers_from_run_to_run(host: Host) -> None:
    host.work()
    host.check()
    store = host.store()
    first = store.states()["one"].state
    store.close()
    assert first.seen
    assert first.cycle == 1
    host.check()  # sooner than half an interval: no window moves
    store = host.store()
    assert store.states()["one"].state.cycle == 1
    store.close()


def test_it_starts_what_is_down_and_says_what_came_of_it(host: Host) -> None:
    host.config(CONFIG.replace("interval: 1s", "interval: 0.1s"))
    assert host.check() == 1  # absent at one look is not absent yet
    assert not (host.root / "started").exists()
    began = time.monotonic()
    while time.monotonic() - began < 0.1:
        host.check(dry_run=True)
    assert host.check() == 2
    assert (host.root / "started").exists()
    assert What.START_FAILED in host.whats()  # the start command made a file and no process


@pytest.mark.parametrize("words", [{"dry_run": True}, {"form": "nagios"}])
def test_who_must_not_act_neither_acts_nor_remembers(
    host: Host, words: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert host.check(**words) != 0
    assert not (host.root / "started").exists()
    assert not (host.root / "state").exists()
    assert capsys.readouterr().out


def test_a_dry_run_says_what_would_be_done(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.config(CONFIG.replace("totalmem > {limit} MB", "totalmem > 1 KB"))
    host.work()
    assert host.check(dry_run=True) == 1
    out = capsys.readouterr().out
    assert out.startswith("WARNING   one  would have been restarted: totalmem ")


@pytest.mark.parametrize(
    ("form", "begin"),
    [("text", "ok        one"), ("nagios", "SVWATCH OK - 1 service ok | "), ("json", "{\n")],
)
def test_forms(host: Host, form: str, begin: str, capsys: pytest.CaptureFixture[str]) -> None:
    host.work()
    assert host.check(form=form) == 0
    out = capsys.readouterr().out
    assert out.startswith(begin)
    if form == "json":
        assert msgspec.json.decode(out)["schema_version"] == 1


def test_a_quiet_check_prints_changes_only(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.work()
    assert host.check(quiet=True) == 0
    assert capsys.readouterr().out == ""  # all is well, as ever
    (host.root / "one.pid").write_text("nonsense\n")
    assert host.check(quiet=True) != 0
    first = capsys.readouterr().out
    assert " one " in first
    assert host.check(quiet=True) != 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("quiet", [False, True])
def test_who_mistypes_a_name_is_told(
    host: Host, quiet: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert host.check(names=("won",), quiet=quiet) == 3
    assert capsys.readouterr().err == "svwatch: there is no service 'won'\n"


def test_a_configuration_that_does_not_load_is_unknown(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.config("services: {{one: {{pidfil: x}}}}")
    assert host.check() == 3
    assert "svwatch.yaml:1:" in capsys.readouterr().err


def test_a_daemon_that_does_not_listen_is_named_and_the_record_reported(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.work()
    host.check()
    held = lock.take(str(host.root / "state"), "run", 0.0)
    assert isinstance(held, lock.Lock)
    capsys.readouterr()
    assert host.check() == 0
    said = capsys.readouterr()
    assert f"svwatch run (pid {os.getpid()}) holds the lock" in said.err
    assert said.out == "ok        one\n"
    held.release()


def test_a_daemon_without_a_goodbye_is_a_warning_until_cron_is_meant(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.work()
    store = host.store()
    store.note(DAEMON, "811 1795000000")
    store.note(LOOKED, "1795000100")
    store.close()
    assert host.check() == 1
    assert "WARNING   no daemon since" in capsys.readouterr().out
    assert host.check(standalone=True) == 0
    assert host.check() == 0
    store = host.store()
    assert store.noted(GOODBYE) == "cron"
    store.close()


def test_a_quiet_check_prints_the_same_errors_once(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.work()
    good, bad = CONFIG, "services: {{one: {{pidfil: x}}}}"
    told = []
    for text in (bad, bad, good, bad):
        host.config(text)
        assert host.check(quiet=True) == (0 if text is good else 3)
        told.append("pidfil" in capsys.readouterr().err)
    assert told == [True, False, False, True]


def test_a_directory_that_cannot_be_had_is_unknown(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    (host.root / "state").write_text("a file")
    assert host.check() == 3
    assert "state: File exists" in capsys.readouterr().err


def test_nothing_configured_is_no_ok(host: Host) -> None:
    host.config("services: {{}}")
    assert host.check() == 1


def test_metrics_are_told_without_a_daemon(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.config("metrics_file: {root}/svwatch.prom\n" + CONFIG)
    host.work()
    path = host.root / "svwatch.prom"
    host.check(form="nagios")
    host.check(names=("one",))
    assert not path.exists(), "that is not a look at everything"
    assert host.check() == 0
    found = parse(path.read_text())
    assert found["svwatch_service_up"].samples == {(("service", "one"),): 1.0}
    looked = found["svwatch_last_look_timestamp_seconds"].samples[()]
    assert 0 <= time.time() - looked < 60
    path.unlink()
    path.mkdir()
    capsys.readouterr()
    assert host.check() == host.check(quiet=True) == 0
    assert capsys.readouterr().err == f"svwatch: no metrics: {path}: Is a directory\n"
