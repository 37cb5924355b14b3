"""Asks a running svwatch over its control socket, and waits for the answer."""

import socket
import time
from collections.abc import Callable, Iterator

from svwatch.shell.paths import too_long
from svwatch.shell.wire import Bad, Call, Reply, read_reply, to_line

_LONGEST = 1 << 26  # bytes of one answer: 64 MB are ten thousand services, and not the daemon's
_CHUNK = 1 << 16

Progress = Callable[[Reply], None]


def ask(
    path: str, call: Call, on_progress: Progress | None = None, timeout: float | None = None
) -> Reply | None:
    """Ask the svwatch that listens at *path*; None where none does.

    *on_progress* gets what is said before the last answer. After *timeout* seconds (None: never)
    the answer is an error with code 5. Ctrl-C hangs up, and what was asked goes on: code 130.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            line.settimeout(timeout)
            line.connect(path)
            _send(line, call)
            return _await(line, deadline, on_progress)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except TimeoutError:
            return Reply("error", 5, f"no answer within {timeout:g} s; what was asked goes on")
        except KeyboardInterrupt:
            return Reply("error", 130, "detached; what was asked goes on")
        except OSError as error:
            why = too_long(path) or f"{path}: {error.strerror or error}"
            return Reply("error", 3, why)


def _send(line: socket.socket, call: Call) -> None:
    try:
        line.sendall(to_line(call))
    except (BrokenPipeError, ConnectionResetError):
        # Turned away before we spoke. Why, is there to be read.
        return


def _await(line: socket.socket, deadline: float | None, on_progress: Progress | None) -> Reply:
    for text in _lines(line, deadline):
        reply = read_reply(text)
        if isinstance(reply, Bad):
            return Reply("error", 1, reply.why)
        if reply.kind != "progress":
            return reply
        if on_progress is not None:
            on_progress(reply)
    return Reply("error", 1, "svwatch ended before it answered")


def _lines(line: socket.socket, deadline: float | None) -> Iterator[bytes]:
    """Give line after line until nothing more comes, or one is absurdly long."""
    parts: list[bytes] = []
    size = 0
    while size <= _LONGEST and (received := _receive(line, deadline)):
        *ends, rest = received.split(b"\n")
        for end in ends:
            yield b"".join((*parts, end))
            parts, size = [], 0
        parts.append(rest)
        size += len(rest)


def _receive(line: socket.socket, deadline: float | None) -> bytes:
    if deadline is not None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        line.settimeout(left)
    try:
        return line.recv(_CHUNK)
    except ConnectionResetError:  # it hung up on something that we had said
        return b""
