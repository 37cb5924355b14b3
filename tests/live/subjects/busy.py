"""A process that does what a watchdog measures, order by order.

Usage: busy.py DIR. It does each line of DIR/orders once:
    burn, rest       use a processor, or none
    threads N        have N threads more
    open N           open N descriptors more
    fork MB          make a child that takes MB of its own; QUIT ends it
    say              print a line
    pour PATH        write a megabyte to a disk every 50 ms
    beat PATH        touch PATH every 50 ms, `still` for no more
    close            close them
In DIR/journal: `start PID`, `child PID`, `signal PID NAME`, `done NUMBER` per order.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path


class Busy:
    """The process."""

    def __init__(self, place: Path) -> None:
        self.dir = place
        self.done = 0
        self.burning = False
        self.beating: Path | None = None
        self.pouring: Path | None = None
        self.kept: list[int] = []

    def write(self, *words: object) -> None:
        """Append a line to the journal."""
        with (self.dir / "journal").open("a") as journal:
            journal.write(" ".join(map(str, words)) + "\n")

    def heard(self, number: int, _frame: object) -> None:
        """Note a signal."""
        self.write("signal", os.getpid(), signal.Signals(number).name)

    def quit(self, number: int, _frame: object) -> None:
        """Note a signal and end."""
        self.heard(number, None)
        os._exit(0)

    def live(self) -> None:
        """Do what is ordered."""
        for name in ("HUP", "USR1", "QUIT"):
            signal.signal(signal.Signals[f"SIG{name}"], self.heard)
        # what was ordered of the one before is not ours
        self.done = len(self.orders())
        self.write("start", os.getpid())
        while True:
            for order in self.orders()[self.done :]:
                self.obey(*order.split())
                self.done += 1
                self.write("done", self.done)
            if self.beating is not None:
                self.beating.touch()
            if self.pouring is not None:
                pour(self.pouring)
            end = time.monotonic() + 0.05
            while self.burning and time.monotonic() < end:
                pass
            time.sleep(0 if self.burning else 0.05)

    def orders(self) -> list[str]:
        """Give all orders so far."""
        path = self.dir / "orders"
        return path.read_text().splitlines() if path.exists() else []

    def obey(self, word: str, much: str = "") -> None:
        """Do one order."""
        match word:
            case "burn" | "rest":
                self.burning = word == "burn"
            case "beat" | "still":
                self.beating = Path(much) if much else None
            case "pour":
                self.pouring = Path(much)
            case "fork":
                self.fork(int(much))
            case "say":
                print("something", flush=True)
            case _:
                self.own(word, int(much or 0))

    def own(self, word: str, number: int) -> None:
        """Have more threads, more descriptors or none of the latter."""
        for _ in range(number if word == "threads" else 0):
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        for _ in range(number if word == "open" else 0):
            self.kept.append(os.open("/dev/null", os.O_RDONLY))
        while word == "close" and self.kept:
            os.close(self.kept.pop())

    def fork(self, megabytes: int) -> None:
        """Make a child that takes memory of its own."""
        reader, writer = os.pipe()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        if os.fork() == 0:
            signal.signal(signal.SIGQUIT, self.quit)
            block = os.urandom(megabytes << 20)
            self.write("child", os.getpid())
            os.write(writer, b"x")
            while block:
                time.sleep(0.05)
        os.read(reader, 1)
        os.close(reader)
        os.close(writer)


def pour(path: Path) -> None:
    """Write a megabyte, through to the disk."""
    with path.open("wb") as file:
        file.write(os.urandom(1 << 20))
        file.flush()
        os.fsync(file.fileno())


if __name__ == "__main__":
    Busy(Path(sys.argv[1])).live()
