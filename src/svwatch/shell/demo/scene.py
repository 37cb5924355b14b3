"""What every chapter has at hand."""

import signal
from typing import Any, NamedTuple, Self

from svwatch.core.seen import SvStatus
from svwatch.probe import runsv
from svwatch.shell.demo.mail import PostOffice
from svwatch.shell.demo.patience import until
from svwatch.shell.demo.stage import Stage
from svwatch.shell.demo.told import Teller, seen
from svwatch.shell.demo.watchman import Watchman


class Signals:
    """Counts the signals that reach the demo's own process while it is entered."""

    _COUNTED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)

    def __init__(self) -> None:
        self.count = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {one: signal.signal(one, self._received) for one in self._COUNTED}
        return self

    def __exit__(self, *_: object) -> None:
        for signum, handler in self._before.items():
            signal.signal(signum, handler)

    def _received(self, *_: object) -> None:
        self.count += 1


LIGHT = 15  # MB: more than a daemon of the demo weighs, less than the demo itself does


class Scene(NamedTuple):
    """The stage, its watchman, the mail server, the audience, and how fast we play."""

    stage: Stage
    watchman: Watchman
    office: PostOffice
    teller: Teller
    fast: bool

    def status(self, name: str) -> SvStatus | None:
        """Read what runit says of worker *name*; None where nothing can be read."""
        found = runsv.read(str(self.stage.service(name)))
        return found if isinstance(found, SvStatus) else None

    def pid(self, name: str) -> int | None:
        """Give the pid of worker *name* while it runs."""
        found = self.status(name)
        return found.pid if found and found.state == 1 and found.pid else None

    def up(self, name: str, seconds: float = 10) -> int:
        """Wait until worker *name* runs; give its pid."""
        return seen(until(lambda: self.pid(name), seconds), f"{name} runs within {seconds:g} s")

    def successor(self, name: str, old: int, seconds: float = 10) -> int:
        """Wait until worker *name* runs with another pid than *old*."""
        found = until(lambda: pid if (pid := self.pid(name)) != old else None, seconds)
        return seen(found, f"{name} runs with a new pid within {seconds:g} s")
