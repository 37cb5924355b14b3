"""The stage: a temporary directory, a runsvdir of its own, and a broom."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from svwatch.shell.demo import cast, runit
from svwatch.shell.demo.patience import until

WORKERS = ("worker-1", "worker-2", "worker-3", "worker-4")
CEILING = 190  # MB at which a leaking worker stops growing, should nobody stop it
JOB = 1.2  # seconds that a worker needs to finish its job


def strike(pid: int, signum: signal.Signals) -> bool:
    """Signal the process that has *pid* now; False where there is none."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        signal.pidfd_send_signal(handle, signum)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def resident(pid: int) -> float:
    """Give the resident memory of *pid* in MB (proc(5), statm, field 2)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


class Stage:
    """Everything of the demo that is on disk or runs; entered it is set, left it is empty."""

    def __init__(self) -> None:
        self.root = Path(os.path.realpath(tempfile.mkdtemp(prefix="svwatch-demo-")))
        self.runit = runit.Runit((), "")
        self.env: Mapping[str, str] = {}
        self._runsvdir: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def build(self, port: int, limit: int) -> None:
        """Write programs, service directories and configuration; *limit* is in MB."""
        self.runit = runit.find(self.root)
        self.env = _environment(self.root, self.runit)
        for name in ("run", "state", "etc/services.d"):
            (self.root / name).mkdir(parents=True)
        (self.root / "worker.py").write_text(cast.WORKER)
        (self.root / "daemon.py").write_text(cast.DAEMON)
        self._script(self.root / "naive.sh", cast.NAIVE)
        for name in WORKERS:
            self._service(name)
        words = {"root": self.root, "python": sys.executable, "port": port, "limit": limit}
        etc = self.root / "etc"
        (etc / "svwatch.yaml").write_text(cast.MAIN_CONFIG.format(**words))
        (etc / "services.d/workers.yaml").write_text("services:\n" + cast.FIVE_LINES)
        (etc / "services.d/pidfiles.yaml").write_text(cast.PIDFILE_CONFIG.format(**words))

    def raise_curtain(self) -> None:
        """Start runsvdir, which starts the workers, and two daemons with pidfiles."""
        self._runsvdir = self.spawn("runsvdir", "-P", str(self.root / "service"))
        for name in ("mailer", "indexer"):
            self.daemon(name)

    def service(self, name: str) -> Path:
        """Give the service directory of worker *name*."""
        return self.root / "service" / name

    def pidfile(self, name: str) -> Path:
        """Give the pidfile of daemon *name*."""
        return self.root / "run" / f"{name}.pid"

    def daemon_argv(self, name: str) -> tuple[str, ...]:
        """Give the command that starts daemon *name*."""
        script, pidfile = str(self.root / "daemon.py"), str(self.pidfile(name))
        return (sys.executable, "-I", "-S", script, "start", pidfile)

    def daemon(self, name: str) -> None:
        """Start daemon *name*; it has forked away when this returns."""
        subprocess.run(self.daemon_argv(name), env=self.env, check=True)

    def spawn(self, *argv: str, log_name: str = "stage.log") -> subprocess.Popen[bytes]:
        """Start *argv* in a session of its own; what it says goes to *log_name*."""
        with (self.root / log_name).open("ab") as log:
            return subprocess.Popen(  # the caller or `clear` ends it
                argv,
                env=self.env,
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def running(self, *words: str) -> tuple[int, ...]:
        """Give the pids of live processes of the demo whose command line holds all *words*."""
        mine = str(self.root)
        return tuple(
            pid for pid, line in _processes() if mine in line and all(w in line for w in words)
        )

    def last_words(self) -> str:
        """Give the ends of the logs."""
        logs = (self.root / name for name in ("runit.log", "svwatch.log", "stage.log"))
        texts = (log.read_text(errors="replace") for log in logs if log.exists())
        return "\n".join(line for text in texts for line in text.splitlines()[-25:])

    def strike_curtain(self) -> tuple[int, ...]:
        """End everything the way its owner would; give the pids of what is left after that."""
        for name in ("mailer", "indexer"):
            for pid in self.running("daemon.py", str(self.pidfile(name))):
                strike(pid, signal.SIGTERM)
        if self._runsvdir:
            self._runsvdir.send_signal(signal.SIGHUP)  # runsvdir(8): TERM to every runsv, then exit
            self._runsvdir.wait(10)
            self._runsvdir = None
        until(lambda: not self.running(), JOB + 8)
        return self.running()

    def clear(self) -> None:
        """Leave nothing, whatever happened."""
        for _ in range(3):  # a supervisor may have started something in between
            for pid in self.running():
                strike(pid, signal.SIGKILL)
            if until(lambda: not self.running(), 2):
                break
        if self._runsvdir:
            self._runsvdir.wait(10)
        shutil.rmtree(self.root, ignore_errors=True)

    def _service(self, name: str) -> None:
        directory = self.service(name)
        (directory / "log/main").mkdir(parents=True)
        words = {"root": self.root, "python": sys.executable, "job": JOB, "ceiling": CEILING}
        self._script(directory / "run", cast.RUN.format(name=name, **words))
        self._script(directory / "log/run", cast.LOG_RUN)

    @staticmethod
    def _script(path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)


def _environment(root: Path, found: runit.Runit) -> Mapping[str, str]:
    """Give the environment of everything on stage: no SVDIR, no state of the host's svwatch."""
    usual = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
    return {
        "PATH": ":".join((*found.path, *usual)),
        "HOME": str(root),
        "LANG": "C.UTF-8",
        "SVWATCH_CONFIG": str(root / "etc"),
        "STATE_DIRECTORY": str(root / "state"),
        "RUNTIME_DIRECTORY": str(root / "run"),
        "SVWATCH_RETRY_BASE": "0.1",
        "SVWATCH_DEMO": str(root),
    }


def _processes() -> Iterator[tuple[int, str]]:
    """Give (pid, command line, working directory and environment) of each other process."""
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid() and (text := _describe(entry)):
            yield int(entry), text


def _describe(entry: str) -> str:
    """Say all that could betray that a process belongs to the demo; "" where it is not alive."""
    words: list[bytes] = []
    for name in ("cmdline", "environ"):
        try:
            words.append(Path("/proc", entry, name).read_bytes().replace(b"\0", b" "))
        except OSError:
            continue  # gone, or another user's and so not ours
    return os.fsdecode(b" ".join(words))
