"""What goes into the delivering child, and what comes out of it: one line of JSON each."""

import re

from msgspec import Struct

from svwatch.core.level import Level


class Parcel(Struct, frozen=True, kw_only=True):
    """One letter for one route. *url* is a secret; *timeout* in seconds."""

    url: str
    title: str
    body: str
    level: Level = Level.NOTICE
    message_id: str = ""
    thread: str = ""
    reached: tuple[str, ...] = ()  # recipients who have it from an earlier attempt
    timeout: float = 50.0

    def __repr__(self) -> str:
        return f"Parcel({self.message_id!r})"


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of it. *detail* holds no secret. *permanent*: this letter will never do."""

    ok: bool
    detail: str
    permanent: bool = False
    retry_after: float | None = None  # seconds that the server asked for
    reached: tuple[str, ...] = ()  # recipients who have it now, if not all have


SMTP_REPLY = re.compile(r"\((\d{3}), b(['\"])(.*?)\2\)")
HTTP_STATUS = re.compile(r"\berror=(\d{3})\b")
TELLING = ("Socket Exception: ", "Response Details:")
# replies that speak of this letter or its recipient (RFC 5321, 4.2.2); 530-538 speak of the
# login, which people can mend while the letter waits
REFUSED_MAIL = frozenset({"550", "551", "552", "553", "554", "556"})
REFUSED_HTTP = frozenset({"400", "413", "415", "422"})


def reason(entries: list[tuple[str, str]]) -> str:
    """Say why in one sentence, from the log of an attempt: (level name, message).

    The cause stands in the log at DEBUG only; it goes behind what the plugin says of it.
    """
    said = [text.rstrip(". ") for level, text in entries if level in {"WARNING", "ERROR"}]
    causes = [
        plain(text.removeprefix(start))
        for level, text in entries
        for start in TELLING
        if level == "DEBUG" and text.startswith(start)
    ]
    return ": ".join(dict.fromkeys(one for one in (*said, *causes) if one))


def plain(cause: str) -> str:
    """Write a reply of a mail server as it came over the wire."""
    replies = SMTP_REPLY.findall(cause)
    if replies:
        return ", ".join(f"{code} {text}" for code, _, text in replies)
    return cause.strip().removeprefix("b'").removesuffix("'")


def permanent(entries: list[tuple[str, str]]) -> bool:
    """Whether every answer in the log refuses this letter for good."""
    text = "\n".join(message for _, message in entries)
    mail = {code for code, _, _ in SMTP_REPLY.findall(text)}
    web = set(HTTP_STATUS.findall(text))
    return bool(mail | web) and mail <= REFUSED_MAIL and web <= REFUSED_HTTP
