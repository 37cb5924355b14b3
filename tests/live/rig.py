"""A host of its own for each live test: a private runsvdir, workers, and the real svwatch."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.live.daemon import Daemon
from tests.live.keep import Keeper
from tests.live.subject import Subject
from tests.live.waiting import until

WORKER = Path(__file__).with_name("subjects") / "worker.py"
SMTP = "mail: {{to: ops@example.net, from: svwatch@example.net, server: 127.0.0.1, port: {port}}}"


def free_port() -> int:
    """Give a TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Rig:
    """Everything below one short temporary directory; nothing of it outlives the test."""

    def __init__(self) -> None:
        # short: a socket's path has room for 107 bytes (unix(7)); others may pass through it
        self.root = Path(tempfile.mkdtemp(prefix="svl-"))
        self.root.chmod(0o755)
        self.keeper = Keeper()
        self.services = self.root / "service"
        self.services.mkdir()
        self.runsvdir: int | None = None
        self.daemons: list[Daemon] = []

    # --- services ----------------------------------------------------------------------------

    def service(self, name: str, run: str, *, log: bool = True, finish: str = "") -> Path:
        """Make a service directory with the shell text *run*, linked; give its path."""
        path = self.root / "sv" / name
        script(path / "run", f"exec 2>&1\n{run}")
        if log:
            (path / "log/main").mkdir(parents=True)
            script(path / "log/run", "exec svlogd -tt ./main")
        if finish:
            script(path / "finish", finish)
        (self.services / name).symlink_to(path)
        return path

    def worker(self, name: str, *habits: str, log: bool = True) -> Subject:
        """Make a service whose process is the worker with these habits."""
        subject = self.subject(name, *habits)
        # a shell is quicker than the worker to say that it began, should it be ended at once
        run = f"echo $$ >> {subject.place}/runs\nexec {' '.join(subject.argv)}"
        self.service(name, run, log=log)
        return subject

    def subject(self, name: str, *habits: str) -> Subject:
        """Make a directory for a worker that no service starts yet."""
        place = self.root / "work" / name
        place.mkdir(parents=True)
        argv = (sys.executable, "-I", "-S", str(WORKER), str(place), *habits)
        return Subject(name, place, argv, self.services / name)

    def subject_of(self, name: str) -> Subject:
        """Give the worker of service *name*, which was made before."""
        return Subject(name, self.root / "work" / name, (), self.services / name)

    def up(self) -> None:
        """Start runsvdir and wait until every service has a supervisor."""
        self.runsvdir = self.start("runsvdir", "-P", str(self.services), "log: " + "." * 395)
        for link in self.services.iterdir():
            until(lambda link=link: status(link) is not None, f"runsv of {link.name}")  # type: ignore[misc]

    def sv(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run sv(8) on our services, as an operator would."""
        return subprocess.run(
            ["sv", *words], env=self.env(), capture_output=True, text=True, check=False
        )

    # --- svwatch -----------------------------------------------------------------------------

    def config(
        self, text: str, *, port: int | None = None, gather: str = "0s", **times: str
    ) -> Path:
        """Write svwatch.yaml: *text* below quick times; mail goes to *port* where given."""
        quick = {"settle": "1s", "start_after": "2s", "stop_timeout": "10s"} | times
        lines = ["interval: 0.5s", f"service_root: {self.services}"]
        lines += [f"state_dir: {self.root}/state", f"control_socket: {self.root}/sock"]
        lines += ["defaults:"] + [f"  {key}: {value}" for key, value in quick.items()]
        if port is not None:
            lines += ["alerts:", "  ops: {" + SMTP.format(port=port) + f", gather: {gather}}}"]
        path = self.root / "svwatch.yaml"
        path.write_text("\n".join(lines) + "\n" + text)
        path.chmod(0o644)
        return path

    def watch(self, env: Mapping[str, str] | None = None, *, wrap: tuple[str, ...] = ()) -> Daemon:
        """Start `svwatch run`, below the command *wrap* where given, and wait until it is ready."""
        daemon = Daemon(self, wrap, env or {})
        self.daemons.append(daemon)
        daemon.wait_ready()
        return daemon

    def ask(self, *words: str, code: int | None = 0) -> str:
        """Run a verb of svwatch against our daemon; give what it prints."""
        argv = [sys.executable, "-m", "svwatch", words[0], *self.places(), *words[1:]]
        done = subprocess.run(
            argv, env=self.env(), capture_output=True, text=True, check=False, timeout=60
        )
        assert code is None or done.returncode == code, f"{words}: {done}"
        return done.stdout

    def places(self) -> tuple[str, ...]:
        """Give the options that lead a verb to our daemon."""
        return ("--state-dir", str(self.root / "state"), "--socket", str(self.root / "sock"))

    # --- processes ---------------------------------------------------------------------------

    def env(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give the environment of everything that runs here."""
        own = {"SVDIR": str(self.services), "HOME": str(self.root), "LC_ALL": "C.UTF-8"}
        own["SVWATCH_CONFIG"] = str(self.root / "svwatch.yaml")
        return {"PATH": os.environ["PATH"], **own, **(more or {})}

    def start(
        self,
        *argv: str,
        uid: int = 0,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> int:
        """Start a program below the keeper; its output goes to ROOT/out/NAME. Give its pid."""
        (self.root / "out").mkdir(exist_ok=True)
        output = self.root / "out" / Path(argv[0]).name
        where = cwd or self.root
        return self.keeper.start(argv, output=output, env=self.env(env), cwd=where, uid=uid)

    def story(self) -> str:
        """Give what was printed and lived through, for the report of a failed test."""
        kinds = ("out/*", "work/*/journal", "work/*/calls", "service/*/log/main/current")
        paths = [path for kind in kinds for path in sorted(self.root.glob(kind))]
        return "\n".join(f"--- {path}\n{path.read_text(errors='replace')}" for path in paths)

    def down(self) -> None:
        """End everything; fail when anything is left."""
        try:
            self.keeper.end()
            assert leftovers(self.root) == []
        finally:
            shutil.rmtree(self.root, ignore_errors=True)


def script(path: Path, text: str) -> Path:
    """Write an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def status(service: Path) -> bytes | None:
    """Give the 20 bytes of supervise/status, None where there are none yet (runsv.c)."""
    try:
        raw = (service / "supervise/status").read_bytes()
    except FileNotFoundError:
        return None
    return raw if len(raw) == 20 else None


def leftovers(root: Path) -> list[str]:
    """Give the processes anywhere on the host whose command line or directory is below *root*."""
    found = []
    for proc in Path("/proc").glob("[0-9]*"):
        try:
            words = (proc / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = os.readlink(proc / "cwd")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if str(root) in words or where.startswith(f"{root}/") or where == str(root):
            found.append(f"{proc.name} {words}")
    return found
