"""Where a configuration that cannot be read wants its state kept.

The routes of the last good one are there: whoever cannot start would look in another place.
"""

import re

from svwatch.lang.files import Unread, read

STATE_DIR = re.compile(r"""^state_dir:[ \t]+(["']?)(/[^#"']*?)\1[ \t]*(?:#.*)?$""", re.MULTILINE)


def home(path: str, uid: int) -> str | None:
    """Give the `state_dir` in the file *path*, which is no YAML; None where none can be seen.

    A file that is refused because others may write to it says nothing here, either.
    """
    raw = read(path, uid)
    if isinstance(raw, Unread):
        return None
    found = STATE_DIR.search(raw.decode(errors="replace"))
    return found.group(2).rstrip() if found else None
