"""What only the courier knows to be needed: digests, and words on what comes late."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import json
from msgspec.structs import replace

from svwatch.core.event import Event
from svwatch.core.ledger import What, Why
from svwatch.core.level import Level
from svwatch.core.route import Form, Route, single
from svwatch.shell.letters import Guarded, Letters, Plainly
from svwatch.shell.owed import Owed
from svwatch.shell.store import Store
from svwatch.view.letter import Item, Message

WALL = 1_800_000_000.0
OPS = single("ops", "json://h/")
LAST = Owed(
    id=3, route="ops", target="", number=7, service="web", what=What.WELL.value, why=Why.CLEARED,
    level=Level.WARNING, subject="[web1] web is well again", body="It is.\n", brief="well again",
    created=WALL - 400, message_id="<3@h>", answer="451 try later",
)  # fmt: skip
FIRST = Item("web", What.OVER, Why.RAISED, Level.WARNING, WALL - 500, "over its limit", 7)
NEWEST = Item("web", What.WELL, Why.CLEARED, Level.WARNING, WALL - 400, "well again", 7)
OTHER = Item("db", What.DOWN, Why.RAISED, Level.CRITICAL, WALL - 450, "is down", 8)


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[Letters]:
    store = Store.open(str(tmp_path / "state"))
    yield Letters(store, "web1", lambda _: None, lambda: WALL)
    store.close()


def form(form: Form) -> Route:
    return replace(OPS, form=form)


def test_one_service_is_its_last_letter_with_the_earlier_named_below(letters: Letters) -> None:
    written = letters.digest((FIRST, NEWEST), LAST, OPS, None)
    assert written.subject == LAST.subject
    assert written.body.startswith(LAST.body)
    assert "over its limit" in written.body
    assert written.body.count("well again") == 0, "it is not named below itself"


def test_several_services_are_counted(letters: Letters) -> None:
    written = letters.digest((FIRST, OTHER, NEWEST), LAST, OPS, 900.0)
    assert written.subject.startswith("[web1] CRITICAL 3 alerts held back in 15m")
    assert "is down" in written.body


@pytest.mark.parametrize("items", [(FIRST, NEWEST), (FIRST, OTHER, NEWEST)])
def test_a_document_stays_one(letters: Letters, items: tuple[Item, ...]) -> None:
    last = replace(LAST, body='{"text": "It is."}')
    for writer in (letters, Plainly()):
        written = writer.digest(items, last, form(Form.JSON), None)
        assert isinstance(json.decode(written.body), dict)
    assert isinstance(json.decode(letters.late(last, form(Form.JSON))), dict)


def test_what_comes_late_says_when_it_was_decided_and_why(letters: Letters) -> None:
    first, _, rest = letters.late(LAST, OPS).partition("\n")
    at = time.strftime("%H:%M", time.localtime(LAST.created))
    assert at in first
    assert "451 try later" in first
    assert rest == LAST.body


def broken(_call: Callable[..., object], *_args: object) -> None:
    """A boundary behind which something broke."""


def test_what_we_fail_to_write_well_is_written_plainly(letters: Letters) -> None:
    writer = Guarded(letters, broken)
    written = writer.digest((FIRST, OTHER), LAST, OPS, None)
    assert (written.subject, written.body) == ("2 alerts", "web over its limit\ndb is down\n")
    assert writer.late(LAST, OPS) == LAST.body
    chat = replace(LAST, subject="")
    assert writer.digest((FIRST, OTHER), chat, form(Form.SLACK), None).subject == ""


def called(call: Callable[..., Message | str], *args: object) -> Message | str:
    return call(*args)


def test_where_nothing_breaks_the_guard_changes_nothing(letters: Letters) -> None:
    writer = Guarded(letters, called)
    assert writer.late(LAST, OPS) == letters.late(LAST, OPS)
    items = (FIRST, OTHER)
    assert writer.digest(items, LAST, OPS, None) == letters.digest(items, LAST, OPS, None)


@pytest.mark.parametrize("guarded", [True, False])
def test_what_is_no_event_has_the_form_of_its_route(letters: Letters, guarded: bool) -> None:
    writer = Guarded(letters, lambda call, *args: call(*args)) if guarded else letters
    said, text = "svwatch cannot <record>", "The disk is full.\n"
    mail, slack, chat, document = (
        writer.bare(said, text, Level.CRITICAL, form(one))
        for one in (Form.MAIL, Form.SLACK, Form.CHAT, Form.JSON)
    )
    assert (mail.subject, mail.body) == ("[web1] CRITICAL svwatch cannot <record>", text)
    assert (slack.subject, slack.body) == ("", "CRITICAL web1 svwatch cannot &lt;record&gt;\n")
    assert chat.body == "CRITICAL web1 svwatch cannot <record>\n"
    assert json.decode(document.body) == {
        "schema_version": 1, "kind": "notice", "host": "web1", "level": "critical",
        "subject": mail.subject, "text": text, "sent": WALL, "late": None,
    }  # fmt: skip


def test_an_event_that_we_fail_to_write_is_a_document_where_one_is_awaited(
    letters: Letters,
) -> None:
    event = Event(number=7, service="web", serial=1, at=WALL, updated=WALL, what=What.DOWN)
    found = json.decode(letters.plain(event, form(Form.JSON)).body)
    assert (found["subject"], found["kind"]) == ("[web1] web down", "notice")
