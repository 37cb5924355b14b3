"""A running `svwatch run`: its signals, its ledger, its end."""

import os
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.core.state import State
from svwatch.shell.store import Store
from tests.live.waiting import TooLateError, until

if TYPE_CHECKING:
    from tests.live.rig import Rig

# The ledger of the watchdog itself goes under its own name; it is no service's business.
OWN = "svwatch"


class Daemon:
    """One process of svwatch, started in a rig."""

    def __init__(self, rig: "Rig", wrap: tuple[str, ...], env: Mapping[str, str]) -> None:
        self.rig = rig
        self._ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = rig.root / "notify"
        address.unlink(missing_ok=True)
        self._ready.bind(str(address))
        self._ready.settimeout(0.2)
        # a wrapper must exec us, or detach itself (strace -D): the pid is ours to signal
        argv = [sys.executable, "-m", "svwatch", "run", "-c", str(rig.root / "svwatch.yaml")]
        self.pid = rig.start(*wrap, *argv, env={"NOTIFY_SOCKET": str(address), **env})

    # --- life ------------------------------------------------------------------------------------

    def wait_ready(self) -> None:
        """Wait for READY=1 (sd_notify(3))."""
        until(self._heard_ready, "svwatch run to be ready", seconds=20)
        self._ready.close()

    def _heard_ready(self) -> bool:
        try:
            return b"READY=1" in self._ready.recv(4096).split(b"\n")
        except TimeoutError:
            if (code := self.rig.keeper.code(self.pid)) is not None:
                self._ready.close()
                raise AssertionError(f"svwatch run ended with {code}") from None
            return False

    def end(self, number: signal.Signals = signal.SIGTERM, *, seconds: float = 10.0) -> int:
        """Signal it and wait for its end; give the exit code, negative for a signal."""
        os.kill(self.pid, number)
        return self.ended(seconds=seconds)

    def ended(self, *, seconds: float = 10.0) -> int:
        """Wait for its end; give the exit code."""
        ask = self.rig.keeper.code
        until(lambda: ask(self.pid) is not None, "svwatch to end", seconds=seconds)
        code = ask(self.pid)
        assert code is not None
        return code

    # --- memory ----------------------------------------------------------------------------------

    def _store(self) -> Store | None:

        return Store.open_readonly(str(self.rig.root / "state"))

    def states(self) -> dict[str, State]:
        """Give what is believed of each service, as it is on disk."""
        store = self._store()
        if store is None:
            return {}
        try:
            return {name: saved.state for name, saved in store.states().items()}
        finally:
            store.close()

    def events(self, service: str | None = None) -> list[Event]:
        """Give the ledger, oldest first; the watchdog's own entries only when asked for."""
        store = self._store()
        if store is None:
            return []
        try:
            found = sorted(store.events(service=service), key=lambda event: event.number)
        finally:
            store.close()
        return [event for event in found if service or event.service != OWN]

    def whats(self, service: str | None = None) -> list[What]:
        """Give what happened, oldest first."""
        return [event.what for event in self.events(service)]

    # --- waiting ---------------------------------------------------------------------------------

    def knows(self, *names: str, seconds: float = 10.0) -> None:
        """Wait until the process of each service was seen."""
        for name in names:
            until(lambda name=name: self._known(name), f"{name} to be seen", seconds=seconds)  # type: ignore[misc]

    def _known(self, name: str) -> bool:
        state = self.states().get(name)
        return state is not None and state.known is not None

    def event(self, service: str, *whats: What, nth: int = 1, seconds: float = 15.0) -> Event:
        """Wait for the nth event of these kinds; give it."""

        def look() -> list[Event]:
            return [event for event in self.events(service) if event.what in whats][nth - 1 :]

        try:
            return until(look, f"{whats} of {service}", seconds=seconds)[0]
        except TooLateError as late:
            told = [(event.service, event.what, event.facts.reason) for event in self.events()]
            raise TooLateError(f"{late}; there were {told}") from None

    def memory(self) -> int:
        """Give its resident memory in bytes (proc(5), statm)."""
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def strace(output: str) -> tuple[str, ...]:
    """Give the words that record every signal sent by what follows, its children included."""
    calls = "kill,tkill,tgkill,pidfd_send_signal,rt_sigqueueinfo,rt_tgsigqueueinfo"
    program = shutil.which("strace")
    return (program, "-D", "-f", "-q", "-e", f"trace={calls}", "-o", output) if program else ()
