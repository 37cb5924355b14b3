"""The letters of the outbox for who asks about them: what is left, again, and no more."""

from collections.abc import Iterable

import msgspec

from svwatch.core.letters import LetterSnap
from svwatch.shell.database import Database, Row
from svwatch.shell.outbox import Outbox

SHOWN = 20  # letters of each fate at one place: more is read by nobody
LATELY = 86400.0  # seconds

COLUMNS = (
    "id, route, target, status, level, number, service, subject, brief, created, attempts,"
    " retry_at, finished, answer, digest"
)


class DeadLetters:
    """Rows of the outbox, whatever became of them. Every method may raise StoreFailed."""

    def __init__(self, database: Database) -> None:
        """Ask *database*."""
        self._db = database

    # What waits longest is next; of what is done with, the newest is of interest.
    LISTED = f"""SELECT {COLUMNS} FROM (
          SELECT *, row_number() OVER (PARTITION BY route, target, status
              ORDER BY iif(status = 'owed', id, -id)) AS place
          FROM outbox WHERE status IN ('owed', 'dead') OR finished >= ? OR digest IN
              (SELECT id FROM outbox WHERE finished >= ?))
        WHERE place <= {SHOWN} ORDER BY id"""  # noqa: S608  constants

    def listed(self, wall: float, *, everything: bool = False) -> tuple[LetterSnap, ...]:
        """Give what waits and what was given up, SHOWN each at a place; by number.

        *everything*: also what was done with within a day before *wall* (unix seconds).
        """
        since = wall - LATELY if everything else float("inf")
        return tuple(map(_letter, self._db.rows(self.LISTED, (since, since))))

    LEFT = f"SELECT {COLUMNS} FROM outbox WHERE status IN ('owed', 'dead') ORDER BY id"  # noqa: S608

    def left(self) -> tuple[LetterSnap, ...]:
        """Give everything that waits or was given up, by number."""
        return tuple(map(_letter, self._db.rows(self.LEFT)))

    ONE = f"SELECT {COLUMNS} FROM outbox WHERE id = ?"  # noqa: S608

    def letter(self, number: int) -> LetterSnap | None:
        """Give letter *number*; None where there is none, or none any more."""
        row = self._db.row(self.ONE, (number,))
        return None if row is None else _letter(row)

    REVIVE = (
        "UPDATE outbox SET status = 'owed', attempts = 0, refusals = 0, retry_at = 0,"
        " finished = NULL WHERE id = ? AND status = 'dead'"
    )
    # A closing letter that was dropped because its problem was given up is told after it.
    FOLLOW = (
        "UPDATE outbox SET status = 'owed', digest = NULL, retry_at = 0, finished = NULL,"
        " answer = '' WHERE status = 'dropped' AND digest = ?"
    )
    # Order is kept within a place: what is before it must not wait, either.
    HURRY = (
        "UPDATE outbox SET retry_at = 0 WHERE status = 'owed' AND id <= ? AND (route, target) ="
        " (SELECT route, target FROM outbox WHERE id = ?)"
    )

    def retry(self, letters: Iterable[int]) -> None:
        """Owe dead *letters* once more, as if they were new; let none of them wait."""
        with self._db.writing():
            for number in letters:
                self._db.change(self.REVIVE, (number,))
                self._db.change(self.FOLLOW, (number,))
                self._db.change(self.HURRY, (number, number))

    DROP = (
        "UPDATE outbox SET status = 'dropped', finished = ?"
        " WHERE id = ? AND status IN ('owed', 'dead')"
    )

    def drop(self, letters: Iterable[int], wall: float) -> None:
        """Send *letters* no more; within a transaction that says so in the ledger."""
        for number in letters:
            self._db.change(self.DROP, (wall, number))
            self._db.change(Outbox.BEREAVE, (wall, number, number, number, number))


def _letter(row: Row) -> LetterSnap:
    return msgspec.convert(dict(zip(LetterSnap.__struct_fields__, row, strict=True)), LetterSnap)
