"""Commands on record before they are spawned, so that none is ever run twice."""

from msgspec import Struct

from svwatch.core.seen import Kind
from svwatch.core.state import Run
from svwatch.shell.database import Database

KEPT = 5_000


class OpenCommand(Struct, frozen=True):
    """A command without an outcome. *pid* is None where it is not known to have been spawned.

    *began*: wall time at which it went on record, unix seconds. *boot_id*: of that boot.
    """

    run_id: int
    service: str
    serial: int
    kind: Kind
    pid: int | None
    ticks: int | None
    began: float
    boot_id: str


class Runs:
    """Rows of commands: owed, begun, ended."""

    def __init__(self, database: Database, boot_id: str) -> None:
        self._db = database
        self._boot_id = boot_id

    OWE = "INSERT INTO run (service, serial, kind, owed, boot_id) VALUES (?, ?, ?, ?, ?)"

    def owe(self, service: str, run: Run, wall: float) -> int:
        """Put *run* on record and give its number; within a transaction."""
        row = (service, run.serial, run.kind.value, wall, self._boot_id)
        return self._db.add(self.OWE, row)

    BEGAN = "UPDATE run SET pid = ?, ticks = ? WHERE id = ?"

    def began(self, run_id: int, pid: int, ticks: int) -> None:
        """Say which process it became. Raises StoreFailed."""
        with self._db.writing():
            self._db.change(self.BEGAN, (pid, ticks, run_id))

    ENDED = "UPDATE run SET ended = 1, exit = ?, detail = ? WHERE id = ?"

    def ended(self, run_id: int, exit_code: int | None, detail: str) -> None:
        """Say how it ended; None where nobody knows. Raises StoreFailed."""
        with self._db.writing():
            self._db.change(self.ENDED, (exit_code, detail, run_id))

    OPEN = (
        "SELECT id, service, serial, kind, pid, ticks, owed, boot_id FROM run"
        " WHERE ended = 0 ORDER BY id"
    )

    def open(self) -> tuple[OpenCommand, ...]:
        """Give the commands without an outcome, oldest first."""
        return tuple(
            OpenCommand(number, service, serial, Kind(kind), pid, ticks, owed, boot_id)
            for number, service, serial, kind, pid, ticks, owed, boot_id in self._db.rows(self.OPEN)
        )

    PRUNE = "DELETE FROM run WHERE ended = 1 AND id <= (SELECT max(id) FROM run) - ?"

    def prune(self) -> None:
        """Drop the oldest that ended; within a transaction."""
        self._db.change(self.PRUNE, (KEPT,))
