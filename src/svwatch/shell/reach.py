"""Finds the svwatch that is meant: its configuration, its state directory, its socket."""

import os

from svwatch.core.plan import Plan
from svwatch.shell import paths
from svwatch.shell.client import Longer, Progress, ask
from svwatch.shell.compile import Compiled, compiled
from svwatch.shell.notes import SOCKET
from svwatch.shell.store import Store, StoreFailed
from svwatch.shell.wire import Call, Reply


class Place:
    """What `-c`, `--state-dir` and `--socket` say (None: not given), and what follows from it.

    The configuration is read when something cannot be known without it, and once.
    """

    def __init__(
        self, config: str | None = None, state_dir: str | None = None, socket: str | None = None
    ) -> None:
        """Take the words of the command line."""
        self.uid = os.geteuid()
        self.config = os.path.abspath(paths.config_path(os.environ, self.uid, config))
        self._state_dir = state_dir
        self._socket = socket
        self._compiled: Compiled | None = None

    @property
    def compiled(self) -> Compiled:
        """The configuration, or its errors."""
        if self._compiled is None:
            self._compiled = compiled(self.config, os.environ, self.uid)
        return self._compiled

    @property
    def plan(self) -> Plan | None:
        """The configuration, None where it cannot be loaded."""
        return self.compiled.plan

    @property
    def state_dir(self) -> str:
        """The state directory: the command line's, the configuration's, the default."""
        if self._state_dir:
            return self._state_dir
        wanted = self.compiled.state_dir
        return paths.state_dir(os.environ, self.uid, wanted)

    @property
    def socket(self) -> str | None:
        """The socket that the command line names."""
        return self._socket

    def ask(
        self,
        call: Call,
        on_progress: Progress | None = None,
        timeout: float | None = None,
        longer: Longer | None = None,
    ) -> Reply | None:
        """Ask the daemon; None where none answers. The configuration is read only then."""
        first = self._first()
        reply = ask(first, call, on_progress, timeout, longer) if first else None
        if reply is not None or self._socket or self._state_dir:
            return reply
        wanted = self.plan.control_socket if self.plan else None
        if wanted is None or wanted == first:
            return None
        return ask(wanted, call, on_progress, timeout, longer)

    def _first(self) -> str | None:
        """Give the socket to try first: of the state directory that was named, if one was."""
        if self._socket or not self._state_dir:
            return paths.socket_path(os.environ, self.uid, self._socket)
        return noted_socket(self._state_dir)


def noted_socket(state_dir: str) -> str | None:
    """Give the socket that the last daemon of *state_dir* listened at."""
    try:
        store = Store.open_readonly(state_dir)
    except StoreFailed:
        return None
    if store is None:
        return None
    try:
        return store.noted(SOCKET)
    finally:
        store.close()
