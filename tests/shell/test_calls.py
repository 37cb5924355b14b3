"""Dials in the loop: begun after a scheduled look, heard by the next one, in nobody's way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from svwatch.core.connection import Answer, Connection, Dialled, Http
from svwatch.core.phases import Phase
from svwatch.core.plan import Alert, Rule, Service
from svwatch.core.seen import Observation
from svwatch.core.state import Intent, State, Step
from svwatch.probe import clock
from svwatch.shell.calls import Calls, hear, places_of
from svwatch.shell.dial import Dial
from svwatch.shell.inbox import Inbox
from svwatch.shell.switchboard import AT_ONCE, BURST, Switchboard
from svwatch.shell.ward import Ward
from tests.shell.fakes import Ground, content, mind, plan, service
from tests.shell.servant import hangs, says, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
PLACE = Connection(port=1)


def rule(test: Connection) -> Rule:
    return Rule(key=str(test), text="if failed ...", where="x:1", test=test, action=Alert())


def asking(*tests: Connection, name: str = "one") -> Service:
    return service(name, rules=tuple(rule(test) for test in tests))


class Loop:
    """As much of the daemon's loop as dials need."""

    def __init__(self, ground: Ground) -> None:
        self.inbox = Inbox()
        self.calls = Calls(ground.watch, self.inbox)

    def until(self, over: object) -> None:
        end = clock.now().mono + 10
        while not over():  # type: ignore[operator]
            mono = clock.now().mono
            assert mono < end, "nothing comes of it"
            self.calls.overdue(mono)
            due = self.calls.renew(mono)
            wait = 0.1 if due is None else min(0.1, max(0.0, due - mono))
            for owner, _, _ in self.inbox.wait(wait):
                self.calls.ready(owner[1], clock.now().mono)

    def close(self) -> None:
        self.calls.board.close()
        self.inbox.close()


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    made = Ground(tmp_path, mind(quiet=True))
    yield made
    made.close()


@pytest.fixture
def loop(ground: Ground) -> Iterator[Loop]:
    made = Loop(ground)
    yield made
    made.close()


def ward_of(ground: Ground, *tests: Connection) -> Ward:
    ground.roster.adopt(plan(asking(*tests)))
    ground.watch.turn({"one": True})
    return ground.roster.wards["one"]


def test_a_scheduled_look_is_followed_by_a_dial(ground: Ground, loop: Loop) -> None:
    with serving(says(OK)) as servant:
        test = Connection(port=servant.port, http=Http())
        ward = ward_of(ground, test, replace(test, succeeded=True))
        loop.calls.begin({"one": False, "gone": True})
        assert not loop.calls.board.under_way
        loop.calls.begin({"one": True})
        loop.calls.begin({"one": True})  # the one under way is enough
        loop.until(lambda: ward.dialled)
    assert [(one.endpoint, one.answer) for one in ward.dialled] == [(test, Answer.OK)]
    assert not loop.calls.board.under_way


def test_who_does_not_run_is_not_dialled(ground: Ground, loop: Loop) -> None:
    ward = ward_of(ground, PLACE)
    before = ward.state
    for state in (
        replace(before, phase=Phase.UNMONITORED),
        replace(before, intent=Intent(goal="restart", serial=1, began=0.0)),  # type: ignore[arg-type]
    ):
        ward.state = state
        loop.calls.begin({"one": True})
    ward.state, ward.seen = before, None
    loop.calls.begin({"one": True})
    assert not loop.calls.board.under_way


def test_a_good_result_leaves_a_look_quiet_and_a_bad_one_does_not(ground: Ground) -> None:
    ward = ward_of(ground, PLACE)
    hear(ward, Dialled(PLACE, Answer.OK, 1.0, 2.0))
    assert ward.calm(ground.clock.mono)
    hear(ward, Dialled(PLACE, Answer.FAILED, 2.0, 3.0, "connection refused"))
    assert not ward.calm(ground.clock.mono)
    assert [one.at for one in ward.dialled] == [3.0]


def test_only_a_scheduled_look_takes_note_of_it(tmp_path: Path) -> None:
    seen: list[Observation] = []

    def think(one: Service, state: State, look: Observation, inputs: tuple[()]) -> Step:
        seen.append(look)
        return content(one, state, look, inputs)

    ground = Ground(tmp_path, mind(think))  # type: ignore[arg-type]
    ward = ward_of(ground, PLACE)
    result = Dialled(PLACE, Answer.FAILED, 2.0, 3.0, "connection refused")
    hear(ward, result)
    ground.watch.turn({"one": False})
    assert ward.news
    ground.watch.turn({"one": True})
    assert not ward.news
    assert [look.dialled for look in seen] == [(), (result,), (result,)]
    ground.close()


def test_a_place_that_must_not_answer_is_looked_at_when_it_does(ground: Ground) -> None:
    ward = ward_of(ground, replace(PLACE, succeeded=True))
    hear(ward, Dialled(PLACE, Answer.OK, 1.0, 2.0))
    assert not ward.calm(ground.clock.mono)


def test_what_a_reload_took_out_is_forgotten(ground: Ground) -> None:
    ward, other = ward_of(ground, PLACE), Connection(port=2)
    hear(ward, Dialled(PLACE, Answer.OK, 1.0, 2.0))
    ward.service = asking(other)
    assert places_of(ward) == (other,)
    hear(ward, Dialled(other, Answer.OK, 2.0, 3.0))
    assert [one.endpoint for one in ward.dialled] == [other]
    hear(ward, Dialled(PLACE, Answer.FAILED, 3.0, 4.0, "too late"))
    assert [one.endpoint for one in ward.dialled] == [other]
    assert not ward.news


def test_a_few_begin_at_a_time_and_many_hang_at_once() -> None:
    inbox = Inbox()
    board = Switchboard(inbox)
    with serving(None, backlog=2048) as servant:
        place = Connection(port=servant.port, http=Http(), timeout=5.0)
        for number in range(AT_ONCE + 20):
            board.call(f"{number}", (place,))
        mono = clock.now().mono
        board.pump(mono)
        assert len(board.lines()) == AT_ONCE + 20
        assert board.due() == 0.0
        for _ in range(AT_ONCE // BURST + 5):
            board.pump(mono)
        assert board.due() == mono + 5.0  # all lines are taken: the next thing is a deadline
        board.overdue(mono + 5.1)
        assert len(board.take()) == AT_ONCE
        board.pump(mono)
        assert len(board.lines()) == 20
        board.close()
    assert not board.under_way
    inbox.close()


def test_a_bug_in_a_dial_ends_that_dial_only(monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox()
    board = Switchboard(inbox)
    with serving(hangs) as servant:
        place = Connection(port=servant.port, http=Http(), timeout=5.0)
        board.call("one", (place,))
        board.pump(clock.now().mono)
        monkeypatch.setattr(Dial, "go", lambda _self, _mono: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            board.ready(("one", place), clock.now().mono)
        assert not board.under_way
        assert inbox.wait(0) == []
    board.close()
    inbox.close()
