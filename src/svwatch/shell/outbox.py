"""Alerts that are owed: at least once, in order per lane, or a dead letter that is seen."""

import os
from binascii import crc32
from collections.abc import Callable

import msgspec

from svwatch.core.audience import Heard, Lane
from svwatch.core.dispatch import Sent, Waiting
from svwatch.core.event import Event
from svwatch.core.ledger import Notify, What, Why
from svwatch.core.level import LOUDNESS, Level
from svwatch.shell.database import Database, Row
from svwatch.shell.owed import Compose, Head, Letter, Owed, RouteBacklog, Told
from svwatch.view.letter import Item

__all__ = ["Compose", "Head", "Letter", "Outbox", "Owed", "RouteBacklog", "Told"]

MOST_SUBJECT = 300  # characters
MOST_BODY = 50_000  # the views keep it to a page; half a JSON document would be none
KEPT_LETTERS = 5_000
KINDS = frozenset(what.value for what in What)


class Outbox:
    """Rows of letters. One that is owed goes out before any later one of its lane.

    Every method may raise StoreFailed.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._host = "".join(c if c.isalnum() or c in "-." else "-" for c in os.uname().nodename)

    # --- within a transaction ----------------------------------------------------------------

    OWE = (
        "INSERT INTO outbox (route, target, number, service, what, why, level, subject, body,"
        " brief, created, message_id, thread) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )

    def owe(
        self,
        lane: Lane,
        letter: Letter,
        event: Event,
        notify: Notify,
        wall: float,
        *,
        first: bool = True,
    ) -> int:
        """Owe *letter* to *lane*; gives its number. *first*: the lane has none about *event*.

        The Message-ID of the first is what the others answer. It names the lane, since a server
        may drop as a copy what comes to one mailbox twice under one name.
        """
        thread = f"svwatch.{event.number}.{event.at:.0f}.{lane_mark(lane)}"
        named = thread if first else f"{thread}.{notify.why.value}.{wall * 1000:.0f}"
        about = (event.number, event.service, event.what.value)
        because = (notify.why.value, notify.level.value)
        names = (f"<{named}@{self._host}>", f"<{thread}@{self._host}>")
        return self._db.add(self.OWE, (*lane, *about, *because, *bounded(letter), wall, *names))

    EARLIER = (
        "SELECT one.route, one.target, one.why, one.level, one.created,"
        " iif(one.status = 'folded', coalesce(told.status, 'sent'), one.status)"
        " FROM outbox AS one LEFT JOIN outbox AS told ON told.id = one.digest"
        " WHERE one.number = ? ORDER BY one.id"
    )

    def earlier(self, number: int) -> dict[Lane, tuple[Heard, ...]]:
        """Give by lane the letters about event *number* so far, oldest first."""
        found: dict[Lane, tuple[Heard, ...]] = {}
        for route, target, why, level, created, status in self._db.rows(self.EARLIER, (number,)):
            told = status not in {"dead", "dropped"}
            heard = Heard(Why(why), Level(level), created, told, status == "owed")
            found[route, target] = (*found.get((route, target), ()), heard)
        return found

    # What tells of an event that is not closed says who hears of its end.
    PRUNE = (
        "DELETE FROM outbox WHERE status NOT IN ('owed', 'dead')"
        " AND id <= (SELECT max(id) FROM outbox) - ?"
        " AND number NOT IN (SELECT number FROM event WHERE closed = 0)"
    )
    # A dead letter stays until somebody says so; but not each one of years.
    PRUNE_DEAD = (
        "DELETE FROM outbox WHERE status = 'dead' AND id <= (SELECT id FROM outbox"
        " WHERE status = 'dead' ORDER BY id DESC LIMIT 1 OFFSET ?)"
    )

    def prune(self) -> None:
        """Drop the oldest letters that are done with."""
        self._db.change(self.PRUNE, (KEPT_LETTERS,))
        self._db.change(self.PRUNE_DEAD, (KEPT_LETTERS,))

    # --- what a courier asks -----------------------------------------------------------------

    HEADS = (
        "SELECT head.id, head.route, head.target, head.retry_at, head.created, head.attempts, last"
        " FROM (SELECT min(id) AS first, max(id) AS last FROM outbox WHERE status = 'owed'"
        " GROUP BY route, target) JOIN outbox AS head ON head.id = first ORDER BY first"
    )

    def heads(self) -> tuple[Head, ...]:
        """Give the next letter of each lane, oldest first."""
        return tuple(Head(*row) for row in self._db.rows(self.HEADS))

    # what the first letter about the event on this lane was called when it went out
    FIRST = (
        "SELECT iif(first.status = 'folded', coalesce(told.message_id, first.message_id),"
        " first.message_id) FROM outbox AS first LEFT JOIN outbox AS told ON told.id = first.digest"
        " WHERE first.number = one.number AND one.number <> 0 AND first.route = one.route"
        " AND first.target = one.target AND first.id < one.id ORDER BY first.id LIMIT 1"
    )
    LETTERS = (
        "SELECT id, route, target, number, service, what, why, level, subject, body, brief,"  # noqa: S608
        f" created, message_id, coalesce(nullif(({FIRST}), message_id), ''), attempts, refusals,"
        " reached, answer FROM outbox AS one"
    )
    LETTER = f"{LETTERS} WHERE id = ?"

    def letter(self, number: int) -> Owed | None:
        """Give letter *number*."""
        found = self._letters(self.LETTER, number)
        return found[0] if found else None

    def owed(self, wall: float) -> tuple[Owed, ...]:
        """Give the next letter of each lane whose time has come, oldest first."""
        due = (self.letter(head.id) for head in self.heads() if head.retry_at <= wall)
        return tuple(letter for letter in due if letter)

    def _letters(self, statement: str, *args: str | float) -> tuple[Owed, ...]:
        names = Owed.__struct_fields__
        at = names.index("reached")
        return tuple(
            msgspec.convert(
                dict(zip(names, row, strict=True)) | {"reached": msgspec.json.decode(row[at])}, Owed
            )
            for row in self._db.rows(statement, args)
        )

    QUEUE = (
        "SELECT id, service, level, why, created, attempts, digest IS NOT NULL FROM outbox"
        " WHERE status = 'owed' AND route = ? AND target = ? ORDER BY id"
    )

    def queue(self, lane: Lane) -> tuple[Waiting, ...]:
        """Give what waits on *lane*, oldest first."""
        return tuple(
            Waiting(number, service, Level(level), Why(why), created, attempts, bool(digest))
            for number, service, level, why, created, attempts, digest in self._db.rows(
                self.QUEUE, lane
            )
        )

    LATELY = (
        "SELECT finished, service, level FROM outbox"
        " WHERE status = 'sent' AND route = ? AND target = ? AND finished > ?"
    )

    def sent_since(self, lane: Lane, wall: float) -> tuple[Sent, ...]:
        """Give what went out on *lane* after *wall*."""
        rows = self._db.rows(self.LATELY, (*lane, wall))
        return tuple(Sent(at, service, Level(level)) for at, service, level in rows)

    # --- digests -----------------------------------------------------------------------------

    ITEMS = (
        "SELECT service, what, why, level, created, iif(brief = '', subject, brief), number"
        " FROM outbox WHERE status = 'owed' AND route = ? AND target = ? ORDER BY id"
    )
    FOLD = (
        "UPDATE outbox SET digest = ?1, status = iif(id = ?1, 'owed', 'folded')"
        " WHERE status = 'owed' AND route = ?2 AND target = ?3"
    )

    def fold(
        self, lane: Lane, write: Callable[[tuple[Item, ...], Owed], Letter], wall: float
    ) -> int | None:
        """Owe one letter instead of all that wait on *lane*; None: nothing waits.

        In one transaction, so that a letter is told of by itself or by the digest.
        """
        with self._db.writing():
            items = tuple(item(row) for row in self._db.rows(self.ITEMS, lane))
            last = self.letter(self.queue(lane)[-1].id) if items else None
            if last is None:
                return None
            number = self._digest(lane, items, last, write(items, last), wall)
            self._db.change(self.FOLD, (number, *lane))
        return number

    def _digest(
        self, lane: Lane, items: tuple[Item, ...], last: Owed, letter: Letter, wall: float
    ) -> int:
        """Insert it. About one service it is a letter of the newest event; else of none."""
        alone = all(one.service == last.service for one in items)
        level = max((one.level for one in items), key=LOUDNESS.__getitem__)
        about = (last.number, last.service, last.what) if alone else (0, "", "")
        name = f"<svwatch.digest.{lane_mark(lane)}.{last.id}.{wall * 1000:.0f}@{self._host}>"
        because = (last.why.value, level.value)
        return self._db.add(self.OWE, (*lane, *about, *because, *bounded(letter), wall, name, name))

    # --- receipts ----------------------------------------------------------------------------

    SENT = (
        "UPDATE outbox SET status = 'sent', attempts = attempts + 1, finished = ?, answer = ?"
        " WHERE id = ?"
    )

    def sent(self, letter: int, receipt: str, wall: float) -> None:
        """Keep the receipt."""
        with self._db.writing():
            self._db.change(self.SENT, (wall, receipt, letter))

    FAILED = (
        "UPDATE outbox SET attempts = attempts + 1, refusals = refusals + ?, answer = ?,"
        " retry_at = ?, reached = ? WHERE id = ?"
    )

    def failed(
        self,
        letter: int,
        error: str,
        retry_at: float,
        *,
        refused: bool = False,
        reached: tuple[str, ...] = (),
    ) -> None:
        """Keep why it failed, and when to try again (wall time)."""
        told = msgspec.json.encode(reached).decode()
        with self._db.writing():
            self._db.change(self.FAILED, (int(refused), error, retry_at, told, letter))

    DEAD = (
        "UPDATE outbox SET status = 'dead', attempts = attempts + 1, finished = ?, answer = ?"
        " WHERE id = ? AND status = 'owed'"  # not one that somebody dropped meanwhile
    )

    def dead(self, letter: int, error: str, wall: float) -> None:
        """Give it up; it stays to be seen."""
        with self._db.writing():
            self._db.change(self.DEAD, (wall, error, letter))
            self._db.change(self.BEREAVE, (wall, letter, letter, letter, letter))

    # No recovery without its problem: one that waits behind a dead letter, and behind no other
    # about its event, is not told either. *digest* says which; reviving that revives it.
    BEREAVE = """UPDATE outbox AS end SET status = 'dropped', finished = ?, digest = ?,
          answer = 'the letter about the problem was given up'
        WHERE end.status = 'owed' AND end.why = 'cleared' AND end.number <> 0
          AND (end.route, end.target) = (SELECT route, target FROM outbox WHERE id = ?)
          AND end.number IN (SELECT number FROM outbox
            WHERE id = ? OR (status = 'folded' AND digest = ?))
          AND NOT EXISTS (SELECT 1 FROM outbox AS one LEFT JOIN outbox AS told
              ON told.id = one.digest
            WHERE one.number = end.number AND one.id < end.id
              AND (one.route, one.target) = (end.route, end.target)
              AND iif(one.status = 'folded', coalesce(told.status, 'sent'), one.status)
                IN ('owed', 'sent', 'folded'))"""


def item(row: Row) -> Item:
    """Make an Item of a row of `Outbox.ITEMS`."""
    service, what, why, level, at, brief, number = row
    kind = What(what) if what in KINDS else What.RULE
    return Item(service, kind, Why(why), Level(level), at, brief, number)


def lane_mark(lane: Lane) -> str:
    """Give a short word for *lane* that stands in a Message-ID and tells no address."""
    return f"{crc32(repr(lane).encode()):08x}"


def bounded(letter: Letter) -> tuple[str, str, str]:
    """Give subject, body and brief, not longer than a row may hold."""
    subject = " ".join(letter.subject.split())[:MOST_SUBJECT]
    brief = " ".join(letter.brief.split())[:MOST_SUBJECT]
    return subject, letter.body[:MOST_BODY], brief
