"""One dial: a socket that does not block, from the first packet to the verdict."""

import errno
import os
import socket

from svwatch.core.connection import Answer, Connection, Dialled, Transport
from svwatch.core.dialogue import Greeting, Verdict, dialogue
from svwatch.core.units import show_duration
from svwatch.probe.hosts import addresses, family
from svwatch.shell.channel import Channel, Plain
from svwatch.shell.inbox import READ, WRITE

SILENCE = 1.0  # seconds in which a datagram must have been refused, if it is

# Our own trouble, not the service's: it accuses nobody.
OURS = frozenset(
    {
        errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EACCES, errno.EPERM,
        errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT,
    }
)  # fmt: skip

Address = tuple[socket.AddressFamily, str | tuple[str, int]]


class Dial:
    """Calls one endpoint. `go` is called at the start and when the socket is ready."""

    def __init__(self, endpoint: Connection, mono: float) -> None:
        """Plan to call *endpoint*; nothing is opened before `go`."""
        self.endpoint = endpoint
        self.began = mono
        self._talk = dialogue(endpoint)
        self._quiet = isinstance(self._talk, Greeting)  # silence is an answer
        self.deadline = mono + min(endpoint.timeout, SILENCE if self._quiet else endpoint.timeout)
        self._addresses = _addresses(endpoint)
        self._sock: socket.socket | None = None
        self._channel: Channel | None = None
        self._shaken = False
        self._owed: list[bytes] = []
        self._failed = (Answer.UNKNOWN, f"{endpoint.host} is not in /etc/hosts any more")

    def fileno(self) -> int | None:
        """Give the descriptor that matters now."""
        return None if self._sock is None else self._sock.fileno()

    @property
    def events(self) -> int:
        """Say what to wait for."""
        if self._channel is None:
            return WRITE
        return READ | (WRITE if self._owed or self._channel.wants_write else 0)

    def go(self, mono: float) -> Dialled | None:
        """Go on as far as that is possible without waiting; the result once there is one."""
        try:
            return self._go(mono)
        except OSError as error:
            return self._over(mono, *_trouble(error))

    def expire(self, mono: float) -> Dialled:
        """End it: its time is over."""
        if self._quiet:
            return self._over(mono, Answer.OK)
        within = f"within {show_duration(self.endpoint.timeout)}"
        if self._channel is None:
            return self._over(mono, Answer.FAILED, f"no connection {within}")
        missing = self._talk.missing if self._shaken else "no end of the TLS handshake"
        return self._over(mono, Answer.FAILED, f"{missing} {within}")

    def close(self) -> None:
        """Hang up."""
        if self._sock is not None:
            self._sock.close()
        self._sock = None

    # --- step by step ------------------------------------------------------------------------

    def _go(self, mono: float) -> Dialled | None:
        if self._channel is None and not self._connected():
            return self._over(mono, *self._failed) if self._sock is None else None
        channel = self._channel
        if channel is None or not (self._shaken or self._shake(channel)):
            return None
        self._send(channel)
        while self._talk.verdict is None:
            data = channel.receive()
            if data is None:
                break
            if data or self.endpoint.transport is Transport.UDP:
                self._owed += self._talk.hear(data)
                self._send(channel)
            else:
                self._talk.closed()
        return self._judged(mono, self._talk.verdict)

    def _judged(self, mono: float, verdict: Verdict | None) -> Dialled | None:
        if verdict is None:
            return None
        return self._over(mono, Answer.OK if verdict.ok else Answer.FAILED, verdict.why)

    def _shake(self, channel: Channel) -> bool:
        self._shaken = channel.shake()
        if self._shaken:
            self._owed += self._talk.open()
        return self._shaken

    def _send(self, channel: Channel) -> None:
        while self._owed:
            packet = self._owed[0]
            sent = channel.send(packet)
            if sent < len(packet):
                self._owed[0] = packet[sent:]
                return
            del self._owed[0]

    # --- getting through ---------------------------------------------------------------------

    def _connected(self) -> bool:
        """Say whether somebody took the call; try the next address where nobody does."""
        if self._sock is not None:
            number = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if number == 0 and (number := _reached(self._sock)) == 0:
                return self._opened(self._sock)
            if number == errno.ENOTCONN:
                return False  # nobody has taken the call yet
            self._refused(OSError(number, ""))
        while self._sock is None and self._addresses:
            self._call(*self._addresses.pop(0))
        return self._channel is not None

    def _call(self, kind: socket.AddressFamily, address: str | tuple[str, int]) -> None:
        udp = self.endpoint.transport is Transport.UDP
        try:
            sock = socket.socket(kind, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
            self._sock = sock
            sock.setblocking(False)
            number = sock.connect_ex(address)
        except OSError as error:
            self._refused(error)
            return
        if number == 0 and (number := _reached(sock)) == 0:
            self._opened(sock)
        elif number not in (errno.EINPROGRESS, errno.ENOTCONN):
            self._refused(OSError(number, ""))

    def _refused(self, error: OSError) -> None:
        """Remember why; what accuses somebody goes before what accuses nobody."""
        answer, why = _trouble(error)
        if self._failed[0] is not Answer.FAILED:
            self._failed = (answer, why)
        self.close()

    def _opened(self, sock: socket.socket) -> bool:
        if self.endpoint.tls:
            from svwatch.shell.tls import Covered  # noqa: PLC0415  3 MB that few daemons need

            self._channel = Covered(sock, _name(self.endpoint))
        else:
            self._channel = Plain(sock)
        return True

    def _over(self, mono: float, answer: Answer, why: str = "") -> Dialled:
        return Dialled(self.endpoint, answer, self.began, mono, why)


def _addresses(endpoint: Connection) -> list[Address]:
    if endpoint.transport is Transport.UNIX:
        return [(socket.AF_UNIX, endpoint.path)]
    found = [(family(one), one) for one in addresses(endpoint.host)]
    return [(kind, (one, endpoint.port)) for kind, one in found if kind is not None]


def _reached(sock: socket.socket) -> int:
    """Give 0 where somebody else is at the other end, else an errno.

    A port without a listener may be the very one that the kernel gave us: that call reaches
    ourselves, and nobody is there.
    """
    try:
        there = sock.getpeername()
    except OSError as error:
        return error.errno or errno.ENOTCONN
    inet = sock.family != socket.AF_UNIX and sock.type == socket.SOCK_STREAM
    return errno.ECONNREFUSED if inet and there == sock.getsockname() else 0


def _name(endpoint: Connection) -> str | None:
    """Give the name to ask a TLS server for: the Host header's, or the host's if it is a name."""
    headers = endpoint.http.headers if endpoint.http is not None else ()
    host = next((value for name, value in headers if name.lower() == "host"), endpoint.host)
    host = host.partition(":")[0] if host.count(":") == 1 else host
    labels = host.removesuffix(".").split(".")
    good = all(0 < len(one) < 64 and one.replace("-", "a").isalnum() for one in labels)
    return host if good and host.isascii() and family(host) is None else None


def _trouble(error: OSError) -> tuple[Answer, str]:
    """Say what kept us from an answer, and whether the service can be blamed for it."""
    number = error.errno or 0
    if number == errno.EAGAIN:  # unix(7): too many wait to be accepted
        return Answer.FAILED, "too many connections wait to be accepted"
    if number not in errno.errorcode or type(error).__module__ == "ssl":
        reason = getattr(error, "reason", None) or str(error)
        return Answer.FAILED, f"no TLS: {str(reason).lower().replace('_', ' ')}"
    words = os.strerror(number)
    why = words[:1].lower() + words[1:]
    if number in OURS:
        return Answer.UNKNOWN, f"could not be dialled: {why}"
    return Answer.FAILED, why
