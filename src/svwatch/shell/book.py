"""The ledger on disk: events, the restarts they tell of, and the minutes of memory."""

from collections.abc import Sequence
from operator import itemgetter

import msgspec
from msgspec.structs import replace

from svwatch.core.event import Event, WallLine, amended, begun
from svwatch.core.ledger import Facts, Record, What
from svwatch.core.level import Level
from svwatch.core.totals import growth
from svwatch.shell.database import Database, Row
from svwatch.shell.totals import Totals

KEPT_EVENTS = 20_000
KEPT_MINUTES = 8 * 24 * 60  # a week, and a day to compare it with

COLUMNS = "number, service, serial, at, updated, what, level, facts, lines, closed, mono_to_wall"
# restarts as people count them: each was begun, or seen
RESTARTS = (
    What.RESTART_BEGUN,
    What.RESTART_FIXED,
    What.RESTART_FAILED,
    What.START_BEGUN,
    What.START_FIXED,
    What.START_FAILED,
    What.RESTARTED,
    What.CRASHING,
)
FOLDED = frozenset({What.RESTARTED, What.CRASHING})  # may stand for many


class Book:
    """Events by number, newest last. Reading drops what this version cannot read."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.totals = Totals(database)

    # --- within a transaction ----------------------------------------------------------------

    FIND = f"SELECT {COLUMNS} FROM event WHERE service = ? AND serial = ?"  # noqa: S608
    INSERT = (
        f"INSERT INTO event ({COLUMNS})"  # noqa: S608
        " VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    UPDATE = (
        "UPDATE event SET updated = ?, what = ?, level = ?, facts = ?, lines = ?, closed = ?,"
        " mono_to_wall = ? WHERE number = ?"
    )
    RETIRE = "UPDATE event SET serial = -number WHERE service = ? AND serial = ?"
    RETIRE_ALL = "UPDATE event SET serial = -number WHERE service = ? AND serial >= 0"

    def write(self, service: str, record: Record, mono_to_wall: float) -> Event:
        """Begin the event that *record* names, or amend it."""
        known = self.find(service, record.serial)
        if known is None:
            first = self.keep(begun(0, service, record, mono_to_wall))
            self.totals.add(growth(None, record, first))
            return first
        event = amended(known, record, mono_to_wall)
        self.totals.add(growth(known, record, event))
        _, _, _, _, *changed = values(event)
        self._db.change(self.UPDATE, (event.updated, *changed, event.number))
        return event

    def keep(self, event: Event) -> Event:
        """Begin *event* under the next number."""
        self._db.change(self.RETIRE, (event.service, event.serial))  # one that cannot be read
        return replace(event, number=self._db.add(self.INSERT, values(event)))

    def forget(self, service: str) -> None:
        """Give the events of *service* up to history: its serials will begin again."""
        self._db.change(self.RETIRE_ALL, (service,))

    PRUNE = "DELETE FROM event WHERE number <= (SELECT max(number) FROM event) - ?"

    def prune(self) -> None:
        """Drop the oldest events."""
        self._db.change(self.PRUNE, (KEPT_EVENTS,))

    # --- reading -----------------------------------------------------------------------------

    NUMBERED = f"SELECT {COLUMNS} FROM event WHERE number = ?"  # noqa: S608
    NEWEST = f"SELECT {COLUMNS} FROM event WHERE service = ? ORDER BY number DESC LIMIT 1"  # noqa: S608
    LISTED = (
        f"SELECT {COLUMNS} FROM event"  # noqa: S608
        " WHERE updated >= ?1 AND (?2 IS NULL OR service = ?2) ORDER BY number DESC LIMIT ?3"
    )

    def find(self, service: str, serial: int) -> Event | None:
        """Give the event that the service calls *serial*."""
        row = self._db.row(self.FIND, (service, serial))
        return decoded(row) if row else None

    def number_of(self, service: str, serial: int) -> int | None:
        """Give the number of the event that the service calls *serial*."""
        event = self.find(service, serial)
        return event.number if event else None

    def event(self, number: int) -> Event | None:
        """Give event *number*."""
        row = self._db.row(self.NUMBERED, (number,))
        return decoded(row) if row else None

    def newest(self, service: str) -> Event | None:
        """Give the event of *service* that began last."""
        row = self._db.row(self.NEWEST, (service,))
        return decoded(row) if row else None

    def events(
        self, since: float | None = None, service: str | None = None, limit: int = 200
    ) -> tuple[Event, ...]:
        """Give the newest *limit* events amended since wall time *since*, oldest first."""
        found = self._db.rows(self.LISTED, (since or 0.0, service, limit))
        return tuple(event for row in reversed(found) if (event := decoded(row)))

    SINCE = (
        "SELECT at, what, facts FROM event"  # noqa: S608
        f" WHERE service = ? AND updated >= ? AND (what IN ({', '.join('?' * len(RESTARTS))})"
        " OR facts LIKE '%\"crashes\":%') ORDER BY at"
    )

    def restarts(self, service: str, since: float) -> tuple[tuple[float, str], ...]:
        """Give wall time and cause of each restart since wall time *since*, oldest first.

        What one event folds (70 crashes) is given as often as it happened, evenly spread: only
        their number and span are on record.
        """
        rows = self._db.rows(self.SINCE, (service, since, *RESTARTS))
        found = (one for row in rows for one in unfolded(row) if one[0] >= since)
        return tuple(sorted(found, key=itemgetter(0)))

    QUIET = (
        f"SELECT {COLUMNS} FROM event WHERE number > ? AND number <= ?"  # noqa: S608
        " AND facts LIKE '%\"quiet\":true%' ORDER BY number LIMIT ?"
    )
    LAST = "SELECT max(number) FROM event"

    def quiet(self, after: int, newest: int, most: int) -> tuple[Event, ...]:
        """Give the first *most* events after number *after* of rules that say `quietly`."""
        found = self._db.rows(self.QUIET, (after, newest, most))
        return tuple(event for row in found if (event := decoded(row)))

    def newest_number(self) -> int:
        """Give the number of the newest event; 0: there is none."""
        row = self._db.row(self.LAST)
        return row[0] or 0 if row else 0

    # --- minutes -----------------------------------------------------------------------------

    KEEP_MINUTE = (
        "INSERT INTO minute VALUES (?, ?, ?) ON CONFLICT (service, minute)"
        " DO UPDATE SET memory = max(memory, excluded.memory)"
    )
    MINUTES = "SELECT minute, memory FROM minute WHERE service = ? AND minute >= ? ORDER BY minute"
    MEASURED = """WITH RECURSIVE known (name) AS (
          SELECT min(service) FROM minute
          UNION ALL
          SELECT (SELECT min(service) FROM minute WHERE service > name)
            FROM known WHERE name IS NOT NULL)
        SELECT name FROM known WHERE name IS NOT NULL"""  # one look-up per service, no scan
    DROP_MINUTES = "DELETE FROM minute WHERE service = ? AND minute < ?"

    def keep_minutes(self, rows: Sequence[tuple[str, int, int]]) -> None:
        """Keep the maximum of each service and minute; within a transaction."""
        for row in rows:
            self._db.change(self.KEEP_MINUTE, row)

    def prune_minutes(self, newest: int) -> None:
        """Drop what is older than 8 days before minute *newest*; within a transaction."""
        for (name,) in self._db.rows(self.MEASURED):
            self._db.change(self.DROP_MINUTES, (name, newest - KEPT_MINUTES))

    def minutes(self, service: str, since: int) -> tuple[tuple[int, int], ...]:
        """Give (unix minute, most bytes of totalmem) since that minute, oldest first."""
        return tuple(
            (minute, memory) for minute, memory in self._db.rows(self.MINUTES, (service, since))
        )


def values(event: Event) -> tuple[str | int | float, ...]:
    """Give all columns of *event* but its number."""
    return (
        event.service,
        event.serial,
        event.at,
        event.updated,
        event.what.value,
        event.level.value,
        msgspec.json.encode(event.facts).decode(),
        msgspec.json.encode(event.lines).decode(),
        int(event.closed),
        event.mono_to_wall,
    )


def decoded(row: Row) -> Event | None:
    """Make the event of a row; None where it says what this version does not know."""
    number, service, serial, at, updated, what, level, facts, lines, closed, mono_to_wall = row
    try:
        return msgspec.convert(
            {
                "number": number,
                "service": service,
                "serial": serial,
                "at": at,
                "updated": updated,
                "what": what,
                "level": level,
                "facts": msgspec.json.decode(facts, type=Facts),
                "lines": msgspec.json.decode(lines, type=tuple[WallLine, ...]),
                "closed": bool(closed),
                "mono_to_wall": mono_to_wall,
            },
            Event,
        )
    except msgspec.MsgspecError:
        return None


def unfolded(row: Row) -> tuple[tuple[float, str], ...]:
    """Give a restart as often as its event counts it."""
    at, what, told = row
    try:
        facts = msgspec.json.decode(told, type=Facts)
    except msgspec.MsgspecError:
        facts = Facts()
    own = 1 if what in RESTARTS and what not in FOLDED else 0
    others = facts.crashes if facts.crashes is not None else (facts.count or 1) * (what in FOLDED)
    cause, pause = facts.cause or facts.who or "", (facts.crashing or 0.0) / max(1, others - 1)
    return ((at, cause),) * own + tuple((at + pause * nth, cause) for nth in range(others))


def stub(service: str, serial: int, what: What, level: Level, at: float) -> Event:
    """Make the event of an incident whose record was lost with a damaged database."""
    facts = Facts(reason="what led to this was lost with a damaged database")
    return Event(
        number=0, service=service, serial=serial, at=at, updated=at, what=what, level=level,
        facts=facts,
    )  # fmt: skip
