"""Count what runsv starts: every rename of `supervise/pid` tells of a start or of an end.

A pidfile that is written anew is told of as well, so that a daemon is seen which an operator
starts and stops again between two looks.

The calls are inotify(7)'s own: three functions through ctypes (0.5 MB). A binding that looks
for the C library by `ctypes.util` brings tempfile, random and subprocess with it (4 MB).
"""

import ctypes
import os
from struct import Struct as Layout
from time import monotonic

from msgspec import Struct

from svwatch.core.seen import SvStatus
from svwatch.probe.content import attempt
from svwatch.probe.runsv import parse_status

IN_CLOSE_WRITE = 0x00000008  # sys/inotify.h
IN_MOVED_TO = 0x00000080
IN_Q_OVERFLOW = 0x00004000
IN_ONLYDIR = 0x01000000
IN_MASK_ADD = 0x20000000
EVENT = Layout("iIII")  # wd, mask, cookie, length of the name that follows
QUIET = 3.0  # seconds without a rename, after which a half-counted start was something else
PLENTY = 65536  # bytes of events read at once


class Starts(Struct, frozen=True):
    """What happened below one service directory since the last time.

    *count* starts, *exact* or at least so many; *term*: somebody asked runsv for it.
    """

    count: int = 0
    exact: bool = True
    term: bool = False


class Event(Struct, frozen=True):
    """One event of inotify(7)."""

    wd: int
    mask: int
    name: str


class Tally:
    """The renames of one directory that do not make a whole start yet."""

    __slots__ = ("carry", "directory", "last", "lone", "paired", "watch")

    def __init__(self, directory: str, watch: int) -> None:
        """Begin at the state that `supervise/status` tells of now."""
        self.directory = directory
        self.watch = watch
        self.last = monotonic()
        self.carry = 0
        self.paired = self.lone = False
        self.align()

    @property
    def cycle(self) -> int:
        """Renames of `pid` per start: end and start, and both of ./finish where there is one."""
        return 4 if os.path.lexists(f"{self.directory}/finish") else 2

    def status(self) -> SvStatus | None:
        """Read the status; None where it makes no sense."""
        raw = attempt(f"{self.directory}/supervise/status", 64)
        status = parse_status(raw) if isinstance(raw, bytes) else None
        return status if isinstance(status, SvStatus) else None

    def align(self) -> None:
        """Set the renames that were seen of the present cycle by the state it is in."""
        status = self.status()
        if status is not None:
            down = self.cycle - 1
            self.carry = (0, 2)[status.state == 2] if status.pid else down

    def told(self, name: str) -> bool:
        """Follow the renames; True: an end or a start came right after an order to runsv.

        runsv writes pid, stat, status at an end or a start, but stat and status alone when it
        takes `t`, `d` or `u` from its FIFO. The TERM byte says the same, and is often gone again
        (written over after a millisecond) before anybody reads it.
        """
        if name == "pid":
            self.paired = True
            return self.lone
        if name == "status":
            self.lone = self.lone or not self.paired
            self.paired = False
        return False

    def count(self, renames: int) -> int:
        """Add *renames*; give the starts that they complete."""
        self.last = monotonic()
        starts, self.carry = divmod(self.carry + renames, self.cycle)
        return starts


class Restarts:
    """One inotify for all service directories.

    Events are hints: without them (no descriptor left, say) `fileno` is -1 and nothing is told.
    """

    def __init__(self) -> None:
        """Open the inotify descriptor."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._watched: dict[int, Tally] = {}
        self._tallies: dict[str, Tally] = {}
        self._renames: dict[str, int] = {}  # of `pid`, not taken yet
        self._overflow = False
        self._asked: set[str] = set()
        self._files: dict[int, dict[str, str]] = {}  # pidfiles by watch and name
        self._written: set[str] = set()

    def fileno(self) -> int:
        """Give the descriptor that is readable when something was renamed; -1: there is none."""
        return self._fd

    def add(self, service_dir: str) -> bool:
        """Watch the service in *service_dir*; False where that is not possible.

        To be repeated: a recreated directory sends no event, it only answers with a new watch.
        """
        path = os.fsencode(f"{service_dir}/supervise")
        watch: int = self._libc.inotify_add_watch(self._fd, path, IN_MOVED_TO | IN_ONLYDIR)
        tally = self._tallies.get(service_dir)
        if watch < 0:
            self.remove(service_dir)
        elif tally is None or tally.watch != watch:
            self.remove(service_dir)
            self._tallies[service_dir] = self._watched[watch] = Tally(service_dir, watch)
        elif monotonic() - tally.last > QUIET:
            self._align(tally)
        return watch >= 0

    def add_pidfile(self, path: str) -> bool:
        """Watch the directory of a pidfile for that name; to be repeated, as `add`."""
        directory, _, name = path.rpartition("/")
        mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR | IN_MASK_ADD
        watch: int = self._libc.inotify_add_watch(self._fd, os.fsencode(directory or "/"), mask)
        if self._files.get(watch, {}).get(name) != path:
            self._forget(path)
            if watch >= 0:
                self._files.setdefault(watch, {})[name] = path
        return watch >= 0

    def remove(self, target: str) -> None:
        """Watch the service behind that directory or pidfile no more."""
        self._forget(target)
        tally = self._tallies.pop(target, None)
        if tally is not None and self._watched.pop(tally.watch, None) is tally:
            self._libc.inotify_rm_watch(self._fd, tally.watch)

    def _forget(self, path: str) -> None:
        """Drop a pidfile, and the watch of its directory with the last one."""
        for watch, names in list(self._files.items()):
            for name in [name for name, whole in names.items() if whole == path]:
                del names[name]
            if not names:
                del self._files[watch]
                self._libc.inotify_rm_watch(self._fd, watch)

    def written(self) -> tuple[str, ...]:
        """Give the pidfiles that were written since the last time, as `take` found them."""
        found, self._written = self._written, set()
        return tuple(found)

    def take(self) -> dict[str, Starts]:
        """Give what happened since the last time, by service directory; only where it did."""
        self._collect()
        renames, overflow, asked = self._renames, self._overflow, self._asked
        self._renames, self._overflow, self._asked = {}, False, set()
        if overflow:
            renames = dict.fromkeys(self._tallies, 0) | renames
        return {
            name: self._starts(self._tallies[name], count, name in asked, exact=not overflow)
            for name, count in renames.items()
            if name in self._tallies
        }

    def close(self) -> None:
        """Give the descriptor back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _collect(self) -> None:
        """Count the renames that wait."""
        for event in self._events():
            self._overflow |= bool(event.mask & IN_Q_OVERFLOW)
            if path := self._files.get(event.wd, {}).get(event.name):
                self._written.add(path)
            tally = self._watched.get(event.wd)
            if tally is not None and event.mask & IN_MOVED_TO:
                came = self._renames.setdefault(tally.directory, 0)
                self._renames[tally.directory] = came + (event.name == "pid")
                if tally.told(event.name):
                    self._asked.add(tally.directory)

    def _align(self, tally: Tally) -> None:
        """Correct a tally after a long silence; pid is renamed before status, so look twice."""
        self._collect()
        before = tally.carry
        tally.align()
        self._collect()
        if tally.directory in self._renames:
            tally.carry = before

    def _starts(self, tally: Tally, renames: int, asked: bool, *, exact: bool) -> Starts:
        status = tally.status()
        tally.lone = False  # an order and an end far apart are no cause and effect
        count = tally.count(renames) if renames else 0
        return Starts(count, exact, asked or (status is not None and status.term))

    def _events(self) -> list[Event]:
        """Read all events that wait."""
        found: list[Event] = []
        while self._fd >= 0:
            try:
                raw = os.read(self._fd, PLENTY)
            except OSError:  # EAGAIN: that was all
                return found
            found += parse_events(raw)
        return found


def parse_events(raw: bytes) -> list[Event]:
    """Understand what read(2) gives of an inotify descriptor; what is cut short is left out."""
    found = []
    offset = 0
    while offset + EVENT.size <= len(raw):
        wd, mask, _, length = EVENT.unpack_from(raw, offset)
        offset += EVENT.size
        if offset + length > len(raw):
            break
        name = raw[offset : offset + length].rstrip(b"\0")
        found.append(Event(wd, mask, os.fsdecode(name)))
        offset += length
    return found
