"""A store that can die between any two commits, servers that can be away, and simulated time."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from svwatch.core.audience import Lane
from svwatch.core.ledger import Facts, Line, Notify, Record, What, Why
from svwatch.core.level import Level
from svwatch.core.plan import Service
from svwatch.core.route import Route
from svwatch.core.seen import Now
from svwatch.core.state import State
from svwatch.shell.courier import Courier
from svwatch.shell.database import Database, open_writer
from svwatch.shell.mailman import Mailman
from svwatch.shell.parcel import Answer, Parcel
from svwatch.shell.store import Store, Turn
from tests.shell.pages import compose

BEGAN = 1_800_000_000.0


class Killed(Exception):  # noqa: N818  it is no error
    """kill -9."""


class Mortal(Database):
    """Dies after *left* more commits; half of the time just before one."""

    left: int | None = None
    before = False

    @contextmanager
    def writing(self) -> Iterator[None]:
        if self.left == 0 and self.before:
            raise Killed
        with super().writing():
            yield
        if self.left == 0:
            raise Killed
        if self.left is not None:
            self.left -= 1


class Row(Struct, frozen=True):
    """A letter as the store has it at the end."""

    id: int
    lane: Lane
    number: int
    why: str
    status: str
    created: float
    finished: float | None
    digest: int | None
    name: str  # its Message-ID


class World:
    """A daemon without eyes: what is decided is given, what it does about it is real."""

    def __init__(self, routes: tuple[Route, ...], state_dir: str = "") -> None:
        self.routes = routes
        self.state_dir = state_dir or tempfile.mkdtemp()
        self.at = 0.0  # seconds since it began
        self.serials: dict[str, int] = {}
        self.raised: dict[str, int] = {}  # service: serial of what is open
        self.taken: list[tuple[float, str, str]] = []  # at, URL, Message-ID
        self.answers: dict[int, Answer] = {}
        self.away: set[str] = set()
        self.refusing: set[str] = set()
        self.copies = 0  # letters that were taken and whose receipt died
        self._last = 0
        self.begin()

    # --- a life ------------------------------------------------------------------------------

    def begin(self) -> None:
        database, said = open_writer(self.state_dir)
        assert not said
        self.database = Mortal(database.connection, database.path)
        self.store = Store(self.database)
        self.store._names = {name for (name,) in self.database.rows(Store.NAMES)}
        self.courier = Courier(self.store, self.routes, carrier=self, jitter=lambda: 0.5)

    def die(self) -> None:
        """Go without a word, and begin anew."""
        unwritten = [*self.answers.values(), *(answer for _, answer in self.courier._answers)]
        self.copies += sum(answer.ok for answer in unwritten)
        self.answers.clear()
        self.database.left = None
        self.database.close()
        self.begin()

    @property
    def wall(self) -> float:
        return BEGAN + self.at

    @property
    def now(self) -> Now:
        return Now(1000.0 + self.at, 1000.0 + self.at)

    # --- what the courier sends out with -------------------------------------------------------

    def send_out(self, parcel: Parcel, command: tuple[str, ...]) -> Mailman:
        self._last += 1
        if parcel.url in self.away:
            answer = Answer(ok=False, detail="Connection refused")
        elif parcel.url in self.refusing:
            answer = Answer(ok=False, detail="550 spam", permanent=True)
        else:
            asked = "SELECT status FROM outbox WHERE message_id = ?"
            assert self.database.rows(asked, (parcel.message_id,)) == [("owed",)]
            self.taken.append((self.at, parcel.url, parcel.message_id))
            answer = Answer(ok=True, detail="taken")
        self.answers[self._last] = answer
        return Mailman(pid=0, pidfd=self._last, output=0, url=parcel.url)

    def end(self, mailman: Mailman) -> None:
        raise AssertionError("nobody is late here")

    def fetch(self, mailman: Mailman, late: str) -> Answer | None:
        return self.answers.pop(mailman.pidfd)

    # --- what happens --------------------------------------------------------------------------

    def tell(self, service: str, why: Why, level: Level, *, what: What = What.OVER) -> None:
        """Decide a letter about *service*: of what is open, or of something new."""
        serial = self.raised.get(service)
        if serial is None or why is Why.RAISED:
            serial = self.serials[service] = self.serials.get(service, 0) + 1
        if why is Why.CLEARED:
            self.raised.pop(service, None)
        elif why is not Why.VERDICT:
            self.raised[service] = serial
        record = Record(
            serial=serial, at=self.now, what=what, level=level, facts=Facts(reason="so"),
            lines=(Line(self.now.mono, "seen"),), closed=why is Why.CLEARED,
        )  # fmt: skip
        turn = Turn(
            service=Service(name=service, where="x.yaml:1"), state=State(serial=serial),
            effects=(record, Notify(serial, why, level)),
        )  # fmt: skip
        before = (dict(self.serials), dict(self.raised))
        try:
            self.store.commit((turn,), compose, self.routes, self.wall, self.now)
        except Killed:
            saved = self.known()
            if saved.get(service, 0) < serial:  # it was not decided, then
                self.serials, self.raised = before
                self.serials[service] = saved.get(service, 0)
                self.raised.pop(service, None)
            raise

    def known(self) -> dict[str, int]:
        """Give the serial of each service that is on record."""
        return {name: one.state.serial for name, one in self.store.states().items()}

    def go(self, seconds: float) -> None:
        """Be the loop for so long; begin anew where it dies."""
        end = self.at + seconds
        for _ in range(100_000):
            try:
                if not self._round(end):
                    return
            except Killed:
                self.die()
        raise AssertionError("it turns for ever")

    def _round(self, end: float) -> bool:
        """Let the courier do what it can now, or let time pass; say whether there is more."""
        self.courier.kick(self.now, self.wall)
        assert not self.courier.trouble
        if self.courier.filenos():
            for fd in self.courier.filenos():
                self.courier.readable(fd)
            return True
        due = self.courier.due(self.now)
        if due is None or due - 1000.0 > end:
            self.at = end
            return False
        assert due > self.now.mono, "it asks for an instant that has passed"
        self.at = due - 1000.0
        return True

    # --- what is true at the end ---------------------------------------------------------------

    ROWS = (
        "SELECT id, route, target, number, why, status, created, finished, digest, message_id"
        " FROM outbox ORDER BY id"
    )

    def rows(self) -> list[Row]:
        return [
            Row(number, (route, target), *rest)
            for number, route, target, *rest in self.database.rows(self.ROWS)
        ]

    def read(self, lane: Lane) -> list[Row]:
        """Give what was sent on *lane* and has its receipt, as people got it."""
        order = {name: index for index, (_, _, name) in enumerate(self.taken)}  # the last copy
        sent = [row for row in self.rows() if row.lane == lane and row.status == "sent"]
        return sorted(sent, key=lambda row: order[row.name])

    def close(self) -> None:
        self.database.close()
        shutil.rmtree(self.state_dir)


def told_of(row: Row, rows: Sequence[Row]) -> list[Row]:
    """Give the letters that *row* tells of: itself, or those that were folded into it."""
    return [one for one in rows if one.digest == row.id and one.status == "folded"] or [row]
