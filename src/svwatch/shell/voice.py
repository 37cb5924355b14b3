"""What the daemon says on its own stdout and stderr, without ever waiting for the reader."""

import os
import select
import sys

WHOLE = 4096  # PIPE_BUF of Linux: this much fits where poll(2) says "writable" (pipe(7))


class Voice:
    """Lines to a descriptor. A reader that is stuck costs lines, never supervision."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)
        self.lost = 0  # lines that nobody took since the last one that went through

    def say(self, line: str) -> None:
        """Write *line* if the reader has room for it; say later how many it missed."""
        if self.lost:
            line = f"({self.lost} lines lost: the reader of this log is stuck)\n{line}"
        raw = line.encode("utf-8", "replace")[: WHOLE - 1] + b"\n"
        if self._write(raw):
            self.lost = 0
        else:
            self.lost += 1

    def _write(self, raw: bytes) -> bool:
        """Say whether *raw* went out: not to a full pipe, nor to one without a reader."""
        if not any(events & select.POLLOUT for _, events in self._poll.poll(0)):
            return False
        try:
            return os.write(self._fd, raw) > 0
        except OSError:  # EPIPE, EIO of a terminal that is gone, ENOSPC of a file
            return False


def stdout() -> Voice:
    """Speak on stdout: results, one line per ledger event."""
    return Voice(sys.__stdout__.fileno() if sys.__stdout__ is not None else os.dup(2))


def stderr() -> Voice:
    """Speak on stderr: diagnostics, tracebacks."""
    return Voice(2)


def to_syslog(words: str) -> None:
    """Tell the host's log: what is left where the disk is full, or no route takes anything."""
    import syslog  # noqa: PLC0415

    syslog.openlog("svwatch", syslog.LOG_PID, syslog.LOG_DAEMON)
    syslog.syslog(syslog.LOG_CRIT, words)
