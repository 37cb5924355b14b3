"""Mail: an address or a mapping, to one apprise URL for each recipient that gets plain text.

The form of the URL was tried against a real server with apprise 2.2: `smtp=` keeps apprise from
guessing the server by the domain, `mode=` from insisting on STARTTLS where it is not wanted.
"""

import re
from urllib.parse import quote, urlencode

from svwatch.core.route import Target
from svwatch.lang.fields import Fields
from svwatch.lang.keys import MAIL
from svwatch.lang.nodes import Map, Text
from svwatch.lang.place import Place
from svwatch.lang.problem import Complaints
from svwatch.lang.secrets import Outside, expand, from_file

PORTS = {"insecure": 25, "starttls": 587, "ssl": 465}  # RFC 5321, RFC 6409, RFC 8314

TLS = {
    **dict.fromkeys(("none", "no", "false", "off"), "insecure"),
    **dict.fromkeys(("starttls", "yes", "true", "on"), "starttls"),
    "ssl": "ssl",
}
"""What apprise calls each way, by our words."""

ADDRESS = re.compile(r"[^\s@<>,;:\"'()\[\]\\]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")

# What apprise's is_email takes, nearly: it drops another recipient without a word, and refuses
# the whole URL for another sender. A domain without a dot has 6 letters there, or is none.
_WORD = r"[A-Za-z0-9_!#$%&*/=?`{|}~^+-]+"
TAKEN = re.compile(
    rf"{_WORD}(\.{_WORD})*@(([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+"
    r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]{5,})"
)


def mail(route: Fields, outside: Outside) -> tuple[Target, ...]:
    """Give one target for each recipient, so that none delays another; () after a complaint."""
    node = route.node("mail")
    short = Fields({} if node is None else {"to": node}, route.where("mail"), route.complaints)
    given = route.fields("mail", MAIL, "mail") if isinstance(node, Map) else short
    if given is None:
        return ()
    to = _recipients(given)
    sender = _sender(given, outside)
    server = given.parsed("server", _host, "smtp.example.net") if "server" in given else "localhost"
    login = _login(given, outside)
    mode = _mode(given, secret=bool(login))
    port = given.whole("port", PORTS[mode], 1, 65535)
    if not to or sender is None or server is None or login is None:
        return ()
    asked = {"smtp": server, "from": sender, "to": "", "format": "text", "mode": mode}
    host = f"{f'[{server}]' if ':' in server else server}:{port}"
    return tuple(_target(one, f"mailto://{login}{host}/", asked, host) for one in to)


def _target(to: str, start: str, asked: dict[str, str], host: str) -> Target:
    url = f"{start}?{urlencode({**asked, 'to': to}, quote_via=quote)}"
    return Target(url, f"mail to {to} by {host}", to)


def _recipients(given: Fields) -> tuple[str, ...]:
    if "to" not in given:
        given.complaints.error(given.place, "mail goes to nobody", "to: ops@example.net")
    found = (
        address
        for node in given.words("to")
        for address in re.split(r"[,\s]+", node.value.strip())
        if _is_address(address, "to", node.place, given.complaints)
    )
    return tuple(dict.fromkeys(found))


def _is_address(address: str, key: str, place: Place, complaints: Complaints) -> bool:
    if not ADDRESS.fullmatch(address):
        # A whole URL in this place may hold a password: it is not repeated.
        said = f'"{address}"' if re.fullmatch(r"[\w.@+-]{1,80}", address) else "this"
        complaints.error(place, f"{key}: {said} is no mail address", "ops@example.net")
        return False
    if not TAKEN.fullmatch(address):
        name, _, host = address.rpartition("@")
        hint = "" if "." in host else f"{name}@{host}.example.net, or {name}@localhost"
        complaints.error(place, f'{key}: "{address}" is no address that apprise takes', hint)
        return False
    return True


def _sender(given: Fields, outside: Outside) -> str | None:
    sender = given.text("from") if "from" in given else _usual_sender(outside.domain)
    place = given.where("from")
    if sender is None or not _is_address(sender, "from", place, given.complaints):
        return None
    domain = sender.rpartition("@")[2]
    if "." not in domain or domain.endswith(NOWHERE):
        what = f"the sender {sender} has no domain, which many servers refuse"
        given.complaints.warn(place, what, "mail: {to: ..., from: svwatch@example.net}")
    return sender


NOWHERE = ".localdomain"


def _usual_sender(host: str) -> str:
    """Give the address that we write from; *host* may have no domain that anybody knows of."""
    senders = (f"svwatch@{host}", f"svwatch@{host}{NOWHERE}")
    return next((one for one in senders if TAKEN.fullmatch(one)), "svwatch@localhost")


def _login(given: Fields, outside: Outside) -> str | None:
    """Give `user:password@`, empty where there is no user; None after a complaint."""
    user = given.text("user")
    keys = [key for key in ("password", "password_file") if key in given]
    if user is None:
        if keys:
            given.complaints.error(given.where(keys[0]), "a password without a user", "user: ...")
        return "" if "user" not in given and not keys else None
    if len(keys) != 1:
        what = f'user "{user}" needs a password_file' if not keys else "two passwords"
        given.complaints.error(given.where("user"), what, "password_file: /etc/svwatch/mail.pw")
        return None
    node, value = given.node(keys[0]), given.text(keys[0])
    if not isinstance(node, Text) or value is None:
        return None
    if keys == ["password"]:
        password = expand(node.value, node.place, outside, given.complaints)
    else:
        password = from_file(value, node, outside, given.complaints)
    return None if password is None else f"{quote(user, safe='')}:{quote(password, safe='')}@"


def _mode(given: Fields, *, secret: bool) -> str:
    word = given.word("tls", tuple(TLS))
    if word is None:
        return "starttls" if secret else "insecure"
    if secret and TLS[word] == "insecure":
        given.complaints.warn(given.where("tls"), "the password is sent where all can read it")
    return TLS[word]


def _host(value: str) -> str:
    host = value.strip("[]")
    if not re.fullmatch(r"[A-Za-z0-9_.:-]{1,255}", host):
        raise ValueError(f'"{value}" is no host name')
    return host
