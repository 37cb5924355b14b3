"""Connection tests: what is dialled, what is said there, and what came of it."""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

TIMEOUT = 5.0  # seconds, as in monit


class Transport(StrEnum):
    """How bytes get there."""

    TCP = "tcp"
    UDP = "udp"
    UNIX = "unix"


class Http(Struct, frozen=True, kw_only=True):
    """One HTTP request, and which answer is good.

    The status is compared as `status` *op* *code*. *content* is a regular expression that the
    first 64 kB of the body must match (must not, where *absent*).
    """

    method: str = "GET"
    request: str = "/"
    op: str = "<"
    code: int = 400
    content: str | None = None
    absent: bool = False
    headers: tuple[tuple[str, str], ...] = ()


class Send(Struct, frozen=True, tag="send"):
    """Bytes that are sent, as the sentence spells them."""

    written: str

    @property
    def data(self) -> bytes:
        """The bytes themselves."""
        return unescaped(self.written)


class Expect(Struct, frozen=True, tag="expect"):
    """A regular expression that must be found in what comes next (4 kB at most)."""

    pattern: str


class Connection(Struct, frozen=True, kw_only=True, tag="connection"):
    """A place that must answer; *succeeded*: that must not.

    *port* of *host*, or the socket *path* where *transport* is UNIX. *timeout* is in seconds, for
    everything from the first packet to the verdict. Certificates are not verified, as in monit:
    asked is whether the service answers.
    """

    port: int = 0
    host: str = "localhost"
    path: str = ""
    transport: Transport = Transport.TCP
    tls: bool = False
    timeout: float = TIMEOUT
    http: Http | None = None
    script: tuple[Send | Expect, ...] = ()
    succeeded: bool = False

    @property
    def endpoint(self) -> "Connection":
        """What is dialled, whatever is made of the answer: rules about one place share a dial."""
        return replace(self, succeeded=False)

    @property
    def place(self) -> str:
        """Name it for people: `port 8080 of localhost`, `socket /run/x.sock`."""
        if self.transport is Transport.UNIX:
            return f"socket {self.path}"
        udp = "udp " if self.transport is Transport.UDP else ""
        return f"{udp}port {self.port} of {self.host}"


ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
HEX = frozenset("0123456789abcdefABCDEF")


def unescaped(written: str) -> bytes:
    r"""Give the bytes of a text with `\r`, `\n`, `\t`, `\\`, `\0xHH`. Raises ValueError."""
    rest, whole = written, bytearray()
    while rest:
        plain, mark, rest = rest.partition("\\")
        whole += plain.encode()
        if not mark:
            break
        if rest[:1] in ESCAPES:
            whole += ESCAPES[rest[0]]
            rest = rest[1:]
        elif rest[:2] == "0x" and len(rest) >= 4 and set(rest[2:4]) <= HEX:
            whole.append(int(rest[2:4], 16))
            rest = rest[4:]
        else:
            raise ValueError(f'"\\{rest[:1]}" is not known in a text to send')
    return bytes(whole)


class Answer(StrEnum):
    """What became of a dial. UNKNOWN: we could not even try."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Dialled(Struct, frozen=True):
    """One dial that is over. *began* and *at* are CLOCK_MONOTONIC."""

    endpoint: Connection
    answer: Answer
    began: float
    at: float
    why: str = ""

    @property
    def seconds(self) -> float:
        """How long the answer took."""
        return max(0.0, self.at - self.began)
