"""The daemon's side of compiling: a child that reads, a pipe, a deadline."""

import os
import signal
import sys

from svwatch.shell import signals
from svwatch.shell.compile import Compiled, decoded
from svwatch.shell.spawn import Child, Failed, reap, spawn

DEADLINE = 60.0  # seconds a configuration may take to be read
LARGEST = 64 << 20  # bytes of an answer: 10,000 services are 5 MB
TAIL = 2000  # characters of its stderr that people get to see


class Compiler:
    """One configuration on its way. Instants are CLOCK_MONOTONIC seconds."""

    def __init__(self, config: str, state_dir: str) -> None:
        """Compile *config* when told to; a crash leaves its words in *state_dir*/compile.err."""
        self._argv = (sys.executable, "-m", "svwatch", "compile", "-c", config)
        self._errors = os.path.join(state_dir, "compile.err")
        self._child: Child | None = None
        self._pipe: int | None = None
        self._raw = bytearray()
        self._late = False
        self.deadline: float | None = None

    def begin(self, now: float) -> str:
        """Start compiling; "" or why that is not possible."""
        if self._child is not None:
            return "a configuration is being read already"
        self._raw, self._late = bytearray(), False
        end, start = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(end, False)
        try:
            child = self._spawn(start)
        finally:
            os.close(start)
        if isinstance(child, Failed):
            os.close(end)
            return child.why
        self._child, self._pipe, self.deadline = child, end, now + DEADLINE
        return ""

    def _spawn(self, stdout: int) -> Child | Failed:
        """Start the child with our own environment: that is where `${X}` comes from."""
        if os.path.exists(self._errors):
            os.unlink(self._errors)
        return spawn(
            self._argv,
            env=dict(os.environ),
            cwd=os.getcwd(),
            output_path=self._errors,
            stdout=stdout,
        )

    def filenos(self) -> tuple[int, ...]:
        """Give what to wait for: its pipe until that has ended, then its end."""
        pidfd = self._child.pidfd if self._child else None
        return tuple(fd for fd in (self._pipe, pidfd) if fd is not None)

    def readable(self) -> Compiled | None:
        """Take what the child said; its answer once it has ended."""
        if self._child is None:
            return None
        self._drain()
        if self._child.pidfd is None and self._pipe is None:
            os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT)  # it said its last word
        if reap(self._child) is None:
            return None
        self._drain()
        return self._answer()

    def _drain(self) -> None:
        """Read until the pipe is empty for now, or has ended."""
        while self._pipe is not None:
            try:
                chunk = os.read(self._pipe, 1 << 16)
            except BlockingIOError:
                return
            self._raw += chunk
            if not chunk or len(self._raw) > LARGEST:
                os.close(self._pipe)
                self._pipe = None

    def _answer(self) -> Compiled:
        if self._pipe is not None:
            os.close(self._pipe)
        self._child = self._pipe = self.deadline = None
        detail = f"it took over {DEADLINE:.0f} s" if self._late else _tail(self._errors)
        return decoded(bytes(self._raw), detail)

    def overdue(self, now: float) -> None:
        """End a child that takes too long; its end is heard of like any other."""
        if self.deadline is None or now < self.deadline or self._child is None:
            return
        self._late, self.deadline = True, None
        if self._child.pidfd is not None:
            signals.send_to(self._child.pidfd, signal.SIGKILL)


def _tail(path: str) -> str:
    """Give the last line that the child wrote to stderr, "" where it wrote none."""
    try:
        with open(path, errors="replace") as file:
            lines = file.read()[-TAIL:].split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
