"""What all lookers share: the host's figures, the budget of descriptors, who is claimed."""

import os
import resource
from time import monotonic

from svwatch.core.seen import Incarnation, Lookalike, Unreadable
from svwatch.probe import cgroup, clock, traits
from svwatch.probe.census import Census, Likeness
from svwatch.probe.procfile import parse_last_pid
from svwatch.probe.seat import FLAGS, NONE
from svwatch.probe.supervise import Restarts
from svwatch.probe.traits import Traits

SHARE = 0.6  # of RLIMIT_NOFILE may be kept open; past it descriptors are opened per look
GLANCE = 0.002  # seconds that a quiet look may trust an earlier read of /proc/loadavg
SETTLED = 60.0  # seconds that MemTotal and the container's limit are trusted
MOST = 1 << 20  # descriptors: where the hard limit is infinite (nr_open, proc(5))


class Eyes:
    """One per process. *portable* looks through psutil only, as on hosts without Linux' /proc.

    *restarts* counts starts by inotify; None: nobody counts (`--check`).
    """

    def __init__(
        self, proc: str = "/proc", *, portable: bool = False, restarts: Restarts | None = None
    ) -> None:
        """Open /proc/loadavg, where there is one."""
        self.proc = proc
        self.portable = portable
        self.restarts = restarts
        self.census = Census(proc)
        self.claims: dict[str, frozenset[Incarnation]] = {}  # the trees of all services
        self.world = clock.world(proc)  # a world cannot change below a process that lives in it
        self.held = 0  # descriptors that seats keep open
        self._limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self._loadavg = _open(f"{proc}/loadavg")
        self._last_pid = b""
        self._glanced = 0.0
        self._memtotal = 0
        self._measured = 0.0
        self._brood: dict[int, tuple[int, ...]] = {}
        self._bred = 0.0

    def last_pid(self, *, fresh: bool = False) -> bytes:
        """Give the pid that the host made last; unchanged, nothing new runs anywhere.

        Empty where it cannot be known. Not *fresh*: at most GLANCE seconds old.
        """
        instant = monotonic()
        if fresh or instant - self._glanced > GLANCE:
            self._glanced = instant
            self._last_pid = self._loaded()
        return self._last_pid

    def memtotal(self) -> int:
        """Give what 100 % of memory is, in bytes: the host's, or the container's where lower."""
        instant = monotonic()
        if not self._memtotal or instant - self._measured > SETTLED:
            self._measured = instant
            self._memtotal = self._ask_memtotal()
        return self._memtotal

    def room(self, descriptors: int) -> bool:
        """Say whether so many more descriptors may be kept open."""
        return self.held + descriptors <= self._limit * SHARE

    @property
    def lean(self) -> bool:
        """Whether descriptors are opened per look, because there are too few."""
        return not self.room(16)

    def new_limit(self) -> None:
        """Read RLIMIT_NOFILE again, after somebody raised it."""
        self._limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]

    def lives(self, incarnation: Incarnation) -> bool:
        """Say whether exactly this process lives; where nobody may say, it is taken to live."""
        if self.portable:
            from svwatch.probe import portable  # noqa: PLC0415  # psutil costs a megabyte

            return portable.lives(incarnation)
        return traits.lives(incarnation, self.proc)

    def traits(self, pid: int) -> Traits | Unreadable | None:
        """Look at *pid*; None where it is dead."""
        if self.portable:
            from svwatch.probe import portable  # noqa: PLC0415

            return portable.traits_of(pid)
        return traits.traits_of(pid, self.proc)

    def offspring(self, pid: int) -> tuple[int, ...]:
        """Give the children of *pid* by a look over all; one look serves all for GLANCE seconds."""
        if monotonic() - self._bred > GLANCE * 10:
            self._brood = self.census.offspring()
            self._bred = monotonic()
        return self._brood.get(pid, ())

    def members(self, leader: Incarnation) -> tuple[Incarnation, ...]:
        """Find who lives in the session that *leader* led, itself included."""
        if self.portable:
            from svwatch.probe import portable  # noqa: PLC0415

            return portable.members(leader)
        return self.census.members(leader)

    def alike(self, likeness: Likeness, *, beside: frozenset[int]) -> tuple[Lookalike, ...]:
        """Find live processes that could be the service; not us, nor *beside* and their kin."""
        if self.portable:
            from svwatch.probe import portable  # noqa: PLC0415

            return portable.alike(likeness, beside=beside | traits.ancestors(self.proc))
        return self.census.alike(likeness, beside=beside, family=traits.ancestors(self.proc))

    def close(self) -> None:
        """Give the shared descriptor back."""
        if self._loadavg != NONE:
            os.close(self._loadavg)
            self._loadavg = NONE

    def _loaded(self) -> bytes:
        if self._loadavg == NONE:
            return b""
        try:
            return parse_last_pid(os.pread(self._loadavg, 128, 0))
        except OSError:
            return b""

    def _ask_memtotal(self) -> int:
        if self.portable:
            from svwatch.probe import portable  # noqa: PLC0415

            return portable.memtotal()
        return cgroup.memtotal(self.proc)


def nofile(soft: int, hard: int) -> int:
    """Give the soft RLIMIT_NOFILE to ask for: the hard one, a million where that is infinite."""
    most = MOST if hard == resource.RLIM_INFINITY else hard
    return most if soft == resource.RLIM_INFINITY else max(soft, most)


def _open(path: str) -> int:
    try:
        return os.open(path, FLAGS)
    except OSError:
        return NONE
