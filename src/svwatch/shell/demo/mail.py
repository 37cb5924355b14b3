"""A mail server of a few lines: enough of RFC 5321 for anybody's client, on one port."""

import email
import email.policy
import socket
import socketserver
import threading
from email.message import EmailMessage
from typing import Self

_HELLO = ("EHLO", "HELO")
_FINE = ("MAIL", "RCPT", "RSET", "NOOP")


class _Conversation(socketserver.StreamRequestHandler):
    """One connection: commands until QUIT, mails to the office's box."""

    timeout = 30.0
    server: "_Listener"

    def handle(self) -> None:
        """Answer each command."""
        self._say("220 demo ready")
        while (line := self.rfile.readline(2048)) and self._answer(
            line[:4].decode("ascii").upper()
        ):
            pass

    def _answer(self, verb: str) -> bool:
        if verb == "DATA":
            self._say("354 go ahead")
            self.server.office.keep(self._content())
            self._say("250 2.0.0 accepted")
        elif verb in _HELLO:
            self._say("250 demo")
        elif verb in _FINE:
            self._say("250 2.1.0 fine")
        elif verb == "QUIT":
            self._say("221 bye")
            return False
        else:
            self._say("502 5.5.1 not here")
        return True

    def _content(self) -> bytes:
        lines: list[bytes] = []
        while (line := self.rfile.readline(65536)) and line.rstrip(b"\r\n") != b".":
            lines.append(line.removeprefix(b"."))  # dot-stuffing, RFC 5321 4.5.2
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode("ascii") + b"\r\n")


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, office: "PostOffice", bound: socket.socket) -> None:
        super().__init__(bound.getsockname(), _Conversation, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        self.office = office
        self.server_activate()


class PostOffice:
    """A mail server that owns its port from the start and is closed until `open`.

    A port that is bound and not listened on refuses connections, and nobody else can take it.
    """

    def __init__(self) -> None:
        self._bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._bound.bind(("127.0.0.1", 0))
        self.port: int = self._bound.getsockname()[1]
        self._listener: _Listener | None = None
        self._received: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._listener:
            self._listener.shutdown()
        self._bound.close()

    def open(self) -> None:
        """Accept mail from now on."""
        self._listener = _Listener(self, self._bound)
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()

    def keep(self, content: bytes) -> None:
        """Put a mail into the box."""
        self._received.append(content)

    def mails(self) -> tuple[EmailMessage, ...]:
        """Give all mails received, in order of arrival."""
        policy = email.policy.default
        return tuple(email.message_from_bytes(raw, policy=policy) for raw in self._received)
