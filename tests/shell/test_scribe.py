"""What is put on record for whom: lanes, threads, and the words that a digest needs."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from svwatch.core.ledger import Notify, What, Why
from svwatch.core.level import Level
from svwatch.core.plan import Service
from svwatch.core.route import Form, Route, Target, Word, single
from svwatch.core.state import State
from svwatch.shell.outbox import Owed
from svwatch.shell.store import Store, Turn
from tests.shell.pages import AT, WALL, alert, commit, compose, record

TWO = Route("ops", (Target("a://1", to="ann"), Target("a://2", to="bob")))
RAISED = Notify(1, Why.RAISED, Level.CRITICAL)
CLEARED = Notify(1, Why.CLEARED, Level.CRITICAL)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(str(tmp_path / "state"))


def letters(store: Store, number: int = 1) -> list[Owed]:
    asked = "SELECT id FROM outbox WHERE number = ? ORDER BY id"
    rows = store._db.rows(asked, (number,))
    return [letter for (one,) in rows if (letter := store.outbox.letter(one))]


def test_each_target_of_a_route_is_owed_a_letter_of_its_own(store: Store) -> None:
    commit(store, record(1, What.DOWN, reason="gone"), RAISED, routes=(TWO,))
    ann, bob = letters(store)
    assert (ann.lane, bob.lane) == (("ops", "ann"), ("ops", "bob"))
    assert (ann.what, ann.why, ann.level) == ("down", Why.RAISED, Level.CRITICAL)
    assert ann.subject == bob.subject == "web gone raised"
    assert ann.message_id != bob.message_id, "a server may take one for a copy of the other"
    assert "ann" not in ann.message_id
    store.sent(ann.id, "ok", WALL)
    assert [(one.target, one.waiting) for one in store.waiting()] == [("bob", 1)]


def test_the_first_letter_of_a_lane_begins_its_thread(store: Store) -> None:
    alert(store, "x", routes=(TWO,))
    commit(store, replace(RAISED, why=Why.WORSENED), routes=(TWO,))
    commit(store, CLEARED, routes=(TWO,))
    ann = [letter for letter in letters(store) if letter.target == "ann"]
    assert [letter.thread for letter in ann] == ["", ann[0].message_id, ann[0].message_id]
    assert len({letter.message_id for letter in letters(store)}) == 6


def test_a_lane_that_came_later_has_a_thread_of_its_own(store: Store) -> None:
    late = single("late", "b://")
    alert(store, "x", routes=(TWO,))
    commit(store, replace(RAISED, why=Why.WORSENED), routes=(TWO, late))
    (first,) = [letter for letter in letters(store) if letter.route == "late"]
    assert first.thread == ""


def test_after_a_digest_that_is_what_later_letters_answer(store: Store) -> None:
    one = single("ops", "a://")
    alert(store, "x", routes=(one,), name="web")
    alert(store, "y", routes=(one,), name="db")
    folded = store.outbox.fold(("ops", ""), lambda items, last: last, WALL)
    assert folded is not None
    digest = store.outbox.letter(folded)
    assert digest is not None
    assert (digest.number, digest.service, digest.thread) == (0, "", "")
    commit(store, CLEARED, routes=(one,), name="web")
    assert letters(store)[-1].thread == digest.message_id
    assert [(told.why, told.status) for told in store.told(1)] == [
        (Why.RAISED, "owed"),
        (Why.CLEARED, "owed"),
    ]
    store.sent(digest.id, "250 ok", WALL)
    assert (store.told(1)[0].status, store.told(1)[0].answer) == ("sent", "250 ok")


def test_a_digest_about_one_service_answers_what_was_sent_of_it(store: Store) -> None:
    one = single("ops", "a://")
    alert(store, "x", routes=(one,))
    first = letters(store)[0]
    store.sent(first.id, "ok", WALL)
    commit(store, replace(RAISED, why=Why.WORSENED), routes=(one,))
    commit(store, CLEARED, routes=(one,))
    folded = store.outbox.fold(("ops", ""), lambda items, last: last, WALL)
    digest = store.outbox.letter(folded or 0)
    assert digest is not None
    assert (digest.number, digest.service, digest.thread) == (1, "web", first.message_id)
    assert digest.level is Level.CRITICAL


def test_a_service_its_groups_and_words_say_who_hears(store: Store) -> None:
    routes = (
        single("all", "a://"),
        replace(single("dj", "b://"), groups=("dj",)),
        replace(single("downs", "c://"), only=(Word.DOWN,)),
        replace(single("am", "d://"), form=Form.ALERTMANAGER),
    )
    chosen = Service(name="web", where="x:1", groups=("dj",), alerts=("dj", "downs"))
    turn = Turn(service=chosen, state=State(serial=1), effects=(record(1), RAISED))
    store.commit((turn,), compose, routes, WALL, AT)
    assert [letter.route for letter in letters(store)] == ["dj"]


def test_a_recovery_goes_to_lanes_with_the_problem_only(store: Store) -> None:
    alert(store, "x", routes=(TWO,), level=Level.NOTICE)
    ann, bob = letters(store)
    store.dead(ann.id, "550", WALL)
    store.sent(bob.id, "ok", WALL)
    commit(store, CLEARED, routes=(TWO, single("new", "b://")))
    assert [letter.lane for letter in letters(store)[2:]] == [("ops", "bob")]


def test_whose_letters_are_done_with_still_hears_of_the_end(store: Store) -> None:
    alert(store, "x", routes=(TWO,))
    for letter in letters(store):
        store.sent(letter.id, "ok", WALL)
    for serial in range(2, 40):
        alert(store, "y", serial=serial, routes=())
    with store._db.writing():
        store._db.change(store.outbox.PRUNE, (0,))
    assert len(letters(store)) == 2, "its event is open"


def test_an_incident_whose_record_was_lost_is_told_to_all_who_would_hear(store: Store) -> None:
    commit(store, Notify(7, Why.CLEARED, Level.CRITICAL), routes=(TWO,), state=State(serial=7))
    assert len(letters(store)) == 2
