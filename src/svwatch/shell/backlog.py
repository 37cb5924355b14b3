"""What is owed and what became of it, for people: by lane, and by event."""

import msgspec

from svwatch.shell.database import Database, Row
from svwatch.shell.owed import RouteBacklog, Told


class Backlog:
    """Reads the rows of the outbox. Every method may raise StoreFailed."""

    def __init__(self, database: Database) -> None:
        """Ask *database*."""
        self._db = database

    BACKLOG = """SELECT route, target,
          sum(status = 'owed'), min(iif(status = 'owed', created, NULL)),
          sum(status = 'dead'), min(iif(status = 'owed', id, NULL)),
          max(iif(status = 'dead', id, NULL))
        FROM outbox WHERE status IN ('owed', 'dead') GROUP BY route, target"""
    SINCE = (
        "SELECT 1 FROM outbox WHERE route = ? AND target = ? AND status = 'sent'"
        " AND finished >= (SELECT finished FROM outbox WHERE id = ?) LIMIT 1"
    )
    ANSWER = "SELECT answer, retry_at, attempts FROM outbox WHERE id = ?"

    def waiting(self) -> tuple[RouteBacklog, ...]:
        """Give what each lane owes or gave up; lanes that owe nothing are not named."""
        return tuple(self._lane(row) for row in self._db.rows(self.BACKLOG))

    def _lane(self, row: Row) -> RouteBacklog:
        route, target, owed, oldest, dead, head, last = row
        error, retry_at, attempts = self._db.row(self.ANSWER, (head,)) or ("", None, 0)
        died, _, _ = self._db.row(self.ANSWER, (last,)) or ("", None, 0)
        return RouteBacklog(
            route=route, target=target, waiting=owed, oldest=oldest, attempts=attempts,
            retry_at=retry_at, error=error, dead=dead, died=died,
            recovered=bool(dead) and self._db.row(self.SINCE, (route, target, last)) is not None,
        )  # fmt: skip

    LAST = (
        "SELECT status FROM outbox WHERE route = ? AND status IN ('sent', 'dropped')"
        " ORDER BY finished DESC, id DESC LIMIT 1"
    )

    def dropped(self, route: str) -> bool:
        """Whether the last that was done with on *route* was dropped by somebody."""
        row = self._db.row(self.LAST, (route,))
        return row is not None and row[0] == "dropped"

    # the fate of one that was folded is that of the digest which tells of it
    ABOUT = (
        "SELECT one.route, one.target, one.why, told.status, one.created, told.finished,"
        " told.answer, told.attempts FROM outbox AS one JOIN outbox AS told"
        " ON told.id = iif(one.status = 'folded', one.digest, one.id)"
        " WHERE one.number = ? AND (one.digest IS NULL OR one.digest <> one.id) ORDER BY one.id"
    )

    def told(self, number: int) -> tuple[Told, ...]:
        """Give what became of every letter about event *number*, oldest first."""
        return tuple(
            msgspec.convert(dict(zip(Told.__struct_fields__, row, strict=True)), Told)
            for row in self._db.rows(self.ABOUT, (number,))
        )
