"""What the audience reads: chapters, remarks, and claims that were seen to be true."""

import time
from typing import TextIO, TypeVar

T = TypeVar("T")


class NotSeenError(Exception):
    """A claim of the demo that could not be seen: the demo ends with exit code 1."""


def seen(found: T | None, claim: str) -> T:
    """Give *found*, which proves *claim*; raise NotSeenError where it is None, False or empty."""
    if not found:
        raise NotSeenError(claim)
    return found


class Teller:
    """Writes the story to *out*, each line with the seconds since it began."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._began = time.monotonic()
        self.claims = 0  # how many were seen

    @property
    def elapsed(self) -> float:
        """Seconds since the story began."""
        return time.monotonic() - self._began

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._write(f"\n{title}\n")

    def remark(self, text: str) -> None:
        """Say what is being done; nothing is claimed."""
        self._write(f"  {self.elapsed:5.1f}s      {text}\n")

    def claim(self, text: str) -> None:
        """Say what has just been seen."""
        self.claims += 1
        self._write(f"  {self.elapsed:5.1f}s  ok  {text}\n")

    def failed(self, claim: str) -> None:
        """Say which claim was not seen."""
        self._write(f"  {self.elapsed:5.1f}s  NOT SEEN: {claim}\n")

    def quote(self, text: str) -> None:
        """Show *text* as it is, set in."""
        self._write("".join(f"            | {line}\n" for line in text.rstrip("\n").splitlines()))

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
