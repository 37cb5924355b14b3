"""The courier with real children and a real mail server: at least once, in order, or seen."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from svwatch.core.ledger import Notify, Why
from svwatch.core.level import Level
from svwatch.core.route import Form, Route, single
from svwatch.shell.courier import AT_ONCE, Courier
from svwatch.shell.letters import Letters
from svwatch.shell.patience import DEAD_AFTER, REFUSALS
from svwatch.shell.store import Store
from tests.shell.mailbox import Leaping, Mailbox, drive, ready, turn
from tests.shell.pages import alert, commit, record

FAKE = """
import json, os, sys, time
parcel = json.loads(sys.stdin.readline())
with open({log!r}, "a") as log: log.write(parcel["title"] + chr(10))
{then}
"""
OK = 'print(json.dumps({"ok": True, "detail": "taken"}))'
HANG = "os.read(os.memfd_create('x'), 1); import signal; signal.pause()"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(str(tmp_path / "state"))
    yield store
    store.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


@pytest.fixture
def clock() -> Leaping:
    return Leaping()


def ops(mailbox: Mailbox, name: str = "ops") -> Route:
    return single(name, mailbox.url())


def fake(tmp_path: Path, then: str) -> tuple[str, ...]:
    """Give a command that stands in for `svwatch deliver`."""
    return (sys.executable, "-c", FAKE.format(log=str(tmp_path / "log"), then=then))


def seen(tmp_path: Path) -> list[str]:
    path = tmp_path / "log"
    return path.read_text().splitlines() if path.exists() else []


def owe(
    store: Store, clock: Leaping, word: str, *routes: Route, serial: int = 1, name: str = "web"
) -> None:
    alert(store, word, serial=serial, routes=routes, wall=clock.wall(), name=name)


# --- a real mail server ------------------------------------------------------------------------


def test_a_letter_arrives_with_its_receipt(store: Store, mailbox: Mailbox, clock: Leaping) -> None:
    owe(store, clock, "leaking", ops(mailbox))
    drive(Courier(store, (ops(mailbox),)), clock, lambda: not store.waiting())
    mail = mailbox.take()
    assert mail["Subject"] == "web leaking raised"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_payload(decode=True) == b"to ops\r\n"
    (told,) = store.told(1)
    assert (told.status, told.attempts) == ("sent", 1)
    assert told.answer == "250 2.0.0 Ok: queued as 42"


def test_an_outage_delays_and_loses_nothing(tmp_path: Path, clock: Leaping) -> None:
    mailbox = Mailbox()
    route = ops(mailbox)
    store = Store.open(str(tmp_path / "state"))
    courier = Courier(store, (route,))
    for number in range(3):
        owe(store, clock, "down", route, name=f"no{number}")
    drive(courier, clock, lambda: attempts(store) >= 3)
    assert "Connection refused" in store.waiting()[0].error
    courier.close()
    store.close()  # and the daemon ends; another comes, an hour later
    clock.leap(3600)
    mailbox.start()
    store = Store.open(str(tmp_path / "state"))
    drive(Courier(store, (route,)), clock, lambda: not store.waiting())
    mailbox.stop()
    store.close()
    assert mailbox.subjects() == [f"no{number} down raised" for number in range(3)]


def attempts(store: Store) -> int:
    return sum(told.attempts for event in store.events() for told in store.told(event.number))


def test_what_the_server_puts_off_comes_later_in_order(
    store: Store, mailbox: Mailbox, clock: Leaping
) -> None:
    mailbox.to_data = ["451 4.3.0 try later", "451 4.3.0 try later"]
    mailbox.to_rcpt = ["451 4.7.1 greylisted"]
    owe(store, clock, "first", ops(mailbox))
    owe(store, clock, "second", ops(mailbox), serial=2)
    courier = Courier(store, (ops(mailbox),))
    drive(courier, clock, lambda: attempts(store) == 1)
    assert "451 4.7.1 greylisted" in store.waiting()[0].error
    drive(courier, clock, lambda: not store.waiting())
    assert mailbox.subjects() == ["web first raised", "web second raised"]
    assert [told.attempts for told in store.told(1)] == [4]


def test_what_the_server_refuses_becomes_a_dead_letter_and_blocks_nothing(
    store: Store, mailbox: Mailbox, clock: Leaping
) -> None:
    mailbox.to_data = ["550 5.7.1 looks like spam"] * REFUSALS
    owe(store, clock, "refused", ops(mailbox))
    owe(store, clock, "next", ops(mailbox), serial=2)
    began = clock.wall()
    drive(Courier(store, (ops(mailbox),)), clock, lambda: not mailbox.mails.empty())
    assert clock.wall() - began < 300
    assert mailbox.subjects() == ["web next raised"]
    (told,) = store.told(1)
    assert (told.status, told.attempts) == ("dead", REFUSALS)
    assert "550 5.7.1 looks like spam" in told.answer


def test_a_server_that_hangs_is_left_at_the_deadline(
    store: Store, mailbox: Mailbox, clock: Leaping
) -> None:
    mailbox.hanging = True
    owe(store, clock, "patient", ops(mailbox))
    courier = Courier(store, (ops(mailbox),))
    courier.kick(clock.now(), clock.wall())
    assert mailbox.hung.get(timeout=30)  # the child waits within DATA
    clock.leap(60.1)
    drive(courier, clock, lambda: attempts(store) == 1)
    assert "ended after 60 s" in store.waiting()[0].error
    mailbox.hanging = False
    drive(courier, clock, lambda: not store.waiting())
    assert mailbox.subjects() == ["web patient raised"]


def test_a_child_killed_after_the_server_took_it_sends_a_copy_that_can_be_recognised(
    store: Store, mailbox: Mailbox, clock: Leaping
) -> None:
    owe(store, clock, "twice", ops(mailbox))
    courier = Courier(store, (ops(mailbox),))
    courier.kick(clock.now(), clock.wall())
    (errand,) = courier._errands.values()
    mailbox.at_data = lambda: os.kill(errand.mailman.pid, signal.SIGKILL)
    drive(courier, clock, lambda: attempts(store) == 1)
    assert "ended by SIGKILL" in store.waiting()[0].error
    mailbox.at_data = lambda: None
    drive(courier, clock, lambda: not store.waiting())
    first, second = mailbox.take(), mailbox.take()
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].startswith("<svwatch.1.")


def test_letters_about_one_event_are_one_thread(
    store: Store, mailbox: Mailbox, clock: Leaping
) -> None:
    owe(store, clock, "x", ops(mailbox))
    cleared = Notify(1, Why.CLEARED, Level.CRITICAL)
    commit(store, cleared, routes=(ops(mailbox),), wall=clock.wall())
    drive(Courier(store, (ops(mailbox),)), clock, lambda: not store.waiting())
    first, second = mailbox.take(), mailbox.take()
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == first["In-Reply-To"] == None  # noqa: E711
    assert second["References"] == second["In-Reply-To"] == first["Message-ID"]
    assert first.get_all("Message-ID") == [first["Message-ID"]]


def test_a_recipient_who_has_it_gets_it_once(
    store: Store, mailbox: Mailbox, clock: Leaping
) -> None:
    route = single("ops", mailbox.url(to="ann@example.com,bob@example.com"))
    mailbox.to_rcpt = ["250 Ok", "452 4.2.2 mailbox full", "452 4.2.2 mailbox full"]
    owe(store, clock, "both", route)
    drive(Courier(store, (route,)), clock, lambda: not store.waiting())
    mails = [mailbox.take(), mailbox.take()]
    assert [mail["To"] for mail in mails] == ["ann@example.com", "bob@example.com"]
    assert mailbox.mails.empty()
    assert store.told(1)[0].attempts == 3


# --- children that misbehave ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        ("os.kill(os.getpid(), 11)", "gave no answer: ended by SIGSEGV"),
        ("sys.exit(3)", "gave no answer: exit code 3"),
        ("raise ValueError('hunter2hunter2')", "exit code 1: ValueError: ****"),
        ("print('no json')", "exit code 0: no json"),
        ("print('[1]'); print('{')", "gave no answer: exit code 0"),
        ('print(json.dumps({"ok": False, "detail": "busy"})); print("bye")', "busy"),
    ],
)
def test_a_child_without_success_is_a_failed_attempt(
    store: Store, tmp_path: Path, clock: Leaping, then: str, reason: str
) -> None:
    route = single("ops", "json://ann:hunter2hunter2@host/")
    courier = Courier(store, (route,), command=fake(tmp_path, then))
    owe(store, clock, "x", route)
    drive(courier, clock, lambda: attempts(store) == 1)
    assert reason in store.waiting()[0].error
    assert "hunter2" not in store.waiting()[0].error


def test_a_command_that_cannot_be_started_is_a_failed_attempt(
    store: Store, tmp_path: Path, clock: Leaping
) -> None:
    route = single("ops", "json://host/")
    courier = Courier(store, (route,), command=(str(tmp_path / "none"),))
    owe(store, clock, "x", route)
    drive(courier, clock, lambda: attempts(store) == 1)
    assert "cannot be started: No such file" in store.waiting()[0].error
    assert courier.filenos() == ()


def test_a_hung_child_is_killed_at_its_deadline(
    store: Store, tmp_path: Path, clock: Leaping
) -> None:
    route = single("ops", "json://host/")
    courier = Courier(store, (route,), command=fake(tmp_path, HANG), deadline=5)
    owe(store, clock, "x", route)
    courier.kick(clock.now(), clock.wall())
    due = courier.due(clock.now())
    assert due is not None
    assert due - clock.now().mono <= 5
    assert ready(courier.filenos(), 0) == []
    clock.leap(5)
    drive(courier, clock, lambda: attempts(store) == 1)
    assert "gave no answer: ended after 5 s" in store.waiting()[0].error


def test_one_dead_route_delays_no_other(store: Store, tmp_path: Path, clock: Leaping) -> None:
    then = f"if parcel['url'].startswith('dead'): {HANG}\n{OK}"
    routes = (single("dead", "dead://host/"), single("live", "live://host/"))
    courier = Courier(store, routes, command=fake(tmp_path, then))
    for number in range(5):
        owe(store, clock, "down", *routes, name=f"no{number}")
    began = clock.now().mono
    drive(courier, clock, lambda: {one.route for one in store.waiting()} == {"dead"})
    assert clock.now().mono - began < 30, "no deadline of the dead one was waited for"
    assert seen(tmp_path).count("no4 down raised") == 1
    assert courier.under_way == 1
    courier.close()


def test_at_most_four_children_and_one_per_route(
    store: Store, tmp_path: Path, clock: Leaping
) -> None:
    routes = tuple(single(str(number), "json://host/") for number in range(6))
    courier = Courier(store, routes, command=fake(tmp_path, OK))
    owe(store, clock, "a", *routes)
    owe(store, clock, "b", *routes, serial=2)
    most = 0
    courier.kick(clock.now(), clock.wall())
    assert courier.under_way == AT_ONCE == 4
    while store.waiting():
        most = max(most, courier.under_way)
        assert len(set(courier.filenos())) == courier.under_way
        turn(courier, clock)
    assert most == AT_ONCE
    assert sorted(seen(tmp_path)) == ["web a raised"] * 6 + ["web b raised"] * 6


def test_after_three_days_of_trying_a_letter_is_dead_and_seen(
    store: Store, tmp_path: Path, clock: Leaping
) -> None:
    route = single("ops", "json://host/")
    courier = Courier(store, (route,), command=fake(tmp_path, "sys.exit(1)"), jitter=lambda: 1.0)
    owe(store, clock, "x", route)
    drive(courier, clock, lambda: attempts(store) == 8)
    clock.leap(DEAD_AFTER + 1)  # the host was off: that alone ends no letter
    drive(courier, clock, lambda: attempts(store) == 11)
    assert store.waiting()[0].dead == 0
    drive(courier, clock, lambda: store.waiting()[0].dead == 1)
    (backlog,) = store.waiting()
    assert (backlog.waiting, backlog.dead) == (0, 1)
    assert "exit code 1" in backlog.died


def test_a_clock_set_back_delays_no_letter(store: Store, tmp_path: Path, clock: Leaping) -> None:
    route = single("ops", "json://host/")
    owe(store, clock, "x", route)
    store.failed(1, "later", clock.wall() + 600)
    courier = Courier(store, (route,), command=fake(tmp_path, OK))
    courier.kick(clock.now(), clock.wall() - 86_400)
    assert courier.under_way == 1
    courier.close()


def test_a_route_that_left_keeps_its_letters_for_three_days(
    store: Store, tmp_path: Path, clock: Leaping
) -> None:
    gone = single("gone", "json://host/")
    owe(store, clock, "x", gone)
    courier = Courier(store, (), command=fake(tmp_path, OK))
    courier.kick(clock.now(), clock.wall())
    assert (courier.under_way, courier.due(clock.now())) == (0, None)
    courier.reroute(store, (gone,))
    drive(courier, clock, lambda: not store.waiting())
    owe(store, clock, "y", gone, serial=2)
    courier.reroute(store, ())
    clock.leap(DEAD_AFTER + 1)
    courier.kick(clock.now(), clock.wall())
    assert store.told(2)[0].answer == "route gone is no longer configured"


# --- a store that fails ------------------------------------------------------------------------


def test_what_was_sent_is_not_sent_again_while_the_store_fails(
    store: Store, tmp_path: Path, clock: Leaping
) -> None:
    route = single("ops", "json://host/")
    courier = Courier(store, (route,), command=fake(tmp_path, OK))
    owe(store, clock, "once", route)
    store._db.rows("PRAGMA query_only = ON")  # every write fails, reading works
    courier.kick(clock.now(), clock.wall())
    for _ in range(5):
        turn(courier, clock)
    assert "cannot be written" in courier.trouble
    courier.say("the disk is full", "", Level.CRITICAL, clock.wall())
    drive(courier, clock, lambda: "the disk is full" in seen(tmp_path))
    store._db.rows("PRAGMA query_only = OFF")
    drive(courier, clock, lambda: not store.waiting())
    assert courier.trouble == ""
    assert seen(tmp_path) == ["web once raised", "the disk is full"]


def test_what_is_told_from_memory_has_the_form_of_its_route(
    store: Store, tmp_path: Path, clock: Leaping
) -> None:
    route = single("hook", "http://host/", form=Form.JSON)
    writer = Letters(store, "web1", lambda _: None, clock.wall)
    courier = Courier(store, (route,), writer=writer, command=fake(tmp_path, OK))
    courier.say("the disk is full", "It is.", Level.CRITICAL, clock.wall())
    (head,) = courier._memory.heads()
    letter = courier._memory.letter(head.id)
    assert letter is not None
    assert msgspec.json.decode(letter.body)["text"] == "It is."


def test_memory_holds_a_bounded_number_and_tries_again(
    store: Store, tmp_path: Path, clock: Leaping
) -> None:
    marker = tmp_path / "up"
    then = f"if not os.path.exists({str(marker)!r}): sys.exit(1)\n{OK}"
    routes = (single("all", "json://h/"), single("loud", "json://h/", Level.CRITICAL))
    courier = Courier(store, routes, command=fake(tmp_path, then))
    for number in range(30):
        courier.say(f"no{number}", "", Level.WARNING, clock.wall())
    drive(courier, clock, lambda: len(seen(tmp_path)) == 2)
    assert seen(tmp_path) == ["no0", "no0"], "the oldest first"
    marker.touch()
    drive(courier, clock, lambda: courier.due(clock.now()) is None and not courier.under_way)
    assert seen(tmp_path)[2:] == [f"no{number}" for number in range(20)]


# --- the end -------------------------------------------------------------------------------------


def test_closing_ends_the_children_and_owes_their_letters(
    store: Store, tmp_path: Path, clock: Leaping
) -> None:
    route = single("ops", "json://host/")
    courier = Courier(store, (route,), command=fake(tmp_path, HANG))
    owe(store, clock, "x", route)
    courier.kick(clock.now(), clock.wall())
    (errand,) = courier._errands.values()
    courier.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(errand.mailman.pid, os.WNOHANG)
    assert store.waiting()[0].waiting == 1


def test_a_kick_costs_next_to_nothing(store: Store, clock: Leaping) -> None:
    courier = Courier(store, ())
    commit(store, record(1))
    began = time.thread_time()
    for _ in range(100):
        courier.kick(clock.now(), clock.wall())
    assert (time.thread_time() - began) / 100 < 0.002  # measured: 10 us
