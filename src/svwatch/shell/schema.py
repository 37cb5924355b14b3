"""The tables of the database, as numbered steps that are never edited once released."""

import sqlite3

OLDEST_SQLITE = (3, 37, 0)  # the first with STRICT tables

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE note (
             key TEXT PRIMARY KEY,
             value TEXT NOT NULL
           ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE service (
             name TEXT PRIMARY KEY,
             state TEXT NOT NULL,      -- core.state.State, JSON
             service TEXT NOT NULL     -- core.plan.Service without environment values, JSON
           ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE event (
             number INTEGER PRIMARY KEY AUTOINCREMENT,
             service TEXT NOT NULL,
             serial INTEGER NOT NULL,  -- negative: its service was forgotten since
             at REAL NOT NULL,         -- wall time, unix seconds, as every REAL here
             updated REAL NOT NULL,
             what TEXT NOT NULL,
             level TEXT NOT NULL,
             facts TEXT NOT NULL,      -- core.ledger.Facts, JSON
             lines TEXT NOT NULL,      -- tuple of core.event.WallLine, JSON
             closed INTEGER NOT NULL,
             mono_to_wall REAL NOT NULL,
             UNIQUE (service, serial)
           ) STRICT""",
        "CREATE INDEX event_by_time ON event (service, at)",
        """CREATE TABLE run (
             id INTEGER PRIMARY KEY AUTOINCREMENT,
             service TEXT NOT NULL,
             serial INTEGER NOT NULL,
             kind TEXT NOT NULL,
             owed REAL NOT NULL,
             boot_id TEXT NOT NULL,
             pid INTEGER,              -- NULL until it was spawned
             ticks INTEGER,
             ended INTEGER NOT NULL DEFAULT 0,
             exit INTEGER,             -- NULL: nobody knows
             detail TEXT NOT NULL DEFAULT ''
           ) STRICT""",
        "CREATE INDEX run_open ON run (id) WHERE ended = 0",
        """CREATE TABLE minute (
             service TEXT NOT NULL,
             minute INTEGER NOT NULL,  -- unix seconds // 60
             memory INTEGER NOT NULL,  -- bytes, the maximum
             PRIMARY KEY (service, minute)
           ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE outbox (
             id INTEGER PRIMARY KEY AUTOINCREMENT,
             route TEXT NOT NULL,
             number INTEGER NOT NULL,  -- event.number
             service TEXT NOT NULL,
             why TEXT NOT NULL,
             level TEXT NOT NULL,
             subject TEXT NOT NULL,
             body TEXT NOT NULL,
             created REAL NOT NULL,
             message_id TEXT NOT NULL,
             thread TEXT NOT NULL,
             status TEXT NOT NULL DEFAULT 'owed',  -- owed, sent, dead
             attempts INTEGER NOT NULL DEFAULT 0,
             refusals INTEGER NOT NULL DEFAULT 0,
             reached TEXT NOT NULL DEFAULT '[]',   -- recipients who have it already, JSON
             retry_at REAL NOT NULL DEFAULT 0,
             finished REAL,
             answer TEXT NOT NULL DEFAULT ''       -- the receipt, or the last error
           ) STRICT""",
        "CREATE INDEX outbox_owed ON outbox (route, id) WHERE status = 'owed'",
        "CREATE INDEX outbox_dead ON outbox (route, id) WHERE status = 'dead'",
        "CREATE INDEX outbox_by_event ON outbox (number)",
    ),
    (
        """CREATE TABLE total (
             service TEXT NOT NULL,
             count TEXT NOT NULL,      -- core.totals.Count
             label TEXT NOT NULL,
             number INTEGER NOT NULL,  -- only grows: the events that it counts are pruned
             PRIMARY KEY (service, count, label)
           ) STRICT, WITHOUT ROWID""",
    ),
    (
        # status is now owed, sent, dead, folded (*digest* tells of it) or dropped
        "ALTER TABLE outbox ADD COLUMN target TEXT NOT NULL DEFAULT ''",  # core.route.Target.to
        "ALTER TABLE outbox ADD COLUMN what TEXT NOT NULL DEFAULT ''",  # core.ledger.What
        "ALTER TABLE outbox ADD COLUMN brief TEXT NOT NULL DEFAULT ''",  # one line, for digests
        "ALTER TABLE outbox ADD COLUMN digest INTEGER",  # outbox.id of the letter that tells of it
        "DROP INDEX outbox_owed",
        "CREATE INDEX outbox_owed ON outbox (route, target, id) WHERE status = 'owed'",
        "CREATE INDEX outbox_sent ON outbox (route, target, finished) WHERE status = 'sent'",
    ),
)

CREATE_RECORD = """CREATE TABLE IF NOT EXISTS schema_step (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT"""
RECORD = "INSERT INTO schema_step VALUES (?, CAST(strftime('%s', 'now') AS INTEGER))"
NEWEST = "SELECT coalesce(max(number), 0) FROM schema_step"


def migrate(connection: sqlite3.Connection) -> int:
    """Bring the database up to date, each step in one transaction with its record.

    Gives the number of the step that it is at now; one that is greater than len(STEPS) was
    written by a newer svwatch and is left as it is. Raises sqlite3.Error.
    """
    at = version(connection)
    for number, statements in enumerate(STEPS[at:], start=at + 1):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(CREATE_RECORD)
        for statement in statements:
            connection.execute(statement)
        connection.execute(RECORD, (number,))
        connection.execute("COMMIT")
    return max(at, len(STEPS))


def version(connection: sqlite3.Connection) -> int:
    """Give the number of the last step taken, 0 for an empty database."""
    known = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_step'"
    ).fetchone()
    return int(connection.execute(NEWEST).fetchone()[0]) if known else 0
