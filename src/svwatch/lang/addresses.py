"""URLs, which are secrets: where they come from, and whether they can be what they should be."""

import re

from svwatch.lang.fields import Fields
from svwatch.lang.keys import Key
from svwatch.lang.nodes import Map
from svwatch.lang.secrets import VARIABLE, Outside, expand, from_file

SOURCES = ("url", "url_file")
WEB = re.compile(
    r"https?://(?:[^/?#@]*@)?(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::([0-9]{1,9}))?(?:[/?#]\S*)?",
    re.IGNORECASE,
)
READABLE = re.compile(r"http://[^/?#@]*@(?!localhost\b|127\.|\[::1\])", re.IGNORECASE)
ANY = re.compile(r"[A-Za-z0-9]+://\S*")  # syslog:// is one, 46elks:// too
AUTHORITY = re.compile(r"[A-Za-z0-9]+://([^/?#]*)")

OPEN_HOSTS = frozenset(("http", "https", "json", "jsons", "xml", "xmls", "form", "forms"))
"""Schemes whose host is no secret; in others (tgram://TOKEN/...) it may be one."""


def nested(given: Fields, key: str, known: dict[str, Key]) -> Fields | None:
    """Give the mapping under *key*; a text in its place is its `url`."""
    node = given.node(key)
    if isinstance(node, Map):
        return given.fields(key, known, key)
    return Fields({} if node is None else {"url": node}, given.where(key), given.complaints)


def web(given: Fields, within: str, example: str, outside: Outside) -> str | None:
    """Give the http or https URL of *given*; None after a complaint."""
    found = [key for key in SOURCES if key in given]
    if len(found) != 1:
        what = f"{within} needs {' or '.join(SOURCES)}" + (", not both" if found else "")
        given.complaints.error(given.place, what, f"{within}: {example}")
        return None
    url = _filled(given, found[0], outside)
    if url is None:
        return None
    match = WEB.fullmatch(url)
    if match is None:
        what = f"{within} needs a URL that begins with https:// or http:// and a host"
        given.complaints.error(given.where(found[0]), what, f"{within}: {example}")
        return None
    if match[1] is not None and not 1 <= int(match[1]) <= 65535:
        what = f"{within}: there is no port {match[1]}"
        given.complaints.error(given.where(found[0]), what, "1 to 65535 are possible")
        return None
    if READABLE.match(url):
        what = f"{within}: the password is sent where all can read it"
        given.complaints.warn(given.where(found[0]), what, "https://...")
    return url


def address(given: Fields, key: str, outside: Outside) -> str | None:
    """Give the URL of any kind that *key* (`url` or `url_file`) holds or names; or complain."""
    url = _filled(given, key, outside)
    if url is not None and not (ANY.fullmatch(url) and url.isprintable()):
        given.complaints.error(given.where(key), f"{key} holds no URL", "scheme://...")
        return None
    return url


def _filled(given: Fields, key: str, outside: Outside) -> str | None:
    """Give what *key* holds or names, with its secrets."""
    node, value = given.node(key), given.text(key)
    if node is None or value is None:
        return None
    if key == "url":
        url = expand(value, node.place, outside, given.complaints, escape=_in_login(value))
    else:
        url = from_file(value, node, outside, given.complaints)
    if url is None:
        return None
    authority = AUTHORITY.match(url.strip())
    if authority is not None and authority[1].count("@") > 1:
        # All that follows the first @ would be taken for a host, and told to everybody.
        what = f"{key}: an @ in a user or password is written %40"
        given.complaints.error(node.place, what, "and : / ? # % as %3A %2F %3F %23 %25")
        return None
    return url.strip()


def _in_login(url: str) -> dict[int, str]:
    """Give where a variable of *url* is a part of `user:password@`, and what stays as it is.

    Only there it is put in escaped: elsewhere it may hold several parts of a URL, or all of it.
    """
    plain = VARIABLE.sub(lambda found: "x" * len(found[0]), url)
    authority = AUTHORITY.match(plain)
    if authority is None or "@" not in authority[1]:
        return {}
    start, login = authority.start(1), authority[1].rpartition("@")[0]
    inside = [one for one in VARIABLE.finditer(url) if start <= one.start() < start + len(login)]
    both = len(inside) == 1 and len(inside[0][0]) == len(login)  # `user:password` in one variable
    return {one.start(): ":" if both else "" for one in inside}


def shown(url: str) -> str:
    """Give *url* without anything that could be a secret: `json://host/...`, `slack://...`."""
    scheme, _, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest)[0]
    login, _, host = authority.rpartition("@")
    if host == "hooks.slack.com":
        return "Slack"
    # Another @ may be the end of a password that somebody did not escape.
    sure = rest.count("@") == (1 if login else 0) and re.fullmatch(r"[\w.:\[\]-]+", host)
    return f"{scheme}://{host}/..." if sure and scheme.lower() in OPEN_HOSTS else f"{scheme}://..."
