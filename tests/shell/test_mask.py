"""No secret of any URL that apprise understands, however it is written, and nothing else."""

import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import apprise
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.shell.mask import HIDDEN, mask, secrets

PASSWORD = "hunter2-hunter2"


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
        ("mailto://u:p:q:r@h.example/", ["p:q:r"], ["h.example"]),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdn/#ops", ["TIiajkdn", "A1BRTD4JD"], []),
        ("slack://xoxb-1234-1234-4ddbc191/#ops", ["xoxb-1234-1234-4ddbc191"], ["#ops"]),
        ("https://hooks.slack.com/services/T1/B2/c3c3c3", ["c3c3c3"], ["hooks.slack.com"]),
        ("https://hc-ping.com/0b9a6ab2-1cd7", ["0b9a6ab2-1cd7"], ["hc-ping.com"]),
        ("http://127.0.0.1:9093", [], ["127.0.0.1:9093"]),
        ("http://[::1]:9093/", [], ["[::1]:9093"]),
        ("http://ann:pw12@[::1]:9093/", ["pw12"], ["[::1]:9093"]),
        ("tgram://123456789:AbCdEfGhIjKl/1234", ["AbCdEfGhIjKl", "123456789"], []),
        ("json://host/?password=sesame&format=text", ["sesame"], ["host", "text"]),
        ("json://host/?+X-Token=sesame", ["sesame"], ["host"]),
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


def test_a_header_of_a_login_is_hidden_too() -> None:
    url = "http://ann:p%40ss%20word@h/"
    for raw in (b"ann:p@ss word", b"p@ss word", b"\0ann\0p@ss word", b"ann\0\0p@ss word!"):
        told = b64encode(raw).decode()
        assert mask(f"bad header Basic {told}, sorry", url) == f"bad header Basic {HIDDEN}, sorry"
    assert mask("Basic aGVsbG8gd29ybGQ=", url) == "Basic aGVsbG8gd29ybGQ="


def test_a_reason_is_one_bounded_line() -> None:
    assert mask("a\r\n b\tc", "json://h") == "a b c"
    assert len(mask("x" * 5000, "json://h")) == 500


def test_several_urls_are_masked_at_once() -> None:
    urls = ("json://h/token-one", "http://ann:pass-two@proxy:3128")
    assert mask("token-one by pass-two", *urls) == f"{HIDDEN} by {HIDDEN}"


AWKWARD = st.text(
    st.sampled_from("aZ09-_.~@:/?#[]&=+%\"'\\$;,<>|{}^`!*()\u00fc\u20ac\u732b"),
    min_size=8,
    max_size=16,
)


@given(AWKWARD)
def test_a_password_is_hidden_however_it_is_escaped(password: str) -> None:
    url = f"mailto://ann:{quote(password, safe='')}@mail.example.net/?to=ops@example.net"
    partly = "".join(quote(one) if at % 2 else one for at, one in enumerate(password))
    forms = {password, quote(password, safe=""), quote(password), quote_plus(password), partly}
    forms |= {re.sub("%..", lambda found: found[0].lower(), quote(password, safe=""))}
    forms |= {ascii(password)[1:-1]}
    for form in forms:
        assert form not in mask(f"535 bad login ({form})", url)


# --- every way of apprise -----------------------------------------------------------------------

SECRET = "cAnArY7890secret"


def styles() -> Iterator[tuple[str, dict[str, str]]]:
    """Give every URL that a plugin describes, with the tokens that it calls private."""
    for plugin in apprise.Apprise().details()["schemas"]:
        details = plugin["details"]
        schemes = [*(plugin["protocols"] or ()), *(plugin["secure_protocols"] or ())]
        for template in details["templates"]:
            yield f"{schemes[0]}|{template}", filled(template, schemes[0], details)


def filled(template: str, scheme: str, details: dict[str, Any]) -> dict[str, str]:
    """Give the URL of *template* and its secrets."""
    hidden: dict[str, str] = {}
    said = {"schema": scheme, "host": "host.example.net", "port": "8080", "path": "/api/"}
    for name in re.findall(r"{(\w+)}", template):
        token = details["tokens"].get(name, {})
        if token.get("private") and name not in said:
            hidden[name] = said[name] = f"{SECRET}{len(hidden)}"
        said.setdefault(name, "open")
    asked = [
        f"{name}={hidden.setdefault(f'?{name}', f'{SECRET}{len(hidden)}')}"
        for name, option in details["args"].items()
        if option.get("private")
    ]
    query = f"?{'&'.join(asked)}" if asked else ""
    return {"url": template.format(**said) + query, **hidden}


# apprise imports what Python 3.13 will not have
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_what_apprise_calls_private_is_hidden() -> None:
    shown, seen = [], 0
    for style, found in styles():
        url = found.pop("url")
        seen += len(found)
        told = {name: mask(f"{url} failed: {it} is unknown", url) for name, it in found.items()}
        shown += [f"{style}: {name}" for name, secret in found.items() if secret in told[name]]
    assert shown == []
    assert seen > 300
