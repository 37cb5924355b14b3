"""A real mail server of the tests' own: plain or STARTTLS, with a login, and as bad as need be."""

import asyncio
import email
import email.policy
import socket
import ssl
import threading
import time
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.live.rig import free_port
from tests.live.waiting import until

OK = "250 2.0.0 queued as 4F2"


class MailOffice:
    """Serves one port of loopback between `open` and `close`; what it took survives them.

    *to_data* are the next answers to a letter, *refuses* the recipients that it takes nothing for
    and what it says to them.
    """

    def __init__(
        self, *, login: tuple[str, str] | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.port = free_port()
        self.to_data: list[str] = []
        self.refuses: dict[str, str] = {}
        self.hanging = False
        self.hung = threading.Event()
        self.mails: list[tuple[float, EmailMessage]] = []
        self._login = login
        self._more: dict[str, Any] = {} if tls is None else {"tls_context": tls}
        if login is not None:
            self._more |= {
                "authenticator": self._let_in,
                "auth_required": True,
                "auth_require_tls": tls is not None,
            }
        self._controller: Controller | None = None

    def open(self) -> None:
        """Begin to serve."""
        made = Controller(self, hostname="127.0.0.1", port=self.port, **self._more)
        made.start()
        self._controller = made

    def close(self) -> None:
        """Refuse connections from now on; end those that hang."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _let_in(self, _server: Any, _session: Any, _env: Any, _how: str, said: Any) -> AuthResult:
        assert isinstance(said, LoginPassword)
        assert self._login is not None
        given = said.login.decode(), said.password.decode()
        # `handled` would mean that we have answered already
        return AuthResult(success=given == self._login, handled=False)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd names it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take or refuse a recipient."""
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a letter, or say why not, or nothing."""
        if self.hanging:
            self.hung.set()
            await asyncio.Event().wait()
        answer = self.to_data.pop(0) if self.to_data else OK
        if answer.startswith("2"):
            mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append((time.monotonic(), mail))
        return answer

    def take(self, number: int = 1) -> EmailMessage:
        """Wait for mail *number* and give it."""
        until(lambda: len(self.mails) >= number, f"mail {number}", seconds=20)
        return self.mails[number - 1][1]

    def url(self, to: str = "ops@example.net", login: str = "", mode: str = "insecure") -> str:
        """Give the URL that the configuration makes of a recipient here."""
        asked = f"smtp=localhost&from=svwatch%40example.net&to={to}&format=text&mode={mode}"
        return f"mailto://{login}localhost:{self.port}/?{asked}"


class SlowOffice:
    """Greets for ever, at a byte every tenth of a second: no single wait is ever long."""

    def __init__(self) -> None:
        self.greeted = threading.Event()
        self._closing = threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.settimeout(30)
        self._thread = threading.Thread(target=self._greet)

    @property
    def port(self) -> int:
        """Where it is."""
        return int(self._door.getsockname()[1])

    def _greet(self) -> None:
        client, _ = self._door.accept()
        with client:
            for byte in b"220-slow.example.net " + b"x" * 10_000:
                if self._closing.wait(0.1):
                    return
                client.sendall(bytes([byte]), socket.MSG_NOSIGNAL)
                self.greeted.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        self._door.close()
