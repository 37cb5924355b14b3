"""One delivering child at most, for what comes again and again and is in no outbox."""

import select

from svwatch.shell.mailman import COMMAND, Mailman, end, fetch, send_out
from svwatch.shell.parcel import Answer, Parcel

DEADLINE = 20.0  # seconds from spawn to KILL: the next one says the same, and newer


class Trip:
    """The child, while it is on its way. Its descriptor is readable when it has ended."""

    def __init__(self, command: tuple[str, ...] = COMMAND, deadline: float = DEADLINE) -> None:
        """Nobody is on the way yet. *deadline* in seconds."""
        self._command = command
        self._seconds = deadline
        self._deadline = 0.0
        self._mailman: Mailman | None = None
        self._late = ""

    @property
    def under_way(self) -> bool:
        """Whether a child is on its way."""
        return self._mailman is not None

    def fileno(self) -> int | None:
        """Give the descriptor to watch for reading; None: there is none."""
        return None if self._mailman is None else self._mailman.pidfd

    def due(self) -> float | None:
        """Give the CLOCK_MONOTONIC instant at which `hurry` must be called; None: never."""
        return None if self._mailman is None or self._late else self._deadline

    @property
    def patience(self) -> float:
        """The seconds that the child itself may wait for its server."""
        return 0.8 * self._seconds

    def begin(self, parcel: Parcel, mono: float) -> Answer | None:
        """Send a child out with *parcel*; an answer at once where that is not possible."""
        try:
            self._mailman = send_out(parcel, self._command)
        except OSError as error:
            why = f"the delivering process cannot be started: {error.strerror}"
            return Answer(ok=False, detail=why)
        self._deadline, self._late = mono + self._seconds, ""
        return None

    def hurry(self, mono: float) -> None:
        """End a child that is late."""
        if self._mailman is not None and not self._late and mono >= self._deadline:
            end(self._mailman)
            self._late = f"ended after {self._seconds:.3g} s"

    def take(self) -> Answer | None:
        """Take the answer of a child that has ended; None: none has."""
        if self._mailman is None:
            return None
        answer = fetch(self._mailman, self._late)
        if answer is not None:
            self._mailman = None
        return answer

    def close(self) -> None:
        """End the child, whatever it is about."""
        if self._mailman is None:
            return
        end(self._mailman)
        ended = select.poll()
        ended.register(self._mailman.pidfd, select.POLLIN)
        ended.poll(1000)  # ms; one that hangs in the kernel is left to init
        fetch(self._mailman)
        self._mailman = None
