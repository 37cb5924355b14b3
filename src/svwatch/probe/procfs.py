"""Sample a process tree on Linux: what was opened once is read again by its descriptor."""

import os
from time import monotonic, perf_counter

from svwatch.core.seen import Incarnation, Owner, Proc, Tree, Unreadable
from svwatch.probe.extras import Needs, extended, owner_of
from svwatch.probe.eyes import Eyes
from svwatch.probe.seat import DESCRIPTORS, NONE, Seat, seat_of

ANYWAY = 12  # every so many looks things are read that nothing says have changed
PSS_SHARE = 100  # reading PSS may take 1/100 of the time
NOTHING: Needs = frozenset()


class Sampler:
    """The tree below one main process.

    A known descendant leaves it only when its own descriptor says dead, whoever its parent is by
    then. A new one is believed when its own `stat` names the parent that lists it.
    """

    def __init__(self, eyes: Eyes) -> None:
        """Look at nobody yet."""
        self.main: Incarnation | None = None
        self._eyes = eyes
        self._seats: dict[int, Seat] = {}
        self._last_pid = b""
        self._looks = 0
        self._restless = True  # comparing bytes would not tell all
        self._complete = True
        self._pss_from = 0.0  # CLOCK_MONOTONIC before which PSS is not read again

    def begin(self, main: Incarnation | None) -> None:
        """Look at the tree of *main* from now on, from scratch where it is another."""
        if main != self.main:
            self.close()
            self.main = main

    def still(self) -> bool:
        """Say whether every byte is that of the last sample. Where nothing forks nothing joins."""
        if self._restless:
            return self.main is None
        self._looks += 1
        last_pid = self._eyes.last_pid()
        listing = last_pid != self._last_pid or self._looks % ANYWAY == 0 or not last_pid
        for seat in self._seats.values():
            try:
                if listing and seat.offspring() != seat.lineage:
                    return False
                if os.pread(seat.statm_fd, 64, 0) != seat.statm:
                    return False
            except OSError:
                return False
        self._last_pid = last_pid
        return True

    def sample(
        self, pss_over: int | None = None, needs: Needs = NOTHING
    ) -> Tree | Unreadable | None:
        """Read the tree; None where its main process is dead, Unreadable where it hides.

        PSS and USS are read where the summed RSS is over *pss_over* bytes, and not too often;
        *needs* names what else is wanted.
        """
        main = self.main
        if main is None:
            return None
        try:
            return self._sample(main, pss_over, needs)
        except OSError as error:
            self._give_up()
            return Unreadable(f"process {main.pid}: {error.strerror}")

    def incarnations(self) -> frozenset[Incarnation]:
        """Name everybody in the tree as of the last sample."""
        return frozenset(seat.incarnation for seat in self._seats.values())

    def close(self) -> None:
        """Forget the tree, give the descriptors back."""
        self._give_up()
        self.main = None

    def owner(self) -> Owner | None:
        """Say whom the main process acts for; None where that cannot be read."""
        seat = self._seats.get(self.main.pid) if self.main else None
        if seat is None:
            return None
        owner = owner_of(seat.incarnation.pid, self._eyes.proc)
        lives = seat.statm_fd == NONE or seat.stat() is not None
        return owner if lives else None

    def _sample(self, main: Incarnation, pss_over: int | None, needs: Needs) -> Tree | None:
        last_pid = self._eyes.last_pid(fresh=True)  # first: a later fork is for the next look
        self._looks += 1
        listing = (
            not self._seats
            or not last_pid
            or last_pid != self._last_pid
            or self._looks % ANYWAY == 0
        )
        self._complete = True
        seats = self._seated(main)
        alive = [seat for seat in seats if self._read(seat, listing=listing)]
        if not alive or alive[0].incarnation != main:
            self._give_up()
            return None
        if listing:
            self._join(alive)
        self._last_pid = last_pid
        tree = self._tree(alive, pss_over, needs)
        self._rest(alive)
        return tree

    def _seated(self, main: Incarnation) -> list[Seat]:
        """Give the seats, the main one first, with their descriptors open."""
        if not self._seats:
            seat = seat_of(main.pid, self._eyes.proc)
            if seat is None or seat.incarnation != main or not self._sit(seat):
                return []
        seats = list(self._seats.values())
        return [seat for seat in seats if seat.statm_fd != NONE or self._sit(seat)]

    def _sit(self, seat: Seat) -> bool:
        """Open a seat and keep it; False: its process is gone."""
        if not seat.sit():
            self._seats.pop(seat.incarnation.pid, None)
            return False
        self._eyes.held += DESCRIPTORS
        self._seats[seat.incarnation.pid] = seat
        return True

    def _rise(self, seat: Seat) -> None:
        """Close a seat's descriptors."""
        if seat.statm_fd != NONE:
            self._eyes.held -= DESCRIPTORS
            seat.rise()

    def _give_up(self) -> None:
        for seat in self._seats.values():
            self._rise(seat)
        self._seats = {}
        self._restless = True

    def _read(self, seat: Seat, *, listing: bool) -> bool:
        """Read a seat; False, and it leaves: it is dead. Children first, then what proves them."""
        lineage = seat.offspring() if listing else seat.lineage
        rss = seat.resident()
        if rss is None:
            self._rise(seat)
            self._seats.pop(seat.incarnation.pid, None)
            return False
        seat.lineage = lineage
        seat.seen += 1
        old = seat.proc
        new = (old.ppid, old.name)
        if seat.seen <= 3 or seat.seen % ANYWAY == 0 or listing:
            stat = seat.stat()
            new = new if stat is None else (stat.ppid, stat.name)
        if (old.rss, old.ppid, old.name) != (rss, *new):
            seat.proc = Proc(seat.incarnation, new[0], rss, None, new[1])
        return True

    def _join(self, alive: list[Seat]) -> None:
        """Admit new descendants, and theirs; *alive* grows meanwhile."""
        for parent in alive:
            for pid in self._listed(parent):
                if pid not in self._seats:
                    alive += self._admit(pid, parent.incarnation.pid)

    def _admit(self, pid: int, parent: int) -> list[Seat]:
        """Seat a new child where its own stat names the parent; none where it does not."""
        try:
            seat = seat_of(pid, self._eyes.proc)
            if seat is None or seat.proc.ppid != parent or not self._sit(seat):
                return []
            return [seat] if self._read(seat, listing=True) else []
        except OSError:
            self._complete = False
            return []

    def _listed(self, parent: Seat) -> tuple[int, ...]:
        """Give the children of *parent*, from a look over all where the kernel lists none."""
        if parent.lineage is None:
            return self._eyes.offspring(parent.incarnation.pid)
        return parent.lineage

    def _tree(self, alive: list[Seat], pss_over: int | None, needs: Needs) -> Tree:
        mapped = self._mapped(alive, pss_over)
        if not (mapped or needs):
            return Tree(tuple(seat.proc for seat in alive), self._complete)
        began = perf_counter()
        main = alive[0]
        procs = tuple(extended(seat, needs, main=seat is main, mapped=mapped) for seat in alive)
        if mapped:
            self._pss_from = monotonic() + PSS_SHARE * (perf_counter() - began)
        return Tree(procs, self._complete)

    def _mapped(self, alive: list[Seat], pss_over: int | None) -> bool:
        """Whether PSS and USS are wanted and may be read again."""
        if pss_over is None or monotonic() < self._pss_from:
            return False
        return sum(seat.proc.rss for seat in alive) > pss_over

    def _rest(self, alive: list[Seat]) -> None:
        """Decide whether the next look may compare bytes; give back what is too many."""
        lean = self._eyes.lean
        if lean:
            for seat in alive:
                self._rise(seat)
        self._restless = lean or any(
            seat.lineage is None or seat.statm.startswith(b"0 ") for seat in alive
        )
