"""One client of the control socket: never waited for, never trusted, never unbounded."""

import socket

from svwatch.shell.peer import Peer
from svwatch.shell.wire import Bad, Call, Reply, feed, to_line

_UNREAD = 1 << 20  # bytes a client may leave unread before it is dropped
_CHUNK = 1 << 16


class Connection:
    """A connected client. *peer* says who; `closed` is final."""

    def __init__(self, line: socket.socket, peer: Peer) -> None:
        self._line = line
        self.peer = peer
        self._held: bytes | None = b""
        self._unsent = bytearray()
        self._owed = 0  # calls without their last reply
        self.heard_out = False  # nothing more is read from it
        self.closed = False

    def fileno(self) -> int:
        """Give its descriptor."""
        return self._line.fileno()

    @property
    def idle(self) -> bool:
        """Whether it waits for nothing: the one to drop when there are too many."""
        return self._owed == 0 and not self._unsent

    @property
    def unsent(self) -> bool:
        """Whether it should be told when it can be written to."""
        return bool(self._unsent)

    def receive(self) -> list[Call]:
        """Read what came; answer what is no request right here."""
        try:
            received = self._line.recv(_CHUNK)
        except BlockingIOError:
            return []
        except OSError:  # reset
            self.close()
            return []
        # The end of what it says also ends its last line.
        said, self._held = feed(self._held, received or b"\n")
        self.heard_out = not received or self._held is None
        self._owed += len(said)
        calls = [self._take(item) for item in said]
        self._close_if_done()
        return [call for call in calls if call is not None]

    def _take(self, item: Call | Bad) -> Call | None:
        if isinstance(item, Call):
            return item
        self.reply(Reply("error", code=2, text=item.why))
        return None

    def reply(self, answer: Reply, *, last: bool = True) -> bool:
        """Send *answer*, or keep it until it can be sent; False where nobody is there any more."""
        if self.closed:
            return False
        self._owed -= last
        if len(self._unsent) > _UNREAD:  # it asks and does not listen
            self.close()
            return False
        self._unsent += to_line(answer)
        return self.send()

    def send(self) -> bool:
        """Send what can be sent without waiting; False where nobody is there any more."""
        try:
            while self._unsent:
                sent = self._line.send(self._unsent, socket.MSG_NOSIGNAL)
                del self._unsent[:sent]
        except BlockingIOError:
            return True
        except OSError:  # it went away
            self.close()
            return False
        self._close_if_done()
        return True

    def _close_if_done(self) -> None:
        if self.heard_out and self.idle:
            self.close()

    def close(self) -> None:
        """Hang up."""
        self.closed = True
        self._line.close()
