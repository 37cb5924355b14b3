"""Small servers with bad habits, each in a thread of its own."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

Habit = Callable[[socket.socket], None]


class Servant:
    """Listens on a port of 127.0.0.1 (or on *path*) and treats every caller by *habit*."""

    def __init__(self, habit: Habit | None, path: str = "", backlog: int = 8) -> None:
        self.sock = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.sock.bind(path or ("127.0.0.1", 0))
        self.sock.listen(backlog)
        self.port: int = 0 if path else self.sock.getsockname()[1]
        self.over = threading.Event()
        self.heard: list[bytes] = []
        self._habit = habit
        self._thread = threading.Thread(target=self._serve, daemon=True)
        if habit is not None:  # else it hangs before accept
            self._thread.start()

    def _serve(self) -> None:
        while not self.over.is_set():
            with suppress(OSError):
                caller, _ = self.sock.accept()
                with closing(caller):
                    caller.settimeout(10)
                    self._serve_one(caller)

    def _serve_one(self, caller: socket.socket) -> None:
        with suppress(OSError):
            if self._habit is not None:
                self._habit(caller)

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        if self._habit is not None:
            self._thread.join(10)


@contextmanager
def serving(habit: Habit | None, path: str = "", backlog: int = 8) -> Iterator[Servant]:
    servant = Servant(habit, path, backlog)
    try:
        yield servant
    finally:
        servant.close()


def says(*answers: bytes) -> Habit:
    """Read something, then say each of *answers*, then hang up."""

    def habit(caller: socket.socket) -> None:
        caller.recv(4096)
        for answer in answers:
            caller.sendall(answer)

    return habit


def greets(greeting: bytes) -> Habit:
    """Speak first, hang up when the other side does."""

    def habit(caller: socket.socket) -> None:
        caller.sendall(greeting)
        while caller.recv(4096):
            pass

    return habit


def echoes(caller: socket.socket) -> None:
    """Answer whatever comes with `got` before it."""
    while data := caller.recv(4096):
        caller.sendall(b"got " + data)


def hangs(caller: socket.socket) -> None:
    """Listen, and never say a word."""
    while caller.recv(4096):
        pass


def hangs_up(caller: socket.socket) -> None:
    """Close at once."""
    caller.close()


def drips(caller: socket.socket) -> None:
    """Answer byte by byte, and never come to an end."""
    over = threading.Event()
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000:
        caller.sendall(bytes([byte]))
        over.wait(0.02)


def covered(habit: Habit, certificate: str) -> Habit:
    """Do the same below TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def below(caller: socket.socket) -> None:
        with context.wrap_socket(caller, server_side=True) as inner:
            habit(inner)

    return below
