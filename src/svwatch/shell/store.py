"""What must survive: states, effects on record, the ledger and the outbox, in one file."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.ledger import Discard
from svwatch.core.plan import Command, Exec, Rule, Service
from svwatch.core.route import Route
from svwatch.core.seen import Now
from svwatch.core.state import State
from svwatch.shell.backlog import Backlog
from svwatch.shell.book import Book
from svwatch.shell.database import Database, StoreFailed, open_reader, open_writer
from svwatch.shell.outbox import Compose, Outbox
from svwatch.shell.runs import OpenCommand, Runs
from svwatch.shell.scribe import Committed, Scribe, Telling, Turn

if TYPE_CHECKING:
    from svwatch.shell.dead_letters import DeadLetters

__all__ = ["Committed", "Compose", "OpenCommand", "Saved", "Store", "StoreFailed", "Turn"]

BOOT_ID = "/proc/sys/kernel/random/boot_id"  # random(4)


class Saved(Struct, frozen=True):
    """A service as it was last known, without the values of its environment."""

    state: State
    service: Service


class Store:
    """The database of one state directory. One process writes, others read.

    Every method may raise StoreFailed. *said*: what happened when it was opened, for people
    ("" if nothing did). *dropped*: what could not be read, each a sentence.
    """

    def __init__(self, database: Database, said: str = "") -> None:
        self._db = database
        self._book = Book(database)
        self._runs = Runs(database, boot_id())
        self._names: set[str] = set()  # those that have a row
        self._encoded: dict[str, tuple[Service, str]] = {}
        self._version: tuple[int, ...] | None = None
        self.said = said
        self.dropped: tuple[str, ...] = ()
        self.outbox = Outbox(database)
        self._scribe = Scribe(self._book, self._runs, self.outbox)
        self.event = self._book.event
        self.events = self._book.events
        self.newest = self._book.newest
        self.number_of = self._book.number_of
        self.find = self._book.find
        self.restarts = self._book.restarts
        self.minutes = self._book.minutes
        self.quiet = self._book.quiet
        self.newest_number = self._book.newest_number
        self.totals = self._book.totals.all
        self.command_began = self._runs.began
        self.command_ended = self._runs.ended
        self.open_commands = self._runs.open
        self.owed = self.outbox.owed
        self.sent = self.outbox.sent
        self.failed = self.outbox.failed
        self.dead = self.outbox.dead
        backlog = Backlog(database)
        self.waiting = backlog.waiting
        self.told = backlog.told
        self.was_dropped = backlog.dropped

    @classmethod
    def open(cls, state_dir: str, aside: str = "") -> "Store":
        """Open for writing; makes the directory (0700) and the file (0600) if need be.

        A damaged file is renamed and an empty one begun: see *said*. *aside* is a reason to do
        that in any case. Raises StoreFailed.
        """
        database, said = open_writer(state_dir, aside)
        store = cls(database, said)
        store._names = {name for (name,) in database.rows(cls.NAMES)}
        return store

    @classmethod
    def open_readonly(cls, state_dir: str) -> "Store | None":
        """Open for reading beside a daemon or without one; None where there is no database."""
        database = open_reader(state_dir)
        return cls(database) if database else None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # --- states ------------------------------------------------------------------------------

    NAMES = "SELECT name FROM service"
    STATES = "SELECT name, state, service FROM service ORDER BY name"

    def states(self) -> dict[str, Saved]:
        """Give every service as it was last known.

        One that this version cannot read is left out, with a sentence in *dropped*.
        """
        saved: dict[str, Saved] = {}
        dropped: list[str] = []
        for name, state, service in self._db.rows(self.STATES):
            try:
                saved[name] = Saved(
                    msgspec.json.decode(state, type=State),
                    msgspec.json.decode(service, type=Service),
                )
            except msgspec.MsgspecError as error:
                dropped.append(f"what was known of {name} cannot be read: {error}")
                self._names.discard(name)
        self.dropped = tuple(dropped)
        return saved

    def changed(self) -> bool:
        """Whether another process has written since this was asked last (sqlite.org/pragma)."""
        before, self._version = self._version, self._db.row("PRAGMA data_version")
        return before != self._version

    # --- one commit --------------------------------------------------------------------------

    def commit(
        self,
        turns: Sequence[Turn],
        compose: Compose,
        routes: tuple[Route, ...],
        wall: float,
        now: Now,
    ) -> Committed:
        """Make the turns true in one transaction; when this returns they survive a crash.

        *wall* (unix seconds) and *now* are the same instant. Where StoreFailed is raised nothing
        of them is true and nothing may be performed.
        """
        turns = [turn for turn in turns if turn.state or turn.effects or turn.removed]
        if not turns:
            return Committed()
        telling = Telling(compose=compose, routes=routes, wall=wall, mono_to_wall=wall - now.mono)
        names = set(self._names)
        with self._db.writing():
            done = [self._write(turn, telling, names) for turn in turns]
        self._names = names
        return Committed(
            runs=tuple(one for part in done for one in part.runs),
            signals=tuple(one for part in done for one in part.signals),
            orders=tuple(one for part in done for one in part.orders),
            events=tuple(one for part in done for one in part.events),
            owed=tuple(one for part in done for one in part.owed),
        )

    SAVE = (
        "INSERT INTO service VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET state = excluded.state, service = excluded.service"
    )
    REMOVE = "DELETE FROM service WHERE name = ?"

    def _write(self, turn: Turn, telling: Telling, names: set[str]) -> Committed:
        name = turn.service.name
        if name not in names:  # its serials begin anew: they must not amend an older story
            self._book.forget(name)
            names.add(name)
        done = self._scribe.write(turn, telling)
        for effect in turn.effects:
            if isinstance(effect, Discard):
                self.dead_letters().drop(effect.letters, telling.wall)
        if turn.removed:
            self._db.change(self.REMOVE, (name,))
            names.discard(name)
        elif turn.state is not None:
            state = msgspec.json.encode(turn.state).decode()
            self._db.change(self.SAVE, (name, state, self._service(turn.service)))
        return done

    def _service(self, service: Service) -> str:
        known = self._encoded.get(service.name)
        if known is None or known[0] is not service:
            known = (service, msgspec.json.encode(discreet(service)).decode())
            self._encoded[service.name] = known
        return known[1]

    def dead_letters(self) -> "DeadLetters":
        """Give what people ask of letters; few do, so it is loaded then."""
        from svwatch.shell.dead_letters import DeadLetters  # noqa: PLC0415

        return DeadLetters(self._db)

    # --- history and notes -------------------------------------------------------------------

    def minute(
        self, rows: Sequence[tuple[str, int, int]], notes: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Keep (service, unix minute, bytes) and *notes* in one batch; once an hour, tidy up."""
        newest = max((minute for _, minute, _ in rows), default=1)
        with self._db.writing():
            self._book.keep_minutes(rows)
            for note in notes:
                self._db.change(self.NOTE, note)
            if newest % 60 == 0:
                self._book.prune_minutes(newest)
                self._book.prune()
                self._book.totals.prune()
                self._runs.prune()
                self.outbox.prune()

    NOTE = "INSERT INTO note VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"

    def note(self, key: str, value: str) -> None:
        """Keep *value* under *key*."""
        with self._db.writing():
            self._db.change(self.NOTE, (key, value))

    FORGET = "DELETE FROM note WHERE key = ?"

    def forget(self, key: str) -> None:
        """Take the note *key* out, and out of the file (sqlite.org/pragma, secure_delete)."""
        self._db.row("PRAGMA secure_delete = ON")
        with self._db.writing():
            self._db.change(self.FORGET, (key,))

    NOTED = "SELECT value FROM note WHERE key = ?"

    def noted(self, key: str) -> str | None:
        """Give what was kept under *key*."""
        row = self._db.row(self.NOTED, (key,))
        return row[0] if row else None


def discreet(service: Service) -> Service:
    """Give *service* without the environment of its commands: secrets stay in memory."""
    return replace(
        service,
        start=bare(service.start),
        stop=bare(service.stop),
        restart=bare(service.restart),
        rules=tuple(bare_rule(rule) for rule in service.rules),
    )


def bare(command: Command | None) -> Command | None:
    """Give *command* without its environment."""
    return command and replace(command, env=())


def bare_rule(rule: Rule) -> Rule:
    """Give *rule* without the environment of the commands that it may run."""
    if isinstance(rule.action, Exec):
        rule = replace(rule, action=Exec(replace(rule.action.command, env=())))
    if isinstance(rule.otherwise, Exec):
        rule = replace(rule, otherwise=Exec(replace(rule.otherwise.command, env=())))
    return rule


def boot_id() -> str:
    """Give the id of this boot, "" where there is none to read."""
    if not os.path.exists(BOOT_ID):
        return ""
    with open(BOOT_ID, encoding="ascii") as file:
        return file.read().strip()
