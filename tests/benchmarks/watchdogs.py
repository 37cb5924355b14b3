"""The two watchdogs, run as their users run them, and what /proc says of them."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.ground import until


class Target(NamedTuple):
    """One thing to watch: its name, its pidfile, and its service directory under runit."""

    name: str
    pidfile: Path
    directory: Path | None = None


def under_runit(directories: Sequence[Path]) -> list[Target]:
    return [Target(path.name, path / "supervise/pid", path) for path in directories]


def environment(root: Path) -> Mapping[str, str]:
    """Give the environment in which svwatch keeps all it has below *root*."""
    return os.environ | {
        "SVWATCH_CONFIG": str(root / "svwatch.yaml"),
        "STATE_DIRECTORY": str(root / "state"),
        "RUNTIME_DIRECTORY": str(root / "runtime"),
    }


RULES = (
    "if totalmem > 175 MB for 3 cycles then alert",
    "if changed pid then alert",
    "if 3 restarts within 5 cycles then unmonitor",
)
PER_FILE = 1000  # services: a file of configuration holds 20,000 values
SOAKED = RULES[:2]  # without the last one: that is what happens there


def write_svwatch(
    root: Path, targets: Sequence[Target], rules: Sequence[str] = RULES, settle: str = "10s"
) -> None:
    """Write the configuration; the rules are those of the 2010 post, in alerts."""
    for name in ("state", "runtime"):
        (root / name).mkdir(exist_ok=True)
    head = f'interval: 1s\ndefaults: {{settle: {settle}}}\ninclude: ["services-*.yaml"]\n'
    (root / "svwatch.yaml").write_text(head)
    for first in range(0, len(targets), PER_FILE):
        lines = [_service(target, rules) for target in targets[first : first + PER_FILE]]
        file = root / f"services-{first}.yaml"
        file.write_text("\n".join(["services:", *lines]) + "\n")


def _service(target: Target, rules: Sequence[str]) -> str:
    name, pidfile, directory = target
    where = f"supervisor: runit, service_dir: {directory}" if directory else f"pidfile: {pidfile}"
    return f"  {name}: {{{where}, rules: [{', '.join(rules)}]}}"


@contextmanager
def svwatch(root: Path, targets: Sequence[Target]) -> Iterator[int]:
    """Run svwatch on *targets*; give the pid of the daemon."""
    write_svwatch(root, targets)
    argv = [sys.executable, "-m", "svwatch", "run"]
    with (root / "svwatch.log").open("wb") as log:
        daemon = subprocess.Popen(argv, env=environment(root), stdout=log, stderr=log)
    try:
        until(lambda: listens(root, daemon), 60, 0.2)
        yield daemon.pid
        assert daemon.poll() is None, (root / "svwatch.log").read_text()
    finally:
        daemon.terminate()
        daemon.wait(30)


def listens(root: Path, daemon: subprocess.Popen[bytes]) -> bool:
    """Whether the daemon answers `svwatch status`."""
    assert daemon.poll() is None, (root / "svwatch.log").read_text()
    argv = [sys.executable, "-m", "svwatch", "status"]
    asked = subprocess.run(argv, env=environment(root), capture_output=True, text=True, check=False)
    return asked.returncode == 0 and "NOBODY" not in asked.stdout


@contextmanager
def monit(root: Path, targets: Sequence[Target]) -> Iterator[int]:
    """Run Debian's monit on *targets*; give its pid."""
    files = [f"set {name}file {root}/monit.{name}" for name in ("log", "pid", "id", "state")]
    lines = ["set daemon 1", *files]
    for name, pidfile, _ in targets:
        lines += [
            f"check process {name} with pidfile {pidfile}",
            "  if totalmem > 175 MB for 3 cycles then alert",
            "  if changed pid then alert",
            "  if 3 restarts within 5 cycles then timeout",
        ]
    control = root / "monitrc"
    control.write_text("\n".join(lines) + "\n")
    control.chmod(0o600)
    quiet = subprocess.DEVNULL
    daemon = subprocess.Popen(["monit", "-I", "-c", str(control)], stdout=quiet, stderr=quiet)
    try:
        until((root / "monit.log").exists, 10)
        yield daemon.pid
    finally:
        daemon.terminate()
        daemon.wait(30)


def cpu(pid: int) -> float:
    """Give the CPU seconds of all threads of *pid* (schedstat, field 1, nanoseconds)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def rss(pid: int) -> float:
    """Give the resident memory of *pid* in MB (VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def descriptors(pid: int) -> int:
    """Count what *pid* has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))
