"""When an event became readable: by the ledger's readers, or in monit's log."""

import random
import sqlite3
import time
from pathlib import Path
from typing import NamedTuple, Self

from tests.benchmarks.ground import kill, pause, pid_of

GIVE_UP = 15.0  # seconds

_CHANCE = random.Random(20100116)


def at_any_time() -> None:
    """Wait for up to a second, so that kills meet a cycle of one second anywhere."""
    pause(_CHANCE.random())


EVENTS = "SELECT count(*) FROM event WHERE service = ?"
EXITS = "SELECT count(*) FROM service WHERE name = ? AND json_extract(state, '$.exit') IS NOT NULL"


class Latency(NamedTuple):
    """Seconds from a kill until the exit, and the event that names the successor, are on disk."""

    exit: float
    event: float


class Ledger:
    """A reader of svwatch's database that sees a commit within a fraction of a millisecond."""

    def __init__(self, state: Path) -> None:
        (path,) = (p for p in state.iterdir() if p.read_bytes()[:15] == b"SQLite format 3")
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def latency(self, directory: Path) -> Latency:
        """Kill the service; give the seconds until a commit of svwatch shows it, as in Latency."""
        at_any_time()
        name, version, exit_ = directory.name, -1, 0.0
        before = self._one(EVENTS, name)
        kill(pid_of(directory))
        began = time.perf_counter()
        while time.perf_counter() - began < GIVE_UP:
            # data_version changes with each commit of another connection, and costs microseconds;
            # the pause leaves the CPU to runsv and svwatch
            if version == (version := self._one("PRAGMA data_version")):
                pause(0.0001)
                continue
            if self._one(EVENTS, name) > before:
                event = time.perf_counter() - began
                return Latency(exit_ or event, event)
            if not exit_ and self._one(EXITS, name):
                exit_ = time.perf_counter() - began
        raise AssertionError(f"no event of {name} within {GIVE_UP} s")

    def _one(self, query: str, *values: str) -> int:
        number: int = self._db.execute(query, values).fetchone()[0]
        return number


def log_latency(log: Path, directory: Path) -> float:
    """Kill the service; give the seconds until monit's log says its pid changed or is gone."""
    at_any_time()
    size, began = log.stat().st_size, time.perf_counter()
    kill(pid_of(directory))
    name = f"'{directory.name}' process".encode()
    while time.perf_counter() - began < GIVE_UP:
        with log.open("rb") as file:
            file.seek(size)
            if name in file.read():
                return time.perf_counter() - began
        pause(0.002)
    said = log.read_text()[-2000:]
    raise AssertionError(f"not a word of {directory.name} in monit's log for {GIVE_UP} s: {said}")
