"""Routes: who is told. A mail address or any apprise URL becomes one URL, which is a secret."""

import re

from svwatch.core.level import Level
from svwatch.core.route import Route, single
from svwatch.lang.fields import Fields, fields
from svwatch.lang.keys import ROUTE
from svwatch.lang.mail import mail
from svwatch.lang.nodes import Entry
from svwatch.lang.problem import Complaints
from svwatch.lang.secrets import Outside, expand, from_file

WAYS = ("mail", "url", "url_file")

OPEN_HOSTS = frozenset(("http", "https", "json", "jsons", "xml", "xmls", "form", "forms"))
"""Schemes whose host is no secret; in others (tgram://TOKEN/...) it may be one."""


def route(entry: Entry, outside: Outside, complaints: Complaints) -> Route | None:
    """Give the route under `alerts`; None after a complaint."""
    name = entry.key.value
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", name):
        complaints.error(entry.key.place, "a route has a plain name", "ops: {mail: ...}")
        return None
    given = fields(entry.value, ROUTE, f'route "{name}"', complaints)
    if given is None:
        return None
    ways = [way for way in WAYS if way in given]
    if len(ways) != 1:
        what = f'route "{name}" needs one of {", ".join(WAYS)}'
        complaints.error(entry.key.place, what, "" if not ways else f"it has {' and '.join(ways)}")
        return None
    level = given.choice("level", Level, Level.NOTICE)
    made = mail(given, outside) if ways == ["mail"] else _url(given, outside)
    return None if made is None else single(name, made[0], level, made[1])


def _url(given: Fields, outside: Outside) -> tuple[str, str] | None:
    key = "url" if "url" in given else "url_file"
    node, value = given.node(key), given.text(key)
    if node is None or value is None:
        return None
    if key == "url":
        url = expand(value, node.place, outside, given.complaints)
    else:
        url = from_file(value, node, outside, given.complaints)
    if url is None:
        return None
    found = re.match(r"([A-Za-z][A-Za-z0-9]*)://[^\s/]", url)
    if found is None or not url.isprintable() or " " in url:
        given.complaints.error(node.place, f"{key} holds no URL", "scheme://...")
        return None
    return url, shown(url)


def shown(url: str) -> str:
    """Give *url* without anything that could be a secret: `json://host/...`, `slack://...`."""
    scheme, _, rest = url.partition("://")
    host = re.split(r"[/?#]", rest.rpartition("@")[2] if "@" in rest else rest)[0]
    if host == "hooks.slack.com":
        return "Slack"
    safe = scheme.lower() in OPEN_HOSTS and "@" not in rest and re.fullmatch(r"[\w.:-]+", host)
    return f"{scheme}://{host}/..." if safe else f"{scheme}://..."
