"""A worker with the habits that a watchdog is for. It writes down everything it lives through.

Usage: worker.py DIR [--ignore] [--slow SECONDS] [--children N] [--on SIGNAL] [--daemon]

In DIR:
    journal     one line per happening: `start PID TICKS`, `signal PID NAME`, `end PID` ...
    lock        held by the one copy that may live; who finds it held writes `second` and ends
    leak        as many MB as it says are taken and kept
    crash       while it is there the worker ends by itself with exit code 1
    pid         written by a daemon (--daemon forks twice, as daemons do)
"""

import argparse
import fcntl
import os
import signal
import time
from pathlib import Path


def ticks(pid: int) -> str:
    """Give the start of a process in ticks since boot (proc(5), field 22)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


class Worker:
    """One copy."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.dir: Path = options.dir
        self.options = options
        self.kept: list[bytes] = []
        self.taken = 0
        self.told_at = 0.0
        self.ending = signal.Signals[f"SIG{options.on}"]

    def write(self, *words: object) -> None:
        """Append a line to the journal; one write, so that copies do not mix theirs."""
        with (self.dir / "journal").open("a") as journal:
            journal.write(" ".join(map(str, words)) + "\n")

    def alone(self) -> bool:
        """Take the lock, kept open for life. Children forked later must not keep it."""
        self.lock = os.open(self.dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.lockf(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # not inherited by fork
        except OSError:
            return False
        return True

    def told(self, number: int, _frame: object) -> None:
        """Note a signal; end on ours (TERM), unless it is our habit not to."""
        self.write("signal", os.getpid(), signal.Signals(number).name)
        if number == self.ending and not self.options.ignore and not self.told_at:
            self.told_at = time.monotonic()

    def leak(self) -> None:
        """Take what the file `leak` asks for."""
        wanted = self.number("leak")
        if wanted > self.taken:
            self.kept.append(os.urandom((wanted - self.taken) << 20))
            self.taken = wanted

    def number(self, name: str) -> int:
        """Give the number in a file; 0 where there is none."""
        try:
            return int((self.dir / name).read_text() or 0)
        except (FileNotFoundError, ValueError):
            return 0

    def over(self) -> bool:
        """Tell whether our signal was heard long enough ago."""
        return bool(self.told_at) and time.monotonic() >= self.told_at + self.options.slow

    def work(self) -> int:
        """Live."""
        # what was asked of the copy before was its fate, not ours
        self.taken = self.number("leak")
        for name in ("TERM", "INT", "HUP", "QUIT", "TSTP", "USR1", "USR2", "ALRM", "CONT"):
            signal.signal(signal.Signals[f"SIG{name}"], self.told)
        self.write("start", os.getpid(), ticks(os.getpid()))
        if not self.alone():
            self.write("second", os.getpid())
            return 1
        for _ in range(self.options.children):
            if os.fork() == 0:
                self.child()
        while not self.over():
            if (self.dir / "crash").exists():
                self.write("crash", os.getpid())
                return 1
            self.leak()
            time.sleep(0.02)
        self.write("end", os.getpid())
        return 0

    def child(self) -> None:
        """Be a child that has the same habit about TERM."""
        self.write("child", os.getpid())
        if not self.options.ignore:
            signal.signal(self.ending, signal.SIG_DFL)
        while True:
            time.sleep(0.05)


def daemonize(dir_: Path) -> bool:
    """Fork twice and write the pidfile; only the daemon gets True."""
    if os.fork():
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    null = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    new = dir_ / "pid.new"
    new.write_text(f"{os.getpid()}\n")
    new.rename(dir_ / "pid")
    return True


def main() -> int:
    """Read the habits and live by them."""
    words = argparse.ArgumentParser()
    words.add_argument("dir", type=Path)
    words.add_argument("--ignore", action="store_true")
    words.add_argument("--daemon", action="store_true")
    words.add_argument("--on", default="TERM")
    words.add_argument("--slow", type=float, default=0.0)
    words.add_argument("--children", type=int, default=0)
    options = words.parse_args()
    if options.daemon and not daemonize(options.dir):
        return 0
    return Worker(options).work()


if __name__ == "__main__":
    raise SystemExit(main())
