"""What is said on the control socket: one JSON object per line, in both directions."""

from typing import Literal

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder, Encoder

LONGEST = 1 << 16  # bytes of one request; the longest honest one names a thousand services

Option = str | bool | int


class Call(Struct, frozen=True, forbid_unknown_fields=True):
    """A request. *names* are services; an unknown *verb* is its receiver's business."""

    verb: str
    names: tuple[str, ...] = ()
    options: dict[str, Option] = {}


class Bad(Struct, frozen=True):
    """A line that is no request. *why* is for whoever wrote it."""

    why: str


class Reply(Struct, frozen=True):
    """An answer: any number of progress, then one result or error.

    *code* is the exit code of the verb (0 done, 1 failed, 2 usage, 3 refused, 5 timeout), *text*
    is for people, *data* any JSON for programs.
    """

    kind: Literal["progress", "result", "error"]
    code: int = 0
    text: str = ""
    data: Raw = Raw(b"null")


_CALLS = Decoder(Call)
_REPLIES = Decoder(Reply)
_ENCODER = Encoder()


def feed(held: bytes | None, received: bytes) -> tuple[tuple[Call | Bad, ...], bytes | None]:
    """Cut *received*, behind what was *held* back before, into requests; give what to hold now.

    A request is at most 64 kB. After a longer one nothing is held (None) and nothing that follows
    is read: where the next one begins is not known. How the bytes were cut on their way changes
    nothing.
    """
    if held is None:
        return (), None
    *lines, rest = (held + received).split(b"\n")
    calls: list[Call | Bad] = []
    for line in lines:
        if len(line) > LONGEST:
            return (*calls, _TOO_LONG), None
        if line.strip():
            calls.append(_read(line))
    if len(rest) > LONGEST:
        return (*calls, _TOO_LONG), None
    return tuple(calls), rest


_TOO_LONG = Bad(f"a request of more than {LONGEST} bytes")


def _read(line: bytes) -> Call | Bad:
    try:
        return _CALLS.decode(line)
    except DecodeError as error:
        return Bad(f"not a request: {error}")
    except UnicodeDecodeError:
        return Bad("not a request: a string that is not UTF-8")


def to_line(message: Call | Reply) -> bytes:
    """Write *message* as one line, the newline included."""
    # A line break in JSON can only stand between tokens: inside a string it is written as \\n.
    return _ENCODER.encode(message).replace(b"\n", b" ") + b"\n"


def read_reply(line: bytes) -> Reply | Bad:
    """Read one line of an answer."""
    try:
        return _REPLIES.decode(line)
    except (DecodeError, UnicodeDecodeError) as error:
        return Bad(f"not an answer of svwatch: {error}")
