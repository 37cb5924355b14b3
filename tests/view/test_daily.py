"""The daily word as people read it, also where thousands of services have something to say."""

from svwatch.core.event import Event, WallLine
from svwatch.core.ledger import Facts, What, Why
from svwatch.core.quiet import Quiet
from svwatch.core.units import MB
from svwatch.view import to_daily
from svwatch.view.letter import Letter, Message
from svwatch.view.to_chat import chat
from svwatch.view.to_message import message
from tests.view.golden import check

NOW = 1_796_025_600.0  # Mon 2026-11-30 08:00 UTC
FAT = Facts(test="totalmem", op=">", measured=311.0 * MB, limit=175.0 * MB, unit="bytes")
QUIET = (
    Quiet("worker-3", NOW - 80_000, {"memory": 10, "no answer": 2}, {"alert": 1}, FAT),
    Quiet("mailer", NOW - 3_600, {"memory": 1}, {}, FAT),
    Quiet("cleaner", NOW - 7_200, {}, {"command": 3}),
)


def word(quiet: tuple[Quiet, ...]) -> Event:
    lines = tuple(WallLine(*row) for row in to_daily.rows(quiet))
    facts = Facts(reason=to_daily.reason(quiet, 86_400.0), span=86_400.0)
    return Event(
        number=77, service="svwatch", serial=5, at=NOW, updated=NOW, what=What.QUIETLY,
        facts=facts, lines=lines, closed=True,
    )  # fmt: skip


def mail(quiet: tuple[Quiet, ...]) -> Message:
    return message(word(quiet), Why.RAISED, Letter(host="web1", now=NOW))


def test_the_word_of_a_day() -> None:
    letter = Letter(host="web1", now=NOW)
    short = chat(word(QUIET), Why.RAISED, letter, marks=False)
    told = mail(QUIET)
    check("daily.txt", f"Subject: {told.subject}\n\n{told.body}\n--- chat\n{short.body}")


def test_three_thousand_services_fit_into_a_letter() -> None:
    many = tuple(
        Quiet(f"worker-{number:04}", NOW - number, {"memory": 1 + number % 7}, {}, FAT)
        for number in range(3000)
    )
    told = mail(many)
    assert len(told.subject) <= 140
    assert len(told.body) < 5000
    assert "11994 restarts of 3000 services" in told.subject
    assert told.body.count("\n") <= to_daily.MOST + 5
    assert "2970 other services" in told.body


def test_names_of_others_break_nothing() -> None:
    told = mail((Quiet("ev\nil\x1b[31m" + "x" * 300, NOW - 60, {"memo\nry": 1}),))
    assert "\x1b" not in told.body
    assert told.body.count("\n") == 3
