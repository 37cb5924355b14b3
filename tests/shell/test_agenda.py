"""Who is due when, and what is news to whom."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from svwatch.core.event import Event
from svwatch.core.ledger import Facts, Line, What, Why
from svwatch.core.level import Level
from svwatch.core.route import single
from svwatch.core.snapshot import Snapshot
from svwatch.core.state import State
from svwatch.shell.agenda import Agenda
from svwatch.shell.letters import Letters
from svwatch.shell.novelty import news
from svwatch.shell.store import Turn
from tests.shell.fakes import Full, Ground, compose, mind, plan, record, service

ROUTE = single("ops", "json://localhost")


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    made = Ground(tmp_path, mind())
    yield made
    made.close()


def test_services_of_one_interval_are_looked_at_together(ground: Ground) -> None:
    slow = service("slow", interval=60.0)
    ground.roster.adopt(plan(service(), service("two"), slow))
    agenda, wards = Agenda(), ground.roster.wards.values()
    agenda.begin(wards, 100.0)
    agenda.begin(wards, 104.0)  # a reload starts no second round
    assert agenda.due(wards, 104.9) == []
    assert agenda.take() == {}
    agenda.due(wards, 105.0)
    assert agenda.take() == {"one": True, "two": True}
    assert agenda.timers.next() == 110.0
    agenda.due(wards, 300.0)  # after a pause: once, and not once for each that was missed
    assert agenda.take() == {"one": True, "two": True, "slow": True}
    assert agenda.timers.next() == 305.0


def test_a_scheduled_look_stays_one_whatever_else_asks_for_it() -> None:
    agenda = Agenda()
    agenda.look(["one"], scheduled=True)
    agenda.look(["one", "two"])
    assert agenda.take() == {"one": True, "two": False}


def test_an_extra_look_comes_when_it_is_due_and_not_in_circles(ground: Ground) -> None:
    ground.roster.adopt(plan(service()))
    ward, agenda = ground.roster.wards["one"], Agenda()
    ward.due = 50.0
    agenda.wake(ward, 60.0)
    assert agenda.timers.next() == 60.01
    ward.ended(60.0)
    agenda.wake(ward, 60.0)
    assert agenda.due([ward], 60.02) == []
    assert agenda.take() == {"one": False}
    agenda.forget("one")
    assert agenda.timers.next() is None


def test_the_successor_is_looked_for_less_and_less_often(ground: Ground) -> None:
    ground.roster.adopt(plan(service()))
    ward = ground.roster.wards["one"]
    ground.watch.turn({"one": True})
    ward.ended(0.0)
    looks = []
    while ward.hunt is not None:
        looks.append(round(ward.hunt, 3))
        ward.hunted(ward.hunt)
    assert looks == [0.01, 0.03, 0.07, 0.15, 0.31, 0.63, 1.27]
    ward.ended(0.0)
    ground.eyes["one"].pid = 8
    ground.clock.mono = 5.0
    ground.watch.turn({"one": False})
    assert ward.hunt is None  # somebody else runs there now


def test_a_turn_that_is_put_off_does_not_come_back_at_once(ground: Ground) -> None:
    ground.roster.adopt(plan(service()))
    ground.watch.turn({"one": True})
    ward = ground.roster.wards["one"]
    ward.ended(ground.clock.mono - 1)
    ward.due = ground.clock.mono
    ward.written = None
    ground.watch.store = Full()  # type: ignore[assignment]
    ground.watch.turn({"one": False})
    assert ward.due is None
    assert ward.hunt is not None
    assert ward.hunt > ground.clock.mono


def commit(ground: Ground, what: What, *lines: str) -> None:
    now = ground.clock()
    made = replace(record(1, now, what), lines=tuple(Line(now.mono, line) for line in lines))
    turn = Turn(service=service(), state=State(serial=1), effects=(made,))
    ground.store.commit([turn], compose, (), ground.clock.wall(), now)


def printed(ground: Ground) -> list[What]:
    checked = news(ground.store, Snapshot(host="web1", wall=ground.clock.wall()))
    ground.clock.mono += 10
    return [event.what for event in checked.events]


def test_an_event_is_news_when_it_becomes_something_else(ground: Ground) -> None:
    assert printed(ground) == []
    commit(ground, What.RESTART_BEGUN)
    assert printed(ground) == []  # its verdict will be
    commit(ground, What.WILL_NOT_STOP)
    assert printed(ground) == [What.WILL_NOT_STOP]
    commit(ground, What.WILL_NOT_STOP, "still alive")
    assert printed(ground) == []
    commit(ground, What.RESTART_FIXED)
    assert printed(ground) == [What.RESTART_FIXED]


@pytest.mark.parametrize(
    ("what", "logged"), [(What.RESTART_FIXED, True), (What.DOWN_BY_HAND, False)]
)
def test_a_letter_shows_the_log_where_that_explains(
    ground: Ground, what: What, logged: bool
) -> None:
    one = service(log="/var/log/one/current")
    letters = Letters(ground.store, "web1", lambda _name: one, ground.clock.wall)
    event = Event(
        number=1, service="one", serial=1, at=0.0, updated=0.0, what=what,
        level=Level.NOTICE, facts=Facts(log=("PG::ConnectionBad",)), closed=True,
    )  # fmt: skip
    letter = letters.compose(event, Why.VERDICT, ROUTE)
    assert ("PG::ConnectionBad" in letter.body) is logged
    assert letter.subject.startswith("[web1] one ")
