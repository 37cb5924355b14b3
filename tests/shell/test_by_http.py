"""Our own way to the web, with real servers: what arrives there, and what is never followed."""

from base64 import b64encode
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from svwatch.core.route import Form
from svwatch.shell.by_http import send
from svwatch.shell.parcel import Answer, Kind, Parcel
from svwatch.shell.replies import MOST_WORDS
from tests.live.certificates import authority, covered
from tests.live.rig import free_port
from tests.live.web_office import STALL, Say, Tunnel, WebOffice


def office(stack: ExitStack, *script: Say) -> WebOffice:
    return stack.enter_context(WebOffice(*script))


def post(url: str, body: str = '{"a": 1}', form: Form = Form.JSON) -> Answer:
    return send(Parcel(url=url, form=form, body=body, message_id="<1@h>", timeout=5))


def beat(url: str) -> Answer:
    return send(Parcel(url=url, kind=Kind.BEAT, timeout=5))


# --- what arrives --------------------------------------------------------------------------------


def test_a_document_arrives_as_it_is(stack: ExitStack) -> None:
    web = office(stack)
    answer = post(f"{web.url}/hook?room=a%20b", '{"who": "Jörg"}')
    assert answer == Answer(ok=True, detail="ok")
    (heard,) = web.heard
    assert (heard.method, heard.path) == ("POST", "/hook?room=a%20b")
    assert heard.body.decode() == '{"who": "Jörg"}'
    assert heard.headers["Content-Type"] == "application/json"
    assert heard.headers["User-Agent"].startswith("svwatch/")
    assert heard.headers["Idempotency-Key"] == "<1@h>"
    assert "Authorization" not in heard.headers


@pytest.mark.parametrize("base", ["", "/", "/alertmanager", "/alertmanager/"])
def test_alerts_go_below_the_url_that_people_know(stack: ExitStack, base: str) -> None:
    web = office(stack, Say(body=""))
    answer = post(web.url + base, "[]", Form.ALERTMANAGER)
    assert answer == Answer(ok=True, detail="200 OK")
    assert web.heard[0].path == base.rstrip("/") + "/api/v2/alerts"
    assert "Idempotency-Key" not in web.heard[0].headers


def test_a_beat_asks_and_sends_nothing(stack: ExitStack) -> None:
    web = office(stack)
    assert beat(f"{web.url}/ping/1234") == Answer(ok=True, detail="ok")
    assert (web.heard[0].method, web.heard[0].path, web.heard[0].body) == ("GET", "/ping/1234", b"")


def test_user_and_password_of_the_url_are_told_as_basic(stack: ExitStack) -> None:
    web = office(stack)
    assert post(web.url.replace("//", "//ann:p%40ss%3Aw%2Frd@")).ok
    expected = "Basic " + b64encode(b"ann:p@ss:w/rd").decode()
    assert web.heard[0].headers["Authorization"] == expected
    assert web.heard[0].path == "/"
    assert "ann" not in web.heard[0].headers["Host"]


def test_what_no_url_holds_is_escaped(stack: ExitStack) -> None:
    web = office(stack)
    assert post(f"{web.url}/stö rung?a=1%202#end").ok
    assert web.heard[0].path == "/st%C3%B6%20rung?a=1%202"


# --- what is answered ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("say", "detail", "permanent", "asked"),
    [
        (Say(400, "no_text"), "400 Bad Request: no_text", True, None),
        (Say(422, "[]"), "422 Unprocessable Entity: []", True, None),
        (Say(401, ""), "401 Unauthorized", False, None),
        (Say(404, "<html>lost</html>"), "404 Not Found", False, None),
        (Say(429, "rate_limited", {"Retry-After": "30"}), None, False, 30.0),
        (Say(503, "", {"Retry-After": "99999"}), None, False, 3600.0),
        (Say(500, "", {"Retry-After": "30"}), "500 Internal Server Error", False, None),
        (Say(302, "", {"Location": "/there"}), "302 Found", False, None),
    ],
)
def test_a_refusal_is_told_in_the_servers_words(
    stack: ExitStack, say: Say, detail: str | None, permanent: bool, asked: float | None
) -> None:
    answer = post(office(stack, say).url)
    assert (answer.ok, answer.permanent, answer.retry_after) == (False, permanent, asked)
    assert detail is None or answer.detail == detail


def test_a_long_answer_is_not_read_to_its_end(stack: ExitStack) -> None:
    answer = post(office(stack, Say(STALL)).url)
    assert (answer.ok, answer.detail) == (True, "x" * MOST_WORDS)


def test_nobody_there_is_said_with_the_place_only() -> None:
    port = free_port()
    answer = post(f"http://ann:hunter2@127.0.0.1:{port}/token")
    assert answer == Answer(ok=False, detail=f"127.0.0.1:{port}: Connection refused")


@pytest.mark.parametrize(
    "url", ["ftp://host/", "http://", "nonsense", "http://h:port/", "http://["]
)
def test_what_is_no_web_address_is_said(url: str) -> None:
    answer = post(url)
    assert (answer.ok, answer.permanent) == (False, False)
    assert answer.detail


# --- redirects -----------------------------------------------------------------------------------


def moved(where: str, status: int = 307) -> Say:
    return Say(status, "", {"Location": where})


def test_a_document_follows_within_its_host(stack: ExitStack) -> None:
    web = office(stack, moved("/b?x=1"), Say())
    assert post(web.url.replace("//", "//ann:pw@") + "/a").ok
    first, second = web.heard
    assert second.path == "/b?x=1"
    assert second.body == first.body == b'{"a": 1}'
    assert second.headers["Authorization"] == first.headers["Authorization"]


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_document_that_would_become_a_question_stays(stack: ExitStack, status: int) -> None:
    web = office(stack, moved("/b", status))
    assert not post(web.url).ok
    assert len(web.heard) == 1


def test_a_beat_follows_any_redirect_within_its_host(stack: ExitStack) -> None:
    web = office(stack, moved("/b", 301), moved("/c", 302), Say())
    assert beat(web.url).ok
    assert [heard.path for heard in web.heard] == ["/", "/b", "/c"]


@pytest.mark.parametrize("status", [301, 307])
def test_nothing_follows_to_another_host(stack: ExitStack, status: int) -> None:
    other = office(stack)
    web = office(stack, moved(f"{other.url}/steal", status))
    for answer in (post(web.url.replace("//", "//ann:pw@")), beat(web.url)):
        assert answer.detail.startswith(str(status))
        assert not answer.ok
    assert other.heard == []


def test_a_circle_ends(stack: ExitStack) -> None:
    web = office(stack, moved("/", 307))
    assert not beat(web.url).ok
    assert len(web.heard) == 4


# --- proxies and TLS -----------------------------------------------------------------------------


def test_tls_by_a_proxy_with_the_authority_that_we_name(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = authority(tmp_path)
    web = stack.enter_context(WebOffice(tls=covered(ca, "hooks.example.net")))
    proxy = stack.enter_context(Tunnel(web.server_port))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//carl:pr%40xy@"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert post("https://hooks.example.net/x") == Answer(ok=True, detail="ok")
    assert proxy.asked[0].startswith("CONNECT hooks.example.net:443 HTTP/1")
    expected = b64encode(b"carl:pr@xy").decode()
    assert f"Proxy-Authorization: Basic {expected}" in proxy.asked[0]
    assert "Proxy-Authorization" not in web.heard[0].headers

    wrong = post("https://other.example.net/x")
    assert "certificate verify failed: Hostname mismatch" in wrong.detail
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    unknown = post("https://hooks.example.net/x")
    assert unknown.detail.startswith("hooks.example.net: certificate verify failed: ")
    assert (unknown.ok, unknown.permanent) == (False, False)
    assert len(web.heard) == 1


def test_a_plain_request_asks_the_proxy_for_the_whole_url(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, direct = office(stack), office(stack)
    monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//carl:pw@"))
    monkeypatch.setenv("no_proxy", "127.0.0.0/8")
    assert post("http://ann:secret@hooks.example.net/x?y=1").ok
    assert post(f"{direct.url}/x").ok
    (heard,) = proxy.heard
    assert heard.path == "http://hooks.example.net/x?y=1"
    assert heard.headers["Host"] == "hooks.example.net"
    assert "Proxy-Authorization" in heard.headers
    assert len(direct.heard) == 1


def test_a_proxy_we_cannot_use_is_named(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://carl:pw@127.0.0.1:1")
    answer = post("https://hooks.example.net/x")
    assert not answer.ok
    assert "https_proxy" in answer.detail
    assert "carl" not in answer.detail
