"""The daemon's own loop, in this process and as fast as it goes: what it keeps shows in /proc.

`python -m tests.benchmarks.soaker CONFIG STATE SOCKET MARK...` prints a line `mark ...` at each
number of cycles; in between the services are killed, and restarted by request, in turn.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from svwatch.core.request import Request, Verb
from svwatch.shell.assemble import assemble, greet, settle
from svwatch.shell.begin import Refused
from svwatch.shell.daemon import Daemon
from svwatch.shell.ward import Ward

BREATH = 0.002  # seconds for what happens between two cycles
EVERY = 50  # cycles from one blow to the next
PATIENCE = 30.0  # seconds until everybody runs again


class Mark(NamedTuple):
    """Where it stands after so many cycles: resident bytes, open descriptors."""

    cycles: int
    kills: int
    requests: int
    resident: int
    descriptors: int


class Soaker:
    """Drives a whole daemon round by round."""

    def __init__(self, config: str, state: str, socket: str) -> None:
        parts = assemble(config, state, socket)
        assert not isinstance(parts, Refused), parts
        self.parts = parts
        self._daemon = Daemon(parts)
        self._done = [0, 0, 0]  # cycles, kills, requests
        greet(parts)

    def marks(self, at: Sequence[int]) -> Iterator[Mark]:
        """Go round, and say where it stands after each of these numbers of cycles."""
        self._rest()
        for goal in at:
            while self._done[0] < goal:
                self._cycle()
                if self._done[0] % EVERY == 0:
                    self._blow(self._done[0] // EVERY)
            self._rest()
            cycles, kills, requests = self._done
            yield Mark(cycles, kills, requests, *figures())
        settle(self.parts)

    def _cycle(self) -> None:
        """Look at everybody, as a round does, then hear what there is to hear."""
        self._done[0] += 1
        self.parts.agenda.look(self.parts.watch.roster.wards, scheduled=True)
        self._daemon.once(0)
        self._daemon.once(BREATH)

    def _blow(self, number: int) -> None:
        """End one of them: by a kill, or by a request, where it runs and nobody is at it."""
        wards = list(self.parts.watch.roster.wards.values())
        ward = wards[number % len(wards)]
        if at_ease(ward) and number // len(wards) % 2:
            self._done[1] += 1
            kill(ward)
        elif at_ease(ward):
            self._done[2] += 1
            ward.inputs.append(Request(Verb.RESTART, who="soak"))
            self.parts.agenda.look([ward.name])

    def _rest(self) -> None:
        """Let what is under way come to its end: descriptors are counted at ease."""
        end = time.monotonic() + PATIENCE
        wards = self.parts.watch.roster.wards
        while not wards or not all(map(at_ease, wards.values())):
            assert time.monotonic() < end, [ward.state for ward in wards.values()]
            self.parts.agenda.look(wards, scheduled=True)
            self._daemon.once(0)
            self._daemon.once(10 * BREATH)


def at_ease(ward: Ward) -> bool:
    """Whether it runs, and nothing is being done about it."""
    running = ward.believed is not None and ward.believed != ward.spent
    return running and ward.hunt is None and not ward.under_way


def kill(ward: Ward) -> None:
    """End its main process with KILL."""
    fd = ward.looker.pidfd()
    assert fd is not None, ward.name
    signal.pidfd_send_signal(fd, signal.SIGKILL)


def figures() -> tuple[int, int]:
    """Give the resident bytes of this process, and how many descriptors it has open."""
    with open("/proc/self/statm", "rb") as file:
        pages = int(file.read().split()[1])
    return pages * os.sysconf("SC_PAGESIZE"), len(os.listdir("/proc/self/fd")) - 1


def read(said: str) -> list[Mark]:
    """Find the marks in what a soaker said."""
    lines = (line.split() for line in said.splitlines() if line.startswith("mark "))
    return [Mark(*map(int, words)) for _, *words in lines]


def main(argv: Sequence[str]) -> None:
    config, state, socket, *marks = argv
    for mark in Soaker(config, state, socket).marks([int(word) for word in marks]):
        print("mark", *mark, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
