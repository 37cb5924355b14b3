"""What is said on a connection: bytes in, bytes out, a verdict. No socket, no clock."""

import operator
import re
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from svwatch.core.connection import Connection, Expect, Http, Send, Transport

HEAD = 16 * 1024  # bytes of status line and headers
BODY = 64 * 1024  # bytes of a body that are looked at
BUFFER = 4 * 1024  # bytes in which something expected must come
PIECE = 1024  # bytes that one search is about: its cost grows with the square of them

COMPARE: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Verdict(Struct, frozen=True):
    """How a dialogue ended. *why* it failed, for people."""

    ok: bool
    why: str = ""


OK = Verdict(ok=True)


class Dialogue(Protocol):
    """One conversation, over once `verdict` is set."""

    verdict: Verdict | None

    def open(self) -> tuple[bytes, ...]:
        """Give what is said first, packet by packet."""
        ...

    def hear(self, data: bytes) -> tuple[bytes, ...]:
        """Take in what came; give what is answered."""
        ...

    def closed(self) -> None:
        """Take in that the other side hung up."""
        ...

    @property
    def missing(self) -> str:
        """Say what has not come yet: `no HTTP answer`."""
        ...


def dialogue(test: Connection) -> Dialogue:
    """Give the conversation that *test* asks for."""
    if test.http is not None:
        return HttpDialogue(test.http, host_of(test))
    if test.script:
        return Script(test.script)
    return Greeting() if test.transport is Transport.UDP else Silence()


def host_of(test: Connection) -> str:
    """Give the Host header: the port is named where it is not the usual one."""
    if test.transport is Transport.UNIX:
        return "localhost"
    host = f"[{test.host}]" if ":" in test.host else test.host
    return host if test.port == (443 if test.tls else 80) else f"{host}:{test.port}"


class Silence:
    """To be connected is enough."""

    def __init__(self) -> None:
        self.verdict: Verdict | None = None

    def open(self) -> tuple[bytes, ...]:
        """Say nothing: whoever took the call answers."""
        self.verdict = OK
        return ()

    def hear(self, _data: bytes) -> tuple[bytes, ...]:
        """Never come to this."""
        return ()

    def closed(self) -> None:
        """Take no notice: it is over."""

    @property
    def missing(self) -> str:
        """Name nothing in particular."""
        return "no answer"


class Greeting(Silence):
    """An empty datagram: who is not there makes the kernel say so; silence is no objection."""

    def open(self) -> tuple[bytes, ...]:
        """Send nothing, in a packet."""
        return (b"",)

    def hear(self, _data: bytes) -> tuple[bytes, ...]:
        """Take any answer for one."""
        self.verdict = OK
        return ()


class Script:
    """Sends and expects, in their order."""

    def __init__(self, steps: tuple[Send | Expect, ...]) -> None:
        self.verdict: Verdict | None = None
        self._steps = list(steps)
        self._heard = b""

    def open(self) -> tuple[bytes, ...]:
        """Say what comes before the first thing that is expected."""
        return self._say()

    def _say(self) -> tuple[bytes, ...]:
        said = []
        while self._steps and isinstance(step := self._steps[0], Send):
            said.append(step.data)
            del self._steps[0]
        if not self._steps:
            self.verdict = OK
        return tuple(said)

    def hear(self, data: bytes) -> tuple[bytes, ...]:
        """Look for what is expected next; go on once it came."""
        self._heard = (self._heard + data)[:BUFFER]
        said: list[bytes] = []
        while self.verdict is None and isinstance(step := self._steps[0], Expect):
            found = find(step.pattern, self._heard)
            if found is None:
                if len(self._heard) >= BUFFER:
                    self.verdict = Verdict(ok=False, why=self._instead())
                break
            self._heard = self._heard[found:]
            del self._steps[0]
            said += self._say()
        return tuple(said)

    def closed(self) -> None:
        """Miss what did not come."""
        if self.verdict is None:
            self.verdict = Verdict(ok=False, why=f"closed the connection; {self._instead()}")

    def _instead(self) -> str:
        return f"{self.missing} but {shown(self._heard)}" if self._heard else self.missing

    @property
    def missing(self) -> str:
        """Name what is expected next."""
        step = self._steps[0] if self._steps else None
        return f'no "{step.pattern}"' if isinstance(step, Expect) else "no answer"


class HttpDialogue:
    """One request, one answer; of the body no more than is asked for."""

    def __init__(self, http: Http, host: str) -> None:
        self.verdict: Verdict | None = None
        self._http = http
        self._host = host
        self._heard = bytearray()
        self._head = 0  # where the body begins; 0: not known yet

    def open(self) -> tuple[bytes, ...]:
        """Say the request."""
        http = self._http
        given = {name.lower() for name, _ in http.headers}
        usual = (("Host", self._host), ("User-Agent", "svwatch"), ("Accept", "*/*"))
        lines = [f"{http.method} {http.request} HTTP/1.1", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in usual if name.lower() not in given]
        lines += [f"{name}: {value}" for name, value in http.headers]
        return ("\r\n".join((*lines, "", "")).encode("utf-8", "replace"),)

    def hear(self, data: bytes) -> tuple[bytes, ...]:
        """Judge the status as soon as it is there, the body when it is complete."""
        before = len(self._heard)
        self._heard += data[: HEAD + BODY - before]
        if self._head == 0 and self.verdict is None:
            self._read_head(max(0, before - 4))
        if self._head and self.verdict is None and self._complete():
            self._read_body()
        return ()

    def _read_head(self, since: int) -> None:
        end = _end_of_head(self._heard, since)
        line = bytes(self._heard[:HEAD]).split(b"\n", 1)
        if len(line) == 2 and (bad := self._bad_status(line[0])):
            self.verdict = Verdict(ok=False, why=bad)
        elif end is not None:
            self._head = end
            if self._http.content is None:
                self.verdict = OK
        elif len(self._heard) >= HEAD:
            self.verdict = Verdict(ok=False, why="no HTTP answer but endless headers")

    def _bad_status(self, line: bytes) -> str:
        """Say what is wrong with a status line; "" for nothing."""
        words = line.split()
        if len(words) < 2 or not line.startswith(b"HTTP/") or not words[1][:3].isdigit():
            return f"no HTTP answer but {shown(line)}"
        status = int(words[1][:3])
        good = COMPARE[self._http.op](status, self._http.code)
        return "" if good else f"HTTP status {status}"

    def _complete(self) -> bool:
        """Whether as much of the body has come as there is, or as is looked at."""
        size = len(self._heard) - self._head
        head = bytes(self._heard[: self._head]).lower()
        if self._http.method == "HEAD" or size >= BODY:
            return True
        if _CHUNKED in head:
            return self._heard.endswith(b"0\r\n\r\n")
        found = re.search(rb"\ncontent-length:[ \t]{0,9}([0-9]{1,9})[ \t\r]{0,9}\n", head)
        return found is not None and size >= int(found[1])

    def _read_body(self) -> None:
        head, body = bytes(self._heard[: self._head]), bytes(self._heard[self._head :])
        whole = unchunked(body) if _CHUNKED in head.lower() else body
        content = self._http.content or ""
        found = found_in(content, whole[:BODY])
        if found is not self._http.absent:
            self.verdict = OK
        else:
            word = "matches" if found else "does not match"
            self.verdict = Verdict(ok=False, why=f'the content {word} "{content}"')

    def closed(self) -> None:
        """Make do with what has come."""
        if self.verdict is not None:
            return
        if self._head:
            self._read_body()
        else:
            more = f" after {shown(bytes(self._heard))}" if self._heard else " without an answer"
            self.verdict = Verdict(ok=False, why=f"closed the connection{more}")

    @property
    def missing(self) -> str:
        """Name what has not come."""
        return "no complete HTTP answer" if self._heard else "no HTTP answer"


_CHUNKED = b"transfer-encoding: chunked"


def _end_of_head(heard: bytearray, since: int) -> int | None:
    """Give where the body begins; some servers end their lines with a bare line feed."""
    for mark in (b"\r\n\r\n", b"\n\n"):
        at = heard.find(mark, since, HEAD)
        if at >= 0:
            return at + len(mark)
    return None


def unchunked(body: bytes) -> bytes:
    """Put the chunks of *body* together (RFC 9112, 7.1); what is no chunk ends it."""
    whole, at = bytearray(), 0
    while (end := body.find(b"\r\n", at, at + 64)) >= 0:
        digits = body[at:end].partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", digits) or not int(digits, 16):
            break
        size = int(digits, 16)
        whole += body[end + 2 : end + 2 + size]
        at = end + 2 + size + 2
    return bytes(whole)


def find(pattern: str, heard: bytes) -> int | None:
    """Give where the first match of *pattern* ends; None: there is none.

    Searched piece by piece, each overlapping half of the one before, so that no bytes of a
    stranger can keep us busy; a match of more than 512 bytes may be missed.
    """
    compiled = re.compile(pattern.encode("utf-8", "surrogateescape"), re.MULTILINE)
    for start in range(0, max(1, len(heard)), PIECE // 2):
        end = start + PIECE
        found = compiled.search(heard, start, end)
        # the end of a piece is no end of a line: the next piece has more of it
        if found is not None and not ("$" in pattern and found.end() == end < len(heard)):
            return found.end()
    return None


def found_in(pattern: str, body: bytes) -> bool:
    """Say whether *pattern* is anywhere in *body*."""
    return find(pattern, body) is not None


def shown(data: bytes) -> str:
    """Show the beginning of *data* to people, on one line."""
    text = data[:60].decode("ascii", "backslashreplace").strip()
    words = "".join(one if one.isprintable() else " " for one in text)
    return f'"{words}{"..." if len(data) > 60 else ""}"'
