"""The one SQLite file: how it is opened, guarded, read and written."""

import os
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from svwatch.shell import schema

FILE = "svwatch.db"
BUSY = 0.5  # seconds that a lock of somebody else may cost the daemon
SMALL = 4 << 20  # a file up to 4 MiB is checked whole at open: about 10 ms
Row = tuple[Any, ...]  # what the STRICT tables promise
Args = Sequence[str | int | float | None]

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged commit survives the loss of power
    "PRAGMA cache_size = -512",  # KiB
    "PRAGMA journal_size_limit = 1048576",
    "PRAGMA temp_store = MEMORY",
)


class StoreFailed(Exception):  # noqa: N818  reads as what happened, where it is caught
    """The database did not do what was asked; nothing of it was done.

    *reason* is a sentence for people. *corrupt*: the file itself is damaged; `Store.open` with
    *aside* puts it away and begins an empty one.
    """

    def __init__(self, reason: str, *, corrupt: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.corrupt = corrupt


REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_BUSY: "it is locked by another process",
    sqlite3.SQLITE_LOCKED: "it is locked by another process",
    sqlite3.SQLITE_READONLY: "it cannot be written",
    sqlite3.SQLITE_IOERR: "reading or writing the disk failed",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_PERM: "no permission",
}
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def failure(path: str, error: sqlite3.Error) -> Exception:
    """Give the StoreFailed for a fact about the file, or *error* itself where it is our bug."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or isinstance(error, sqlite3.IntegrityError):
        return error
    plain = code & 0xFF  # the rest is detail (sqlite.org/rescode.html)
    if plain in DAMAGED:
        return StoreFailed(f"{path}: the database is damaged ({error})", corrupt=True)
    if plain in REASONS:
        return StoreFailed(f"{path}: {REASONS[plain]} ({error})")
    return error if plain == sqlite3.SQLITE_ERROR else StoreFailed(f"{path}: {error}")


class Database:
    """An open connection. Every failure that is a fact comes out as StoreFailed."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self.connection = connection
        self.path = path

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make everything inside one transaction; raise StoreFailed if it did not come to be."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise failure(self.path, error) from error
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def rows(self, statement: str, args: Args = ()) -> list[Row]:
        """Copy all rows at once, so that no read transaction stays open."""
        try:
            return self.connection.execute(statement, args).fetchall()
        except sqlite3.Error as error:
            raise failure(self.path, error) from error

    def row(self, statement: str, args: Args = ()) -> Row | None:
        """Copy the first row, None where there is none."""
        found = self.rows(statement, args)
        return found[0] if found else None

    def add(self, statement: str, args: Args) -> int:
        """Insert one row and give its number; only within `writing`."""
        return self.connection.execute(statement, args).lastrowid or 0

    def change(self, statement: str, args: Args) -> None:
        """Update or delete; only within `writing`."""
        self.connection.execute(statement, args)

    def close(self) -> None:
        """Close the file; the last one to do so folds the log into it."""
        self.connection.close()


def open_writer(state_dir: str, aside: str = "") -> tuple[Database, str]:
    """Open the database of *state_dir*, made if need be (0700, 0600), and up to date.

    A damaged file is renamed and an empty one begun; the second value then says so, for people.
    *aside* is the reason to do that in any case. Raises StoreFailed.
    """
    if sqlite3.sqlite_version_info < schema.OLDEST_SQLITE:
        raise StoreFailed(f"SQLite {sqlite3.sqlite_version} is too old: 3.37 is needed")
    path = prepare(state_dir)
    said = set_aside(path, aside) if aside else ""
    try:
        return connect(path), said
    except StoreFailed as error:
        if not error.corrupt:
            raise
        said = set_aside(path, error.reason)
    return connect(path), said


def open_reader(state_dir: str) -> Database | None:
    """Open the database for reading only, beside a daemon or without; None: there is none.

    Creates no file: without a write-ahead log nobody writes, and SQLite is told so, since it
    would leave an empty log behind otherwise. Raises StoreFailed.
    """
    path = os.path.join(state_dir, FILE)
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreFailed(f"{path}: {error.strerror}") from error
    mode = "mode=ro" if os.path.exists(f"{path}-wal") else "mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(
            f"file:{quoted(path)}?{mode}", uri=True, timeout=BUSY, isolation_level=None
        )
        known = schema.version(connection)
    except sqlite3.Error as error:
        raise failure(path, error) from error
    if not known:  # whoever makes it has just begun
        connection.close()
        return None
    refuse_other_versions(path, known)
    return Database(connection, path)


def prepare(state_dir: str) -> str:
    """Make the directory and an empty file, closed to others, and give the file's path."""
    path = os.path.join(state_dir, FILE)
    mask = os.umask(0o077)
    try:
        os.makedirs(state_dir, 0o700, exist_ok=True)
        refuse_shared(state_dir)
        # -wal and -shm inherit the mode of the file (sqlite3's os_unix.c)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        number = os.open(path, flags, 0o600)
        os.fchmod(number, 0o600)
        os.close(number)
    except OSError as error:
        raise StoreFailed(f"{path}: {error.strerror}") from error
    finally:
        os.umask(mask)
    return path


def refuse_shared(state_dir: str) -> None:
    """Raise StoreFailed where others could put a file of theirs into *state_dir*."""
    found = os.stat(state_dir)
    if found.st_uid not in {0, os.geteuid()}:
        raise StoreFailed(f"{state_dir} belongs to uid {found.st_uid}, neither to root nor to us")
    if stat.S_IMODE(found.st_mode) & 0o022:
        raise StoreFailed(f"others may write to {state_dir}: chmod 700 {state_dir}")


def connect(path: str) -> Database:
    """Open *path* for writing and bring it up to date. Raises StoreFailed."""
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        look_over(connection, path)
        known = schema.migrate(connection)
    except sqlite3.Error as error:
        connection.close()
        raise failure(path, error) from error
    try:
        refuse_other_versions(path, known)
    except StoreFailed:
        connection.close()
        raise
    return Database(connection, path)


def look_over(connection: sqlite3.Connection, path: str) -> None:
    """Raise sqlite3.DatabaseError or StoreFailed where a small file is damaged anywhere."""
    if os.stat(path).st_size > SMALL:
        return
    said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        connection.close()
        raise StoreFailed(f"{path}: the database is damaged ({said})", corrupt=True)


def refuse_other_versions(path: str, known: int) -> None:
    """Raise StoreFailed for a file that a newer svwatch wrote."""
    if known > len(schema.STEPS):
        raise StoreFailed(
            f"{path} was written by a newer svwatch (schema {known}, this one knows"
            f" {len(schema.STEPS)})"
        )


def set_aside(path: str, reason: str) -> str:
    """Rename *path* and its companions to `.damaged-N`; gives a sentence for people."""
    number = 1
    while os.path.exists(f"{path}.damaged-{number}"):
        number += 1
    kept = f"{path}.damaged-{number}"
    try:
        for suffix in ("-wal", "-shm", ""):
            if os.path.exists(path + suffix):
                os.rename(path + suffix, kept + suffix)
    except OSError as error:
        raise StoreFailed(f"{path}: {error.strerror}, and {reason}") from error
    return f"{reason}; it is kept as {kept} and an empty one was begun"


def quoted(path: str) -> str:
    """Escape what has a meaning in a `file:` URI (sqlite.org/uri.html)."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
