"""One run and the services that it has to itself, beside other runs and what they know."""

import msgspec
from msgspec.structs import replace

from svwatch.core.rhythm import Rhythm, after, kept
from svwatch.core.seen import Now
from svwatch.core.state import State
from svwatch.shell.begin import House
from svwatch.shell.notes import RHYTHM
from svwatch.shell.own import NAME
from svwatch.shell.ward import Ward

PATIENCE = 2.0  # seconds for other runs to finish their turn


class Sharing:
    """Who is ours: everybody at first, and after the first turn those with something under way."""

    def __init__(self, house: House) -> None:
        """Begin inside the door of *house*, where there is one."""
        self._house = house
        self._claims = house.claims
        self.mine = frozenset[str]()
        self.first = True
        self._notes: tuple[tuple[str, str], ...] = ()

    def beat(self, now: Now, boot_id: str) -> None:
        """Look in the rhythm of cron: what it does not look at in between, nobody has missed.

        The core measures a gap in intervals of a service, which are those of a daemon.
        """
        store, wards = self._house.store, self._house.watch.roster.wards.values()
        noted = store.noted(RHYTHM)
        rhythm = msgspec.json.decode(noted, type=Rhythm) if noted else None
        if kept(rhythm, boot_id, now.boot):
            for ward in wards:
                ward.state = _unmissed(ward.state, ward.service.interval, now)
        self._notes = ((RHYTHM, msgspec.json.encode(after(rhythm, boot_id, now.boot)).decode()),)

    def spacing(self) -> float:
        """Give the seconds between runs, the longest of late; 0 where nobody knows."""
        noted = self._house.store.noted(RHYTHM)
        rhythm = msgspec.json.decode(noted, type=Rhythm) if noted else None
        return max(rhythm.spacings, default=0.0) if rhythm is not None else 0.0

    def begin(self) -> None:
        """Take all wards for ours, and note what is known of the others."""
        self.mine = frozenset(self._house.watch.roster.wards)
        self._house.store.changed()
        self._refresh()

    def enter(self) -> bool:
        """Come in for a turn and learn what others wrote; say whether that was possible."""
        if self._claims is None:
            return True
        if not self._claims.enter(PATIENCE):
            return False
        if self._house.store.changed():
            self._refresh()
        return True

    def leave(self, now: Now, waited: frozenset[str]) -> None:
        """End a turn; after the first, give up those with nothing under way.

        *waited*: services whose verdict somebody waits for.
        """
        if self._claims is None:
            return
        watch = self._house.watch
        if self.first:
            self.first = False
            kept = self._kept(waited)
            if not watch.unrecorded:
                watch.save(now, self.mine - kept)
            self.mine = kept
            self._claims.keep(kept)
        self._claims.leave()

    def end(self, now: Now) -> None:
        """Put everything on record and give all services up."""
        watch = self._house.watch
        if watch.unrecorded:
            return
        if self.mine and self.enter():
            watch.save(now, self.mine)
        watch.remember(*self._notes)
        if self._claims is not None and self._claims.enter(PATIENCE):
            self._claims.keep(())
            self._claims.leave()

    def deliver(self) -> bool:
        """Whether messages are ours to send: one run at a time does."""
        return self._claims is None or self._claims.post.take()

    def delivered(self) -> None:
        """Let others send."""
        if self._claims is not None:
            self._claims.post.release()

    def _kept(self, waited: frozenset[str]) -> frozenset[str]:
        watch = self._house.watch
        wards = watch.roster.wards
        kept = {name for name in self.mine if name in wards and self.under_way(wards[name])}
        kept |= waited & self.mine
        tied = {name for name in self.mine if watch.ties(name)}
        return frozenset(kept | tied if kept & tied else kept)

    def under_way(self, ward: Ward) -> bool:
        """Whether a remediation, a command or the wait for a turn or a successor goes on."""
        waits = ward.state.bid is not None or ward.hunt is not None or bool(ward.inputs)
        busy = self._house.watch.deeds.hands.busy(ward.name)
        return ward.state.intent is not None or waits or bool(busy)

    def _refresh(self) -> None:
        """Learn what others wrote: it counts for admission, and in our own ledger."""
        watch = self._house.watch
        saved = self._house.store.states()
        strange = saved.keys() - self.mine - {NAME}
        watch.elsewhere = {name: saved[name].state for name in strange}
        if NAME in saved and not watch.own.owed:
            watch.own.state = saved[NAME].state


def _unmissed(state: State, interval: float, now: Now) -> State:
    """Take the last look for one of an interval ago, where it was longer ago."""
    looked = state.looked
    if looked is None or now.boot - looked.boot <= interval:
        return state
    return replace(state, looked=Now(boot=now.boot - interval, mono=now.mono - interval))
