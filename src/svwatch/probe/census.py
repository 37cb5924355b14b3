"""Look over all of /proc: who looks like the service, who is left in a session of ours.

This is for the rare look before a start. A session is left by setsid(2) but never joined, so
what was seen once outside of it needs no second look; the inode of a /proc entry tells a new
process under an old number.
"""

import os
import re

from msgspec import Struct

from svwatch.core.seen import Identity, Incarnation, Lookalike
from svwatch.probe.content import content
from svwatch.probe.judge import SUPERVISORS
from svwatch.probe.procfile import Stat, marker, parse_argv
from svwatch.probe.traits import Traits, stat_of, traits_of

MARKER = "SVWATCH_SERVICE"  # what svwatch's own start commands put into the environment
SHOWN = 16  # look-alikes: nobody reads more


class Likeness(Struct, frozen=True, kw_only=True):
    """What a look-alike is known by."""

    service: str
    identity: Identity = Identity()
    cmdline: str | None = None

    def sign(self, traits: Traits, marked: str | None) -> str:
        """Say how *traits*, with the service *marked* in its environment, look like it; or ""."""
        if marked is not None:  # svwatch itself said whose it is
            return f"it carries {MARKER}={marked}" if marked == self.service else ""
        argv = traits.argv or ""
        if self.cmdline is not None and argv and re.search(self.cmdline, argv):
            return "its command line matches cmdline:"
        last, new = self.identity, traits.identity
        known = None not in (last.exe, last.uid, last.argv) and last.argv
        if known and (last.exe, last.uid, last.argv) == (new.exe, new.uid, new.argv):
            return f"it is the same command, run by user {new.uid}"
        return ""


class Census:
    """Who runs on this host."""

    def __init__(self, proc: str = "/proc") -> None:
        """Know nobody yet."""
        self.proc = proc
        self._kernel: dict[str, int] = {}  # kernel threads, by the inode of their entry
        self._sessions: dict[str, tuple[int, int]] = {}  # pid: inode, session at first sight

    def alike(
        self, likeness: Likeness, *, beside: frozenset[int], family: frozenset[int] = frozenset()
    ) -> tuple[Lookalike, ...]:
        """Find live processes that could be the service.

        Not those *beside* nor anybody below them; not our *family*. Descendants of a live runsv
        are other services'. Of a tree of look-alikes its root is told.
        """
        found: dict[int, tuple[Traits, str]] = {}
        skipped = beside | family
        for pid in self._people():
            traits = self._suspicious(pid, likeness) if pid not in skipped else None
            sign = likeness.sign(traits, self._mark(pid)) if traits else ""
            if traits and sign and not self._kept(traits, beside):
                found[pid] = (traits, sign)
        roots = [pair for pair in found.values() if pair[0].ppid not in found]
        return tuple(Lookalike(traits.incarnation, sign) for traits, sign in roots[:SHOWN])

    def members(self, leader: Incarnation) -> tuple[Incarnation, ...]:
        """Find who lives in the session that *leader* led, itself included.

        Its number is not given away while members live (alloc_pid, kernel/pid.c).
        """
        now = stat_of(leader.pid, self.proc)
        if isinstance(now, Stat) and now.ticks != leader.ticks:
            return ()
        found = []
        for pid, session in self._listed():
            if leader.pid not in (session, pid):
                continue
            stat = stat_of(pid, self.proc)
            if isinstance(stat, Stat) and not stat.dead and leader.pid in (stat.session, pid):
                found.append(Incarnation(pid, stat.ticks))
        return tuple(found)

    def offspring(self) -> dict[int, tuple[int, ...]]:
        """Give the children of everybody: one look at all, for kernels without `children`."""
        found: dict[int, list[int]] = {}
        for name, _ in self._entries():
            stat = stat_of(int(name), self.proc)
            if isinstance(stat, Stat):
                found.setdefault(stat.ppid, []).append(stat.pid)
        return {ppid: tuple(pids) for ppid, pids in found.items()}

    def _entries(self) -> list[tuple[str, int]]:
        """List (pid, inode) of all processes."""
        try:
            with os.scandir(self.proc) as entries:
                return [(entry.name, entry.inode()) for entry in entries if entry.name.isdigit()]
        except OSError:
            return []

    def _people(self) -> list[int]:
        """List all pids but those of kernel threads."""
        entries = self._entries()
        here = dict(entries)
        self._kernel = {n: inode for n, inode in self._kernel.items() if here.get(n) == inode}
        return [int(name) for name, _ in entries if name not in self._kernel]

    def _suspicious(self, pid: int, likeness: Likeness) -> Traits | None:
        """Give the traits of *pid* where the cheap signs speak for a closer look."""
        raw = content(f"{self.proc}/{pid}/cmdline")
        if not raw:
            self._note_kernel(pid)
            return None
        argv = parse_argv(raw)
        cheap = argv == likeness.identity.argv or self._mark(pid) == likeness.service
        if not cheap and likeness.cmdline is not None:
            cheap = re.search(likeness.cmdline, argv) is not None
        traits = traits_of(pid, self.proc) if cheap else None
        return traits if isinstance(traits, Traits) else None

    def _note_kernel(self, pid: int) -> None:
        """Remember a kernel thread: it will never be anything else."""
        stat = stat_of(pid, self.proc)
        if isinstance(stat, Stat) and stat.kernel:
            try:
                self._kernel[str(pid)] = os.stat(f"{self.proc}/{pid}").st_ino
            except OSError:
                self._kernel.pop(str(pid), None)

    def _mark(self, pid: int) -> str | None:
        """Read whose service it says it is; None: nobody's, or not for us to read."""
        return marker(content(f"{self.proc}/{pid}/environ") or b"", MARKER)

    def _kept(self, traits: Traits, beside: frozenset[int]) -> bool:
        """Say whether it is below a runsv, or below somebody whom we look *beside*."""
        pid, seen = traits.ppid, {traits.incarnation.pid}
        while pid > 1 and pid not in seen:
            stat = stat_of(pid, self.proc)
            if pid in beside or (isinstance(stat, Stat) and stat.name in SUPERVISORS):
                return True
            seen.add(pid)
            pid = stat.ppid if isinstance(stat, Stat) else 0
        return False

    def _listed(self) -> list[tuple[int, int]]:
        """List (pid, session at first sight), reading only whom we never saw."""
        sessions: dict[str, tuple[int, int]] = {}
        for name, inode in self._entries():
            known = self._sessions.get(name)
            if known is None or known[0] != inode:
                stat = stat_of(int(name), self.proc)
                if not isinstance(stat, Stat):
                    continue
                known = (inode, stat.session)
            sessions[name] = known
        self._sessions = sessions
        return [(int(name), session) for name, (_, session) in sessions.items()]
