"""The delivering child and its words: what is told, and what never is."""

import http.server
import os
import select
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from svwatch.core.level import Level
from svwatch.shell.mailman import COMMAND, answer_of, fetch, send_out
from svwatch.shell.mask import mask, secrets
from svwatch.shell.parcel import Answer, Parcel, permanent, reason
from tests.shell.mailbox import Mailbox, free_port

PASSWORD = "hunter2-hunter2"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


class Web(http.server.BaseHTTPRequestHandler):
    """Answers a POST to /500 with 500."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(int(self.path.split("/")[-1]))
        self.end_headers()
        self.wfile.write(b"no_team " + self.path.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def web() -> Iterator[int]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Web)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def letter(url: str, **more: object) -> Parcel:
    return msgspec.structs.replace(
        Parcel(url=url, title="Über & out", body="a <b>\n  c", message_id="<1@h>", thread="<0@h>"),
        **more,
    )


def deliver(parcel: Parcel, command: tuple[str, ...] = COMMAND) -> Answer:
    """Send *parcel* by a real child and wait for its answer."""
    mailman = send_out(parcel, command)
    poll = select.poll()
    poll.register(mailman.pidfd, select.POLLIN)
    assert poll.poll(30_000)
    answer = fetch(mailman)
    assert answer is not None
    return answer


# --- real deliveries -----------------------------------------------------------------------------


def test_mail_is_plain_text_with_our_headers(mailbox: Mailbox) -> None:
    answer = deliver(letter(mailbox.url(extra="&format=html"), level=Level.CRITICAL))
    assert answer == Answer(ok=True, detail="accepted 250 2.0.0 Ok: queued as 42")
    mail = mailbox.take()
    assert mail.get_content_type() == "text/plain"
    assert mail.get_payload(decode=True) == b"a <b>\r\n  c\r\n"
    assert mail["Message-ID"] == "<1@h>"
    assert mail.get_all("Message-ID") == ["<1@h>"]
    assert mail["In-Reply-To"] == mail["References"] == "<0@h>"
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("reply", "lasting"),
    [("451 4.3.0 try later", False), ("550 5.1.1 no such user", True)],
)
def test_the_servers_own_words_are_the_reason(mailbox: Mailbox, reply: str, lasting: bool) -> None:
    mailbox.to_rcpt = [reply]
    answer = deliver(letter(mailbox.url()))
    assert not answer.ok
    assert answer.permanent is lasting
    assert answer.detail == f'Sending email to "ops@example.com" failed: {reply}'


def test_a_partial_success_names_who_has_it(mailbox: Mailbox) -> None:
    both = mailbox.url(to="ann@example.com,bob@example.com")
    mailbox.to_rcpt = ["250 Ok", "452 4.2.2 full"]
    answer = deliver(letter(both))
    assert (answer.ok, answer.permanent, answer.reached) == (False, False, ("ann@example.com",))
    again = deliver(letter(both, reached=("ann@example.com", "bob@example.com")))
    assert again.ok
    assert mailbox.take()["To"] == "ann@example.com"
    assert mailbox.mails.empty()


def test_a_refused_connection_says_so_without_the_password() -> None:
    url = f"mailto://ann:{PASSWORD}@127.0.0.1:{free_port()}/?from=a@example.com&to=b@example.com"
    answer = deliver(letter(url))
    assert (answer.ok, answer.permanent) == (False, False)
    assert "Connection refused" in answer.detail
    assert PASSWORD not in answer.detail


def test_a_silent_server_is_left_after_the_timeout(mailbox: Mailbox) -> None:
    mailbox.hanging = True
    answer = deliver(letter(mailbox.url(), timeout=0.3))
    assert not answer.ok
    assert "did not finish within" in answer.detail


@pytest.mark.parametrize(
    ("status", "ok", "lasting"),
    [(200, True, False), (404, False, False), (413, False, True), (429, False, False)],
)
def test_a_web_hook_answers_with_a_status(web: int, status: int, ok: bool, lasting: bool) -> None:
    url = f"json://ann:{PASSWORD}@127.0.0.1:{web}/tokentoken/{status}"
    answer = deliver(letter(url))
    assert (answer.ok, answer.permanent) == (ok, lasting)
    assert PASSWORD not in answer.detail
    assert "tokentoken" not in answer.detail
    if not ok:
        assert f"error={status}" in answer.detail
        assert "no_team" in answer.detail


def test_a_url_that_is_none_is_said_and_not_shown() -> None:
    answer = deliver(letter(f"nonsense://{PASSWORD}"))
    assert answer == Answer(ok=False, detail="apprise does not understand the URL of this route")


def test_a_request_that_is_none_is_said(tmp_path: Path) -> None:
    code = "import runpy, sys; sys.stdin.buffer.readline(); runpy.run_module({!r}, run_name={!r})"
    command = (sys.executable, "-c", code.format("svwatch.shell.deliver", "__main__"))
    answer = deliver(letter("json://host"), command)
    assert not answer.ok
    assert answer.detail.startswith("not a letter: ")


def test_the_url_is_in_no_argument_and_no_environment(mailbox: Mailbox) -> None:
    mailbox.hanging = True
    mailman = send_out(letter(mailbox.url(extra=f"&pass={PASSWORD}")))
    assert mailbox.hung.get(timeout=30)
    proc = f"/proc/{mailman.pid}"
    for name in ("cmdline", "environ"):
        assert PASSWORD.encode() not in Path(proc, name).read_bytes()
    assert Path(proc, "oom_score_adj").read_text() == "500\n"
    assert os.getpgid(mailman.pid) == mailman.pid
    assert PASSWORD not in repr(mailman)
    os.kill(mailman.pid, 9)
    poll = select.poll()
    poll.register(mailman.pidfd)
    assert poll.poll(30_000)
    answer = fetch(mailman)
    assert answer is not None
    assert not answer.ok


def test_the_daemons_side_imports_nothing_heavy() -> None:
    code = (
        "import sys, svwatch.shell.courier\n"
        "heavy = {'apprise', 'asyncio', 'subprocess', 'logging', 'json', 'pathlib', 'yaml',"
        " 'click', 'psutil', 'dataclasses', 'tempfile', 'argparse', 'socket', 'urllib.parse',"
        " 'email', 'http', 'random'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or None)"
    )
    reads, writes = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, writes, 2)]
    argv = (sys.executable, "-P", "-c", code)
    pid = os.posix_spawn(sys.executable, argv, os.environ, file_actions=actions)
    os.close(writes)
    with os.fdopen(reads) as said:
        assert said.read() == ""
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "hidden", "shown"),
    [
        (
            f"mailto://ann:{PASSWORD}@mail.example.net:25/?from=a@b.net&to=ops@example.net",
            [PASSWORD, "ann"],
            ["mail.example.net", "ops@example.net", "a@b.net"],
        ),
        ("mailto://ann:pw%40x@h/?to=ops@example.net", ["pw%40x", "pw@x"], ["ops@example.net"]),
        ("mailto://u:p@ss@h.example/", ["p@ss"], ["h.example"]),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdn/#ops", ["TIiajkdn", "A1BRTD4JD"], []),
        ("https://hooks.slack.com/services/T1/B2/c3c3c3", ["c3c3c3"], ["hooks.slack.com"]),
        ("tgram://123456789:AbCdEfGhIjKl/1234", ["AbCdEfGhIjKl", "123456789"], []),
        ("json://host/?password=sesame&format=text", ["sesame"], ["host", "text"]),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", ["JHMHI8qBe7bk2ZwO5U711o3dV_js"], []),
        ("json://a:b@host/", [], ["host", "about", "cab"]),
        ("", [], ["plain"]),
    ],
)
def test_a_mask_hides_secrets_and_nothing_else(
    url: str, hidden: list[str], shown: list[str]
) -> None:
    text = mask(" | ".join((*hidden, *shown, url)), url)
    for secret in hidden:
        assert secret not in text
    for word in shown:
        assert word in text
    assert "" not in secrets(url)


def test_a_reason_is_one_bounded_line() -> None:
    assert mask("a\r\n b\tc", "json://h") == "a b c"
    assert len(mask("x" * 5000, "json://h")) == 500


@pytest.mark.parametrize(
    ("entries", "said", "lasting"),
    [
        ([], "", False),
        ([("DEBUG", "Socket Exception: (554, b'5.7.1 spam')")], "554 5.7.1 spam", True),
        (
            [("DEBUG", "Socket Exception: {'a@b': (550, b'no'), 'c@d': (451, b\"it's\")}")],
            "550 no, 451 it's",
            False,
        ),
        (
            [("WARNING", "Login"), ("DEBUG", "Socket Exception: (535, b'bad')")],
            "Login: 535 bad",
            False,
        ),
        ([("WARNING", "Failed: error=400.")], "Failed: error=400", True),
        (
            [("WARNING", "Failed: error=500."), ("DEBUG", "JSON Payload: x")],
            "Failed: error=500",
            False,
        ),
        ([("DEBUG", "Response Details:\r\nb'no_team'")], "no_team", False),
        ([("WARNING", "same"), ("WARNING", "same")], "same", False),
    ],
)
def test_a_log_becomes_a_reason(entries: list[tuple[str, str]], said: str, lasting: bool) -> None:
    assert reason(entries) == said
    assert permanent(entries) is lasting


def test_an_answer_is_found_among_other_words() -> None:
    said = b'warning: x\n{"ok": true, "detail": "fine"}\nbye\n'
    assert answer_of(said, "exit code 0", "json://h") == Answer(ok=True, detail="fine")
    nothing = answer_of(b"\xff\n", "exit code 0", "json://h")
    assert nothing.detail.startswith("the delivering process gave no answer: exit code 0")


def test_nothing_of_a_letter_shows_in_its_repr() -> None:
    assert repr(letter(f"json://{PASSWORD}")) == "Parcel('<1@h>')"
