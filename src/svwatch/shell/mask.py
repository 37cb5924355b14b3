"""Secrets of a route's URL, kept out of every sentence about it."""

import re

HIDDEN = "****"
MOST = 500  # characters of a reason that are worth keeping
OPEN_KEYS = frozenset(
    {"from", "to", "cc", "bcc", "reply", "smtp", "name", "mode", "format", "port"}
)
MAIL = frozenset({"mailto", "mailtos"})
PARTS = re.compile(r"(?:(?P<user>[^/?]*)@)?(?P<host>[^/?@]*)(?P<path>/[^?]*)?(?:\?(?P<query>.*))?")


def mask(text: str, url: str) -> str:
    """Give *text* in one line of at most 500 characters, without what *url* keeps secret."""
    for secret in sorted(secrets(url), key=len, reverse=True):
        text = re.sub(bounded(secret), HIDDEN, text)
    text = " ".join(text.split())
    return text if len(text) <= MOST else text[: MOST - 3] + "..."


def bounded(secret: str) -> str:
    """Match *secret* anywhere; one of less than 4 characters only as a word of its own."""
    exact = re.escape(secret)
    return exact if len(secret) >= 4 else rf"(?<!\w){exact}(?!\w)"


def secrets(url: str) -> frozenset[str]:
    """Give the user info, the path and the query values of *url*, as written and decoded.

    Hosts stay, and so do the addresses of mail: they say where it did not arrive. A path is a
    token in most URLs of apprise (Slack, Telegram), and so is the host in some: one without a
    dot that is longer than a host's name usually is, is hidden as well.
    """
    scheme, _, rest = url.strip().partition("://")
    found = PARTS.match(rest or scheme)
    if found is None:
        return frozenset({url})
    user, host, path, query = (found[name] or "" for name in ("user", "host", "path", "query"))
    pieces = [*user.split(":"), user, *path.split("/"), path, url, rest]
    if "." not in host and len(host) > 15:
        pieces.append(host)
    if scheme in MAIL:
        pieces = [*user.split(":"), user, url, rest]
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key.lower() not in OPEN_KEYS:
            pieces.append(value)
    whole = {piece.strip("/") for piece in pieces}
    return frozenset(whole | {unquoted(piece) for piece in whole}) - {""}


def unquoted(text: str) -> str:
    """Undo %-escapes; urllib.parse would bring the daemon half a megabyte of other things."""
    return re.sub(
        "((?:%[0-9a-fA-F]{2})+)",
        lambda found: bytes.fromhex(found[1].replace("%", "")).decode(errors="replace"),
        text,
    )
