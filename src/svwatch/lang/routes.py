"""Routes: who is told, which way, and of what."""

import re

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.level import Level
from svwatch.core.route import Form, Route, Target
from svwatch.lang.addresses import address, nested, shown, web
from svwatch.lang.fields import Fields, fields
from svwatch.lang.forms import form_of
from svwatch.lang.keys import ADDRESS, ROUTE
from svwatch.lang.mail import mail
from svwatch.lang.nodes import Entry
from svwatch.lang.place import Place
from svwatch.lang.problem import Complaints
from svwatch.lang.secrets import Outside
from svwatch.lang.wishes import wishes

WAYS = ("mail", "url", "url_file", "webhook", "alertmanager")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
API = re.compile(r"/+(api(/v2(/alerts)?)?/*)?$")
CHAT = re.compile(
    r"https?://(hooks\.slack\.com|(\w+\.)?discord(app)?\.com|[\w.-]+\.webhook\.office\.com"
    r"|chat\.googleapis\.com)/",
    re.IGNORECASE,
)
"""Webhooks that people paste, and that apprise knows."""

FOREIGN = ("remind", "rate", "gather")
"""What Alertmanager decides by itself."""


class Way(Struct, frozen=True):
    """Where messages go, in which form, and the least level that is usual there."""

    targets: tuple[Target, ...]
    form: Form
    level: Level = Level.NOTICE


def route(entry: Entry, outside: Outside, complaints: Complaints) -> Route | None:
    """Give the route under `alerts`; None after a complaint about its name or its way."""
    name = entry.key.value
    if not _is_name(name, entry.key.place, complaints):
        return None
    given = fields(entry.value, ROUTE, f'route "{name}"', complaints)
    if given is None:
        return None
    ways = [way for way in WAYS if way in given]
    if len(ways) != 1:
        what = f'route "{name}" needs one of {", ".join(WAYS)}'
        complaints.error(entry.key.place, what, "" if not ways else f"it has {' and '.join(ways)}")
        return None
    way = _way(ways[0], given, outside)
    made = wishes(given, Route(name, ()))
    level = given.choice("level", Level, way.level if way else Level.NOTICE)
    return replace(made, targets=way.targets, form=way.form, level=level) if way else None


def _is_name(name: str, place: Place, complaints: Complaints) -> bool:
    if not NAME.fullmatch(name):
        complaints.error(place, "a route has a plain name", "ops: {mail: ...}")
        return False
    if name == "all" or name.isdecimal():
        hint = '"svwatch alerts retry" takes a route, the number of a message, or all'
        complaints.error(place, f'"{name}" cannot name a route', hint)
        return False
    return True


def _way(key: str, given: Fields, outside: Outside) -> Way | None:
    match key:
        case "mail":
            targets = mail(given, outside)
            return Way(targets, Form.MAIL) if targets else None
        case "webhook":
            return _webhook(given, outside)
        case "alertmanager":
            return _alertmanager(given, outside)
        case _:
            url = address(given, key, outside)
            return None if url is None else Way((Target(url, shown(url)),), form_of(url))


def _webhook(given: Fields, outside: Outside) -> Way | None:
    inner = nested(given, "webhook", ADDRESS)
    url = None if inner is None else web(inner, "webhook", "https://...", outside)
    if url is None:
        return None
    if CHAT.match(url):
        what = "webhook: what listens there is a chat, which takes no document of ours"
        given.complaints.error(given.where("webhook"), what, "write url: instead of webhook:")
    return Way((Target(url, shown(url)),), Form.JSON)


def _alertmanager(given: Fields, outside: Outside) -> Way | None:
    for key in FOREIGN:
        if key in given:
            what = f'"{key}" is decided by Alertmanager itself'
            given.complaints.error(given.where(key), what, f"remove {key}:")
    inner = nested(given, "alertmanager", ADDRESS)
    url = None if inner is None else web(inner, "alertmanager", "http://localhost:9093", outside)
    if url is None:
        return None
    base = API.sub("", url)
    return Way((Target(base, shown(base)),), Form.ALERTMANAGER, Level.WARNING)
