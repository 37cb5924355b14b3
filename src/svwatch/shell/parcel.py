"""What goes into the delivering child, and what comes out of it: one line of JSON each."""

from enum import StrEnum

from msgspec import Struct

from svwatch.core.level import Level
from svwatch.core.route import Form


class Kind(StrEnum):
    """What the child is to do."""

    POST = "post"  # send a message
    BEAT = "beat"  # GET the URL: we are alive


class Parcel(Struct, frozen=True, kw_only=True):
    """One letter for one target, or a beat. *url* is a secret; *timeout* in seconds.

    *service* and *number*, of the event, are named in the header of a mail. *thread* is the
    Message-ID that it answers; "": it is the first.
    """

    url: str
    kind: Kind = Kind.POST
    form: Form = Form.MAIL
    title: str = ""
    body: str = ""
    level: Level = Level.NOTICE
    service: str = ""
    number: int = 0
    message_id: str = ""
    thread: str = ""
    reached: tuple[str, ...] = ()  # recipients who have it from an earlier attempt
    timeout: float = 48.0

    def __repr__(self) -> str:
        return f"Parcel({self.message_id!r})"


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of it, in the server's own words (*detail*), which hold no secret.

    *permanent*: the server will never take this message. *seconds*: how long it took, 0.0 where
    nobody knows.
    """

    ok: bool
    detail: str
    permanent: bool = False
    retry_after: float | None = None  # seconds that the server asked for, at most an hour
    reached: tuple[str, ...] = ()  # recipients who have it now, if not all have
    seconds: float = 0.0
