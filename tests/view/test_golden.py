"""What people read, held to golden files word for word."""

from types import SimpleNamespace

from msgspec.structs import replace

from svwatch.core.event import Event
from svwatch.core.ledger import Why
from svwatch.view import to_check, to_json, to_nagios, to_text
from svwatch.view.to_chat import chat
from svwatch.view.to_events import events
from svwatch.view.to_line import news_line, run_line
from svwatch.view.to_message import message, text_of
from svwatch.view.to_webhook import webhook
from svwatch.view.to_why import why
from tests.view import golden
from tests.view.scene import (
    EMPTY,
    EVENTS,
    FIXED,
    LETTER,
    NOBODY,
    OBSERVING,
    OFFSET,
    REJECTED,
    SNAPSHOT,
    WELL,
    at,
)
from tests.view.told import MORE, TOLD, letter_of

PAGES = {
    "all kinds of state": SNAPSHOT,
    "all well": WELL,
    "a rejected reload": REJECTED,
    "observe mode": OBSERVING,
    "no daemon": NOBODY,
    "nothing configured": EMPTY,
}


def pages(show: object) -> str:
    assert callable(show)
    return "\n".join(f"=== {name}\n{show(page)}" for name, page in PAGES.items())


def test_status() -> None:
    golden.check("status.txt", pages(lambda page: to_text.status(page, OFFSET)))


def test_status_in_colour() -> None:
    golden.check("status-colour.txt", to_text.status(SNAPSHOT, OFFSET, color=True))


def test_check() -> None:
    golden.check("check.txt", pages(lambda page: to_check.check(page, OFFSET)))


def test_check_dry_run() -> None:
    doing = {"mailer-1": "would restart: totalmem 171 MB > 160 MB, 3 of 3; it may take 50m to end"}
    golden.check("check-dry-run.txt", to_check.check(WELL, OFFSET, doing=doing))


def test_nagios() -> None:
    golden.check("nagios.txt", pages(to_nagios.nagios))


def test_json() -> None:
    golden.check("status.json", to_json.snapshot(SNAPSHOT))
    golden.check("events.json", to_json.events(EVENTS))


def test_events() -> None:
    golden.check("events.txt", events(EVENTS, at(12), OFFSET))


def test_lines() -> None:
    lines = [run_line(one) for one in EVENTS] + [news_line(FIXED, "web7")]
    golden.check("lines.txt", "\n".join(lines) + "\n")


def title(one: Event, reason: Why) -> str:
    return f"=== {one.what}, {reason}\n"


def test_mail_of_every_kind() -> None:
    mails = [
        title(one, reason) + text_of(message(one, reason, letter_of(one, reason)))
        for one, reason in TOLD
    ]
    golden.check("mail.txt", "\n".join(mails))


def test_slack_of_every_kind() -> None:
    lines = [
        title(one, reason) + chat(one, reason, letter_of(one, reason), marks=True).body
        for one, reason in TOLD
    ]
    golden.check("slack.txt", "\n".join(lines))


def test_chat_of_every_kind() -> None:
    lines = [chat(one, reason, letter_of(one, reason), marks=False).body for one, reason in TOLD]
    golden.check("chat.txt", "\n".join(lines))


def test_webhook_of_some_kinds() -> None:
    some = [TOLD[1], next(pair for pair in TOLD if pair[0].facts.tree)]
    golden.check("webhook.json", "".join(webhook(*pair, letter_of(*pair)).body for pair in some))


DELIVERIES = (
    SimpleNamespace(route="ops", status="sent", finished=at(9, 30, 26), answer="250 2.0.0 queued"),
    SimpleNamespace(route="chat", status="owed", finished=None, answer="error 429"),
    SimpleNamespace(route="old", status="dead", finished=at(9, 31), answer="no such host"),
)


def test_why() -> None:
    earlier = [
        replace(FIXED, number=290 + hour, at=at(hour), updated=at(hour, 1)) for hour in (5, 1)
    ]
    bare = replace(LETTER, log=())
    parts = [
        why(FIXED, bare, DELIVERIES, earlier),
        *(why(one, LETTER) for one in (*EVENTS, MORE[0])),
    ]
    golden.check("why.txt", "\n".join(parts))
