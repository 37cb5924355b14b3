"""Several messages in one: short, bounded, the worst first; and what came before the last one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from svwatch.core.ledger import What, Why
from svwatch.core.level import Level
from svwatch.core.route import Form
from svwatch.view.compose import compose
from svwatch.view.letter import Item
from svwatch.view.subject import SUBJECT
from svwatch.view.to_digest import digest, with_earlier
from svwatch.view.to_message import text_of
from tests.view import golden
from tests.view.scene import LETTER, LOUD, WARN, at
from tests.view.test_forms import HOSTILE, bare, harmless, well_marked
from tests.view.told import TOLD, letter_of

FIXED = "restarted, fixed: totalmem 171 MB > 160 MB; 38 MB now"
STUCK = "will not stop: told to end 50m ago, pid 4714 alive, 311 MB"
NOTICE = Level.NOTICE


def item(name: str, number: int, when: float, what: What = What.RESTART_FIXED) -> Item:
    return Item(name, what, Why.VERDICT, NOTICE, when, FIXED, number)


DEPLOY = (
    *(item(f"worker-{n:03}", 400 + n, at(9, 12, n)) for n in range(3, 29)),
    Item("worker-088", What.WILL_NOT_STOP, Why.RAISED, LOUD, at(9, 14), STUCK, 440),
    Item("search", What.OVER, Why.RAISED, WARN, at(9, 15), "is over its limit: cpu 97% > 80%", 441),
    Item("cache", What.WELL, Why.CLEARED, LOUD, at(9, 15), "is well again after 24m", 390),
)
HELD = tuple(
    Item(f"mailer-{1 + (n % 12 > 6)}", What.RESTARTED, Why.RAISED, NOTICE, at(9, n), "again", n)
    for n in range(12)
)
DIGESTS = {
    "more than one service at the same time": (DEPLOY, None),
    "held back": (HELD, 600.0),
    "held back, each once": (DEPLOY, 600.0),
    "two services since yesterday": (
        (item("a", 7, at(9) - 86400), item("b", 8, at(9, 30))),
        None,
    ),
}
ONE = (item("mailer-1", 300, at(9, 10)), item("mailer-1", 305, at(9, 20)))


@pytest.mark.parametrize("form", [Form.MAIL, Form.SLACK, Form.CHAT])
def test_what_a_digest_looks_like(form: Form) -> None:
    letter = replace(LETTER, now=at(9, 16))
    pages = [
        f"=== {name}\n{text_of(digest(items, letter, form, held=held))}"
        for name, (items, held) in DIGESTS.items()
    ]
    newest, why = TOLD[1]
    told = compose(form, newest, why, letter_of(newest, why))
    pages.append("=== one service\n" + text_of(with_earlier(told, ONE, letter, form)))
    golden.check(f"digest-{form}.txt", "\n".join(pages))


def test_a_digest_as_a_document() -> None:
    told = digest(DEPLOY, LETTER, Form.JSON, held=600.0)
    golden.check("digest.json", told.body)


def test_of_a_service_the_last_word_counts() -> None:
    items = (DEPLOY[26], item("worker-088", 440, at(9, 16)))
    told = digest(items, LETTER, Form.MAIL)
    assert told.subject == "[web7] 1 service: 1 fixed (09:14 - 09:16)"
    assert "CRITICAL" not in told.body
    assert " x2 " in told.body


def test_what_is_over_is_not_loud() -> None:
    told = digest((DEPLOY[-1], item("a", 3, at(9))), LETTER, Form.SLACK)
    assert told.body.startswith("web7 2 services: 1 fixed, 1 well again (09:00 - 09:15)\n")


MANY = tuple(
    item(f"a-service-with-quite-a-long-name-{n}", n, at(9) + n, what)
    for n, what in enumerate(list(What) * 70)
)


@pytest.mark.parametrize(("form", "most"), [(Form.MAIL, 20_000), (Form.SLACK, 2_000)])
def test_three_thousand_services_are_a_page(form: Form, most: int) -> None:
    loud = tuple(replace(one, level=LOUD) for one in MANY)
    for items in (MANY, loud, *((MANY + loud,) * 1)):
        assert len(items) > 3000
        for held in (None, 600.0):
            told = digest(items, LETTER, form, held=held)
            assert len(told.body) < most
            assert len(told.body.splitlines()) <= 40


def test_a_document_leaves_out_the_least() -> None:
    items = (*MANY, DEPLOY[26], *MANY)
    told = digest(items, LETTER, Form.JSON)
    found = json.decode(told.body)
    assert len(told.body) < 250_000
    assert (len(found["items"]), found["left_out"]) == (500, len(items) - 500)
    assert [one["event"] for one in found["items"] if one["level"] == "critical"] == [440]
    assert (found["messages"], found["services"]) == (len(items), len(MANY) + 1)
    times = [one["at"] for one in found["items"]]
    assert all(isinstance(one, int) for one in times)


ITEMS = st.lists(
    st.builds(
        Item,
        HOSTILE,
        st.sampled_from(list(What)),
        st.sampled_from(list(Why)),
        st.sampled_from(list(Level)),
        st.floats(min_value=at(0), max_value=at(23)),
        HOSTILE,
        st.integers(min_value=0, max_value=99),
    ),
    min_size=1,
    max_size=40,
).map(tuple)


@given(ITEMS, st.sampled_from([None, 600.0]), HOSTILE)
def test_no_name_breaks_a_digest(items: tuple[Item, ...], held: float | None, host: str) -> None:
    letter = replace(LETTER, host=host)
    newest, why = TOLD[1]
    for form in (Form.MAIL, Form.SLACK, Form.CHAT, Form.JSON):
        told = digest(items, letter, form, held=held)
        assert len(told.subject) <= SUBJECT
        assert harmless(told.subject)
        assert harmless(told.brief)
        message = with_earlier(compose(form, newest, why, letter), items, letter, form)
        if form is Form.JSON:
            assert json.decode(told.body)["kind"] == "digest"
            assert len(json.decode(message.body)["earlier"]) == min(10, len(items))
            continue
        lines = (told.body + message.body)[:-1].split("\n")
        assert all(harmless(line) for line in lines)
        if form is Form.SLACK:
            assert all(well_marked(line) for line in lines)
            assert len(bare(lines[0])) <= SUBJECT


def test_long_names_do_not_make_a_long_line() -> None:
    items = tuple(item("n" * 80 + str(n % 2), n, at(9)) for n in range(9))
    letter = replace(LETTER, host="h" * 90)
    for form in (Form.MAIL, Form.SLACK, Form.CHAT):
        told = digest(items, letter, form, held=600.0)
        first = told.subject or bare(told.body.partition("\n")[0])
        assert len(first) <= SUBJECT
        assert "9 alerts held back in 10m: nnn" in first


def test_the_newest_before_are_named() -> None:
    items = tuple(item("mailer-1", n, at(9, n)) for n in range(14))
    newest, why = TOLD[1]
    for form, most in ((Form.MAIL, 10), (Form.SLACK, 3), (Form.JSON, 10)):
        body = with_earlier(compose(form, newest, why, LETTER), items, LETTER, form).body
        if form is Form.JSON:
            found = json.decode(body)
            assert [one["event"] for one in found["earlier"]] == list(range(4, 14))
            assert found["earlier_left_out"] == 4
            continue
        assert "09:13:00" in body
        assert "09:03:00" not in body
        assert f"({14 - most} more)" in body


def test_nothing_before_changes_nothing() -> None:
    newest, why = TOLD[1]
    told = compose(Form.MAIL, newest, why, LETTER)
    assert with_earlier(told, (), LETTER, Form.MAIL) is told


def test_a_document_that_is_not_ours_keeps_its_words() -> None:
    newest, why = TOLD[1]
    odd = replace(compose(Form.MAIL, newest, why, LETTER), body="{no")
    assert with_earlier(odd, ONE, LETTER, Form.JSON) == odd
