"""A real mail server for tests, whose answers are scripted, and a clock that can leap."""

import asyncio
import select
import socket
import time
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from queue import Queue

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from svwatch.core.seen import Now
from svwatch.shell.courier import Courier

PATIENCE = 30.0  # seconds after which a test gives up


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mailbox:
    """Takes mail on *port*; *to_rcpt* and *to_data* are its next answers, then it accepts."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.mails: Queue[Message] = Queue()
        self.to_rcpt: list[str] = []
        self.to_data: list[str] = []
        self.at_data: Callable[[], None] = lambda: None
        self.hanging = False
        self.hung: Queue[bool] = Queue()
        self._server: Controller | None = None

    def url(self, to: str = "ops@example.com", extra: str = "") -> str:
        return f"mailto://127.0.0.1:{self.port}/?from=svwatch@example.com&to={to}{extra}"

    def start(self) -> None:
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.to_rcpt.pop(0) if self.to_rcpt else "250 2.1.5 Ok"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.hanging:
            self.hung.put(True)
            await asyncio.Event().wait()
        answer = self.to_data.pop(0) if self.to_data else "250 2.0.0 Ok: queued as 42"
        if answer.startswith("2"):
            assert isinstance(envelope.content, bytes)
            self.mails.put(message_from_bytes(envelope.content))
        self.at_data()
        return answer

    def take(self) -> Message:
        return self.mails.get(timeout=PATIENCE)

    def subjects(self) -> list[str]:
        found = []
        while not self.mails.empty():
            found.append(str(self.mails.get_nowait()["Subject"]))
        return found


class Leaping:
    """Both clocks; `leap` moves them on where a test must not wait."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def leap(self, seconds: float) -> None:
        self._ahead += seconds

    def now(self) -> Now:
        mono = time.monotonic() + self._ahead
        return Now(mono, mono)

    def wall(self) -> float:
        return time.time() + self._ahead


def drive(courier: Courier, clock: Leaping, until: Callable[[], bool]) -> None:
    """Be the loop: kick, wait for children, leap over waits, *until* it holds."""
    end = time.monotonic() + PATIENCE
    courier.kick(clock.now(), clock.wall())
    while not until():
        assert time.monotonic() < end, f"not within {PATIENCE} s; {courier.trouble}"
        turn(courier, clock)


def turn(courier: Courier, clock: Leaping) -> None:
    """Wait for what comes first: the end of a child, or the courier's next instant."""
    now = clock.now().mono
    due = courier.due(clock.now())
    if not courier.filenos():
        assert due is not None, "nothing under way and nothing owed"
        clock.leap(max(0.0, due - now) + 0.001)
    else:
        wait = PATIENCE if due is None else max(0.0, due - now)
        for fileno in ready(courier.filenos(), min(wait, PATIENCE)):
            courier.readable(fileno)
    courier.kick(clock.now(), clock.wall())


def ready(filenos: tuple[int, ...], seconds: float) -> list[int]:
    """Wait until one of *filenos* is readable."""
    poll = select.poll()
    for fileno in filenos:
        poll.register(fileno, select.POLLIN)
    return [fileno for fileno, _ in poll.poll(seconds * 1000 + 1)]
