"""Secrets: from the environment or from a file, and never into a message."""

import os
import re
from collections.abc import Mapping
from urllib.parse import quote

from msgspec import Struct

from svwatch.lang.files import Unread, read
from svwatch.lang.nodes import Node
from svwatch.lang.place import Place
from svwatch.lang.problem import Complaints

MOST = 1 << 14  # bytes of a secret
VARIABLE = re.compile(r"\$\{([^}]*)\}")


class Outside(Struct, frozen=True):
    """What a configuration may ask of the world around it."""

    environ: Mapping[str, str]
    uid: int
    base: str  # directory of the main file
    domain: str = ""  # the full name of this host, as far as it is known


def expand(
    value: str,
    place: Place,
    outside: Outside,
    complaints: Complaints,
    escape: Mapping[int, str] | None = None,
) -> str | None:
    """Give *value* with every `${NAME}` filled in; None after a complaint.

    *escape*: where those stand that are escaped as in a URL, and the signs that are not.
    """
    known = [_is_known(name, place, outside, complaints) for name in VARIABLE.findall(value)]
    if all(known) and "${" in VARIABLE.sub("", value):
        complaints.error(place, "${ without its }", "${NAME}")
        return None
    within = escape or {}

    def filled(found: re.Match[str]) -> str:
        secret = outside.environ[found[1]]
        at = found.start()
        return quote(secret, safe=within[at]) if at in within else secret

    return VARIABLE.sub(filled, value) if all(known) else None


def _is_known(name: str, place: Place, outside: Outside, complaints: Complaints) -> bool:
    """Whether the variable *name* holds a line of text; else complain."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        complaints.error(place, "${...} holds the name of a variable, nothing else", "${NAME}")
    elif name not in outside.environ:
        what = f"the environment variable {name} is not set"
        complaints.error(place, what, "cron and boot set none; use url_file or password_file")
    elif not outside.environ[name].isprintable():
        complaints.error(place, f"the environment variable {name} is no line of text")
    else:
        return True
    return False


def from_file(value: str, node: Node, outside: Outside, complaints: Complaints) -> str | None:
    """Give the one line that the file *value* holds, blanks included; None after a complaint.

    A relative name is looked for in $CREDENTIALS_DIRECTORY (systemd.exec(5)), else beside the
    main file.
    """
    directory = outside.environ.get("CREDENTIALS_DIRECTORY") or outside.base
    path = os.path.join(directory, value)
    raw = read(path, outside.uid, MOST)
    if isinstance(raw, Unread):
        complaints.error(node.place, f"{path} {raw.what}", raw.hint)
        return None
    try:
        secret = raw.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError:
        complaints.error(node.place, f"{path} is not UTF-8")
        return None
    if not secret.strip() or not secret.isprintable():
        what = "is empty" if not secret.strip() else "holds more than one line of text"
        complaints.error(node.place, f"{path} {what}")
        return None
    return secret
