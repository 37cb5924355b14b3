"""Listens to what servers tell apprise, which passes on neither receipts nor Retry-After."""

import smtplib
import time
from typing import Any

import requests

from svwatch.shell.replies import Reply, from_mail, from_trouble, from_web


class Overheard:
    """The replies of all servers since it began to listen, for as long as the process lives."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self._asked: dict[smtplib.SMTP, str] = {}

    def listen(self, patience: float) -> None:
        """Stand between apprise and what it sends with; there is no other door to stand at.

        *patience*: seconds that a mail server may take to look at a letter (RFC 5321, 4.5.3.2.6
        wants ten minutes): who hangs up sooner sends it again and again.
        """
        self._listen_to_mail(patience)
        self._listen_to_web()

    def _listen_to_mail(self, patience: float) -> None:
        putcmd, getreply = smtplib.SMTP.putcmd, smtplib.SMTP.getreply

        def ask(server: smtplib.SMTP, command: str, args: str = "") -> None:
            self._asked[server] = command.lower()
            if command == "data" and server.sock is not None:
                server.sock.settimeout(patience)
            putcmd(server, command, args)

        def hear(server: smtplib.SMTP) -> tuple[int, bytes]:
            code, text = getreply(server)
            self._note(from_mail(self._asked.get(server, ""), code, text))
            return code, text

        smtplib.SMTP.putcmd = ask  # type: ignore[method-assign,assignment]
        smtplib.SMTP.getreply = hear  # type: ignore[method-assign,assignment]

    def _listen_to_web(self) -> None:
        send = requests.Session.send

        def hear(
            session: requests.Session, request: requests.PreparedRequest, **how: Any
        ) -> requests.Response:
            try:
                answer = send(session, request, **how)
            except requests.RequestException as error:
                host = (request.url or "").partition("://")[2].partition("/")[0]
                self._note(from_trouble(error, host.rpartition("@")[2]))
                raise
            content = b"" if how.get("stream") else answer.content
            self._note(
                from_web(
                    answer.status_code, answer.reason or "", answer.headers, content, time.time()
                )
            )
            return answer

        requests.Session.send = hear  # type: ignore[method-assign,assignment]

    def _note(self, reply: Reply | None) -> None:
        if reply is not None:
            self.replies.append(reply)
