"""Secrets of a route's URL, kept out of every sentence about it."""

import binascii
import re

HIDDEN = "****"
MOST = 500  # characters of a reason that are worth keeping
OPEN_KEYS = frozenset(
    {"from", "to", "cc", "bcc", "reply", "smtp", "name", "mode", "format", "port"}
)
SHORTEST_TOKEN = 6  # characters of a path's segment: `v1` or `404` is none
LONGEST_NAME = 15  # characters of a host without a dot
MAIL = frozenset({"mailto", "mailtos"})
PARTS = re.compile(r"(?:([^/?]*)@)?(\[[^]]*\]|[^/?@:]*)(?::([^/?@]*))?(/[^?]*)?(?:\?(.*))?")


def mask(text: str, *urls: str) -> str:
    """Give *text* in one line of at most 500 characters, without what *urls* keep secret."""
    hidden = frozenset[str]().union(*(secrets(url) for url in urls))
    for secret in sorted(hidden, key=len, reverse=True):
        text = re.sub(anyhow(secret), HIDDEN, text)
        if len(secret) >= SHORTEST_TOKEN:
            text = re.sub(encoded(secret), HIDDEN, text)
    text = " ".join(text.split())
    return text if len(text) <= MOST else text[: MOST - 3] + "..."


def anyhow(secret: str) -> str:
    """Match *secret* with any of its characters %-escaped, as libraries do it each in their way.

    One of less than 4 characters only as a word of its own.
    """
    exact = "".join(character(one) for one in secret)
    return exact if len(secret) >= 4 else rf"(?<!\w){exact}(?!\w)"


def character(one: str) -> str:
    """Match one character, %-escaped, as repr() writes it, or as it is."""
    if one.isascii() and one.isalnum():
        return one
    escaped = "".join(f"%{byte:02x}" for byte in one.encode(errors="replace"))
    return rf"(?:\\?{re.escape(one)}|(?i:{escaped})|{re.escape(ascii(one)[1:-1])})"


def encoded(secret: str) -> str:
    """Match a word in base64 that holds *secret*, alone or among others: a header, a login.

    Its three bytes may begin at each of three places; what is next to them changes its ends.
    """
    raw = secret.encode(errors="replace")
    cores = []
    for ahead, first in ((0, 0), (1, 2), (2, 3)):
        whole = binascii.b2a_base64(b"\0" * ahead + raw, newline=False).decode()
        cores.append(re.escape(whole[first : (ahead + len(raw)) * 8 // 6]))
    return rf"[\w+/=-]*(?:{'|'.join(cores)})[\w+/=-]*"


def secrets(url: str) -> frozenset[str]:
    """Give what *url* says in confidence, as written and decoded.

    That is the user info, the values of the query but for a few harmless keys, and what may be
    a token: a path's segments, a word for a port, a long host without a dot (Slack, Telegram,
    Discord). Hosts and the addresses of mail stay: they say where it did not arrive.
    """
    scheme, _, rest = url.strip().partition("://")
    found = PARTS.match(rest or scheme)
    user, name, port, path, query = (found and found.groups(default="")) or ("",) * 5
    pieces = {user, *user.split(":", 1)}
    if scheme not in MAIL:
        pieces |= {one for one in (path, *re.split("[/@]", path)) if len(one) >= SHORTEST_TOKEN}
        if port and not port.isdigit():
            pieces |= {f"{name}:{port}", name, port}
        if "." not in name and len(name) > LONGEST_NAME:
            pieces.add(name)
    pairs = [pair.partition("=") for pair in query.split("&")]
    pieces |= {value for key, _, value in pairs if key.lower() not in OPEN_KEYS}
    whole = {piece.strip("/") for piece in pieces} - {""}
    if whole:
        whole |= {url, rest}
    return frozenset(whole | {unquoted(piece) for piece in whole}) - {""}


def unquoted(text: str) -> str:
    """Undo %-escapes; urllib.parse would bring the daemon half a megabyte of other things."""
    return re.sub(
        "((?:%[0-9a-fA-F]{2})+)",
        lambda found: bytes.fromhex(found[1].replace("%", "")).decode(errors="replace"),
        text,
    )
