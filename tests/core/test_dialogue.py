"""What is said on a connection: hostile bytes, any cut, no end."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svwatch.core.connection import Connection, Expect, Http, Send, Transport
from svwatch.core.dialogue import (
    BODY,
    BUFFER,
    HEAD,
    Dialogue,
    Verdict,
    dialogue,
    find,
    host_of,
    shown,
    unchunked,
)
from svwatch.lang.pattern import too_dear

PING = Send(r"PING\r\n")
TALKS = {
    "http": Connection(port=80, http=Http()),
    "content": Connection(port=80, http=Http(content="rea+dy|[0-9]{3}")),
    "absent": Connection(port=80, http=Http(content="no", absent=True)),
    "script": Connection(port=80, script=(Expect("^2.0 "), PING, Expect("PO?NG"), PING)),
    "greeting": Connection(port=80, transport=Transport.UDP),
    "silence": Connection(port=80),
}
PIECES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 500 No\r\n", b"HTTP/", b"\r\n", b"\n", b"\r\n\r\n", b"0",
        b"Content-Length: 5\r\n", b"Content-Length: 99999999999999999\r\n", b"ready", b"\0\xff",
        b"Transfer-Encoding: chunked\r\n", b"5\r\nready\r\n", b"fffffff\r\n", b"0\r\n\r\n", b"220 ",
        b"PONG", b"no", b"-1\r\n", b"x" * 3000, b"HTTP/1.1  \r\n", b"HTTP/1.1 2x0\r\n", b"123",
    ]
)  # fmt: skip
HOSTILE = st.lists(PIECES | st.binary(max_size=40), max_size=30).map(b"".join)


def told(talk: Dialogue, data: bytes, cuts: list[int]) -> Verdict | None:
    """Tell *data* in pieces until there is a verdict; hang up after the last."""
    talk.open()
    marks = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    for start, end in pairwise(marks):
        if talk.verdict is None:
            talk.hear(data[start:end])
    if talk.verdict is None:
        talk.closed()
    return talk.verdict


@given(st.sampled_from(sorted(TALKS)), HOSTILE, st.lists(st.integers(0, 100_000), max_size=20))
def test_whatever_comes_there_is_a_verdict(kind: str, data: bytes, cuts: list[int]) -> None:
    verdict = told(dialogue(TALKS[kind]), data, cuts)
    if kind != "greeting":  # it may be hung up on by nobody
        assert verdict is not None
        assert verdict.ok or verdict.why
        assert verdict.why.isprintable()
        assert len(verdict.why) < 400


@given(st.sampled_from(["http", "content", "absent"]), HOSTILE, st.lists(st.integers(0, 9999)))
def test_how_it_is_cut_changes_no_verdict(kind: str, data: bytes, cuts: list[int]) -> None:
    whole, cut = told(dialogue(TALKS[kind]), data, []), told(dialogue(TALKS[kind]), data, cuts)
    assert whole is not None
    assert cut is not None
    # a body of the length that was announced may be judged before what follows it has come
    if b"ontent-" not in data and b"hunked" not in data:
        assert whole.ok == cut.ok


@pytest.mark.parametrize("kind", ["http", "content", "script"])
def test_no_end_is_no_answer(kind: str) -> None:
    talk = dialogue(TALKS[kind])
    talk.open()
    for _ in range((HEAD + BODY) // 1000 + 2):
        talk.hear(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 980 if talk.missing else b"")
        if talk.verdict is not None:
            break
    assert talk.verdict is not None
    assert not talk.verdict.ok


def test_what_is_asked_for() -> None:
    http = Http(request="/health", headers=(("Host", "www.example.com"), ("X-A", "b")))
    (said,) = dialogue(Connection(port=8080, http=http)).open()
    assert said == (
        b"GET /health HTTP/1.1\r\nConnection: close\r\nUser-Agent: svwatch\r\nAccept: */*\r\n"
        b"Host: www.example.com\r\nX-A: b\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        (Connection(port=80), "localhost"),
        (Connection(port=8080), "localhost:8080"),
        (Connection(port=443, tls=True), "localhost"),
        (Connection(port=443), "localhost:443"),
        (Connection(port=81, host="::1"), "[::1]:81"),
        (Connection(path="/run/x", transport=Transport.UNIX), "localhost"),
    ],
)
def test_the_host_that_is_named(endpoint: Connection, host: str) -> None:
    assert host_of(endpoint) == host


def test_a_script_goes_on_step_by_step() -> None:
    talk = dialogue(TALKS["script"])
    assert talk.open() == ()
    assert talk.hear(b"22") == ()
    assert talk.hear(b"0 hello\r\n") == (b"PING\r\n",)
    assert talk.missing == 'no "PO?NG"'
    assert talk.hear(b"PONG\r\n") == (b"PING\r\n",)
    assert talk.verdict == Verdict(ok=True)


def test_a_script_hears_no_more_than_its_buffer() -> None:
    talk = dialogue(Connection(port=1, script=(Expect("ready"),)))
    talk.hear(b"x" * BUFFER + b"ready")
    assert talk.verdict is not None
    assert talk.verdict.why.startswith('no "ready" but "xxx')


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=10))
def test_chunks_are_put_together(chunks: list[bytes]) -> None:
    said = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(one), one) for one in chunks) + b"0\r\n\r\n"
    assert unchunked(said) == b"".join(chunks)


@given(st.binary(max_size=3000))
def test_no_chunks_are_no_trouble(data: bytes) -> None:
    assert len(unchunked(data)) <= len(data)


@given(st.binary(max_size=200))
def test_bytes_are_shown_on_one_line(data: bytes) -> None:
    assert shown(data).isprintable()


@pytest.mark.parametrize("at", [0, 400, 511, 512, 1000, 1023, 5000])
def test_a_match_is_found_wherever_it_is(at: int) -> None:
    assert find("rea+dy", b"." * at + b"reaaady" + b"." * 700) == at + 7


def test_the_end_of_a_piece_is_no_end_of_a_line() -> None:
    assert find("x$", b"x" * 5000 + b".") is None
    assert find("x$", b"x" * 5000) == 5000
    assert find("status.*", b"status" + b"." * 5000) == 1024


CHEAP = ("a.*b", "(?:a|b)c{0,9}d", "[ab]*c.{0,7}d", r"\+PONG", "x.+$")


@pytest.mark.parametrize("pattern", CHEAP)
@pytest.mark.parametrize("text", [b"a" * BODY, b"ab" * (BODY // 2), b"c" * BODY, b"x" * BODY])
def test_no_text_keeps_a_search_busy(pattern: str, text: bytes) -> None:
    assert not too_dear(pattern)
    began = time.process_time()
    find(pattern, text)
    assert time.process_time() - began < 3.0


@settings(max_examples=200)
@given(st.text(alphabet="ab.*+?{}0123456789,()|[]\\^$", max_size=20))
def test_dear_patterns_are_known_whatever_they_look_like(pattern: str) -> None:
    assert isinstance(too_dear(pattern), str)


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "(a|ab)*", ".*x.*", r"(a)\1", "a{0,99}b{0,99}", "(?=a)b", "((a?)b){3}"]
)
def test_dear_patterns_are_told(pattern: str) -> None:
    assert too_dear(pattern)
