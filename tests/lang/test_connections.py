"""Connection tests in a rule sentence: what is understood, what is refused, and where."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.connection import Connection, Expect, Http, Send, Transport, unescaped
from svwatch.core.expand import poured
from svwatch.core.plan import Alert, Rule, Service, Times
from svwatch.lang.canonical import canonical
from svwatch.lang.hosts import known_host
from svwatch.lang.rules import Misread, Sentence, parse_rule
from tests.lang.conftest import Write

PING = Send(r"PING\r\n")
UNIX = Connection(path="/run/Redis.sock", transport=Transport.UNIX)


def said(text: str) -> Connection:
    found = parse_rule(f"if {text} then alert")
    assert isinstance(found, Sentence), found
    assert isinstance(found.test, Connection)
    return found.test


def http(port: int = 80, *, tls: bool = False, **keys: object) -> Connection:
    return Connection(port=port, tls=tls, http=Http(**keys))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("failed port 80", Connection(port=80)),
        ("FAILED PORT 80", Connection(port=80)),
        ("succeeded port 80", Connection(port=80, succeeded=True)),
        ("failed host localhost port 80 type tcp", Connection(port=80)),
        ("failed port 80 host 10.0.0.7", Connection(port=80, host="10.0.0.7")),
        ('failed host "::1" port 80', Connection(port=80, host="::1")),
        ("failed host ::1 port 80", Connection(port=80, host="::1")),
        ("failed port 53 type udp", Connection(port=53, transport=Transport.UDP)),
        ("failed port 993 type tcpssl", Connection(port=993, tls=True)),
        ("failed port 993 type tcpssl auto", Connection(port=993, tls=True)),
        ("failed port 993 with ssl", Connection(port=993, tls=True)),
        ("failed port 80 with timeout 10 seconds", Connection(port=80, timeout=10)),
        ("failed port 80 timeout 500 ms", Connection(port=80, timeout=0.5)),
        ("failed unixsocket /run/Redis.sock", UNIX),
        ('failed unix "/run/Redis.sock"', UNIX),
        ("failed port 80 protocol http", http()),
        ("failed port 80 proto http", http()),
        ("failed port 443 protocol https", http(443, tls=True)),
        ("failed port 443 type tcpssl protocol http", http(443, tls=True)),
        ('failed port 80 protocol http and request "/Up?a=1"', http(request="/Up?a=1")),
        ("failed port 80 protocol http request /Up", http(request="/Up")),
        ("failed port 80 protocol http method HEAD", http(method="HEAD")),
        ("failed port 80 protocol http status = 200", http(op="==", code=200)),
        ("failed port 80 protocol http status 200", http(op="==", code=200)),
        ("failed port 80 protocol http status less than 500", http(op="<", code=500)),
        ('failed port 80 protocol http content = "ok"', http(content="ok")),
        ('failed port 80 protocol http content != "bad"', http(content="bad", absent=True)),
        ('failed port 80 protocol http hostheader "a.b"', http(headers=(("Host", "a.b"),))),
        (
            'failed port 80 protocol http with http headers [Host: "a:1", X-A: b c, "Y: d,e"]',
            http(headers=(("Host", "a:1"), ("X-A", "b c"), ("Y", "d,e"))),
        ),
        (
            r'failed port 6379 send "PING\r\n" expect "^\+PONG"',
            Connection(port=6379, script=(PING, Expect(r"^\+PONG"))),
        ),
        ('failed port 22 expect "^SSH-"', Connection(port=22, script=(Expect("^SSH-"),))),
    ],
)
def test_what_is_understood(text: str, test: Connection) -> None:
    assert said(text) == test
    if "[" not in text:
        assert said(text.replace(" ", "\t ")) == test
    key = canonical(test, Times(), Alert())
    again = parse_rule(key)
    assert isinstance(again, Sentence)
    assert (again.test, again.key) == (test, key)


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\"'\\"))
WORDS = TEXT.filter(lambda text: text.strip() == text and text)
PATTERN = st.text(alphabet="abc 123^$.", min_size=1, max_size=20)
STEP = st.builds(Expect, PATTERN) | TEXT.filter(bool).map(Send)
HTTP = st.builds(
    Http,
    method=st.just("GET"),
    request=st.text(alphabet="abc/?=&%.-", max_size=20).map("/".__add__),
    op=st.sampled_from(["<", ">", "<=", ">=", "==", "!="]),
    code=st.integers(100, 999),
    content=st.none() | PATTERN,
    headers=st.lists(st.tuples(st.sampled_from(["Host", "X-A"]), WORDS), max_size=3).map(tuple),
)
TEST = st.builds(
    Connection,
    port=st.integers(1, 65535),
    host=st.sampled_from(["localhost", "127.0.0.1", "fe80::1"]),
    tls=st.booleans(),
    timeout=st.sampled_from([0.5, 5.0, 30.0]),
    succeeded=st.booleans(),
    http=HTTP,
) | st.builds(
    Connection,
    port=st.integers(1, 65535),
    script=st.lists(STEP, max_size=4).map(tuple),
)


@given(TEST)
def test_the_canonical_sentence_means_the_same(test: Connection) -> None:
    key = canonical(test, Times(3, 3), Alert())
    again = parse_rule(key)
    assert isinstance(again, Sentence), (key, again)
    assert (again.test, again.key) == (test, key)


@pytest.mark.parametrize(
    ("text", "at", "what", "hint"),
    [
        ("failed", "then", 'failed what? "then"', "failed port 8080"),
        ("failed port", "then", '"then" is no number of a port', "port 8080"),
        ("failed port 0", "0", '"0" is no number', ""),
        ("failed port 70000", "70000", '"70000" is no number', ""),
        ("failed port 80{member}", "80", '"80{member}" is no number', ""),
        ("failed port http", "http", '"http" is no number', ""),
        ("failed ping", "ping", '"ping" is not in this version', ""),
        ("failed host port 80", "port", "a host is missing", "host localhost"),
        ("failed host db.example.net port 80", "db", "neither an address nor in", "/etc/hosts"),
        ("failed unixsocket x.sock", "x.sock", "no absolute path", "/run/x.sock"),
        (f"failed unixsocket /{'x' * 107}", "/x", "107 bytes at most", ""),
        ("failed port 80 typ tcp", "typ", "not understood here", 'did you mean "type"?'),
        ("failed port 80 type tpc", "tpc", '"type" of what?', "tcp, udp or tcpssl"),
        ("failed unixsocket /x type tcp", "type", "a unix socket has no type", ""),
        ("failed unixsocket /x type tcpssl", "type", "a unix socket has no type", ""),
        ("failed port 80 timeout 5", "5", "a duration needs a unit", ""),
        ("failed port 80 timeout 5m", "5m", "a timeout of more than 60 s", ""),
        ("failed port 80 timeout 0s", "0s", "too short", ""),
        ("failed port 22 protocol ssh", "ssh", "not in this version", 'expect "^SSH-"'),
        ("failed port 80 protocol htp", "htp", "is no protocol", 'did you mean "http"?'),
        ('failed port 80 request "/"', "request", "belongs to HTTP", "protocol http request"),
        ("failed port 80 protocol http request x", "x", "no path of a request", "/health"),
        ('failed port 80 protocol http request "/a b"', '"/a', "no path of a request", ""),
        ("failed port 80 protocol http method POST", "POST", "no method that only asks", ""),
        ("failed port 80 protocol http status 20", "20", "20 status", "100 to 999"),
        ("failed port 80 protocol http content ok", "ok", "no text in quotes", ""),
        ('failed port 80 protocol http content < "ok"', "<", "does not compare", ""),
        ('failed port 80 protocol http content = "("', '"("', "no regular expression", ""),
        ('failed port 80 protocol http content = "(a+)+"', '"(a+', "may take too long", "such"),
        ("failed port 80 protocol http http x", "x then", '"http" what?', "http headers ["),
        ("failed port 80 protocol http http headers x", "x then", "headers is missing", ""),
        ("failed port 80 protocol http http headers [a", "[a", "does not end", ""),
        ("failed port 80 protocol http http headers [a]", "a]", '"a" is no header', ""),
        ('failed port 80 send ""', '""', "no text in quotes", "PING"),
        (r'failed port 80 send "\q"', r'"\q', "is not known in a text to send", r"\r \n"),
        ('failed port 80 protocol http send "x"', "failed", "beside send and expect", ""),
        ("failed port 80 type udp protocol http", "failed", "HTTP and TLS need type tcp", ""),
        ("failed port 80 retry 3", "retry", "not in this version", "for 3 cycles"),
    ],
)
def test_what_is_refused_where(text: str, at: str, what: str, hint: str) -> None:
    whole = f"if {text} then alert"
    found = parse_rule(whole)
    assert isinstance(found, Misread)
    assert what in found.what, found
    assert hint in found.hint
    assert whole[found.column :].startswith(at), whole[found.column :]


@given(st.text(alphabet="failedport 80 httpsendexp[]:\"'\\,/.%=<", max_size=60))
def test_nothing_makes_it_stumble(text: str) -> None:
    found = parse_rule(f"if failed port 80 {text} then alert")
    assert found is None or isinstance(found, Misread | Sentence)


def test_bytes_to_send() -> None:
    assert unescaped(r"a\r\n\t\\\0x00\0xfFé") == b"a\r\n\t\\\x00\xff\xc3\xa9"
    for text in ("\\", "\\x41", r"\0x4", r"\0xg0"):
        with pytest.raises(ValueError, match="not known in a text to send"):
            unescaped(text)


def test_members_fill_their_name_into_every_part() -> None:
    test = said('failed unixsocket "/run/{member}.sock" send "hello {member}" expect "^{member}"')
    rule = Rule(key="k", text="k", where="x:1", test=test, action=Alert())
    mold = Service(name="{member}", where="x:1", pidfile="/run/{member}", rules=(rule,))
    (poured_rule,) = poured(msgspec.json.encode(mold), "web-1").rules
    poured_test = poured_rule.test
    assert isinstance(poured_test, Connection)
    assert poured_test.path == "/run/web-1.sock"
    send, expect = poured_test.script
    assert isinstance(send, Send)
    assert send.data == b"hello web-1"
    assert expect == Expect("^web-1")


def test_hosts_that_need_no_name_server(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("# names\n127.0.0.1 localhost\n10.1.1.1 db1.example.net DB1 # the big one\n")
    for host in ("localhost", "LOCALHOST", "db1", "db1.example.net", "10.0.0.1", "::1"):
        assert known_host(host, str(file)) == ""
    for host in ("db2", "big", "names", "", "10.0.0", "1.2.3.4.5", "a b"):
        assert "no name server is asked" in known_host(host, str(file))
    assert "nobody" in known_host("224.0.0.1", str(file))
    assert known_host("db1", str(tmp_path / "none"))


def test_an_answer_that_may_take_longer_than_a_look_is_remarked(loaded: Write) -> None:
    rules = "[if failed port 80 timeout 20s then alert, if failed port 81 then alert]"
    text = (
        f"services:\n  one:\n    service_dir: /sv/one\n    supervisor: runit\n    rules: {rules}\n"
    )
    found = loaded(text)
    assert found.plan is not None, found.problems
    said = [remark for remark in found.plan.remarks if "an answer may take" in remark]
    assert len(said) == 1
    assert "a look every 5s, an answer may take 20s" in said[0]
