"""What servers say, and what it means for the message: taken, again later, or never."""

import re
import ssl
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Protocol

from msgspec import Struct

from svwatch.shell.parcel import Answer

LONGEST_WAIT = 3600.0  # seconds that a server may ask us to wait
MOST_WORDS = 200  # characters of a web server's answer that are worth repeating

# replies that speak of this letter or its recipient (RFC 5321, 4.2.2; RFC 7504); 530-538 speak
# of the login, which people can mend while the letter waits
REFUSED_MAIL = frozenset({501, 521, 550, 551, 552, 553, 554, 555, 556})
ABOUT_MAIL = frozenset({"mail", "rcpt", "data"})  # and these commands are about nothing else
REFUSED_WEB = frozenset({400, 413, 415, 422})  # 401, 403, 404, 410 speak of the URL
ASKING_TO_WAIT = frozenset({429, 503})  # RFC 6585; RFC 9110, 10.2.3


class Headers(Protocol):
    """What a web server says beside its answer; names in any case."""

    def get(self, name: str, otherwise: str, /) -> str:
        """Give the value of a header, or *otherwise*."""


class Verdict(Enum):
    """What one reply means for the message."""

    TAKEN = "taken"
    AGAIN = "again"
    REFUSED = "refused"


class Reply(Struct, frozen=True):
    """What one server said once, or why nothing was heard from it.

    *retry_after*: seconds that it asked for.
    """

    verdict: Verdict
    words: str
    retry_after: float | None = None


def from_mail(verb: str, code: int, text: bytes) -> Reply | None:
    """Judge the reply of an SMTP server to the command *verb*; None: it decides nothing."""
    words = " ".join((str(code), *text.decode(errors="replace").split()))
    about = verb in ABOUT_MAIL
    if code >= 500 and about and code in REFUSED_MAIL:
        return Reply(Verdict.REFUSED, words)
    if code >= 400 or code < 0:  # smtplib: -1 for what is no reply
        return Reply(Verdict.AGAIN, words)
    return Reply(Verdict.TAKEN, words) if verb == "data" and code < 300 else None


def from_web(code: int, phrase: str, headers: Headers, content: bytes, wall: float) -> Reply:
    """Judge the answer of a web server; *wall*: unix seconds, should it name a date and no time."""
    status, text = f"{code} {phrase}".strip(), readable(content)
    if 200 <= code < 300:
        return Reply(Verdict.TAKEN, text or status)
    verdict = Verdict.REFUSED if code in REFUSED_WEB else Verdict.AGAIN
    asked = None
    if code in ASKING_TO_WAIT:
        asked = retry_after(headers.get("Retry-After", ""), headers.get("Date", ""), wall)
    return Reply(verdict, f"{status}: {text}" if text else status, asked)


def from_trouble(error: BaseException, where: str) -> Reply:
    """Say why nothing was heard from the server at *where*."""
    return Reply(Verdict.AGAIN, f"{where}: {cause(error)}" if where else cause(error))


def answered(replies: Sequence[Reply], *, ok: bool, otherwise: str) -> Answer:
    """Sum up an attempt; *otherwise*: what is known where no server said anything."""
    wanted = [reply for reply in replies if (reply.verdict is Verdict.TAKEN) == ok]
    telling = wanted or replies[-1:]  # a server can say no with a friendly number
    detail = "; ".join(dict.fromkeys(reply.words for reply in telling)) or otherwise
    if ok:
        return Answer(ok=True, detail=detail)
    waits = [reply.retry_after for reply in wanted if reply.retry_after is not None]
    final = bool(wanted) and all(reply.verdict is Verdict.REFUSED for reply in wanted)
    return Answer(ok=False, detail=detail, permanent=final, retry_after=max(waits, default=None))


def readable(content: bytes) -> str:
    """Give what a web server said, in one line; nothing of a page made for browsers."""
    text = " ".join(content[: 20 * MOST_WORDS].decode(errors="replace").split())
    return "" if text.startswith("<") else text[:MOST_WORDS]


def retry_after(value: str, date: str, wall: float) -> float | None:
    """Give the seconds that `Retry-After: value` asks for, 0 to 3,600; None: it asks for none.

    Seconds or a date (RFC 9110, 10.2.3); a date counts from that of the server's own clock.
    """
    if re.fullmatch(r"[0-9]{1,12}", value.strip()):
        seconds = float(value)
    else:
        until, since = instant(value), instant(date)
        if until is None:
            return None
        seconds = until - (wall if since is None else since)
    return min(max(seconds, 0.0), LONGEST_WAIT)


def instant(date: str) -> float | None:
    """Give the unix seconds of an HTTP-date; None: it is none."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def cause(error: BaseException) -> str:
    """Say in a few words what lies at the bottom of *error*."""
    while deeper := below(error):
        error = deeper
    match error:
        case ssl.SSLCertVerificationError():
            return f"certificate verify failed: {error.verify_message}"
        case ssl.SSLError(reason=str(reason)):
            return f"TLS: {reason.replace('_', ' ').lower()}"
        case OSError(strerror=str(words)):
            return words
        case _:
            return str(error) or type(error).__name__


def below(error: BaseException) -> BaseException | None:
    """Give what *error* was raised for, or what it was wrapped around without being raised."""
    inside = next((one for one in error.args if isinstance(one, BaseException)), None)
    return error.__cause__ or error.__context__ or inside
