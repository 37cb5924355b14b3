"""When an event became readable: by the ledger's readers, or in monit's log."""

import random
import sqlite3
import time
from pathlib import Path
from typing import Self

from tests.benchmarks.ground import kill, pause, pid_of

GIVE_UP = 15.0  # seconds

_CHANCE = random.Random(20100116)


def at_any_time() -> None:
    """Wait for up to a second, so that kills meet a cycle of one second anywhere."""
    pause(_CHANCE.random())


class Ledger:
    """A reader of svwatch's database that sees a commit within a fraction of a millisecond."""

    def __init__(self, state: Path) -> None:
        (path,) = (p for p in state.iterdir() if p.read_bytes()[:15] == b"SQLite format 3")
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def latency(self, directory: Path) -> float:
        """Kill the service; give the seconds until an event of it is committed and readable."""
        at_any_time()
        before, began = self._events(directory.name), time.perf_counter()
        kill(pid_of(directory))
        version = -1
        while time.perf_counter() - began < GIVE_UP:
            # data_version changes with each commit of another connection, and costs microseconds
            if version == (version := self._one("PRAGMA data_version")):
                continue
            if self._events(directory.name) > before:
                return time.perf_counter() - began
        raise AssertionError(f"no event of {directory.name} within {GIVE_UP} s")

    def _events(self, service: str) -> int:
        return self._one("SELECT count(*) FROM event WHERE service = ?", service)

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
    raise AssertionError(f"nothing about {directory.name} in monit's log within {GIVE_UP} s")
