"""svwatch as its users have it: the daemon in a process of its own, and its verbs."""

import signal
import subprocess
import sys
from collections.abc import Iterable
from typing import NamedTuple

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.shell.demo.patience import until
from svwatch.shell.demo.stage import Stage, resident, strike
from svwatch.shell.demo.told import NotSeenError, seen
from svwatch.shell.store import Store


class Cost(NamedTuple):
    """What a daemon used: CPU seconds, those of its children, resident MB."""

    own: float
    children: float
    memory: float


class Watchman:
    """Runs `svwatch run` on a stage and asks it things."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._daemon: subprocess.Popen[bytes] | None = None
        self._spent: list[Cost] = []  # by daemons that have ended

    def start(self) -> None:
        """Start the daemon, and wait until it can be talked to."""
        argv = (sys.executable, "-m", "svwatch", "run")
        self._daemon = self._stage.spawn(*argv, log_name="svwatch.log")
        seen(until(self._listens, 10), "svwatch run opens its control socket within 10 s")

    @property
    def pid(self) -> int:
        """The pid of the daemon that was started last."""
        if self._daemon is None:
            raise NotSeenError("svwatch runs")
        return self._daemon.pid

    def ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `svwatch WORDS` and give what it said."""
        return subprocess.run(
            (sys.executable, "-m", "svwatch", *words),
            env=self._stage.env,
            cwd=self._stage.root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def begin(self, *words: str) -> None:
        """Run `svwatch WORDS` without waiting for its end."""
        self._stage.spawn(sys.executable, "-m", "svwatch", *words)

    def events(self) -> tuple[Event, ...]:
        """Give the ledger, oldest first."""
        store = Store.open_readonly(str(self._stage.root / "state"))
        if store is None:
            return ()
        try:
            return tuple(sorted(store.events(), key=lambda event: event.number))
        finally:
            store.close()

    def event(self, service: str, whats: Iterable[What], seconds: float) -> Event:
        """Wait until the ledger has an event of *service* that is one of *whats*."""
        wanted = tuple(whats)
        found = until(lambda: self._newest(service, wanted), seconds)
        said = " or ".join(map(str, wanted))
        return seen(found, f"`svwatch events` shows {service} {said} within {seconds:g} s")

    def kill(self) -> None:
        """End the daemon with KILL, without warning."""
        self._account()
        strike(self.pid, signal.SIGKILL)
        if self._daemon:
            self._daemon.wait(10)

    def stop(self) -> int:
        """End the daemon with TERM, as a supervisor does; give its exit code."""
        self._account()
        strike(self.pid, signal.SIGTERM)
        return self._daemon.wait(20) if self._daemon else 0

    def cost(self) -> Cost:
        """Sum up what all daemons used so far; memory is that of the newest."""
        return Cost(
            sum(cost.own for cost in self._spent),
            sum(cost.children for cost in self._spent),
            self._spent[-1].memory if self._spent else 0.0,
        )

    def backlog(self) -> int:
        """Give how many mails wait in the outbox."""
        store = Store.open_readonly(str(self._stage.root / "state"))
        if store is None:
            return 0
        try:
            return sum(route.waiting for route in store.waiting())
        finally:
            store.close()

    def _listens(self) -> bool:
        if self._daemon and self._daemon.poll() is not None:
            raise NotSeenError(f"svwatch run goes on (it ended with {self._daemon.returncode})")
        asked = self.ask("status")
        return asked.returncode == 0 and "NOBODY IS WATCHING" not in asked.stdout

    def _newest(self, service: str, wanted: tuple[What, ...]) -> Event | None:
        events = (e for e in reversed(self.events()) if e.service == service)
        return next((event for event in events if event.what in wanted), None)

    def _account(self) -> None:
        self._spent.append(measure(self.pid))


def measure(pid: int) -> Cost:
    """Read what process *pid* used so far (proc(5): fields 14 to 17 of stat)."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    user, system, child_user, child_system = (int(field) / 100 for field in fields[11:15])
    return Cost(user + system, child_user + child_system, resident(pid))
