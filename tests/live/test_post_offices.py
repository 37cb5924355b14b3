"""The delivering child with real post offices: what arrives there, and what they say to it."""

import json
import select
import time
from contextlib import ExitStack
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from svwatch.core.level import Level
from svwatch.core.route import Form
from svwatch.shell.mailman import fetch, send_out
from svwatch.shell.parcel import Answer, Kind, Parcel
from tests.live.certificates import authority, covered
from tests.live.mail_office import OK, MailOffice, SlowOffice
from tests.live.post import body
from tests.live.rig import free_port
from tests.live.web_office import DRIP, HANG, Say, Tunnel, WebOffice

pytestmark = pytest.mark.live

TITLE = "[web1] CRITICAL Über-Job will not stop"
BODY = "Ünd <b>was</b>\n  4711 rake jobs:work\n"
AWKWARD = "p@:/#?&% ss"
SLACK = "https://hooks.slack.com/services/T0123456789/B0123456789/abcdefghijklmnopqrstuvwx"
LINES = (
    "CRITICAL web1 *rm-dj-3* gave up: 3 restarts in 38s, `a` &lt;b&gt; &amp; c. Next try 14:11.\n"
    "> PG::ConnectionBad: could not connect to server: Connection refused (10.0.0.5:5432)\n"
    "`svwatch stop rm-dj-3` or `svwatch monitor rm-dj-3`"
)


def sent(parcel: Parcel) -> Answer:
    """Send *parcel* by a real child and wait for its answer."""
    mailman = send_out(parcel)
    poll = select.poll()
    poll.register(mailman.pidfd, select.POLLIN)
    assert poll.poll(30_000)
    answer = fetch(mailman)
    assert answer is not None
    return answer


def letter(url: str, *, thread: str = "", timeout: float = 20.0) -> Parcel:
    return Parcel(
        url=url, title=TITLE, body=BODY, level=Level.CRITICAL, service="über job", number=2209,
        message_id="<2@web1>", thread=thread, timeout=timeout,
    )  # fmt: skip


# --- mail ----------------------------------------------------------------------------------------


def only(mail: EmailMessage, name: str) -> str:
    (value,) = mail.get_all(name, [])
    return str(value)


def test_a_mail_is_text_that_a_phone_can_show_and_a_program_can_sort(stack: ExitStack) -> None:
    office = stack.enter_context(MailOffice())
    answer = sent(letter(office.url()))
    assert (answer.ok, answer.detail) == (True, OK)
    assert 0 < answer.seconds < 20
    mail = office.take()
    assert body(mail).replace("\r", "") == BODY
    assert mail["Subject"] == TITLE
    assert (only(mail, "To"), only(mail, "Message-ID")) == ("ops@example.net", "<2@web1>")
    assert "svwatch@example.net" in only(mail, "From")
    assert abs(parsedate_to_datetime(only(mail, "Date")).timestamp() - time.time()) < 20
    assert mail["In-Reply-To"] is mail["References"] is None
    assert only(mail, "Auto-Submitted") == "auto-generated"
    assert only(mail, "X-Svwatch-Event") == "2209"
    assert only(mail, "X-Svwatch-Service") == "über job"
    assert only(mail, "X-Svwatch-Level") == "critical"
    assert only(mail, "X-Svwatch-Host")


def test_what_follows_is_an_answer_to_the_first(stack: ExitStack) -> None:
    office = stack.enter_context(MailOffice())
    assert sent(letter(office.url(), thread="<1@web1>")).ok
    mail = office.take()
    assert only(mail, "In-Reply-To") == only(mail, "References") == "<1@web1>"


def test_starttls_with_a_login_and_an_authority_of_our_own(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = covered(authority(tmp_path), "localhost")
    office = stack.enter_context(MailOffice(login=("ann@example.net", AWKWARD), tls=tls))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    right, wrong = (
        office.url(login=f"{quote('ann@example.net')}:{quote(word, safe='')}@", mode="starttls")
        for word in (AWKWARD, f"not {AWKWARD}")
    )
    assert sent(letter(right)).detail == OK
    bad = sent(letter(wrong))
    assert (bad.ok, bad.permanent) == (False, False), "the letter may wait until somebody mends it"
    assert bad.detail.startswith("535 5.7.8 ")
    assert AWKWARD not in bad.detail

    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    stranger = sent(letter(right))
    assert (stranger.ok, stranger.permanent) == (False, False)
    assert "CERTIFICATE_VERIFY_FAILED" in stranger.detail.replace(" ", "_").upper()
    assert len(office.mails) == 1


def test_a_password_that_cannot_be_sent_is_explained(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = covered(authority(tmp_path), "localhost")
    office = stack.enter_context(MailOffice(login=("ann", "x"), tls=tls))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    answer = sent(letter(office.url(login=f"ann:{quote('pässword')}@", mode="starttls")))
    assert (answer.ok, answer.permanent) == (False, False)
    assert "not ASCII" in answer.detail
    assert "xe4" not in answer.detail


def test_a_server_without_starttls_gets_no_password(stack: ExitStack) -> None:
    office = stack.enter_context(MailOffice())
    answer = sent(letter(office.url(login="ann:sesame@", mode="starttls")))
    assert not answer.ok
    assert "STARTTLS" in answer.detail


@pytest.mark.parametrize(
    ("said", "permanent"),
    [("451 4.3.0 try later", False), ("421 4.3.2 shutting down", False), ("554 5.7.1 spam", True)],
)
def test_a_letter_is_put_off_or_refused_in_the_servers_words(
    stack: ExitStack, said: str, permanent: bool
) -> None:
    office = stack.enter_context(MailOffice())
    office.to_data = [said]
    first = sent(letter(office.url()))
    assert (first.ok, first.detail, first.permanent) == (False, said, permanent)
    assert sent(letter(office.url())).ok
    assert only(office.take(), "Message-ID") == "<2@web1>"


def test_a_recipient_is_refused_in_the_servers_words(stack: ExitStack) -> None:
    office = stack.enter_context(MailOffice())
    office.refuses["ops@example.net"] = "550 5.1.1 <ops@example.net>: no such user"
    answer = sent(letter(office.url()))
    assert answer.detail == "550 5.1.1 <ops@example.net>: no such user"
    assert answer.permanent


def test_a_server_that_hangs_in_data_is_left(stack: ExitStack) -> None:
    office = stack.enter_context(MailOffice())
    office.hanging = True
    answer = sent(letter(office.url(), timeout=3.0))
    assert office.hung.is_set()
    assert (answer.ok, answer.permanent) == (False, False)
    assert answer.detail == "no answer within 3 s"


def test_a_server_that_drips_is_left(stack: ExitStack) -> None:
    office = stack.enter_context(SlowOffice())
    url = f"mailto://localhost:{office.port}/?smtp=127.0.0.1&from=a@example.net&to=b@example.net"
    answer = sent(letter(url, timeout=3.0))
    assert office.greeted.is_set()
    assert (answer.ok, answer.detail) == (False, "no answer within 3 s")


def test_nobody_there_is_said() -> None:
    answer = sent(letter(f"mailto://localhost:{free_port()}/?from=a@example.net&to=b@example.net"))
    assert "Connection refused" in answer.detail


# --- Slack ---------------------------------------------------------------------------------------


@pytest.fixture
def slack(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[WebOffice, Tunnel]:
    """Give hooks.slack.com with TLS that clients verify, and the proxy that leads there."""
    tls = covered(authority(tmp_path), "hooks.slack.com")
    office = stack.enter_context(WebOffice(tls=tls))
    proxy = stack.enter_context(Tunnel(office.server_port))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    return office, proxy


def chat(url: str = SLACK, text: str = LINES, timeout: float = 20.0) -> Parcel:
    return Parcel(url=url, form=Form.SLACK, body=text, level=Level.CRITICAL, timeout=timeout)


def test_slack_gets_the_lines_as_they_are(slack: tuple[WebOffice, Tunnel]) -> None:
    office, proxy = slack
    answer = sent(chat())
    assert (answer.ok, answer.detail) == (True, "ok")
    assert proxy.asked[0].startswith("CONNECT hooks.slack.com:443 ")
    (heard,) = office.heard
    assert (heard.method, heard.path) == ("POST", SLACK.removeprefix("https://hooks.slack.com"))
    assert json.loads(heard.body) == {"text": LINES}


def test_the_wishes_of_a_slack_url_are_kept(slack: tuple[WebOffice, Tunnel]) -> None:
    office, _ = slack
    tokens = SLACK.removeprefix("https://hooks.slack.com/services/")
    assert sent(chat(f"slack://watchdog@{tokens}/%23ops")).ok
    said = json.loads(office.heard[0].body)
    assert said == {"text": LINES, "channel": "#ops", "username": "watchdog"}


@pytest.mark.parametrize(
    ("say", "detail", "permanent", "asked"),
    [
        (
            Say(429, "rate_limited", {"Retry-After": "30"}),
            "429 Too Many Requests: rate_limited",
            False,
            30.0,
        ),
        (Say(500, "rollup_error"), "500 Internal Server Error: rollup_error", False, None),
        (Say(404, "no_team"), "404 Not Found: no_team", False, None),
        (Say(400, "invalid_payload"), "400 Bad Request: invalid_payload", True, None),
        (Say(302, "", {"Location": "https://example.net/"}), "302 Found", False, None),
    ],
)
def test_slack_says_no(
    slack: tuple[WebOffice, Tunnel], say: Say, detail: str, permanent: bool, asked: float | None
) -> None:
    office, _ = slack
    office.script = [say]
    answer = sent(chat())
    assert (answer.ok, answer.detail) == (False, detail)
    assert (answer.permanent, answer.retry_after) == (permanent, asked)
    assert len(office.heard) == 1


@pytest.mark.parametrize("how", [HANG, DRIP])
@pytest.mark.parametrize("form", [Form.SLACK, Form.JSON])
def test_a_server_without_an_end_is_left(
    slack: tuple[WebOffice, Tunnel], how: int, form: Form
) -> None:
    office, _ = slack
    office.script = [Say(how)]
    parcel = Parcel(url=SLACK, form=form, body=LINES, timeout=3.0)
    answer = sent(parcel)
    assert (answer.ok, answer.permanent) == (False, False)
    assert answer.detail == "no answer within 3 s"
    assert len(office.heard) == 1
    assert answer.seconds < 10


@pytest.mark.parametrize("form", [Form.SLACK, Form.JSON])
def test_an_authority_that_nobody_knows_is_not_believed(
    slack: tuple[WebOffice, Tunnel], form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, _ = slack
    monkeypatch.delenv("SSL_CERT_FILE")
    answer = sent(Parcel(url=SLACK, form=form, body=LINES))
    assert (answer.ok, answer.permanent) == (False, False)
    assert answer.detail.startswith("hooks.slack.com: certificate verify failed")
    assert office.heard == []


def test_a_secret_of_the_proxy_is_not_told(slack: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://carl:sesame-7890@127.0.0.1:1/sesame-7890")
    answer = sent(chat())
    assert not answer.ok
    assert "sesame" not in answer.detail
    assert "Connection refused" in answer.detail


# --- others --------------------------------------------------------------------------------------


def test_a_webhook_gets_our_document(stack: ExitStack) -> None:
    office = stack.enter_context(WebOffice(Say(202, "")))
    parcel = Parcel(url=f"{office.url}/in", form=Form.JSON, body='{"schema_version": 1}')
    answer = sent(parcel)
    assert (answer.ok, answer.detail) == (True, "202 Accepted")
    assert json.loads(office.heard[0].body) == {"schema_version": 1}


def test_what_apprise_speaks_besides_gets_plain_text(stack: ExitStack) -> None:
    office = stack.enter_context(WebOffice())
    url = office.url.replace("http://", "json://")
    chatty = Parcel(url=url, form=Form.CHAT, body="web1 rm-dj-1 <b> & more", timeout=20)
    assert sent(chatty).ok
    assert sent(letter(url)).ok
    first, second = (json.loads(heard.body) for heard in office.heard)
    assert (first["title"], first["message"]) == ("", "web1 rm-dj-1 <b> & more")
    assert (second["title"], second["message"].strip()) == (TITLE, BODY.strip())
    assert second["type"] == "failure"


def test_a_beat_is_heard(stack: ExitStack) -> None:
    office = stack.enter_context(WebOffice())
    assert sent(Parcel(url=f"{office.url}/ping", kind=Kind.BEAT)).detail == "ok"
    assert (office.heard[0].method, office.heard[0].path) == ("GET", "/ping")
