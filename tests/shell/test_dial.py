"""Dialling real sockets: who answers, who does not, and what is said of it."""

import errno
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from svwatch.core.connection import Answer, Connection, Dialled, Expect, Http, Send, Transport
from svwatch.shell.channel import Plain
from svwatch.shell.dial import Dial, _reached, _trouble
from svwatch.shell.inbox import WRITE
from svwatch.shell.switchboard import dial_all
from tests.shell.servant import (
    Habit,
    covered,
    drips,
    echoes,
    greets,
    hangs,
    hangs_up,
    says,
    serving,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nrea\r\n2\r\ndy\r\n0\r\n\r\n"
HTTP = Http()
PING = Send(r"PING\r\n")


def dial(endpoint: Connection, seconds: float = 10.0) -> Dialled:
    ((name, result),) = dial_all({"one": (endpoint,)}, seconds)
    assert name == "one"
    assert result.endpoint == endpoint
    return result


@pytest.mark.parametrize(
    ("habit", "keys", "answer", "why"),
    [
        (hangs, {}, Answer.OK, ""),
        (hangs_up, {}, Answer.OK, ""),  # it took the call
        (says(OK), {"http": HTTP}, Answer.OK, ""),
        (says(OK), {"http": Http(content="^ready$")}, Answer.OK, ""),
        (says(CHUNKED), {"http": Http(content="^ready$")}, Answer.OK, ""),
        (says(OK), {"http": Http(content="down")}, Answer.FAILED, 'does not match "down"'),
        (says(OK), {"http": Http(content="ready", absent=True)}, Answer.FAILED, "matches"),
        (says(OK), {"http": Http(op="==", code=204)}, Answer.FAILED, "HTTP status 200"),
        (says(b"HTTP/1.0 500 Oops\r\n"), {"http": HTTP}, Answer.FAILED, "HTTP status 500"),
        (says(b"HTTP/1.0 404 No\r\n\r\n"), {"http": Http(op="==", code=404)}, Answer.OK, ""),
        (says(b"SSH-2.0-x\r\n"), {"http": HTTP}, Answer.FAILED, 'no HTTP answer but "SSH-2.0-x"'),
        (hangs, {"http": HTTP}, Answer.FAILED, "no HTTP answer within 0.3s"),
        (drips, {"http": HTTP}, Answer.FAILED, "no complete HTTP answer within 0.3s"),
        (hangs_up, {"http": HTTP}, Answer.FAILED, "connection"),
        (greets(b"220 hello\r\n"), {"script": (Expect("^220 "),)}, Answer.OK, ""),
        (greets(b"421 busy\r\n"), {"script": (Expect("^220 "),)}, Answer.FAILED, 'no "^220 "'),
        (echoes, {"script": (PING, Expect("^got PING"), PING, Expect("got"))}, Answer.OK, ""),
        (says(b"-ERR\r\n"), {"script": (PING, Expect("PONG"))}, Answer.FAILED, '"-ERR"'),
        (hangs, {"tls": True}, Answer.FAILED, "no end of the TLS handshake within 0.3s"),
        (says(b"HTTP/1.0 400 Bad\r\n\r\n"), {"tls": True}, Answer.FAILED, "no TLS: "),
        (hangs_up, {"tls": True}, Answer.FAILED, ""),
    ],
)
def test_servers(habit: Habit, keys: dict[str, object], answer: Answer, why: str) -> None:
    with serving(habit) as servant:
        endpoint = Connection(port=servant.port, timeout=0.3, **keys)  # type: ignore[arg-type]
        result = dial(endpoint)
    assert result.answer is answer, result
    assert why in result.why


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_nobody_listens() -> None:
    result = dial(Connection(port=free_port()))
    assert (result.answer, result.why) == (Answer.FAILED, "connection refused")
    assert result.seconds < 1


def test_a_call_that_reaches_ourselves_is_refused() -> None:
    with socket.socket() as narcissus:
        narcissus.bind(("127.0.0.1", 0))
        narcissus.connect(narcissus.getsockname())  # a port without a listener, and yet
        assert _reached(narcissus) == errno.ECONNREFUSED


def test_a_call_that_nobody_takes_is_waited_for() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        with socket.create_connection(address):  # the one that may wait: who comes now is dropped
            endpoint = Connection(port=address[1], host="127.0.0.1", timeout=0.3)
            call = Dial(endpoint, 0.0)
            assert call.go(0.0) is None
            assert call.go(0.1) is None  # woken for nothing
            assert call.events == WRITE
            assert call.expire(0.3).why == "no connection within 0.3s"
            call.close()


class Narrow(Plain):
    """A channel that takes three bytes at a time."""

    def send(self, data: bytes) -> int:
        return super().send(data[:3]) if len(data) > 3 and not data.startswith(b"NG") else 0


def test_what_does_not_go_at_once_goes_later() -> None:
    ours, theirs = socket.socketpair()
    call = Dial(Connection(port=1, script=(PING, Expect("x"))), 0.0)
    call._owed = [b"PING\r\n"]
    narrow = Narrow(ours)
    call._send(narrow)
    call._send(narrow)
    assert call._owed == [b"G\r\n"]
    call._send(Plain(ours))
    assert theirs.recv(100) == b"PING\r\n"
    ours.close()
    theirs.close()


def test_a_port_of_either_loopback_address_serves() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    with socket.socket(socket.AF_INET6) as listener:
        try:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(("::1", 0))
        except OSError:
            pytest.skip("no ::1 here")
        listener.listen()
        port = listener.getsockname()[1]
        assert dial(Connection(port=port)).answer is Answer.OK
        assert dial(Connection(port=port, host="::1")).answer is Answer.OK
        assert dial(Connection(port=port, host="127.0.0.1")).answer is Answer.FAILED


def unix(path: Path, **keys: object) -> Connection:
    base = {"path": str(path), "transport": Transport.UNIX, "timeout": 0.3}
    return Connection(**(base | keys))  # type: ignore[arg-type]


def test_unix_sockets(tmp_path: Path) -> None:
    path = tmp_path / "sock"
    assert dial(unix(path)).why == "no such file or directory"
    with serving(says(OK), str(path)):
        assert dial(unix(path)).answer is Answer.OK
        assert dial(unix(path, http=HTTP)).answer is Answer.OK
    assert dial(unix(path)).why == "connection refused"


def test_a_full_backlog_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "sock"
    with serving(None, str(path), backlog=0), socket.socket(socket.AF_UNIX) as first:
        first.connect(str(path))
        result = dial(unix(path))
    assert result.why == "too many connections wait to be accepted"


def test_datagrams() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        there = Connection(port=port, transport=Transport.UDP, timeout=0.2, host="127.0.0.1")
        assert dial(there).answer is Answer.OK  # nobody objected
        asked = Connection(
            port=port, transport=Transport.UDP, timeout=0.2, script=(PING, Expect("PONG"))
        )
        assert dial(asked).why == 'no "PONG" within 0.2s'
    assert dial(there).why == "connection refused"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    path = tmp_path_factory.mktemp("tls")
    both = path / "both.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    words += ["-subj", "/CN=expired.example", "-keyout", str(path / "key"), "-out", str(path / "c")]
    subprocess.run(words, check=True, capture_output=True)
    both.write_bytes((path / "key").read_bytes() + (path / "c").read_bytes())
    return str(both)


def test_tls_with_a_certificate_that_nobody_vouches_for(certificate: str) -> None:
    with serving(covered(says(OK), certificate)) as servant:
        both = Connection(port=servant.port, tls=True, http=Http(content="ready"), timeout=5.0)
        assert dial(both).answer is Answer.OK, dial(both)
        assert dial(Connection(port=servant.port, tls=True)).answer is Answer.OK
        plain = dial(Connection(port=servant.port, http=HTTP, timeout=1.0))
        assert plain.answer is Answer.FAILED


def test_a_long_answer_below_tls_is_read_to_its_end(certificate: str) -> None:
    body = b"x" * 60_000 + b"ready"
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with serving(covered(says(head, body), certificate)) as servant:
        test = Connection(port=servant.port, tls=True, http=Http(content="ready$"), timeout=5.0)
        assert dial(test).answer is Answer.OK


@pytest.mark.parametrize("host", ["www.example.com:81", "..", "-", "a" * 70, "127.0.0.1", "[::1]"])
def test_any_host_header_goes_with_tls(host: str, certificate: str) -> None:
    with serving(covered(says(OK), certificate)) as servant:
        http = Http(headers=(("Host", host),))
        assert dial(Connection(port=servant.port, tls=True, http=http)).answer is Answer.OK


def test_our_own_trouble_accuses_nobody() -> None:
    result = dial(Connection(port=80, host="not.in.the.hosts.file"))
    assert result.answer is Answer.UNKNOWN


def test_whoever_has_no_time_left_says_so() -> None:
    with serving(hangs) as servant:
        endpoint = Connection(port=servant.port, http=HTTP, timeout=60.0)
        began = time.monotonic()
        result = dial(endpoint, seconds=0.2)
    assert result.answer is Answer.UNKNOWN
    assert time.monotonic() - began < 5


def test_hung_servers_are_waited_for_together() -> None:
    with serving(None, backlog=512) as servant:
        endpoint = Connection(port=servant.port, http=HTTP, timeout=1.0)
        began = time.monotonic()
        results = dial_all({f"{n}": (endpoint,) for n in range(200)}, 20.0)
    assert {result.answer for _, result in results} == {Answer.FAILED}
    assert len(results) == 200
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("number", "answer", "why"),
    [
        (errno.ECONNREFUSED, Answer.FAILED, "connection refused"),
        (errno.EHOSTUNREACH, Answer.FAILED, "no route to host"),
        (errno.EMFILE, Answer.UNKNOWN, "could not be dialled: too many open files"),
        (errno.EACCES, Answer.UNKNOWN, "could not be dialled: permission denied"),
        (errno.EADDRNOTAVAIL, Answer.UNKNOWN, "could not be dialled: cannot assign requested"),
    ],
)
def test_who_is_to_blame(number: int, answer: Answer, why: str) -> None:
    found = _trouble(OSError(number, ""))
    assert found[0] is answer
    assert found[1].startswith(why)


def test_a_refusal_at_one_address_is_not_excused_by_trouble_at_another() -> None:
    call = Dial(Connection(port=1), 0.0)
    for number in (errno.EMFILE, errno.ECONNREFUSED, errno.EADDRNOTAVAIL):
        call._refused(OSError(number, ""))
    assert call._failed == (Answer.FAILED, "connection refused")


def test_a_plain_dial_loads_no_tls() -> None:
    words = "import sys; from svwatch.core.connection import Connection, Http\n"
    words += "from svwatch.shell.switchboard import dial_all\n"
    words += "(_, got), = dial_all({'one': (Connection(port=1, http=Http(content='x')),)}, 5)\n"
    words += "print(got.answer, 'ssl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout == "failed False\n"
