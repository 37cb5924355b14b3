"""Asks a running svwatch over its control socket, and waits for the answer."""

import socket
import time
from collections.abc import Callable, Iterator

from svwatch.shell.paths import too_long
from svwatch.shell.wire import Bad, Call, Reply, read_reply, to_line

_LONGEST = 1 << 26  # bytes of one answer: 64 MB are ten thousand services, and not the daemon's
_CHUNK = 1 << 16

Progress = Callable[[Reply], None]
Longer = Callable[[], float]


class _Patience:
    """How long to wait for an answer. *longer* is asked once the first *seconds* are over."""

    def __init__(self, seconds: float | None, longer: Longer | None) -> None:
        """Wait *seconds* (None: for ever), and then as many more as *longer* says."""
        self.granted = seconds or 0.0
        self._until = None if seconds is None else time.monotonic() + seconds
        self._longer = longer

    def left(self) -> float | None:
        """Give the seconds that are left, None for ever; raise TimeoutError where none are."""
        if self._until is None:
            return None
        if time.monotonic() >= self._until and self._longer is not None:
            more, self._longer = self._longer(), None
            self._until = time.monotonic() + more
            self.granted += more
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def ask(
    path: str,
    call: Call,
    on_progress: Progress | None = None,
    timeout: float | None = None,
    longer: Longer | None = None,
) -> Reply | None:
    """Ask the svwatch that listens at *path*; None where none does.

    *on_progress* gets what is said before the last answer. After *timeout* seconds (None: never),
    and those that *longer* adds then, the answer is an error with code 5. Ctrl-C hangs up, and
    what was asked goes on: code 130.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        patience = _Patience(timeout, longer)
        try:
            line.settimeout(timeout)
            line.connect(path)
            _send(line, call)
            return _await(line, patience, on_progress)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except TimeoutError:
            return Reply(
                "error", 5, f"no answer within {patience.granted:.3g} s; what was asked goes on"
            )
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


def _await(line: socket.socket, patience: _Patience, on_progress: Progress | None) -> Reply:
    for text in _lines(line, patience):
        reply = read_reply(text)
        if isinstance(reply, Bad):
            return Reply("error", 1, reply.why)
        if reply.kind != "progress":
            return reply
        if on_progress is not None:
            on_progress(reply)
    return Reply("error", 1, "svwatch ended before it answered")


def _lines(line: socket.socket, patience: _Patience) -> Iterator[bytes]:
    """Give line after line until nothing more comes, or one is absurdly long."""
    parts: list[bytes] = []
    size = 0
    while size <= _LONGEST and (received := _receive(line, patience)):
        *ends, rest = received.split(b"\n")
        for end in ends:
            yield b"".join((*parts, end))
            parts, size = [], 0
        parts.append(rest)
        size += len(rest)


def _receive(line: socket.socket, patience: _Patience) -> bytes:
    while True:
        line.settimeout(patience.left())
        try:
            return line.recv(_CHUNK)
        except TimeoutError:
            continue  # there may be more patience
        except ConnectionResetError:  # it hung up on something that we had said
            return b""
