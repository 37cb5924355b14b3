"""The control socket: who may speak is let in, and what they ask is handed on."""

import os
import socket
import stat

from msgspec import Struct

from svwatch.shell.connection import Connection
from svwatch.shell.paths import make_dir, too_long
from svwatch.shell.peer import Peer, group_id, may_speak, peer_of
from svwatch.shell.wire import Call, Reply

MOST = 64  # connections at once; a person has one, a dashboard a few
_FULL = Reply("error", code=3, text=f"too many connections ({MOST})")


class NoSocket(Struct, frozen=True):
    """The socket cannot be had. *why* is a sentence for people."""

    why: str


class Control:
    """A listening control socket and its clients. Nothing in it ever waits for anybody."""

    def __init__(self, listener: socket.socket, path: str, group: str | None) -> None:
        self._listener = listener
        self._path = path
        self._file = os.lstat(path)
        self._group = group
        self._clients: dict[int, Connection] = {}  # by number, oldest first
        self._number = 0
        self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def filenos(self) -> tuple[int, ...]:
        """Give the descriptors to read from; those of clients that have hung up are not among."""
        heard = (c.fileno() for c in self._clients.values() if not c.heard_out)
        return (self._listener.fileno(), *heard)

    def blocked(self) -> tuple[int, ...]:
        """Give the descriptors to write to as soon as that is possible."""
        return tuple(c.fileno() for c in self._clients.values() if c.unsent)

    def readable(self, fd: int) -> list[tuple[Peer, Call]]:
        """Accept or read what made *fd* readable; give the requests that are now complete."""
        if fd == self._listener.fileno():
            self._accept()
            return []
        client = self._behind(fd)
        calls = [] if client is None else [(client.peer, call) for call in client.receive()]
        self._forget_closed()
        return calls

    def writable(self, fd: int) -> None:
        """Send on to the client behind *fd*."""
        client = self._behind(fd)
        if client is not None:
            client.send()
            self._forget_closed()

    def reply(self, conn: int, answer: Reply, *, last: bool = True) -> bool:
        """Answer connection *conn*; False where it is gone. *last*: its request is done."""
        client = self._clients.get(conn)
        if client is None:
            return False
        there = client.reply(answer, last=last)
        self._forget_closed()
        return there

    def close(self) -> None:
        """Hang up on everybody and take the socket away, unless it is another's by now."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        self._listener.close()
        os.close(self._spare)
        try:
            if os.path.samestat(os.lstat(self._path), self._file):
                os.unlink(self._path)
        except FileNotFoundError:  # somebody tidied up
            return

    def _behind(self, fd: int) -> Connection | None:
        return next((c for c in self._clients.values() if c.fileno() == fd), None)

    def _forget_closed(self) -> None:
        for number in [n for n, client in self._clients.items() if client.closed]:
            del self._clients[number]

    def _accept(self) -> None:
        try:
            line, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # it went away again
            return
        except OSError:  # out of descriptors: who is not turned away would wake us for ever
            self._turn_away()
            return
        line.setblocking(False)
        self._number += 1
        client = Connection(line, peer_of(line, self._number))
        self._admit(client)

    def _admit(self, client: Connection) -> None:
        who = client.peer
        if not may_speak(who, self._group):
            client.reply(Reply("error", code=3, text=_refusal(who, self._group)), last=False)
            client.close()
        elif self._make_room():
            self._clients[who.conn] = client
        else:
            client.reply(_FULL, last=False)
            client.close()

    def _make_room(self) -> bool:
        """Drop the oldest client that waits for nothing, if there are too many."""
        if len(self._clients) < MOST:
            return True
        idle = next((n for n, client in self._clients.items() if client.idle), None)
        if idle is None:
            return False
        self._clients.pop(idle).close()
        return True

    def _turn_away(self) -> None:
        os.close(self._spare)
        try:
            self._listener.accept()[0].close()
        except OSError:  # it went away, or the host itself is out of descriptors: next time
            return
        finally:
            self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)


def _refusal(who: Peer, group: str | None) -> str:
    members = f" and the members of group {group}" if group else ""
    return f"{who.user} may not: root, the user of svwatch{members} may"


def listen(path: str, group: str | None = None) -> Control | NoSocket:
    """Listen at *path*: for root and ourselves (0600), and for *group* where given (0660).

    A socket that nobody listens at any more is removed; nothing else ever is.
    """
    gid = group_id(group) if group else None
    if group and gid is None:
        return NoSocket(f"control_group: there is no group {group!r}")
    open_to_others = 0o755 if group or os.geteuid() == 0 else 0o700
    directory = os.path.dirname(os.path.abspath(path))
    why = too_long(path) or make_dir(directory, open_to_others, os.geteuid()) or _clear(path)
    if why:
        return NoSocket(why)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    listener.setblocking(False)
    try:
        _bind(listener, path, gid)
    except OSError as error:
        listener.close()
        return NoSocket(f"{path}: {error.strerror}")
    return Control(listener, path, group)


def _bind(listener: socket.socket, path: str, gid: int | None) -> None:
    mask = os.umask(0o177)  # closed from its first moment on, opened once it has its group
    try:
        listener.bind(path)
    finally:
        os.umask(mask)
    if gid is not None:
        os.chown(path, -1, gid)
        os.chmod(path, 0o660)
    listener.listen(MOST)


def _clear(path: str) -> str:
    """Remove a socket that a dead svwatch left at *path*; "" or why it stays."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return f"{path} is there and is not a socket"
    except FileNotFoundError:
        return ""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as caller:
        caller.setblocking(False)  # a full backlog is somebody who listens, too
        try:
            caller.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return ""
        except OSError as error:
            return f"{path}: somebody seems to listen there: {error.strerror}"
    return f"{path}: another svwatch listens there"
