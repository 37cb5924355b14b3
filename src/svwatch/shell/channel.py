"""What bytes go through: a socket as it is, or with TLS around it. Nothing here ever waits."""

import socket
from typing import Protocol

READ_AT_ONCE = 16 * 1024


class Channel(Protocol):
    """A connected socket. What would have to wait gives None (or 0), and `wants` says for what."""

    wants_write: bool

    def shake(self) -> bool:
        """Go on with the greeting of the two sides; say whether it is over."""
        ...

    def send(self, data: bytes) -> int:
        """Send what can be sent of *data* at once; give how many bytes that were."""
        ...

    def receive(self) -> bytes | None:
        """Give what has come; empty: the other side hung up; None: nothing yet."""
        ...


class Plain:
    """No greeting, no cover."""

    def __init__(self, sock: socket.socket) -> None:
        self.wants_write = False
        self._sock = sock

    def shake(self) -> bool:
        """Be done at once."""
        return True

    def send(self, data: bytes) -> int:
        """Send what can be sent."""
        try:
            return self._sock.send(data, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return 0

    def receive(self) -> bytes | None:
        """Give what has come."""
        try:
            return self._sock.recv(READ_AT_ONCE)
        except BlockingIOError:
            return None
