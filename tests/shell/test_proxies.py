"""Which proxy: as the environment says."""

import pytest

from svwatch.shell.proxies import excused, proxy_for


@pytest.fixture(autouse=True)
def _none(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)


@pytest.mark.parametrize(
    ("variables", "netloc"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://p:1"}, "p:1"),
        ({"https_proxy": "http://p:1", "HTTPS_PROXY": "http://q:1"}, "p:1"),
        ({"https_proxy": "p:3128"}, "p:3128"),
        ({"http_proxy": "http://p:1"}, None),
        ({"all_proxy": "http://ann:pw@p:1"}, "ann:pw@p:1"),
        ({"https_proxy": ""}, None),
        ({"https_proxy": "http://p:1", "NO_PROXY": "a.net, example.net"}, None),
        ({"https_proxy": "http://p:1", "NO_PROXY": "example.com"}, "p:1"),
    ],
)
def test_the_environment_names_it(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], netloc: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    proxy = proxy_for("https", "hooks.example.net", 443)
    assert (proxy and proxy.netloc) == netloc


@pytest.mark.parametrize(
    ("host", "names", "yes"),
    [
        ("example.net", "", False),
        ("example.net", "*", True),
        ("example.net", "EXAMPLE.net", True),
        ("a.example.net", ".example.net", True),
        ("a.example.net", "example.net", True),
        ("badexample.net", "example.net", False),
        ("example.net", "example.net:443", True),
        ("example.net", "example.net:80", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("::1", "[::1]", True),
        ("::1", "fe80::/10,::1", True),
        ("::1", "10.0.0.0/8", False),
    ],
)
def test_some_hosts_are_reached_without_it(host: str, names: str, yes: bool) -> None:
    assert excused(host, 443, names) is yes
