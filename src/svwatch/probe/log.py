"""Read the end of a service's log: a few lines, bounded, fit for a terminal."""

import os
import stat

from svwatch.probe.content import FLAGS
from svwatch.probe.procfile import readable

WINDOW = 8192  # bytes read from the end
WIDEST = 400  # characters of a line


def tail(path: str, lines: int = 5) -> tuple[str, ...]:
    """Give the last *lines* lines of the log at *path*; none where it cannot be read.

    Opened by name each time: svlogd renames `current` away. Where that was just done, the end
    of the newest rotated file comes before it.
    """
    found = _last(path, lines)
    if len(found) < lines and os.path.basename(path) == "current":
        rotated = _rotated(os.path.dirname(path))
        if rotated is not None:
            found = (_last(rotated, lines - len(found))) + found
    return tuple(found)


def split(raw: bytes, lines: int, *, cut: bool) -> list[str]:
    """Give the last *lines* lines of *raw*; *cut*: its first line lacks its beginning."""
    rows = raw.split(b"\n")
    if rows and not rows[-1]:
        rows.pop()
    if cut and len(rows) > 1:
        rows = rows[1:]
    return [readable(row.rstrip(b"\r").expandtabs(4))[:WIDEST] for row in rows[-lines:]]


def _last(path: str, lines: int) -> list[str]:
    """Read the end of one file."""
    try:
        fd = os.open(path, FLAGS)
    except (OSError, ValueError):
        return []
    try:
        about = os.fstat(fd)
        if lines < 1 or not stat.S_ISREG(about.st_mode):
            return []
        start = max(0, about.st_size - WINDOW)
        return split(os.pread(fd, WINDOW, start), lines, cut=start > 0)
    except OSError:
        return []
    finally:
        os.close(fd)


def _rotated(directory: str) -> str | None:
    """Find the newest file that svlogd rotated: its name is its time (TAI64N)."""
    try:
        names = [name for name in os.listdir(directory) if name.startswith("@4")]
    except OSError:
        return None
    plain = sorted(name for name in names if name.endswith((".s", ".u")))
    return os.path.join(directory, plain[-1]) if plain else None
