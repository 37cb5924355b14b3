"""What is in a directory: read again only when it changed, else one stat(2) per look."""

import errno
import os
from collections.abc import Iterator

from svwatch.core.family import PART, compiled
from svwatch.core.plan import Mold
from svwatch.probe.runsv import served

MINUTE = 60.0  # seconds after which it is read in any case: a link may lead somewhere else by now
YOUNG = 10.0  # seconds: runsvdir looks every 5 s for new directories (runsvdir(8))
FRESH = 2.0  # seconds: a directory may change twice within the grain of its mtime
HIDDEN = "."


class Listing:
    """The entries of the directory of one mold.

    Under runit these are directories, or lead to some; else what is or leads to something else,
    or to nothing. What the mold says is below each entry must be there. A new directory counts
    once a runsv serves it. Instants are CLOCK_MONOTONIC (*mono*) and unix seconds (*wall*).
    """

    def __init__(self, mold: Mold) -> None:
        self.directory = mold.directory
        self._runit = mold.service.runit
        self._entry = mold.entry
        self._tail = mold.tail
        self._mtime: int | None = None  # None: read it at the next look, whatever its mtime is
        self._read_at = 0.0
        self._young = False  # an entry waits for its runsv
        self.names: frozenset[str] | None = None  # None: it could not be read
        self.why = ""  # then
        self.settled = False  # two looks in a row, or an old mtime, say the same

    def look(self, mono: float, wall: float) -> bool:
        """Look again; say whether anything came or went."""
        before = self.names
        try:
            mtime = os.stat(self.directory).st_mtime_ns
            if before is not None and mtime == self._mtime and mono - self._read_at < MINUTE:
                self.settled = True
                return False
            self._young = False
            self.names, self.why = frozenset(self._entries(wall)), ""
        except OSError as error:
            self._unread(error)
            return self.names != before
        old = wall - mtime / 1e9 > FRESH
        self.settled = old or self.names == before
        self._mtime = mtime if old and not self._tail and not self._young else None
        self._read_at = mono
        return self.names != before

    def _unread(self, error: OSError) -> None:
        """Know nothing: that is no reason to call anybody gone.

        But a directory of pidfiles may come with the first of them, and go with the last.
        """
        self._mtime = None
        if error.errno == errno.ENOENT and not self._runit:
            self.settled = self.names == frozenset()
            self.names = frozenset()
        else:
            self.why = f"{self.directory}: {error.strerror}"
            self.settled, self.names = False, None

    def _entries(self, wall: float) -> Iterator[str]:
        with os.scandir(self.directory) as entries:
            yield from (one.name for one in entries if self._counts(one, wall))

    def _counts(self, entry: "os.DirEntry[str]", wall: float) -> bool:
        if entry.name.startswith(HIDDEN) or not self._is_one(entry):
            return False
        if not self._runit or self._tail or served(entry.path) is not False:
            return True
        young = abs(wall - entry.stat(follow_symlinks=False).st_mtime) < YOUNG
        self._young = self._young or young
        return not young

    def _is_one(self, entry: "os.DirEntry[str]") -> bool:
        found = compiled(self._entry).fullmatch(entry.name)
        if found is None:
            return False
        tail = self._tail.replace(PART, found[1])
        path = os.path.join(entry.path, tail) if tail else entry.path
        if self._runit:
            return os.path.isdir(path)
        return not os.path.isdir(path) and os.path.lexists(path)


def is_ours(service_dir: str, own: frozenset[int]) -> bool:
    """Whether runit runs one of *own* (pids) in *service_dir* (supervise/pid, runsv.c)."""
    try:
        with open(os.path.join(service_dir, "supervise", "pid"), "rb") as file:
            raw = file.read(16).strip()
    except OSError:
        return False
    return raw.isdigit() and int(raw) in own
