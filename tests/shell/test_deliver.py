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
from svwatch.shell.parcel import Answer, Parcel
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


def timeless(answer: Answer) -> Answer:
    """Give *answer* without its time, which differs from run to run."""
    return msgspec.structs.replace(answer, seconds=0.0)


# --- real deliveries -----------------------------------------------------------------------------


def test_mail_is_plain_text_with_our_headers(mailbox: Mailbox) -> None:
    answer = deliver(letter(mailbox.url(extra="&format=html"), level=Level.CRITICAL))
    assert timeless(answer) == Answer(ok=True, detail="250 2.0.0 Ok: queued as 42")
    assert 0 < answer.seconds < 20
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
    assert answer.detail == reply


def test_a_partial_success_names_who_has_it(mailbox: Mailbox) -> None:
    both = mailbox.url(to="ann@example.com,bob@example.com")
    mailbox.to_rcpt = ["250 Ok", "452 4.2.2 full"]
    answer = deliver(letter(both))
    assert (answer.ok, answer.permanent, answer.reached) == (False, False, ("ann@example.com",))
    assert answer.detail == "bob@example.com: 452 4.2.2 full"
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
    answer = deliver(letter(mailbox.url(), timeout=1.5))
    assert not answer.ok
    assert answer.detail == "no answer within 1.5 s"


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
        assert answer.detail.startswith(f"{status} ")
        assert "no_team" in answer.detail


def test_a_url_that_is_none_is_said_and_not_shown() -> None:
    answer = deliver(letter(f"nonsense://{PASSWORD}"))
    assert not answer.ok
    assert answer.detail.startswith("apprise does not understand this URL: ")
    assert PASSWORD not in answer.detail


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


def test_an_answer_is_found_among_other_words() -> None:
    said = b'warning: x\n{"ok": true, "detail": "fine"}\nbye\n'
    assert answer_of(said, "exit code 0", "json://h") == Answer(ok=True, detail="fine")
    nothing = answer_of(b"\xff\n", "exit code 0", "json://h")
    assert nothing.detail.startswith("the delivering process gave no answer: exit code 0")


def test_nothing_of_a_letter_shows_in_its_repr() -> None:
    assert repr(letter(f"json://{PASSWORD}")) == "Parcel('<1@h>')"
