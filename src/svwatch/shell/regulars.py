"""What goes out again and again beside letters: the heartbeat, and what Alertmanager is told."""

from collections.abc import Callable
from select import POLLIN, poll
from typing import Protocol, TypeVar

import msgspec

from svwatch.core.pulse import HEARTBEAT, Pulse
from svwatch.core.route import Form, Heartbeat, Route
from svwatch.core.seen import Now
from svwatch.core.trouble import Lane
from svwatch.shell.alertmanager import Alertmanager, Board
from svwatch.shell.fires import LASTS, Fires
from svwatch.shell.heartbeat import Heart
from svwatch.shell.notes import REGULAR
from svwatch.shell.store import StoreFailed
from svwatch.shell.trip import Trip
from svwatch.shell.watch import Watch

T = TypeVar("T")
GRACE = 2.0  # seconds for one that was ended to be gone
LATE = float("inf")  # whoever is on the way is late
MISSED = 3  # runs in a row, after which nobody knows whether an alert is still open
AGAIN = 5.0  # seconds until the store is asked again


class Regular(Protocol):
    """One of them: an errand that is never done."""

    @property
    def trip(self) -> Trip:
        """The child that is on its way for it."""

    @property
    def memory(self) -> bytes:
        """What the next life must know, JSON."""

    @property
    def news(self) -> object:
        """Something else, whenever *memory* is worth a write at once."""

    def due(self) -> float | None:
        """Give the CLOCK_MONOTONIC instant of the next `kick`."""

    def kick(self, now: Now, wall: float) -> None:
        """End what is late, begin what is due."""

    def turned(self, now: Now, wall: float) -> None:
        """See what a turn has changed."""

    def readable(self, now: Now, wall: float) -> None:
        """Hear the child that has ended."""

    def lane(self) -> Lane | None:
        """Give what is wrong with it."""


class Regulars:
    """The heart, if one is wanted, and one errand for each route to an Alertmanager.

    The loop hears `filenos`, hands what is readable to `readable`, calls `turned` after each turn
    and `kick` when `due` has come. Nothing here is owed: where the store fails it is tried again.
    """

    def __init__(
        self, watch: Watch, complain: Callable[[str], None], *, rhythm: float = 0.0
    ) -> None:
        """Nothing is wanted yet. *rhythm*: seconds between runs, where we are one of many."""
        self._watch = watch
        self._lasts = max(LASTS, MISSED * rhythm)
        self._complain = complain
        self._fires = Fires(watch)
        self._all: dict[str, Regular] = {}
        self._noted: dict[str, object] = {}
        self._not_before = 0.0  # CLOCK_MONOTONIC: the store failed

    # --- what is wanted ----------------------------------------------------------------------

    def adopt(self, routes: tuple[Route, ...], heartbeat: Heartbeat | None) -> None:
        """Do what is wanted from now on, and go on where an earlier life ended."""
        posts = {one.name: one for one in routes if one.form is Form.ALERTMANAGER}
        wanted = set(posts) | ({HEARTBEAT} if heartbeat is not None else set())
        for name in [name for name in self._all if name not in wanted]:
            self._all.pop(name).trip.close()
        if heartbeat is not None:
            self._beat(heartbeat)
        for name, route in posts.items():
            self._post(name, route)

    def rejected(self, why: str, wall: float) -> None:
        """Tell Alertmanager that a configuration was rejected at *wall*; "": none is any more."""
        self._fires.rejected = (why, wall) if why else None

    def _beat(self, wanted: Heartbeat) -> None:
        heart = self._all.get(HEARTBEAT)
        if isinstance(heart, Heart):
            heart.wanted = wanted
            return
        pulse = self._remembered(HEARTBEAT, Pulse)
        self._all[HEARTBEAT] = Heart(self._watch, wanted, self._complain, pulse=pulse)

    def _post(self, name: str, route: Route) -> None:
        post = self._all.get(name)
        if isinstance(post, Alertmanager):
            post.route = route
            return
        board = self._remembered(name, Board)
        self._all[name] = Alertmanager(
            route, self._fires, self._complain, board=board, lasts=self._lasts
        )

    # --- the loop ----------------------------------------------------------------------------

    def filenos(self) -> tuple[int, ...]:
        """Give the descriptors to watch for reading."""
        fds = (one.trip.fileno() for one in self._all.values())
        return tuple(fd for fd in fds if fd is not None)

    def due(self) -> float | None:
        """Give the CLOCK_MONOTONIC instant at which `kick` must be called at the latest."""
        dues = [at for one in self._all.values() if (at := one.due()) is not None]
        return max(min(dues), self._not_before) if dues else None

    @property
    def under_way(self) -> bool:
        """Whether a child is on its way."""
        return any(one.trip.under_way for one in self._all.values())

    def readable(self, fileno: int, now: Now, wall: float) -> None:
        """Hear the child behind *fileno*."""
        for one in self._all.values():
            if one.trip.fileno() == fileno:
                one.readable(now, wall)
        self._try(self._remember)

    def turned(self, now: Now, wall: float) -> None:
        """See what a turn has changed; that is told at once."""
        self._try(self._look, now, wall)
        self.kick(now, wall)

    def kick(self, now: Now, wall: float) -> None:
        """End what is late, begin what is due."""
        if not self._try(self._begin, now, wall):
            self._not_before = now.mono + AGAIN

    def finish(self, until: float) -> None:
        """Tell all once, and wait for the answers until *until* (CLOCK_MONOTONIC) at most."""
        clock, wall = self._watch.clock, self._watch.wall
        self.turned(clock(), wall())
        while self.under_way and clock().mono < until + GRACE:
            heard = poll()
            for fd in self.filenos():
                heard.register(fd, POLLIN)
            left = min(until, min(self._deadlines(), default=until)) - clock().mono
            for fd, _ in heard.poll(max(0.0, left) * 1000):
                self.readable(fd, clock(), wall())
            for one in self._all.values():
                one.trip.hurry(LATE if clock().mono >= until else clock().mono)

    def _deadlines(self) -> list[float]:
        dues = [one.trip.due() for one in self._all.values()]
        return [due for due in dues if due is not None]

    def _look(self, now: Now, wall: float) -> None:
        self._fires.hear(now, wall)
        for one in self._all.values():
            one.turned(now, wall)

    def _begin(self, now: Now, wall: float) -> None:
        for one in self._all.values():
            one.kick(now, wall)

    def _try(self, call: Callable[..., None], *args: object) -> bool:
        try:
            call(*args)
        except StoreFailed:  # `status` and the courier tell of it
            return False
        return True

    # --- what is known -----------------------------------------------------------------------

    @property
    def pulse(self) -> Pulse | None:
        """What became of the beats; None: none are wanted."""
        heart = self._all.get(HEARTBEAT)
        return heart.pulse if isinstance(heart, Heart) else None

    def lanes(self) -> tuple[Lane, ...]:
        """Give what is wrong with any of them."""
        lanes = (one.lane() for one in self._all.values())
        return tuple(lane for lane in lanes if lane is not None)

    def close(self) -> None:
        """End the children, and note what the next life must know."""
        for one in self._all.values():
            one.trip.close()
        self._try(self._remember)
        self._fires.close()

    def _remember(self) -> None:
        for name, one in self._all.items():
            if (news := one.news) != self._noted.get(name):
                self._watch.store.note(f"{REGULAR}{name}", one.memory.decode())
                self._noted[name] = news

    def notes(self) -> tuple[tuple[str, str], ...]:
        """Give all that the next life must know, by key: for who writes anyway."""
        return tuple((f"{REGULAR}{name}", one.memory.decode()) for name, one in self._all.items())

    def _remembered(self, name: str, kind: type[T]) -> T | None:
        try:
            noted = self._watch.store.noted(f"{REGULAR}{name}")
            return msgspec.json.decode(noted, type=kind) if noted else None
        except (StoreFailed, msgspec.MsgspecError):  # of another version, or none to be had
            return None
