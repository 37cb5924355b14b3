"""Tells somebody outside that we are alive: after every complete look, and never without one."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from svwatch.core.pulse import HEARTBEAT, Pulse, Watched, complete, heard, missed
from svwatch.core.route import Heartbeat
from svwatch.core.seen import Now
from svwatch.core.trouble import Lane
from svwatch.shell.parcel import Answer, Kind, Parcel
from svwatch.shell.trip import Trip
from svwatch.shell.ward import Ward
from svwatch.shell.watch import Watch

SOON = 1.0  # seconds until it is seen whether the look is complete by now


class Heart:
    """Beats as often as is *wanted*. What fails is complained of once, and stands in *pulse*."""

    def __init__(
        self,
        watch: Watch,
        wanted: Heartbeat,
        complain: Callable[[str], None],
        *,
        trip: Trip | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        """Go on after *pulse*; the first beat follows the first complete look."""
        self.trip = trip or Trip()
        self.name = HEARTBEAT
        self.pulse = pulse or Pulse()
        self.adopt(wanted)
        self._watch = watch
        self._complain = complain
        self._next = 0.0  # CLOCK_MONOTONIC
        self._since = -1.0  # the last beat, CLOCK_MONOTONIC

    def adopt(self, wanted: Heartbeat) -> None:
        """Beat as *wanted* from now on."""
        self.wanted = wanted
        self.pulse = replace(self.pulse, shown=wanted.shown)

    @property
    def memory(self) -> bytes:
        """What the next life must know, JSON."""
        return msgspec.json.encode(self.pulse)

    @property
    def news(self) -> object:
        """What is worth a write at once: a beat that is heard is not, there is one each minute."""
        return self.pulse.failing, self.pulse.error, self.pulse.beat is None

    def due(self) -> float | None:
        """Give the CLOCK_MONOTONIC instant at which `kick` must be called."""
        return self.trip.due() if self.trip.under_way else self._next

    def kick(self, now: Now, _wall: float) -> None:
        """End a beat that is late, begin one that is due."""
        self.trip.hurry(now.mono)
        if self.trip.under_way or now.mono < self._next:
            return
        if not self._complete(now.mono):
            self._next = now.mono + min(SOON, self.wanted.every)
            return
        self._next, self._since = now.mono + self.wanted.every, now.mono
        self.begin(now)

    def begin(self, now: Now) -> None:
        """Send a beat."""
        parcel = Parcel(url=self.wanted.url, kind=Kind.BEAT, timeout=self.trip.patience)
        answer = self.trip.begin(parcel, now.mono)
        if answer is not None:
            self._take(answer, self._watch.wall())

    def turned(self, _now: Now, _wall: float) -> None:
        """See nothing: beats come at their time."""

    def readable(self, _now: Now, wall: float) -> None:
        """Hear what became of a beat."""
        answer = self.trip.take()
        if answer is not None:
            self._take(answer, wall)

    def _take(self, answer: Answer, wall: float) -> None:
        before = self.pulse.failing
        if answer.ok:
            self.pulse = heard(self.pulse, wall)
            if before is not None:
                self._complain("the heartbeat is heard again")
            return
        self.pulse = missed(self.pulse, wall, answer.detail)
        if before is None:
            self._complain(f"nobody hears the heartbeat: {answer.detail}")

    def _complete(self, mono: float) -> bool:
        watch = self._watch
        if watch.unrecorded or watch.own.owed:
            return False
        wards = watch.roster.wards.values()
        looks = [_watched(ward) for ward in wards if ward.state.gone is None]
        return complete(looks, mono, self._since)

    def lane(self) -> Lane | None:
        """Give what is wrong with it; None: nothing."""
        if self.pulse.failing is None:
            return None
        return Lane(
            route=HEARTBEAT, waiting=1, since=self.pulse.failing, error=self.pulse.error or "silent"
        )


def _watched(ward: Ward) -> Watched:
    looked = ward.state.looked.mono if ward.seen is not None and ward.state.looked else None
    return Watched(looked, ward.service.interval, sound=not ward.trouble)
