"""A real SMTP server of the tests' own, which can be away for a while."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class Inbox:
    """What aiosmtpd calls for each mail."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd names it
        """Keep a mail and accept it."""
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 2.0.0 kept"


class Post:
    """A mail server on one port; what it received survives its outages."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._inbox = Inbox()
        self._controller: Controller | None = None

    def open(self) -> None:
        """Begin to serve."""
        self._controller = Controller(self._inbox, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        """Refuse connections from now on."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def mails(self) -> list[EmailMessage]:
        """What was received, in order."""
        return list(self._inbox.mails)

    @property
    def subjects(self) -> list[str]:
        """The subjects of what was received, in order."""
        return [str(mail["Subject"]) for mail in self.mails]


def body(mail: EmailMessage) -> str:
    """Give the text of a mail, which must be plain text."""
    assert mail.get_content_type() == "text/plain"
    return str(mail.get_content())
