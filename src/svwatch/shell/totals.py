"""Totals on disk: they grow in the transaction that writes what they count."""

from collections.abc import Iterable

from svwatch.core.totals import Count, Total
from svwatch.shell.database import Database


class Totals:
    """Rows of totals. They outlive the events behind them, and the daemon."""

    def __init__(self, database: Database) -> None:
        self._db = database

    ADD = (
        "INSERT INTO total VALUES (?, ?, ?, ?)"
        " ON CONFLICT (service, count, label) DO UPDATE SET number = number + excluded.number"
    )
    ALL = "SELECT service, count, label, number FROM total ORDER BY service, count, label"
    PRUNE = (
        "DELETE FROM total WHERE service NOT IN (SELECT name FROM service)"
        " AND service NOT IN (SELECT service FROM event)"
    )

    def add(self, grown: Iterable[Total]) -> None:
        """Let totals grow; within a transaction."""
        for one in grown:
            self._db.change(self.ADD, (one.service, one.count.value, one.label, one.number))

    def all(self) -> tuple[Total, ...]:
        """Give every total, by service."""
        return tuple(
            Total(service, Count(count), label, number)
            for service, count, label, number in self._db.rows(self.ALL)
        )

    def prune(self) -> None:
        """Drop those of services that left the configuration and the ledger; in a transaction."""
        self._db.change(self.PRUNE, ())
