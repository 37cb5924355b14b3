"""kill -9 at any instant: what was acknowledged is there, and half of nothing is."""

import os
import signal
import sys
from pathlib import Path

import pytest

from svwatch.shell.store import Store

WRITER = """
import os, sys
from svwatch.core.state import State
from svwatch.shell.store import Store
from tests.shell.pages import alert, commit
store = Store.open(sys.argv[1])
serial = len(store.events(limit=100_000))
while True:
    serial += 1
    commit(store, name="a", state=State(serial=serial))
    done = alert(store, str(serial), serial=serial)
    os.write(1, f"{done.events[0].number} {done.owed[0]}\\n".encode())
"""
ROOT = str(Path(__file__).parents[2])


def write_until(state_dir: str, acknowledged: int) -> tuple[int, int]:
    """Let a process commit, kill it after that many; gives the last (event, letter) it saw."""
    reads, writes = os.pipe()
    pid = os.posix_spawn(
        sys.executable,
        (sys.executable, "-c", WRITER, state_dir),
        {**os.environ, "PYTHONPATH": ROOT},
        file_actions=[(os.POSIX_SPAWN_DUP2, writes, 1)],
    )
    os.close(writes)
    with os.fdopen(reads, encoding="ascii") as lines:
        said = [next(lines) for _ in range(acknowledged)]
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        said += [line for line in lines if line.endswith("\n")]
    event, letter = said[-1].split()
    return int(event), int(letter)


@pytest.mark.parametrize("acknowledged", [1, 7, 40])
def test_every_acknowledged_commit_survives(tmp_path: Path, acknowledged: int) -> None:
    state_dir = str(tmp_path / "state")
    for _ in range(3):
        event, letter = write_until(state_dir, acknowledged)
        reader = Store.open_readonly(state_dir)  # beside nobody, on what the dead one left
        assert reader is not None
        reader.close()
        store = Store.open(state_dir)
        assert store.said == ""
        events = store.events(limit=100_000)
        owed = store.waiting()[0].waiting
        assert [one.number for one in events] == list(range(1, len(events) + 1))
        assert owed == len(events), "an event and the alert that it owes are one commit"
        assert event <= len(events) <= event + 1
        assert letter <= owed
        assert store.states()["a"].state.serial in {len(events), len(events) + 1}
        store.close()
