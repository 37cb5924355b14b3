"""TLS around a socket. Imported where a rule asks for it only: OpenSSL costs memory.

Certificates are not verified, as in monit without `verify`: what is asked is whether the service
answers, and a certificate that has expired is no reason to restart it.
"""

import socket
import ssl

from svwatch.shell.channel import READ_AT_ONCE

_CONTEXTS: list[ssl.SSLContext] = []


def context() -> ssl.SSLContext:
    """Give the one context of all dials."""
    if not _CONTEXTS:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        _CONTEXTS.append(made)
    return _CONTEXTS[0]


class Covered:
    """A TLS connection on a socket that does not block."""

    def __init__(self, sock: socket.socket, name: str | None) -> None:
        """Cover *sock*; *name* is what a server of many names is asked for (SNI)."""
        self.wants_write = False
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context().wrap_bio(self._in, self._out, server_hostname=name)
        self._sock = sock
        self._owed = b""  # records that wait for room in the socket

    def shake(self) -> bool:
        """Go on with the handshake; say whether it is over."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                if not self._fill():
                    return False
            else:
                self._flush()
                return True

    def send(self, data: bytes) -> int:
        """Take all of *data*: it is small, and what the socket does not take is kept."""
        self._tls.write(data)
        self._flush()
        return len(data)

    def receive(self) -> bytes | None:
        """Give what has come, uncovered."""
        while True:
            try:
                return self._tls.read(READ_AT_ONCE)
            except ssl.SSLWantReadError:
                self._flush()
                if not self._fill():
                    return None
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    def _fill(self) -> bool:
        """Read from the socket; say whether there was anything, its end included."""
        try:
            data = self._sock.recv(READ_AT_ONCE)
        except BlockingIOError:
            return False
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()
        return True

    def _flush(self) -> None:
        self._owed += self._out.read()
        while self._owed:
            try:
                sent = self._sock.send(self._owed, socket.MSG_NOSIGNAL)
            except BlockingIOError:
                break
            self._owed = self._owed[sent:]
        self.wants_write = bool(self._owed)
