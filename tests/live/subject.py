"""What a worker wrote down of its life, and what it is told to do."""

import os
import signal
import time
from pathlib import Path

from tests.live.waiting import until


class Subject:
    """One worker, seen from outside."""

    def __init__(self, name: str, place: Path, argv: tuple[str, ...], service: Path) -> None:
        self.name = name
        self.place = place
        self.argv = argv
        self.service = service

    # --- what it lived through -----------------------------------------------------------------

    def journal(self, kind: str = "") -> list[list[str]]:
        """Give the lines of a kind, in words."""
        path = self.place / "journal"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.split() for line in lines if line.startswith(kind)]

    @property
    def runs(self) -> int:
        """How often its run script was started, by its own count."""
        path = self.place / "runs"
        return len(path.read_text().splitlines()) if path.exists() else 0

    @property
    def starts(self) -> int:
        """How often a copy was started."""
        return len(self.journal("start"))

    @property
    def seconds(self) -> int:
        """How often a copy found another alive. The one number that must be 0."""
        return len(self.journal("second"))

    @property
    def pid(self) -> int:
        """The pid of the last copy."""
        return int(self.journal("start")[-1][1])

    @property
    def alive(self) -> bool:
        """Whether the last copy lives."""
        return alive(self.pid)

    @property
    def age(self) -> float:
        """Seconds since the start of the last copy, 0 when it is dead."""
        began = int(self.journal("start")[-1][2]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - began if self.alive else 0.0

    def started(self, times: int, *, seconds: float = 10.0) -> int:
        """Wait until a copy was started that often in all; give the pid of the last one."""
        until(lambda: self.starts >= times, f"start {times} of {self.name}", seconds=seconds)
        return self.pid

    def heard(self, number: signal.Signals = signal.SIGTERM) -> list[int]:
        """Give the pids of the copies that got a signal, in order."""
        return [int(words[1]) for words in self.journal("signal") if words[2] == number.name]

    def dying(self) -> bool:
        """Whether the last copy heard the signal that ends it."""
        return self.pid in self.heard()

    # --- what it is told -------------------------------------------------------------------------

    def leak(self, megabytes: int) -> None:
        """Make it grow to *megabytes* in all; a later copy grows only by what is more."""
        self.started(1)  # a copy that starts takes what was asked before as the fate of another
        new = self.place / "leak.new"
        new.write_text(str(megabytes))
        new.rename(self.place / "leak")

    def crash(self, *, on: bool = True) -> None:
        """Make every copy end by itself from now on, or let them live again."""
        path = self.place / "crash"
        if on:
            path.touch()
        else:
            path.unlink(missing_ok=True)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Kill the last copy; give its pid."""
        pid = self.pid
        os.kill(pid, number)
        return pid


def alive(pid: int) -> bool:
    """Tell whether a process lives; a zombie does not."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return fields[0] not in "ZX"
