"""`svwatch alerts list`, word for word."""

from msgspec import json
from msgspec.structs import replace

from svwatch.core.letters import Fate, LetterSnap, OutboxSnap
from svwatch.core.level import Level
from svwatch.core.snapshot import RouteSnap
from svwatch.view.to_alerts import alerts, to_json
from tests.view import golden
from tests.view.scene import EMPTY, OFFSET, SNAPSHOT, WELL, at

PAGE = replace(SNAPSHOT, services=(), daemon=None)


def letter(number: int, fate: Fate, to: str, subject: str, **more: object) -> LetterSnap:
    route, _, target = to.partition(" ")
    made = LetterSnap(
        number=number, route=route, target=target, fate=fate, level=Level.CRITICAL,
        event=300 + number, service="mailer-3", subject=subject, brief="", created=at(11, number),
        attempts=0, retry=0.0, finished=None, answer="", digest=None,
    )  # fmt: skip
    return replace(made, **more)


GAVE_UP = "[web7] CRITICAL mailer-3 gave up: 3 restarts in 41s, still crashing"
LEFT = (
    letter(17, Fate.DEAD, "ops bob@example.net", GAVE_UP, attempts=5, finished=at(11, 20, 3),
           answer="550 5.1.1 no such user"),
    letter(48, Fate.OWED, "chat", "", brief="gave up: 3 restarts in 41s", attempts=4,
           retry=at(12, 5, 10), answer="server answered 429"),
    letter(49, Fate.OWED, "old", "[web7] mailer-1 restarted, fixed", level=Level.NOTICE, event=0),
    letter(50, Fate.OWED, "chat", "", brief="will not stop"),
    letter(51, Fate.OWED, "pager", "[web7] CRITICAL mailer-4 will not stop", created=at(11, 59)),
)  # fmt: skip
DONE = (
    letter(11, Fate.SENT, "ops ann@example.net", GAVE_UP, attempts=1, finished=at(11, 11, 2),
           answer="accepted 250 2.0.0 Ok: queued as 42"),
    letter(12, Fate.FOLDED, "chat", "", brief="over its limit", digest=48),
    letter(13, Fate.DROPPED, "chat", "", brief="no answer", finished=at(11, 30), attempts=3,
           answer="server answered 500", level=Level.WARNING),
)  # fmt: skip
PAGES = {
    "what is left": OutboxSnap(page=PAGE, letters=LEFT),
    "and what went out": OutboxSnap(page=PAGE, letters=(*DONE, *LEFT), all=True),
    "all is well": OutboxSnap(page=WELL),
    "all is well, and what went out": OutboxSnap(page=WELL, letters=DONE[:1], all=True),
    "all is well, and nothing went out": OutboxSnap(page=WELL, all=True),
    "no route": OutboxSnap(page=EMPTY),
}


def test_list() -> None:
    pages = [f"=== {name}\n{alerts(outbox, OFFSET)}" for name, outbox in PAGES.items()]
    golden.check("alerts.txt", "\n".join(pages))


def test_for_programs() -> None:
    golden.check("alerts.json", to_json(OutboxSnap(page=PAGE, letters=(*DONE, *LEFT), all=True)))


def test_one_line_where_nothing_is_left() -> None:
    assert alerts(OutboxSnap(page=WELL), OFFSET).count("\n") == 1
    assert alerts(OutboxSnap(page=EMPTY), OFFSET).count("\n") == 1


def test_the_worst_comes_first() -> None:
    said = alerts(OutboxSnap(page=PAGE), OFFSET).splitlines()
    assert [line.split()[0] for line in said[1:5]] == ["ops", "chat", "old", "pager"]


def test_columns_stand_below_each_other() -> None:
    said = alerts(OutboxSnap(page=PAGE, letters=LEFT), OFFSET).splitlines()
    head = next(line for line in said if line.startswith("LETTER"))
    subject = head.index("SUBJECT")
    rows = said[said.index(head) + 1 :]
    assert all(line[subject - 2 : subject] == "  " for line in rows if " #3" in line)


def test_what_does_not_fit_is_counted() -> None:
    many = replace(PAGE, routes=(RouteSnap(name="chat", waiting=402, oldest=at(9)),))
    said = alerts(OutboxSnap(page=many, letters=(LEFT[1], LEFT[3])), OFFSET)
    assert "  and 400 more\n" in said


def test_nothing_foreign_breaks_a_line() -> None:
    hostile = letter(1, Fate.DEAD, "ops", "a\nb\x1b[31m", answer="550\r\n\x07 x" * 200)
    page = replace(PAGE, routes=(RouteSnap(name="ops", dead=1, died="550 \x1b\n"),))
    said = alerts(OutboxSnap(page=page, letters=(hostile,)), OFFSET)
    assert not set(said) & {"\x1b", "\r", "\x07"}
    assert max(map(len, said.splitlines())) < 500
    assert json.decode(to_json(OutboxSnap(page=page, letters=(hostile,))))["letters"]


def test_colour_marks_what_ails() -> None:
    bright = alerts(OutboxSnap(page=PAGE, letters=LEFT), OFFSET, color=True)
    assert bright.count("\x1b[1;33m") == 3
    assert "\x1b" not in alerts(OutboxSnap(page=PAGE, letters=LEFT), OFFSET)
