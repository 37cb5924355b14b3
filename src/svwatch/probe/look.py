"""Look at one service: bytes first, and only where they differ an observation."""

import os
from time import monotonic

from svwatch.core.plan import Service
from svwatch.core.seen import (
    Absent,
    Doubled,
    Incarnation,
    Lookalike,
    Lost,
    Memory,
    Now,
    Observation,
    Running,
    Suspect,
    SvStatus,
    Tree,
    Unreadable,
    Verdict,
)
from svwatch.probe import clock, runsv, witness
from svwatch.probe.census import Likeness
from svwatch.probe.cgroup import OomCount
from svwatch.probe.content import attempt
from svwatch.probe.eyes import Eyes
from svwatch.probe.pidfile import LONGEST
from svwatch.probe.request import Request
from svwatch.probe.traits import Traits, pin
from svwatch.probe.witness import Sampler, sampler

ANYWAY = 12  # quiet looks between two looks at what never tells of its change
YOUNG = 60.0  # seconds in which a process may still become (execve) what it will be
OLD = 600.0  # seconds between later looks at its command line
ASLEEP = frozenset({"down", "no pidfile", "empty", "garbage"})  # absences that bytes prove


class Looker:
    """What is kept of one service between looks. Nothing in it raises for the state of the world.

    `poll` compares bytes, `observe` judges; a verified pidfd of the main process is kept beside.
    """

    def __init__(self, service: Service, eyes: Eyes) -> None:
        """Look at nothing yet: a looker costs nothing until it is asked."""
        self.service = service
        self._eyes = eyes
        self._dir = service.service_dir
        watched = f"{service.service_dir}/supervise/status"
        self._path = watched if service.runit else service.pidfile or ""
        self._sampler: Sampler = sampler(eyes)
        self._raw: bytes | int = b""  # as judged
        self._fresh: bytes | int | None = None  # as polled, not judged yet
        self._memory: Memory | None = None
        self._verdict: Verdict = Unreadable("nobody has looked yet")
        self._calm = False  # equal bytes mean that there is nothing to see
        self._looks = 0
        self._ripe: float | None = None  # CLOCK_MONOTONIC at which its identity is read again
        self._pidfd: int | None = None
        self._main: Incarnation | None = None
        self._asked = False  # the TERM byte of the main process was seen
        self._oom = OomCount(eyes.proc)
        self._added = False
        self._request = Request(eyes)

    def poll(self, memory: Memory) -> bool:
        """Read the bytes; say whether they, and what we are told, are those of the last look."""
        self._fresh = raw = attempt(self._path, LONGEST + 1)
        self._looks = looks = self._looks + 1
        if raw != self._raw or not self._calm:
            return False
        if memory is not self._memory and memory != self._memory:
            return False
        if looks & 1 and self._dir is not None and runsv.served(self._dir) is False:
            return False
        if self._ripe is not None and monotonic() >= self._ripe:
            return False
        if looks % ANYWAY == 0:
            self._oom.refresh()
        return self._sampler.still()

    def observe(
        self,
        memory: Memory,
        *,
        scheduled: bool = True,
        starts: int = 0,
        exact: bool = True,
        term: bool = False,
    ) -> Observation:
        """Judge what the last poll read (or poll now): one whole observation.

        *starts*, *exact* and *term* are what `Restarts.take` said of it since the last look.
        """
        if self._fresh is None:
            self.poll(memory)
        at = clock.now()
        sv, tree = self._see(memory, at)
        asked, oom = self._follow(sv, term=term)
        busy = self._busy(memory)
        alive = self._alive(memory)
        seen = Observation(
            at=at,
            world=self._eyes.world,
            verdict=self._verdict,
            scheduled=scheduled,
            sv=sv,
            tree=tree,
            alive=alive,
            busy=busy,
            around=self._around(memory, alive, busy) if memory.around else None,
            starts=starts,
            exact=exact,
            term=asked,
            oom=oom,
            memtotal=self._eyes.memtotal(),
        )
        self._settle(memory, tree)
        return self._request.onto(seen, memory, self._sampler)

    def pidfd(self) -> int | None:
        """Give the pidfd of the main process, readable from its end on; None: there is none.

        It changes only in `observe`; a new one never has the number of the one before.
        """
        return self._pidfd

    def renew_watch(self) -> None:
        """Watch for starts; again after a change, and now and then anyway."""
        restarts = self._eyes.restarts
        if restarts is None or (self._added and self._looks % ANYWAY):
            return
        if self._dir is not None:
            self._added = restarts.add(self._dir)
        else:
            self._added = restarts.add_pidfile(self._path)

    def close(self) -> None:
        """Give all descriptors back."""
        self._sampler.close()
        self._hold(None)
        self._calm = False
        self._eyes.claims.pop(self.service.name, None)
        if self._eyes.restarts is not None:
            self._eyes.restarts.remove(self._dir or self._path)

    # --- seeing ------------------------------------------------------------------------------

    def _see(self, memory: Memory, at: Now) -> tuple[SvStatus | None, Tree | None]:
        """Judge, then sample; once more where it ended in between."""
        raw, self._fresh = self._fresh, None
        for attempted in range(2):
            if raw is None:
                raw = attempt(self._path, LONGEST + 1)
            sv = self._judge(raw, memory, at, afresh=attempted > 0)
            self._sampler.begin(self._subject(memory))
            tree = self._sampler.sample(memory.pss_over, memory.needs)
            if isinstance(tree, Unreadable):
                self._verdict = tree if isinstance(self._verdict, Running) else self._verdict
                return sv, None
            if tree is not None or self._sampler.main is None:
                return sv, tree
            raw = None
        self._verdict = Unreadable("processes change faster than they can be read")
        self._sampler.begin(None)
        return sv, None

    def _judge(self, raw: bytes | int, memory: Memory, at: Now, *, afresh: bool) -> SvStatus | None:
        """Set the verdict; a process that is believed in needs no second judgement."""
        believed = not afresh and raw == self._raw and self._believed(memory)
        self._added = self._added and raw == self._raw  # another directory, perhaps
        self._raw = raw
        if self._dir is None:
            status: SvStatus | Unreadable | None = None
            if not believed:
                self._verdict = witness.on_pidfile(self.service, self._eyes, memory, at)
        else:
            status = runsv.read_with(self._dir, raw)
            believed = believed and isinstance(status, SvStatus) and status.alive
            if not believed:
                self._verdict = witness.on_status(self._dir, self._eyes, memory, at, status)
        self._identify(at, judged=not believed)
        return status if isinstance(status, SvStatus) else None

    def _believed(self, memory: Memory) -> bool:
        """Say whether the last verdict stands if the bytes do and the process lives."""
        match self._verdict:
            case Running(incarnation):
                return incarnation == memory.known == self._sampler.main
        return False

    def _identify(self, at: Now, *, judged: bool) -> None:
        """Read again what the process is: a young one is often a shell that has yet to exec."""
        if not isinstance(self._verdict, Running):
            self._ripe = None
            return
        incarnation = self._verdict.incarnation
        age = incarnation.age(at.boot)
        ripe = self._ripe is None or at.mono >= self._ripe
        if not (judged or ripe or age < YOUNG):
            return
        self._ripe = at.mono + (YOUNG - age if age < YOUNG else OLD)
        found = None if judged else self._eyes.traits(incarnation.pid)
        if isinstance(found, Traits) and found.incarnation == incarnation:
            self._verdict = Running(incarnation, found.identity)

    def _subject(self, memory: Memory) -> Incarnation | None:
        """Name the process whose tree is sampled: the remembered one where there is doubt."""
        match self._verdict:
            case Running(incarnation) | Suspect(incarnation) | Lost(incarnation):
                return incarnation
            case Doubled(_, remembered):
                return remembered
            case Absent():
                return None
        return memory.known if witness.remembered(self._eyes, memory) else None

    # --- what became of the one before -------------------------------------------------------

    def _follow(self, sv: SvStatus | None, *, term: bool) -> tuple[bool, bool]:
        """Say of an end since the last look whether it was asked for, and whether for memory."""
        before, main = self._main, self._sampler.main
        ended = before is not None and before != main and not self._eyes.lives(before)
        asked = term or (ended and self._asked)
        oom = ended and self._oom.rose()
        if before != main:
            self._hold(main)
            self._asked = False
        if main is not None:
            told = sv is not None and sv.term and sv.pid == main.pid
            self._asked = self._asked or told or (term and not ended)
        return asked, oom

    def _hold(self, main: Incarnation | None) -> None:
        """Keep a pidfd of *main*, and let go of the one before (in this order: see `pidfd`)."""
        old, self._main = self._pidfd, main
        self._pidfd = None if main is None else pin(main, self._eyes.proc)
        if old is not None:
            os.close(old)
        if main is not None:
            self._oom.begin(main.pid)

    # --- everybody else ----------------------------------------------------------------------

    def _alive(self, memory: Memory) -> tuple[Incarnation, ...]:
        """Name those remembered who live."""
        asked = memory.tree if memory.known is None else (*memory.tree, memory.known)
        here = self._sampler.incarnations()
        lives = self._eyes.lives
        return tuple(who for who in dict.fromkeys(asked) if who in here or lives(who))

    def _busy(self, memory: Memory) -> tuple[Incarnation, ...]:
        """Name our commands that run, or who is left in their sessions; not the service itself."""
        if not memory.commands:
            return ()
        here = self._sampler.incarnations()
        busy: list[Incarnation] = []
        for command in memory.commands:
            lives = self._eyes.lives(command)
            busy += (command,) if lives else self._eyes.members(command)
        return tuple(who for who in dict.fromkeys(busy) if who not in here)

    def _around(
        self, memory: Memory, alive: tuple[Incarnation, ...], busy: tuple[Incarnation, ...]
    ) -> tuple[Lookalike, ...]:
        """Find who looks like the service, and is nobody whom we know already."""
        self._eyes.claims[self.service.name] = self._sampler.incarnations()
        claimed = [who for claim in self._eyes.claims.values() for who in claim]
        beside = frozenset(who.pid for who in (*claimed, *alive, *busy))
        likeness = Likeness(
            service=self.service.name, identity=memory.identity, cmdline=self.service.cmdline
        )
        return self._eyes.alike(likeness, beside=beside)

    def _settle(self, memory: Memory, tree: Tree | None) -> None:
        """Decide whether equal bytes will mean that nothing is to be seen; claim the tree."""
        self._memory = memory
        self._eyes.claims[self.service.name] = here = self._sampler.incarnations()
        calm = not (
            memory.around
            or memory.commands
            or memory.needs
            or memory.files
            or (memory.tree and not here.issuperset(memory.tree))
        )
        match self._verdict:
            case Running():
                over = tree is not None and _over(tree, memory.pss_over)
                self._calm = calm and tree is not None and tree.complete and not over
            case Absent(why):
                self._calm = calm and why in ASLEEP
            case _:
                self._calm = False


def _over(tree: Tree, pss_over: int | None) -> bool:
    """Say whether PSS is wanted: it moves while resident sizes do not."""
    return pss_over is not None and tree.totalmem > pss_over
