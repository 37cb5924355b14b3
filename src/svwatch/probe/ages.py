"""How long ago files were written: by the clock on the wall once, by our own from then on."""

import os
import stat
from collections.abc import Callable
from time import time

from msgspec import Struct

from svwatch.core.seen import Aged


class _Known(Struct, frozen=True):
    mark: tuple[int, int, int]  # inode, size, mtime in ns: what tells that it was written
    since: float  # CLOCK_MONOTONIC at which it was, as far as we know


STEP = 1.0  # seconds that the wall clock may drift between two looks


class Ages:
    """Ages of files between looks. A clock that is stepped ages nothing that is watched."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        """Know no file yet; *clock* gives wall time."""
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._looked: float | None = None
        self._offset = 0.0  # wall time minus CLOCK_MONOTONIC, at the last look

    def ask(self, paths: tuple[str, ...], mono: float) -> tuple[Aged, ...]:
        """Give the ages of *paths* at *mono* (CLOCK_MONOTONIC); those not asked for are forgotten.

        Opened by name each time: svlogd renames `current` away.
        """
        self._known = {path: known for path, known in self._known.items() if path in paths}
        wall = self._clock()
        stepped = abs(wall - mono - self._offset) > STEP
        least = self._looked if stepped else None
        ages = tuple(self._age(path, mono, wall, least) for path in paths)
        self._looked, self._offset = mono, wall - mono
        return ages

    def _age(self, path: str, mono: float, wall: float, least: float | None) -> Aged:
        """Give the age of one file; what changed was written after *least*, where that is given."""
        try:
            about = os.stat(path)
        except (OSError, ValueError) as error:
            self._known.pop(path, None)
            return Aged(path, None, getattr(error, "strerror", None) or str(error))
        if stat.S_ISDIR(about.st_mode):
            return Aged(path, None, "is a directory")
        mark = (about.st_ino, about.st_size, about.st_mtime_ns)
        known = self._known.get(path)
        if known is None or known.mark != mark:
            since = mono - max(0.0, wall - about.st_mtime)
            if known is not None and least is not None:
                since = max(since, least)
            self._known[path] = known = _Known(mark, since)
        return Aged(path, max(0.0, mono - known.since))
