"""Routes that fail, from rows of a real outbox: told on the others, once, and until it is over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from svwatch.core.ledger import Notify, Record, What, Why
from svwatch.core.level import Level
from svwatch.core.pulse import HEARTBEAT
from svwatch.core.route import Route, Target
from svwatch.core.seen import Now
from svwatch.core.state import State
from svwatch.core.trouble import AFTER, KEY, Lane
from svwatch.core.vanish import Moment
from svwatch.shell.own import Own
from svwatch.shell.store import Store
from svwatch.shell.trouble import lanes_of, see
from tests.shell.pages import WALL, alert

OPS = Route("ops", (Target("a://", to="ann"), Target("b://", to="bob")))
SLACK = Route("slack", (Target("c://"),))


class Desk:
    """A store with letters, and what is said of them."""

    def __init__(self, root: Path) -> None:
        self.store = Store.open(str(root))
        self.own = Own(State())
        self.routes: tuple[Route, ...] = (OPS, SLACK)
        self.syslog: list[str] = []
        self.mono = 100.0
        self.extra: tuple[Lane, ...] = ()

    def owe(self, *routes: Route) -> tuple[int, ...]:
        return alert(self.store, "it", routes=routes, wall=self.wall).owed

    @property
    def wall(self) -> float:
        return WALL + self.mono

    def see(self, seconds: float = 0.0) -> list[tuple[What, Why | None, tuple[str, ...]]]:
        """Look for trouble after so many seconds; give what is told: what, why, and to whom not."""
        self.mono += seconds
        moment = Moment(Now(self.mono, self.mono), self.wall)
        lanes = (*lanes_of(self.store.waiting()), *self.extra)
        see(
            self.own, lanes, self.routes, moment,
            to_syslog=self.syslog.append, unasked=self.store.was_dropped,
        )  # fmt: skip
        effects = self.own.owed
        self.own.recorded(len(effects))
        told = {one.serial: one for one in effects if isinstance(one, Notify)}
        return [
            (one.what, told[one.serial].why, told[one.serial].not_to)
            for one in effects
            if isinstance(one, Record)
        ]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


def test_nothing_is_said_of_ten_minutes_or_of_what_was_not_tried(desk: Desk) -> None:
    desk.owe(SLACK)
    assert desk.see(AFTER + 1) == []
    for letter in desk.owe(OPS):
        desk.store.failed(letter, "refused", desk.wall)
    assert desk.see(AFTER / 2) == []


def test_one_that_fails_is_told_once_on_the_others_and_until_it_is_over(desk: Desk) -> None:
    (letter,) = desk.owe(SLACK)
    desk.store.failed(letter, "503 not now", desk.wall)
    assert desk.see(AFTER + 1) == [(What.NOT_DELIVERED, Why.RAISED, ("slack",))]
    assert desk.see(AFTER) == []
    assert desk.syslog == []
    desk.store.sent(letter, "ok", desk.wall)
    assert desk.see(1) == [(What.DELIVERED, Why.CLEARED, ())]
    assert desk.own.state.incidents == {}


def test_the_other_recipients_of_a_route_hear_of_it(desk: Desk) -> None:
    ann, bob = desk.owe(OPS)
    desk.store.failed(ann, "550 no such user", desk.wall)
    desk.store.sent(bob, "ok", desk.wall)
    assert desk.see(AFTER + 1) == [(What.NOT_DELIVERED, Why.RAISED, ("ops/ann",))]


def test_no_failing_route_is_told_of_another(desk: Desk) -> None:
    for letter in desk.owe(OPS, SLACK):
        desk.store.failed(letter, "no network", desk.wall)
    silent = ("ops/ann", "ops/bob", "slack")
    assert desk.see(AFTER + 1) == [
        (What.NOT_DELIVERED, Why.RAISED, silent),
        (What.NOT_DELIVERED, Why.RAISED, silent),
    ]
    assert [words.split(",")[0] for words in desk.syslog] == [
        "cannot deliver to ops (ann",
        "cannot deliver to slack",
    ]


def test_a_dead_letter_is_told_at_once_and_a_later_receipt_ends_it(desk: Desk) -> None:
    desk.routes = (SLACK,)
    first, second = desk.owe(SLACK) + desk.owe(SLACK)
    desk.store.dead(first, "400 too long", desk.wall)
    assert desk.see() == [(What.NOT_DELIVERED, Why.RAISED, ("slack",))]
    assert desk.syslog == ["cannot deliver to slack, and nobody else can be told: 400 too long"]
    assert desk.see(AFTER) == []
    desk.store.sent(second, "ok", desk.wall)
    assert desk.see(1) == [(What.DELIVERED, Why.CLEARED, ())]
    assert desk.store.waiting()[0].dead == 1  # it stays to be seen


def test_nothing_is_awaited_of_a_route_that_was_taken_out(desk: Desk) -> None:
    (letter,) = desk.owe(SLACK)
    desk.store.failed(letter, "503", desk.wall)
    assert len(desk.see(AFTER + 1)) == 1
    desk.routes = (OPS,)
    assert desk.see(1) == [(What.DELIVERED, Why.CLEARED, ())]


@pytest.mark.parametrize("dropped", [True, False])
def test_what_was_dropped_was_not_delivered(desk: Desk, dropped: bool) -> None:
    (letter,) = desk.owe(SLACK)
    desk.store.failed(letter, "503", desk.wall)
    desk.see(AFTER + 1)
    if dropped:
        with desk.store.dead_letters()._db.writing():
            desk.store.dead_letters().drop((letter,), desk.wall)
    else:
        desk.store.sent(letter, "ok", desk.wall)
    desk.mono += 1
    see(
        desk.own, lanes_of(desk.store.waiting()), desk.routes,
        Moment(Now(desk.mono, desk.mono), desk.wall),
        to_syslog=desk.syslog.append, unasked=desk.store.was_dropped,
    )  # fmt: skip
    (record,) = (one for one in desk.own.owed if isinstance(one, Record))
    assert (record.what, record.facts.planned) == (What.DELIVERED, dropped or None)


def test_a_silent_heartbeat_is_told_to_all(desk: Desk) -> None:
    desk.extra = (Lane(route=HEARTBEAT, waiting=1, since=desk.wall, error="500"),)
    assert desk.see(AFTER) == []
    assert desk.see(1) == [(What.NOT_DELIVERED, Why.RAISED, (HEARTBEAT,))]
    assert desk.own.state.incidents[KEY + HEARTBEAT].level is Level.WARNING
    desk.extra = ()
    assert desk.see(1) == [(What.DELIVERED, Why.CLEARED, ())]
