"""What goes out again and again beside letters: the heartbeat, and what Alertmanager is told."""

from collections.abc import Callable
from select import POLLIN, poll
from typing import TYPE_CHECKING, TypeVar

import msgspec

from svwatch.core.pulse import HEARTBEAT, Pulse
from svwatch.core.route import Form, Heartbeat, Route
from svwatch.core.seen import Now
from svwatch.core.trouble import Lane
from svwatch.shell.heartbeat import Heart
from svwatch.shell.notes import REGULAR
from svwatch.shell.store import StoreFailed
from svwatch.shell.watch import Watch

if TYPE_CHECKING:
    from svwatch.shell.alertmanager import Alertmanager
    from svwatch.shell.fires import Fires

T = TypeVar("T")
GRACE = 2.0  # seconds for one that was ended to be gone
LATE = float("inf")  # whoever is on the way is late
AGAIN = 5.0  # seconds until the store is asked again


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
        self._rhythm = rhythm
        self._complain = complain
        self._fires: Fires | None = None
        self._heart: Heart | None = None
        self._posts: dict[str, Alertmanager] = {}
        self._noted: dict[str, object] = {}
        self._not_before = 0.0  # CLOCK_MONOTONIC: the store failed

    # --- what is wanted ----------------------------------------------------------------------

    def adopt(self, routes: tuple[Route, ...], heartbeat: Heartbeat | None) -> None:
        """Do what is wanted from now on, and go on where an earlier life ended."""
        if heartbeat is not None:
            self._beat(heartbeat)
        elif self._heart is not None:
            self._heart.trip.close()
            self._heart = None
        posts = {one.name: one for one in routes if one.form is Form.ALERTMANAGER}
        for name in [name for name in self._posts if name not in posts]:
            self._posts.pop(name).trip.close()
        for name, route in posts.items():
            self._post(name, route)

    @property
    def beats(self) -> bool:
        """Whether a heartbeat is wanted."""
        return self._heart is not None

    def rejected(self, why: str, wall: float) -> None:
        """Tell Alertmanager that a configuration was rejected at *wall*; "": none is any more."""
        if self._fires is not None:
            self._fires.rejected = (why, wall) if why else None

    def _beat(self, wanted: Heartbeat) -> None:
        if self._heart is not None:
            self._heart.adopt(wanted)
            return
        pulse = self._remembered(HEARTBEAT, Pulse)
        self._heart = Heart(self._watch, wanted, self._complain, pulse=pulse)

    def _post(self, name: str, route: Route) -> None:
        from svwatch.shell.alertmanager import Alertmanager, Board  # noqa: PLC0415  for few
        from svwatch.shell.fires import LASTS, MISSED, Fires  # noqa: PLC0415

        if name in self._posts:
            self._posts[name].route = route
            return
        self._fires = self._fires or Fires(self._watch)
        lasts, board = max(LASTS, MISSED * self._rhythm), self._remembered(name, Board)
        self._posts[name] = Alertmanager(
            route, self._fires, self._complain, board=board, lasts=lasts
        )

    @property
    def _all(self) -> "tuple[Heart | Alertmanager, ...]":
        heart = () if self._heart is None else (self._heart,)
        return (*heart, *self._posts.values())

    # --- the loop ----------------------------------------------------------------------------

    def filenos(self) -> tuple[int, ...]:
        """Give the descriptors to watch for reading."""
        fds = (one.trip.fileno() for one in self._all)
        return tuple(fd for fd in fds if fd is not None)

    def due(self) -> float | None:
        """Give the CLOCK_MONOTONIC instant at which `kick` must be called at the latest."""
        dues = [at for one in self._all if (at := one.due()) is not None]
        return max(min(dues), self._not_before) if dues else None

    @property
    def under_way(self) -> bool:
        """Whether a child is on its way."""
        return any(one.trip.under_way for one in self._all)

    def readable(self, fileno: int, now: Now, wall: float) -> None:
        """Hear the child behind *fileno*."""
        for one in self._all:
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
            for one in self._all:
                one.trip.hurry(LATE if clock().mono >= until else clock().mono)

    def _deadlines(self) -> list[float]:
        dues = [one.trip.due() for one in self._all]
        return [due for due in dues if due is not None]

    def _look(self, now: Now, wall: float) -> None:
        if self._fires is not None:
            self._fires.hear(wall)
        for one in self._all:
            one.turned(now, wall)

    def _begin(self, now: Now, wall: float) -> None:
        for one in self._all:
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
        return self._heart.pulse if self._heart is not None else None

    def lanes(self) -> tuple[Lane, ...]:
        """Give what is wrong with any of them."""
        lanes = (one.lane() for one in self._all)
        return tuple(lane for lane in lanes if lane is not None)

    def close(self) -> None:
        """End the children, and note what the next life must know."""
        for one in self._all:
            one.trip.close()
        self._try(self._remember)
        if self._fires is not None:
            self._fires.close()

    def _remember(self) -> None:
        for one in self._all:
            name = one.name
            if (news := one.news) != self._noted.get(name):
                self._watch.store.note(f"{REGULAR}{name}", one.memory.decode())
                self._noted[name] = news

    def notes(self) -> tuple[tuple[str, str], ...]:
        """Give all that the next life must know, by key: for who writes anyway."""
        return tuple((f"{REGULAR}{one.name}", one.memory.decode()) for one in self._all)

    def _remembered(self, name: str, kind: type[T]) -> T | None:
        try:
            noted = self._watch.store.noted(f"{REGULAR}{name}")
            return msgspec.json.decode(noted, type=kind) if noted else None
        except (StoreFailed, msgspec.MsgspecError):  # of another version, or none to be had
            return None
