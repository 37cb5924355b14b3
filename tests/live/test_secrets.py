"""Every secret holds a canary, every server repeats what it was told: nobody hears it sing.

The canary stands in each place of a configuration where a secret can stand. The servers refuse
and put into their answers all that they know of the client. Then everything is searched that
svwatch wrote: outputs, logs, messages, the database, command lines.
"""

import os
import re
import signal
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from aiosmtpd.smtp import AuthResult

from svwatch.alerting import alerts
from svwatch.commands import svwatch
from svwatch.core.ledger import What
from svwatch.orders import verbs
from tests.live.certificates import authority, covered
from tests.live.daemon import OWN, Daemon
from tests.live.mail_office import MailOffice
from tests.live.rig import Rig, script
from tests.live.test_outages import children, cmdline
from tests.live.waiting import until
from tests.live.web_office import HANG, Heard, Say, WebOffice

pytestmark = pytest.mark.live

CANARY = "cAn4ry"
AWKWARD = f"{CANARY}@mail:/#1 ?&%25\"'"
SOON = {"SVWATCH_RETRY_BASE": "0.05"}  # seconds until the second try
SLACK = f"T{CANARY}00/B{CANARY}00/{CANARY}tokentokentoken"

# Verbs that change things or only work elsewhere; whoever adds one says here or below which it is.
NOT_ASKED = frozenset(
    {
        *("adopt", "compile", "deliver", "demo", "forget", "hold", "monitor", "release", "restart"),
        *("run", "start", "stop", "unmonitor"),
    }
)
ASKED = (  # the first ones while much waits; what waits costs time
    ("alerts", "list"),
    ("alerts", "list", "--json"),
    ("status",),
    ("status", "--json"),
    ("check", "--format", "nagios"),
    ("check", "--format", "json"),
    ("alerts", "retry", "all"),
    ("alerts", "drop", "all"),
    ("alerts", "test", "--json"),
    ("alerts", "test", "inside", "hook"),
    ("alerts", "list", "--all"),
    ("status", "one"),
    ("check", "one"),
    ("check", "--dry-run"),
    ("events",),
    ("events", "--json"),
    ("why", "one"),
    ("config",),
    ("config", "one"),
    ("validate",),
    ("reload",),
)
WITHOUT_DAEMON = (
    ("status",),
    ("check",),
    ("check", "--format", "nagios"),
    ("events",),
    ("why", "one"),
    ("config", "one"),
    ("alerts", "list"),
    ("alerts", "test", "variable"),
)

ROUTES = """
heartbeat: {{url: "http://ann:{c}beat@127.0.0.1:{web}/{c}ping0001?key={c}", every: 1s}}
metrics_file: {root}/metrics/svwatch.prom
alerts:
  good: {{mail: ops@example.net, gather: 0s}}
  inside:
    mail: {{to: a@example.net, server: localhost, port: {mail}, user: ann@example.net,
           password: "${{MAIL_PW}}"}}
    gather: 0s
  file:
    mail: {{to: b@example.net, server: localhost, port: {mail}, user: ann@example.net,
           password_file: {root}/mail.pw}}
    gather: 0s
  slack: {{url_file: {root}/slack.url, gather: 0s}}
  variable: {{url: "json://ann:${{HOOK_PW}}@127.0.0.1:{web}/{c}path00/?+X-Key={c}", gather: 0s}}
  hook: {{webhook: "http://ann:{c}hook@127.0.0.1:{web}/{c}path00?key={c}", gather: 0s}}
  hanging: {{webhook: "http://ann:{c}hook@127.0.0.1:{hang}/{c}path00?key={c}", gather: 0s}}
  prometheus: {{alertmanager: "http://ann:{c}am@127.0.0.1:{web}/{c}path00", level: notice}}
  told: {{webhook: "http://127.0.0.1:{good}", gather: 0s}}
  chat: {{url: "json://127.0.0.1:{good}/", gather: 0s}}
services:
  one: {{supervisor: runit, rules: if changed pid then alert}}
  shop:
    pidfile: {root}/shop.pid
    start: {root}/bin/fails
    stop: {root}/bin/fails
    env: {{SHOP_TOKEN: {c}env}}
    start_timeout: 1s
    rules: if not exist then start
"""

# What `validate` must complain of without repeating it.
NO_YAML = 'alerts: {{a: {{url: "json://ann:{c}@h" }}\n'
WRONG = """
alerts:
  unknown: {{mail: {{to: a@example.net, user: u, pasword: "{c}"}}}}
  address: {{mail: {{to: nobody, user: u, password: "{c}"}}}}
  nobody: {{mail: {{to: a@example.net, password: "{c}"}}}}
  variable: {{mail: {{to: a@example.net, user: u, password: "${{{c}"}}}}
  missing: {{mail: {{to: a@example.net, user: u, password: "{c}${{NO_SUCH}}"}}}}
  both: {{mail: {{to: a@example.net, user: u, password: "{c}", password_file: x}}}}
  blank: {{url: "{c} {c}"}}
  two: {{url: "json://{c}", webhook: "http://{c}"}}
  ftp: {{webhook: "ftp://ann:{c}@host/{c}"}}
  port: {{webhook: "http://ann:{c}@host:x/{c}"}}
  none: {{alertmanager: "ann:{c}@host/{c}"}}
  list: {{webhook: ["http://{c}"]}}
heartbeat: {{url: "ftp://ann:{c}@host/{c}", every: often}}
"""
REFUSED = """
alerts:
  nonsense: {{url: "nonsense://ann:{c}@host/{c}"}}
  near: {{url: "jsson://ann:{c}@host/{c}"}}
  slack: {{url: "slack://{c}"}}
  port: {{url: "json://ann:{c}@localhost:99999/{c}"}}
  telegram: {{url: "tgram://{c}{c}{c}"}}
  mail: {{url: "mailto://ann:{c}@localhost?to={c}"}}
  away: {{url: "json://ann:{c}@no.such.host.invalid/{c}"}}
  hook: {{webhook: "http://ann:{c}@no.such.host.invalid/{c}"}}
heartbeat: "http://ann:{c}@no.such.host.invalid/{c}"
"""


class Parrot(WebOffice):
    """Refuses for good, and repeats all that it was told."""

    def __init__(self, *script: Say) -> None:
        super().__init__(*script)
        self._scripted = len(script)

    def note(self, heard: Heard) -> Say:
        """Answer with the request itself, and the login decoded, after what the script says."""
        said = super().note(heard)
        if len(self.heard) <= self._scripted:
            return said
        kind, _, login = heard.headers.get("Authorization", "").partition(" ")
        told = [heard.path, unquote(heard.path), kind, login, b64decode(login).decode()]
        return Say(400, " ".join((*told, *heard.headers.values())))


class MailParrot(MailOffice):
    """Lets nobody in, and repeats the password."""

    def _let_in(self, _server: Any, _session: Any, _env: Any, _how: str, said: Any) -> AuthResult:
        word = said.password.decode()
        told = f"{word} {b64encode(said.password).decode()} {word!a}"
        return AuthResult(success=False, handled=False, message=f"535 5.7.8 not {told}")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Give what closes all servers of a test."""
    with ExitStack() as stack:
        yield stack


class Aviary:
    """A rig with a canary in every place, and everything that was written there."""

    def __init__(self, rig: Rig, stack: ExitStack, good: MailOffice) -> None:
        self.rig = rig
        self.good = good
        self.texts: dict[str, bytes] = {}
        self.parrot = stack.enter_context(Parrot())
        self.told = stack.enter_context(WebOffice())
        self.hanging = stack.enter_context(Parrot(Say(HANG)))
        tls = covered(authority(rig.root), "localhost")
        self.mail = stack.enter_context(MailParrot(login=("nobody", ""), tls=tls))
        self.worker = rig.worker("one")
        script(rig.root / "bin/fails", "echo cannot; exit 1")
        (rig.root / "metrics").mkdir()
        self._secret("mail.pw", f"{AWKWARD}\u00e4")  # smtplib speaks no such thing
        self._secret("slack.url", f"https://hooks.slack.com/services/{SLACK}")
        self.env = SOON | {
            "SSL_CERT_FILE": str(rig.root / "ca.pem"),
            "MAIL_PW": AWKWARD,
            "HOOK_PW": f"{CANARY}variable",
            "HTTPS_PROXY": f"http://carl:{CANARY}proxy@127.0.0.1:1",
        }

    def _secret(self, name: str, value: str) -> None:
        path = self.rig.root / name
        path.write_text(f"{value}\n")
        path.chmod(0o600)

    def config(self, more: str = "") -> Path:
        """Write the configuration, which is sound but for *more*."""
        text = ROUTES.format(
            c=CANARY, root=self.rig.root, mail=self.mail.port, web=self.parrot.server_port,
            hang=self.hanging.server_port, good=self.told.server_port,
        )  # fmt: skip
        text = text.replace(
            "mail: ops@example.net",
            f"mail: {{to: ops@example.net, server: localhost, port: {self.good.port}}}",
        )
        return self.rig.config(text + more)

    def ask(self, *words: str) -> int:
        """Run a verb and keep what it says."""
        argv = [sys.executable, "-m", "svwatch", *words]
        if words[0] != "validate":
            argv += self.rig.places()
        done = subprocess.run(
            argv, env=self.rig.env(self.env), capture_output=True, check=False, timeout=60
        )
        self.texts[f"svwatch {' '.join(words)}, {len(self.texts)}"] = done.stdout + done.stderr
        return done.returncode

    def keep(self) -> None:
        """Keep what lies and runs everywhere."""
        state = [path for path in (self.rig.root / "state").rglob("*") if path.is_file()]
        files = [*state, *(self.rig.root / "out").iterdir(), *(self.rig.root / "metrics").iterdir()]
        for path in files:
            if path.name != "routes.secret":
                self.texts[str(path.relative_to(self.rig.root))] = path.read_bytes()
        for pid in self.rig.keeper.alive():
            self.texts[f"command line of {pid}"] = cmdline(pid)
        for at, (_, mail) in enumerate(self.good.mails):
            self.texts[f"mail {at}"] = mail.as_bytes() + str(mail.get_content()).encode()
        for at, heard in enumerate(self.told.heard):
            self.texts[f"document {at}"] = heard.body + repr(heard).encode()

    def songs(self) -> list[str]:
        """Say where the canary is heard."""
        return [f"{name}: {around(text)}" for name, text in self.texts.items() if sings(text)]


def sings(text: bytes) -> bool:
    """Whether the canary is in *text*, as it is, %-escaped or in base64."""
    return SONG.search(text) is not None


def around(text: bytes) -> str:
    """Give what surrounds the canary."""
    found = SONG.search(text)
    assert found is not None
    return text[max(0, found.start() - 120) : found.end() + 60].decode(errors="replace")


def shifted() -> tuple[str, ...]:
    """Give what of the canary is the same in base64 wherever it begins, at each of 3 places."""
    raw = CANARY.encode()
    parts = ((b"", 0, 8), (b"\0", 2, 9), (b"\0\0", 3, 10))
    return tuple(b64encode(before + raw)[first:last].decode() for before, first, last in parts)


ESCAPED = "".join(f"(?:{one}|%(?i:{ord(one):02x}))" for one in CANARY)
SONG = re.compile("|".join((ESCAPED, *map(re.escape, shifted()))).encode())


def test_the_song_is_known_when_it_is_heard() -> None:
    for before in ("", "a", "ab"):
        assert sings(b64encode(f"{before}{CANARY}xyz".encode()))
    assert sings(CANARY.replace("4", "%34").encode())
    assert not sings(b"canary")


def test_every_verb_is_asked() -> None:
    known = {*svwatch.commands, *(verb.name for verb in (*verbs(), alerts))}
    assert known == {words[0] for words in ASKED} | NOT_ASKED


def test_no_secret_is_told_anywhere(rig: Rig, stack: ExitStack) -> None:
    aviary = Aviary(rig, stack, stack.enter_context(MailOffice()))
    rig.up()
    aviary.worker.started(1)
    aviary.config()
    daemon = rig.watch(aviary.env)
    daemon.knows("one")
    aviary.worker.kill()
    daemon.event("one", What.RESTARTED)
    until(lambda: aviary.hanging.heard, "a document that hangs", seconds=20)
    aviary.keep()  # with the command lines of children
    for child in children(rig):
        os.kill(child, signal.SIGKILL)
    daemon.event(OWN, What.NOT_DELIVERED, seconds=20)
    until(lambda: tells_of_trouble(aviary), "others to be told of that", seconds=20)
    ask_all(aviary, daemon)
    aviary.keep()
    assert aviary.songs() == []
    assert len(aviary.texts) > 50
    answers = b"".join(text for name, text in aviary.texts.items() if "alerts" in name)
    for words in (b"535 5.7.8 not ****", b"400 Bad Request", b"not ASCII"):
        assert words in answers, "the servers' words are told, without the secrets"


def tells_of_trouble(aviary: Aviary) -> bool:
    """Whether the good mail was told that other ways fail."""
    return any("400 Bad Request" in str(mail.get_content()) for _, mail in aviary.good.mails)


def ask_all(aviary: Aviary, daemon: Daemon) -> None:
    """Ask every verb, with a daemon and then without one."""
    for words in ASKED:
        aviary.ask(*words)
    for event in (*daemon.events()[:2], *daemon.events(OWN)):
        aviary.ask("why", str(event.number))
    aviary.keep()
    daemon.end(signal.SIGTERM)
    for words in (*WITHOUT_DAEMON, ("check", "--standalone")):
        aviary.ask(*words)


def test_no_secret_is_told_by_what_is_wrong(rig: Rig, stack: ExitStack) -> None:
    """Break the configuration; have it read by people, by cron and by what would be the daemon."""
    aviary = Aviary(rig, stack, stack.enter_context(MailOffice()))
    aviary.hanging.script = []
    rig.up()
    aviary.config()
    daemon = rig.watch(aviary.env)
    daemon.end(signal.SIGTERM)
    for at, text in enumerate((NO_YAML, WRONG, REFUSED)):
        path = rig.root / f"broken{at}.yaml"
        path.write_text(f"{text.format(c=CANARY)}services: {{}}\n")
        path.chmod(0o644)
        assert aviary.ask("validate", str(path)) == 1, text
    aviary.config(f'  two: {{pidfile: /run/x, stop_timout: 1, env: {{A: "{CANARY}"}}}}\n')
    for words in (("validate",), ("check",), ("run",)):
        assert aviary.ask(*words) > 0
    aviary.keep()
    assert aviary.songs() == []
    subjects = [str(mail["Subject"]) for _, mail in aviary.good.mails]
    assert any("does not start" in subject for subject in subjects), subjects
