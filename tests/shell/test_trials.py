"""URLs are tried where they can hurt nobody, and what is wrong with them is told without them."""

import subprocess
import sys
from pathlib import Path

import pytest

from svwatch.core.route import Form
from svwatch.lang.outlets import Outlet
from svwatch.lang.place import Place
from svwatch.lang.problem import show
from svwatch.shell.trials import Trial, Verdict, problems, tried

HOOK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"

# what to try, and what must stand in the verdict: refused, hint
REFUSED = [
    ("slak://hunter2", 'knows nothing called "slak://"', 'did you mean "slack://"?'),
    ("zzyyxx://hunter2", 'knows nothing called "zzyyxx://"', "what apprise can send"),
    ("slack://T1JJ3T3L2/hunter2", "Slack (third) Token", "slack://{token_a}/"),
    ("twilio://hunter2:hunter2@c", "Twilio Account SID (****)", "twilio://{account_sid}:"),
    ("tgram://hunter2", "does not take this URL", "tgram://{bot_token}"),
    ("https://example.net/hunter2", "no service that apprise knows", "webhook: URL"),
    ("json://u:hunter2@localhost:99999/x", "no port 99999", "1 to 65535"),
    (
        "mailto://localhost/?smtp=localhost&from=a%40web1&to=a%40b.net",
        "Invalid ~From~",
        "mailto://{host}",
    ),
    ("dbus://hunter2", "disabled on this system", ""),
]
TAKEN = [
    HOOK,
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "https://discord.com/api/webhooks/1234567890/abcdefGHIJKL",
    "https://chat.googleapis.com/v1/spaces/AAA/messages?key=abc&token=def",
    "syslog://",
    "json://u:p%40ss@localhost:8080/x",
    "mailto://localhost:25/?smtp=localhost&from=a%40b.net&to=c%40d.net&format=text&mode=insecure",
]


@pytest.fixture(scope="module")
def refused() -> dict[str, Verdict]:
    urls = [url for url, _, _ in REFUSED]
    verdicts = tried([Trial(url, Form.CHAT) for url in urls])
    return {urls[one.at]: one for one in verdicts}


@pytest.mark.parametrize(("url", "said", "hint"), REFUSED)
def test_what_apprise_does_not_understand_is_explained(
    url: str, said: str, hint: str, refused: dict[str, Verdict]
) -> None:
    verdict = refused[url]
    assert said in verdict.refused
    assert hint in verdict.hint
    assert "hunter2" not in str(verdict)


def test_what_it_understands_has_no_more_than_an_unknown_host() -> None:
    for verdict in tried([Trial(url, Form.CHAT) for url in TAKEN]):
        assert (verdict.refused, verdict.doubts) == ("", ())
        assert verdict.host in {"", "hooks.slack.com", "discord.com", "chat.googleapis.com"}


def test_what_it_leaves_out_is_a_doubt() -> None:
    (verdict,) = tried([Trial("mailto://localhost?to=ann@b.c", Form.MAIL)])
    assert verdict.doubts == ("Dropped invalid To email (ann@b.c) specified",)
    assert verdict.refused == ""


@pytest.mark.parametrize(
    ("url", "form", "host"),
    [
        ("https://nosuch.invalid/hunter2", Form.JSON, "nosuch.invalid"),
        ("http://u:hunter2@nosuch.invalid:9093", Form.ALERTMANAGER, "nosuch.invalid"),
        ("mailto://u:hunter2@h/?smtp=mail.invalid&from=a@b.net", Form.MAIL, "mail.invalid"),
        ("json://nosuch", Form.MAIL, "nosuch"),
        ("mmost://mm.invalid/hunter2", Form.CHAT, "mm.invalid"),
        ("ntfy://hunter2", Form.CHAT, ""),  # a topic
        ("http://localhost:1/", Form.JSON, ""),
        ("http://[::1]:1/", Form.JSON, ""),
    ],
)
def test_hosts_are_asked_for(url: str, form: Form, host: str) -> None:
    verdicts = tried([Trial(url, form)])
    assert [one.host for one in verdicts if one.host] == ([host] if host else [])
    assert not any(one.refused for one in verdicts)
    assert "hunter2" not in str(verdicts)


@pytest.mark.parametrize("proxy", ["http://localhost:3128", "socks5://localhost"])
def test_a_proxy_asks_for_hosts_itself(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    trials = [Trial("https://nosuch.invalid/x", Form.JSON), Trial(HOOK, Form.SLACK)]
    assert [(one.host, one.refused) for one in tried(trials)] == [("", ""), ("", "")]


def test_an_address_that_is_none_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    (verdict,) = tried([Trial("http://[::::]:9/hunter2", Form.JSON)])
    assert verdict.refused.startswith("this is no web address: ")
    assert capfd.readouterr() == ("", "")


# A plugin that prints, crashes or hangs, after one that is well.
CHILD = """
import json, os, sys, time
for at, trial in enumerate(json.load(sys.stdin)):
    print("a plugin may print\\n{}", flush=True)
    if trial["url"] == "crash":
        print("hunter2: out of luck at crash-hunter2", file=sys.stderr, flush=True)
        os.abort()
    if trial["url"] == "hang":
        time.sleep(60)
    print(json.dumps({"at": at, "host": trial["url"]}), flush=True)
"""


def test_a_plugin_that_crashes_or_hangs_takes_no_other_with_it() -> None:
    trials = [Trial(url, Form.CHAT) for url in ("a", "crash", "b", "hang", "c")]
    found = tried(trials, (sys.executable, "-c", CHILD), 1.5)
    assert [(one.at, one.host) for one in found] == [(0, "a"), (1, ""), (2, "b"), (3, ""), (4, "c")]
    assert found[1].refused.startswith("apprise does not survive this URL: exit code -6, ")
    assert found[3].refused == "apprise does not survive this URL: no end after 1.5s"


def test_the_last_words_of_a_child_hold_no_secret() -> None:
    child = "import sys; print(sys.stdin.read(), file=sys.stderr); sys.exit(3)"
    trials = [Trial(f"tgram://hunter{at}secret/1", Form.CHAT) for at in range(2)]
    found = tried(trials, (sys.executable, "-c", child), 5.0)
    assert all("exit code 3, " in one.refused for one in found)
    assert "hunter" not in str(found)


def test_each_has_its_place_and_its_name() -> None:
    outlets = [
        Outlet('route "a"', "slak://x", Form.CHAT, Place("f.yaml", 2, 3), Place("f.yaml", 2, 12)),
        Outlet("heartbeat", "http://x.invalid", Form.JSON, Place("f.yaml", 4, 1), Place("f", 4, 9)),
    ]
    assert sorted(show(one) for one in problems(outlets)) == [
        'f.yaml:2:12: route "a": apprise knows nothing called "slak://": did you mean "slack://"?',
        "f.yaml:4:1: heartbeat: no such host is reachable now: x.invalid (a warning)",
    ]
    assert problems([]) == ()
    assert "slak" not in repr(outlets)


CONFIG = """
alerts:
  ops: {mail: {to: ops@example.net, from: a@example.net, server: mail.exmaple.invalid}}
  slack: {url: "slack://T1JJ3T3L2/hunter2hunter2"}
  hook: {webhook: {url: "https://localhost/hunter2"}}
heartbeat: {url: "https://beat.invalid/hunter2"}
services: {one: {pidfile: /run/one.pid}}
"""


def validated(tmp_path: Path, text: str) -> tuple[int, list[str]]:
    (tmp_path / "svwatch.yaml").write_text(text)
    (tmp_path / "svwatch.yaml").chmod(0o600)
    argv = [sys.executable, "-m", "svwatch", "validate", str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert "hunter2" not in done.stdout
    return done.returncode, done.stdout.splitlines()


def test_validate_says_it_all_in_the_order_of_the_file(tmp_path: Path) -> None:
    assert validated(tmp_path, CONFIG) == (
        1,
        [
            (
                'svwatch.yaml:3:3: route "ops": no such host is reachable now: mail.exmaple.invalid'
                " (a warning)"
            ),
            (
                'svwatch.yaml:4:16: route "slack": apprise does not take this URL: An invalid Slack'
                " (third) Token (None) was specified: it looks like"
                " slack://{token_a}/{token_b}/{token_c}"
            ),
            "svwatch.yaml:6:1: heartbeat: no such host is reachable now: beat.invalid (a warning)",
            "1 error, 2 warnings, nothing loaded",
        ],
    )


def test_what_could_not_be_tried_does_not_hide_what_could(tmp_path: Path) -> None:
    code, lines = validated(tmp_path, CONFIG.replace("server:", "sever:"))
    said = "\n".join(lines)
    assert code == 1
    assert 'svwatch.yaml:3:58: unknown key "sever": did you mean "server"?' in said
    assert 'svwatch.yaml:4:16: route "slack": apprise does not take this URL' in said


def test_a_host_that_is_away_is_no_mistake(tmp_path: Path) -> None:
    text = CONFIG.replace("hunter2hunter2", "A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
    code, lines = validated(tmp_path, text)
    assert code == 0
    assert lines[-1] == "1 service, 3 routes, 1 file"
    assert validated(tmp_path, "services: {one: {pidfile: /run/one.pid}}")[1][-1] == (
        "1 service, 0 routes, 1 file; nobody will be told: no route is configured"
    )
