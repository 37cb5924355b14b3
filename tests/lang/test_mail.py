"""The URL of a mail route is what apprise makes of it: server, port, people, plain text."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from svwatch.lang.load import Loaded

# In a process of its own, as in life: apprise is large and warns of what Python removes next.
READ = """
import json, sys, apprise
made = apprise.Apprise.instantiate(sys.stdin.read(), suppress_exceptions=False)
json.dump([made.smtp_host, made.port, made.secure_mode, made.user, made.password,
    made.from_addr[1], [address for _, address in made.targets],
    "format=text" in made.url()], sys.stdout)
"""

FROM_US = ["svwatch@web1.example.net", ["ops@example.org"], True]


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
    url = found.plan.routes[0].targets[0].url
    done = subprocess.run(
        [sys.executable, "-c", READ], input=url, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [*meant, *FROM_US]
