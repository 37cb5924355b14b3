"""The URL of a mail route is what apprise makes of it: server, port, people, plain text."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from svwatch.lang.load import Loaded, load

# In a process of its own, as in life: apprise is large and warns of what Python removes next.
READ = """
import json, sys, apprise
made = apprise.Apprise.instantiate(sys.stdin.read(), suppress_exceptions=False)
json.dump([made.smtp_host, made.port, made.secure_mode, made.user, made.password,
    made.from_addr[1], [address for _, address in made.targets],
    "format=text" in made.url()], sys.stdout)
"""

FROM_US = ["svwatch@web1.example.net", ["ops@example.org"], True]


def read(url: str) -> list[object]:
    """Give what apprise makes of *url*."""
    done = subprocess.run(
        [sys.executable, "-c", READ], input=url, capture_output=True, text=True, check=True
    )
    found: list[object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("mail", "meant"),
    [
        ("", ["localhost", 25, "insecure", None, None]),
        (
            ", server: smtp.example.org, user: u@gmail.com, password: 'a/b@c:%'",
            ["smtp.example.org", 587, "starttls", "u@gmail.com", "a/b@c:%"],
        ),
        (
            ", server: 10.0.0.1, port: 2525, user: u, password: p, tls: none",
            ["10.0.0.1", 2525, "insecure", "u", "p"],
        ),
        (", server: '::1', port: 2525", ["::1", 2525, "insecure", None, None]),
        (", server: gmail.com, tls: ssl", ["gmail.com", 465, "ssl", None, None]),
    ],
)
def test_apprise_reads_what_was_meant(
    mail: str, meant: list[object], loaded: Callable[..., Loaded]
) -> None:
    found = loaded(f"alerts: {{ops: {{mail: {{to: ops@example.org{mail}}}}}}}")
    assert found.plan is not None, found.problems
    assert read(found.plan.routes[0].targets[0].url) == [*meant, *FROM_US]


EVERYTHING = """ a@b:c/d#e%f?g&h+i=j;k,l!$()*'"`\\^~|{}[]<> %41 +%2B Zoë 日本 **** """


def test_a_password_with_every_sign_comes_through_all_doors(
    loaded: Callable[..., Loaded],
) -> None:
    environ = {"PW": EVERYTHING}
    quoted = EVERYTHING.replace("\\", "\\\\").replace('"', '\\"')
    for door in ('password: "${PW}"', "password_file: pw.yaml", f'password: "{quoted}"'):
        text = f"alerts: {{ops: {{mail: {{to: ops@example.org, user: ü@x, {door}}}}}}}"
        found = loaded(text, environ, pw=f"{EVERYTHING}\n")
        assert found.plan is not None, found.problems
        made = read(found.plan.routes[0].targets[0].url)
        assert made == ["localhost", 587, "starttls", "ü@x", EVERYTHING, *FROM_US]
        assert "日本" not in repr(found)


def test_a_password_of_the_environment_comes_through_in_any_url(
    loaded: Callable[..., Loaded],
) -> None:
    url = "mailto://ops:${PW}@localhost:25/?smtp=localhost&mode=insecure&to=a@example.org"
    found = loaded(f"alerts: {{ops: {{url: '{url}&from=b@example.org'}}}}", {"PW": EVERYTHING})
    assert found.plan is not None, found.problems
    made = read(found.plan.routes[0].targets[0].url)
    assert made[:5] == ["localhost", 25, "insecure", "ops", EVERYTHING]
    assert "日本" not in repr(found)


TAKEN = [
    *("a@b.cd", "a.b+c@d-e.example.net", "root@localhost", "x@web-server", "x@a.xn--p1ai"),
    *("1@2.33", "a&b/c=d@example.net"),
]
REFUSED = [
    *("a@b.c", "root@web1", "x@10.0.0.1", "ö@example.net", "x@exämple.net", "x.@example.net"),
    *("x@web-", "x@-web.net", "x..y@example.net", "x"),
]


@pytest.mark.parametrize("address", [*TAKEN, *REFUSED])
def test_an_address_is_one_if_apprise_takes_it(address: str, loaded: Callable[..., Loaded]) -> None:
    """apprise would drop another recipient without a word, and refuse another sender."""
    for key in ("to", "from"):
        both = {"to": "ops@example.org", "from": "svwatch@example.org"} | {key: address}
        text = ", ".join(f"{name}: '{value}'" for name, value in both.items())
        found = loaded(f"alerts: {{ops: {{mail: {{{text}}}}}}}")
        errors = [one.what for one in found.problems if not one.warning]
        assert bool(errors) is (address in REFUSED), errors


def test_the_addresses_are_those_of_apprise() -> None:
    script = "import sys, json; from apprise.utils.parse import is_email\n"
    script += "json.dump([bool(is_email(one)) for one in json.load(sys.stdin)], sys.stdout)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps([*TAKEN, *REFUSED]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [True] * len(TAKEN) + [False] * len(REFUSED)


@pytest.mark.parametrize(
    ("host", "sender", "doubted"),
    [
        ("web1.example.net", "svwatch@web1.example.net", False),
        ("web1", "svwatch@web1.localdomain", True),
        ("my_host", "svwatch@localhost", True),
        ("", "svwatch@localhost", True),
    ],
)
def test_a_host_without_a_domain_can_send_all_the_same(
    host: str, sender: str, doubted: bool, tmp_path: Path
) -> None:
    path = tmp_path / "svwatch.yaml"
    path.write_text("alerts: {ops: {mail: root@localhost}}\nservices: {a: {pidfile: /run/a}}")
    path.chmod(0o600)
    found = load(str(path), {}, uid=os.getuid(), domain=host)
    assert found.plan is not None, found.problems
    assert quote(sender) in found.plan.routes[0].targets[0].url
    assert any("has no domain" in one.what for one in found.problems) is doubted
