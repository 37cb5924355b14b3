"""What servers say, judged: taken, again, never, and how long to wait."""

import errno
import socket
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.shell.parcel import Answer
from svwatch.shell.replies import (
    LONGEST_WAIT,
    Reply,
    Verdict,
    answered,
    cause,
    from_mail,
    from_web,
    retry_after,
)

MONDAY = "Mon, 02 Mar 2026 12:00:00 GMT"
LATER = "Mon, 02 Mar 2026 12:02:00 GMT"
NOON = 1_772_452_800.0


@pytest.mark.parametrize(
    ("verb", "code", "verdict"),
    [
        ("data", 250, Verdict.TAKEN),
        ("data", 354, None),
        ("rcpt", 250, None),
        ("quit", 221, None),
        ("rcpt", 451, Verdict.AGAIN),
        ("data", 421, Verdict.AGAIN),
        ("rcpt", 550, Verdict.REFUSED),
        ("mail", 553, Verdict.REFUSED),
        ("data", 554, Verdict.REFUSED),
        ("rcpt", 530, Verdict.AGAIN),  # the login, not the letter
        ("auth", 535, Verdict.AGAIN),
        ("", 554, Verdict.AGAIN),  # no service here today
        ("ehlo", 550, Verdict.AGAIN),
        ("data", -1, Verdict.AGAIN),  # no reply at all
    ],
)
def test_a_mail_server_is_judged_by_code_and_command(
    verb: str, code: int, verdict: Verdict | None
) -> None:
    reply = from_mail(verb, code, b"5.1.1 some\n5.1.1 words")
    assert (reply and reply.verdict) == verdict
    assert reply is None or reply.words == f"{code} 5.1.1 some 5.1.1 words"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", None),
        ("0", 0.0),
        (" 30 ", 30.0),
        ("999999999999", LONGEST_WAIT),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        (LATER, 120.0),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0.0),
        ("Mon, 02 Mar 9999 11:00:00 GMT", LONGEST_WAIT),
        ("Mon, 99 Foo 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(value, "", NOON) == seconds


def test_a_date_counts_from_the_servers_own_clock() -> None:
    assert retry_after(LATER, MONDAY, NOON + 86_400) == 120.0


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_is_too_odd(value: str, date: str) -> None:
    seconds = retry_after(value, date, NOON)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT


@given(st.binary(max_size=2000), st.integers(100, 599))
def test_what_a_web_server_says_is_one_short_line(content: bytes, code: int) -> None:
    reply = from_web(code, "Phrase", {}, content, NOON)
    assert "\n" not in reply.words
    assert len(reply.words) < 250
    assert (reply.verdict is Verdict.TAKEN) == (200 <= code < 300)


def test_an_attempt_is_the_sum_of_what_was_said() -> None:
    later, never = Reply(Verdict.AGAIN, "451 later", 30.0), Reply(Verdict.REFUSED, "550 never")
    taken = Reply(Verdict.TAKEN, "250 taken")
    assert answered((later, taken), ok=True, otherwise="x") == Answer(ok=True, detail="250 taken")
    assert answered((), ok=True, otherwise="accepted").detail == "accepted"
    both = answered((taken, later, never, never), ok=False, otherwise="x")
    assert both == Answer(ok=False, detail="451 later; 550 never", retry_after=30.0)
    assert answered((taken, never), ok=False, otherwise="x").permanent
    friendly = Reply(Verdict.TAKEN, '{"ok":false,"error":"not_in_channel"}')
    no = answered((friendly,), ok=False, otherwise="x")
    assert no == Answer(ok=False, detail='{"ok":false,"error":"not_in_channel"}')


def raised(error: Exception, below: Exception) -> Exception:
    try:
        try:
            raise below
        except type(below):
            raise error  # noqa: B904 - as libraries do it
    except type(error) as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "Connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (TimeoutError("timed out"), "timed out"),
        (ValueError(), "ValueError"),
        (raised(RuntimeError("https://h/secret"), OSError(111, "Refused")), "Refused"),
        (RuntimeError("wrapped", OSError(111, "Refused")), "Refused"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] x"), "[SSL: WRONG_VERSION_NUMBER] x"),
    ],
)
def test_the_cause_lies_at_the_bottom(error: Exception, words: str) -> None:
    assert cause(error) == words
