"""Real web servers of the tests' own, plain or with TLS, and a proxy in front of them.

What they answer is a script: each request takes the next line of it, and the last one stays.
"""

import http.server
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import Self

from msgspec import Struct, field

HANG = -1  # say nothing at all
STALL = -3  # begin a long answer well, and say nothing more
DRIP = -2  # begin an answer, and go on with it at a byte every tenth of a second


class Say(Struct, frozen=True):
    """One answer."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)


class Heard(Struct, frozen=True):
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Desk(http.server.BaseHTTPRequestHandler):
    """Takes one request and answers as its office says."""

    protocol_version = "HTTP/1.1"
    server: "WebOffice"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        say = self.server.note(Heard(self.command, self.path, dict(self.headers), body))
        if say.status == HANG:
            self.server.closing.wait()
        elif say.status == STALL:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 9999)
            self.server.closing.wait()
        elif say.status == DRIP:
            self._drip()
        else:
            self._answer(say)

    do_GET = do_POST  # noqa: N815 - http.server names it

    def _answer(self, say: Say) -> None:
        self.send_response(say.status)
        for name, value in {"Content-Type": "text/html", **say.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(say.body)))
        self.end_headers()
        self.wfile.write(say.body.encode())

    def _drip(self) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Drip: " + b"x" * 10_000:
            if self.server.closing.wait(0.1):
                return
            self.wfile.write(bytes([byte]))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class WebOffice(http.server.ThreadingHTTPServer):
    """A web server on a free port of loopback, open from the first moment."""

    daemon_threads = True

    def __init__(self, *script: Say, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.script = list(script)
        self.heard: list[Heard] = []
        self.closing = threading.Event()
        self._tls = tls
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))

    def note(self, heard: Heard) -> Say:
        """Keep a request and give the answer to it."""
        self.heard.append(heard)
        if not self.script:
            return Say()
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept; the handshake is left to the thread of the connection, which may hang."""
        sock, address = super().get_request()
        if self._tls is not None:
            covered = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            return covered, address
        return sock, address

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that go away, or trust us not, are part of the tests."""

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class Tunnel:
    """A CONNECT proxy (RFC 9110, 9.3.6) that joins whoever asks for any host to one server."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.asked: list[str] = []  # the heads of all requests
        self._door = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve)]
        self._lines: list[socket.socket] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:  # closed
                return
            self._lines.append(client)
            self._begin(self._join, client)

    def _begin(self, call: object, *args: socket.socket) -> None:
        thread = threading.Thread(target=call, args=args)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _join(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (more := client.recv(4096)):
                return
            head += more
        self.asked.append(head.decode())
        server = socket.create_connection(("127.0.0.1", self._target))
        self._lines.append(server)
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._begin(pump, server, client)
        pump(client, server)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for line in self._lines:
            end(line)
        for thread in self._threads:
            thread.join()
        for line in self._lines:
            line.close()


def pump(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes until the end of it."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:  # one of them went away, and so goes the other
        data = b""
    end(source)
    end(target)


def end(line: socket.socket) -> None:
    """Hang up, where that has not happened yet."""
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
