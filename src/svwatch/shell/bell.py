"""Signals of the operating system, turned into flags and one readable descriptor."""

import os
import signal
from types import FrameType


class Bell:
    """SIGTERM and SIGINT: *end*; SIGHUP: *reload*. Handlers set flags and nothing else.

    The interpreter writes a byte into a pipe for every signal (signal.set_wakeup_fd), so that a
    wait for descriptors ends at once, however early the signal came.
    """

    def __init__(self) -> None:
        """Answer signals from now on."""
        self.end = False
        self.reload = False
        self._fd, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._old_wake = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        handlers = {signal.SIGTERM: self._end, signal.SIGINT: self._end, signal.SIGHUP: self._hup}
        self._old = {number: signal.signal(number, how) for number, how in handlers.items()}

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.end = True

    def _hup(self, _number: int, _frame: FrameType | None) -> None:
        self.reload = True

    def fileno(self) -> int:
        """Give the descriptor that can be read after a signal."""
        return self._fd

    def hear(self) -> None:
        """Empty the pipe; the flags say what was rung for."""
        while True:
            try:
                if len(os.read(self._fd, 512)) < 512:
                    return
            except BlockingIOError:
                return

    def close(self) -> None:
        """Answer signals as before."""
        for number, how in self._old.items():
            signal.signal(number, how)
        signal.set_wakeup_fd(self._old_wake)
        os.close(self._wake)
        os.close(self._fd)
