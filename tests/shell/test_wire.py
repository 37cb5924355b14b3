"""The wire is pure: however bytes are cut on their way, the same requests come out."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svwatch.shell.wire import (
    LONGEST,
    Bad,
    Call,
    Reply,
    feed,
    read_reply,
    to_line,
)

calls = st.builds(
    Call,
    verb=st.text(max_size=20),
    names=st.lists(st.text(max_size=20), max_size=4).map(tuple),
    options=st.dictionaries(st.text(max_size=9), st.text() | st.booleans() | st.integers(-9, 9)),
)
junk = st.binary(max_size=60) | st.sampled_from([b"", b"{}", b"null", b"\xff", b'{"verb":1}'])
chunks = st.lists(st.integers(0, 80), max_size=30)
unhurried = settings(deadline=None)  # a busy machine is no failure


def cut(stream: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(stream[:size])
        stream = stream[size:]
    return [*pieces, stream]


def fed(pieces: list[bytes]) -> tuple[list[Call | Bad], bytes | None]:
    held: bytes | None = b""
    out: list[Call | Bad] = []
    for piece in pieces:
        said, held = feed(held, piece)
        out += said
    return out, held


@unhurried
@given(st.lists(calls, max_size=6), chunks)
def test_any_chunking_gives_the_calls_that_were_sent(sent: list[Call], sizes: list[int]) -> None:
    stream = b"".join(to_line(call) for call in sent)
    assert fed(cut(stream, sizes)) == (sent, b"")


@unhurried
@given(st.lists(junk, max_size=6).map(b"\n".join), chunks)
def test_any_chunking_of_junk_gives_the_same(stream: bytes, sizes: list[int]) -> None:
    assert fed(cut(stream, sizes)) == fed([stream])


@unhurried
@given(st.binary(max_size=300))
def test_no_bytes_raise(stream: bytes) -> None:
    said, _ = feed(b"", stream + b"\n")
    assert all(isinstance(item, Call | Bad) for item in said)


@pytest.mark.parametrize("size", [1, 1000, LONGEST, LONGEST + 1, LONGEST * 3])
def test_a_request_of_any_length_is_bounded_alike(size: int) -> None:
    """64 kB is read, one byte more is not, and nothing behind it is."""
    fits = LONGEST - len(b'{"verb":""}')
    for length, good in ((fits, True), (fits + 1, False)):
        stream = b'{"verb":"one"}\n{"verb":"%b"}\n{"verb":"three"}\n' % (b"x" * length)
        pieces = [stream[i : i + size] for i in range(0, len(stream), size)]
        out, held = fed(pieces)
        if good:
            assert [call.verb[:5] for call in out if isinstance(call, Call)] == [
                "one",
                "xxxxx",
                "three",
            ]
            assert held == b""
        else:
            assert out == [Call("one"), Bad("a request of more than 65536 bytes")]
            assert held is None


def test_what_is_held_is_bounded() -> None:
    said, held = feed(b"", b"x" * LONGEST)
    assert (said, held) == ((), b"x" * LONGEST)
    said, held = feed(held, b"x")
    assert (said, held) == ((Bad("a request of more than 65536 bytes"),), None)
    assert feed(held, b'{"verb":"x"}\n') == ((), None)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"restart", "not a request: JSON is malformed: invalid character (byte 0)"),
        (b"[1]", "not a request: Expected `object`, got `array`"),
        (b"{}", "not a request: Object missing required field `verb`"),
        (b'{"verb":7}', "not a request: Expected `str`, got `int` - at `$.verb`"),
        (b'{"verb":"x","names":"dj"}', "Expected `array`, got `str` - at `$.names`"),
        (b'{"verb":"x","options":{"t":[]}}', "Expected `bool | int | str`, got `array`"),
        (b'{"verb":"x","extra":1}', "Object contains unknown field `extra`"),
        (b'{"verb":"\xff"}', "a string that is not UTF-8"),
        (b'{"verb":"x"', "Input data was truncated"),
        (b"[" * 60_000, "Expected `object`, got `array`"),
        (b'{"verb":"x","options":{"n":' + b"9" * 5000 + b"}}", "Integer value out of range"),
    ],
)
def test_malformed_requests_say_what_is_wrong(line: bytes, why: str) -> None:
    ((bad,), held) = feed(b"", line + b"\n")
    assert isinstance(bad, Bad)
    assert why in bad.why
    assert held == b""


def test_blank_lines_are_nothing() -> None:
    assert feed(b"", b'\n\r\n  \n{"verb":"x"}\r\n') == ((Call("x"),), b"")


def test_an_answer_is_one_line_whatever_it_carries() -> None:
    pretty = msgspec.Raw(b'{\n  "a": "two\\nlines"\n}')
    line = to_line(Reply("result", 1, "two\nlines", pretty))
    assert line.count(b"\n") == 1
    reply = read_reply(line)
    assert isinstance(reply, Reply)
    assert (reply.kind, reply.code, reply.text) == ("result", 1, "two\nlines")
    assert msgspec.json.decode(reply.data) == {"a": "two\nlines"}


def test_an_answer_without_data_has_null() -> None:
    assert to_line(Reply("progress", text="dj: stopping")) == (
        b'{"kind":"progress","code":0,"text":"dj: stopping","data":null}\n'
    )


@pytest.mark.parametrize("line", [b"", b"HTTP/1.1 400", b'{"kind":"maybe"}', b'{"kind":"\xff"}'])
def test_what_is_no_answer_is_a_value(line: bytes) -> None:
    assert isinstance(read_reply(line), Bad)
