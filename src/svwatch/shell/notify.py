"""Tells systemd how we are (sd_notify(3)); without systemd it does nothing."""

import socket
from collections.abc import Mapping


class Notifier:
    """The line to whoever set $NOTIFY_SOCKET. Each word gives whether it was sent; none waits."""

    def __init__(self, environ: Mapping[str, str], pid: int) -> None:
        """*pid* is our own: $WATCHDOG_USEC may be meant for another (sd_watchdog_enabled(3))."""
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self.watchdog_every = _watchdog_every(environ, pid)

    def ready(self) -> bool:
        """Say that the configuration is loaded and every service was looked at once."""
        return self._send("READY=1")

    def reloading(self, mono: float) -> bool:
        """Say that a reload begins at *mono*; `ready` ends it (Type=notify-reload)."""
        return self._send(f"RELOADING=1\nMONOTONIC_USEC={int(mono * 1e6)}")

    def stopping(self) -> bool:
        """Say that we end."""
        return self._send("STOPPING=1")

    def watchdog(self) -> bool:
        """Say that the loop turns; wanted every `watchdog_every` seconds."""
        return self.watchdog_every is not None and self._send("WATCHDOG=1")

    def status(self, text: str) -> bool:
        """Put one line into `systemctl status`."""
        return self._send(f"STATUS={' '.join(text.split())}")

    def _send(self, words: str) -> bool:
        if not self._address:
            return False
        flags = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        with socket.socket(socket.AF_UNIX, flags) as line:
            try:
                line.sendto(words.encode(errors="replace"), self._address)
            except OSError:  # systemd is busy or gone: its watchdog is what that is for
                return False
        return True


def _address(path: str) -> str:
    """Give the address: "@name" is an abstract one (unix(7)); others than paths are not ours."""
    if path.startswith("@"):
        return "\0" + path[1:]
    return path if path.startswith("/") else ""


def _watchdog_every(environ: Mapping[str, str], pid: int) -> float | None:
    """Give half of $WATCHDOG_USEC in seconds, as its manual asks for; None: not wanted."""
    period, owner = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not period.isdecimal() or int(period) == 0 or (owner and owner != str(pid)):
        return None
    return int(period) / 2e6
