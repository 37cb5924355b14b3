"""What holds in every form: length, escapes, keys; whatever a service calls itself or logs."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from svwatch.core.event import Event
from svwatch.core.ledger import Facts, ProcLine, What, Why
from svwatch.core.route import Form
from svwatch.core.units import MB
from svwatch.view.compose import compose
from svwatch.view.late import late
from svwatch.view.letter import Letter
from svwatch.view.marks import LOOKALIKES, QUOTE, Marks, unmarked
from svwatch.view.subject import SUBJECT
from svwatch.view.to_chat import LOG_SHOWN
from tests.view.scene import LETTER, LOUD, OVER, at, event
from tests.view.told import REASONS, TOLD, letter_of

LINES = 4  # of a chat, beside the log
HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("*_~`<>&!@#|\n\r\x00\x1b\u202e\u2028\udc80 {}\"\\'"),
    ),
    max_size=80,
)
MESSAGES = (Form.MAIL, Form.SLACK, Form.CHAT, Form.JSON)
FORMS = st.sampled_from(MESSAGES)
WHATS, WHYS = st.sampled_from(list(What)), st.sampled_from(list(Why))
LOGS = st.lists(HOSTILE, max_size=8).map(tuple)


def harmless(line: str) -> bool:
    return not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in line)


def bare(line: str) -> str:
    """Take Slack's marks and entities off a line, as a reader sees it."""
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        line = line.replace(entity, char)
    return line.replace("*", "").replace("`", "")


def test_every_kind_is_told() -> None:
    assert {one.what for one, _ in TOLD} == set(What)
    for what, reasons in REASONS.items():
        assert {why for one, why in TOLD if one.what is what} == set(reasons)


@pytest.mark.parametrize("form", MESSAGES)
def test_the_first_line_says_who_and_what(form: Form) -> None:
    for one, why in TOLD:
        told = compose(form, one, why, letter_of(one, why))
        first = told.body.partition("\n")[0] if form in {Form.SLACK, Form.CHAT} else told.subject
        assert len(bare(first)) <= SUBJECT
        assert "web7" in first
        assert one.service in first
        loud = one.level.value.upper() in first
        assert loud == (one.level.value != "notice" and why is not Why.CLEARED)
        if one.facts.measured is not None and one.what in {What.OVER, What.RESTART_FIXED}:
            assert "limit" in first or ">" in bare(first)
        assert told.brief
        assert len(told.brief) <= SUBJECT
        assert told.body.endswith("\n")


@pytest.mark.parametrize("marks", [Form.SLACK, Form.CHAT])
def test_a_chat_is_a_few_lines(marks: Form) -> None:
    for one, why in TOLD:
        told = compose(marks, one, why, letter_of(one, why))
        lines = told.body.splitlines()
        quoted = [line for line in lines if line.startswith(QUOTE)]
        assert len(lines) - len(quoted) <= LINES
        assert len(quoted) <= LOG_SHOWN
        assert told.subject == ""
        if marks is Form.CHAT:
            assert not {"*", "`"} & set(told.body)


def test_what_is_loud_says_what_to_type() -> None:
    for one, why in TOLD:
        if why is Why.CLEARED or not one.number:
            continue
        for form in MESSAGES:
            body = compose(form, one, why, letter_of(one, why)).body
            assert "svwatch " in body or "ps -fp" in body


# --- documents -------------------------------------------------------------------------------

KEYS = {
    "schema_version", "kind", "host", "event", "groups", "word", "why", "sent", "subject", "brief",
    "text", "rule", "log", "cost", "commands", "late", "earlier", "earlier_left_out", "service",
    "what", "level", "closed", "at", "updated", "facts", "lines",
}  # fmt: skip
WHOLE = ("event", "sent", "at", "updated")


def test_a_document_has_the_same_keys_for_each_kind() -> None:
    for one, why in TOLD:
        found = json.decode(compose(Form.JSON, one, why, letter_of(one, why)).body)
        assert set(found) == KEYS
        assert (found["schema_version"], found["kind"], found["why"]) == (1, "event", why.value)
        assert found["what"] == one.what.value
        assert all(isinstance(found[key], int) for key in WHOLE)
        facts = found["facts"]
        sizes = [facts.get(key) for key in ("old_memory", "after")]
        assert all(size is None or isinstance(size, int) for size in sizes)


# --- whatever they are called ----------------------------------------------------------------


def hostile(
    what: What, name: str, host: str, reason: str, log: tuple[str, ...]
) -> tuple[Event, Letter]:
    facts = Facts(reason=reason, mend=reason or None, who=name, command=reason, log=log)
    return replace(event(what, facts=facts), service=name), replace(LETTER, host=host, log=log)


@given(FORMS, WHATS, WHYS, st.tuples(HOSTILE, HOSTILE, HOSTILE), LOGS)
def test_no_text_breaks_a_form(
    form: Form, what: What, why: Why, names: tuple[str, str, str], log: tuple[str, ...]
) -> None:
    told = compose(form, *_args(hostile(what, *names, log), why))
    again = compose(form, *_args(hostile(what, *names, log), why))
    assert told == again
    assert harmless(told.subject)
    assert harmless(told.brief)
    assert len(told.subject) <= SUBJECT
    if form is Form.JSON:
        assert set(json.decode(told.body)) == KEYS
        return
    lines = told.body[:-1].split("\n")
    assert all(harmless(line) for line in lines)
    if form is Form.SLACK:
        assert all(well_marked(line) for line in lines)
    if form is not Form.MAIL:
        assert len(bare(lines[0])) <= SUBJECT


def test_long_names_leave_room_for_what_happened() -> None:
    one, letter = hostile(What.DOWN, "n" * 90, "h" * 90, "r" * 300, ())
    for form in (Form.MAIL, Form.SLACK, Form.CHAT):
        told = compose(form, one, Why.REMINDER, letter)
        first = told.subject or bare(told.body.partition("\n")[0])
        assert SUBJECT - 2 <= len(first) <= SUBJECT
        assert "is down: no process" in first
        assert "(reminder, since 09:40)" in first


def _args(pair: tuple[Event, Letter], why: Why) -> tuple[Event, Why, Letter]:
    return pair[0], why, pair[1]


def well_marked(line: str) -> bool:
    """Whether every mark on a line is ours: entities whole, one bold name, code in pairs."""
    quoted = line.startswith(QUOTE)
    rest = line.removeprefix(QUOTE)
    for entity in ("&lt;", "&gt;", "&amp;"):
        rest = rest.replace(entity, "")
    if any(char in rest for char in "<>&"):
        return False
    code = rest.split("`")
    outside = "".join(code[::2])
    stars = [n for n, char in enumerate(outside) if char == "*" and not within(outside, n)]
    return len(code) % 2 == 1 and len(stars) in ({0} if quoted else {0, 2})


def within(text: str, n: int) -> bool:
    return 0 < n < len(text) - 1 and text[n - 1].isalnum() and text[n + 1].isalnum()


@given(HOSTILE)
def test_foreign_text_has_no_marks(text: str) -> None:
    shown = unmarked(text)
    assert len(shown) == len(text)
    assert "`" not in shown
    assert all(char not in LOOKALIKES or within(shown, n) for n, char in enumerate(shown))
    assert "<" not in Marks().plain(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rm_dj_1", "rm_dj_1"),
        ("2*3", "2*3"),
        ("*bold* `code`", "\u2217bold\u2217 'code'"),
        ("a <!channel> & b", "a &lt;!channel&gt; &amp; b"),
        ("~/log", "\u223c/log"),
    ],
)
def test_slack_shows_it_as_it_is(text: str, shown: str) -> None:
    assert Marks().plain(text) == shown


# --- late ------------------------------------------------------------------------------------


@given(FORMS, HOSTILE)
def test_a_late_message_says_so_in_its_form(form: Form, error: str) -> None:
    one, why = TOLD[1]
    letter = letter_of(one, why)
    body = compose(form, one, why, letter).body
    shown = late(body, letter.now - 3900.0, letter, error, form=form)
    if form is Form.JSON:
        found = json.decode(shown)
        assert found.pop("late")["seconds"] == 3900
        before = json.decode(body)
        del before["late"]
        assert found == before
        return
    assert "1h 5m late" in shown.partition("\n")[0]
    assert body in shown
    assert all(harmless(line) for line in shown[:-1].split("\n"))
    if form is Form.SLACK:
        assert all(well_marked(line) for line in shown[:-1].split("\n"))


def test_a_document_that_is_not_ours_stays_as_it_is() -> None:
    assert late("{no", 0.0, LETTER, form=Form.JSON) == "{no"


# --- small things ----------------------------------------------------------------------------


def mail(one: Event, why: Why = Why.RAISED, letter: Letter = LETTER) -> str:
    return compose(Form.MAIL, one, why, letter).body


def test_a_crowd_of_processes_is_counted() -> None:
    crowd = tuple(ProcLine(pid, "worker", 5.0, MB) for pid in range(100, 130))
    body = mail(event(What.WILL_NOT_STOP, facts=Facts(tree=crowd)))
    assert "  111 worker" in body
    assert "  112 worker" not in body
    assert "  ... (18 more, 18 MB)" in body


def test_an_unknown_process_shows_what_is_known() -> None:
    lines = mail(event(What.DOUBLED, facts=Facts(tree=(ProcLine(7), ProcLine(8))))).splitlines()
    assert lines[lines.index("Its processes then:") + 1 :][:2] == ["  7 ?", "  8 ?"]


def test_restarts_are_told_with_their_rhythm_or_not_at_all() -> None:
    storm = event(What.CRASHING, facts=Facts(count=7, span=114.0))
    walls = tuple((at(9, 38) + 19.0 * n, "crash") for n in range(7))
    body = mail(storm, Why.WORSENED, replace(LETTER, history=walls))
    assert "09:39:54 crash; one every 19s, 7 in 24h." in body
    assert "Last restarts" not in mail(storm, Why.WORSENED, replace(LETTER, history=()))


def test_nobody_is_promised_a_reminder_that_does_not_come() -> None:
    one = event(What.GAVE_UP, LOUD, Facts(count=3))
    assert "a reminder every 4h;" in mail(one)
    silent = replace(LETTER, remind=None)
    assert "reminder" not in mail(one, letter=silent)
    assert "Another reminder" not in mail(one, Why.REMINDER, silent)


def test_a_configuration_that_keeps_the_old_one_says_so() -> None:
    reason = "a.yaml:1:1: no; svwatch does not start"
    stays = event(What.CONFIG_REJECTED, LOUD, Facts(reason=reason, watching=True))
    assert "All is watched as before" in mail(stays)
    gone = event(What.CONFIG_REJECTED, LOUD, Facts(reason="a.yaml:1:1: no", watching=False))
    assert "Nothing is watched on web7 since" in mail(gone)


def test_a_gap_after_which_all_is_as_it_was() -> None:
    back = event(What.DAEMON_BACK, facts=Facts(span=600.0, count=0))
    assert "is back after 10m: as it was" in compose(Form.MAIL, back, Why.RAISED, LETTER).subject
    [line, *_] = mail(event(What.DAEMON_BACK)).splitlines()
    assert line == "  seen: for the first time"


def test_what_is_over_is_told_with_what_that_means() -> None:
    again = mail(event(What.DELIVERED, facts=Facts(who="chat", span=60.0)), Why.CLEARED)
    assert "What waited goes out now, in order" in again
    flapped = mail(event(What.BACK, facts=Facts(span=60.0, flaps=7)), Why.CLEARED)
    assert "It comes and goes" not in flapped
    taken_out = replace(OVER, reason="its rule was taken out")
    told = compose(Form.MAIL, event(What.WELL, facts=taken_out), Why.CLEARED, LETTER)
    assert told.subject == "[web7] mailer-1 is well again: its rule was taken out"


def test_a_service_without_runit_waits_for_its_rules() -> None:
    plain = replace(LETTER, service=None)
    assert "It is started when its rules say so." in mail(event(What.DOWN), letter=plain)
    stuck = mail(event(What.WILL_NOT_STOP), letter=plain)
    assert "runit" not in stuck
    assert "kill_after" not in stuck
