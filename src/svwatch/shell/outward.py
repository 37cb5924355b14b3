"""All that goes out of a daemon beside letters, and the worry about letters that do not."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from svwatch.core.pulse import HEARTBEAT
from svwatch.core.route import Form, Heartbeat, Route
from svwatch.core.seen import Now
from svwatch.core.vanish import Moment
from svwatch.shell.courier import Courier
from svwatch.shell.store import StoreFailed
from svwatch.shell.watch import Watch

if TYPE_CHECKING:
    from svwatch.shell.regulars import Regulars

AGAIN = 5.0  # seconds until the store is asked again


class Outward:
    """Beats, posts to Alertmanager, and tells of routes that fail.

    What only some configurations need is imported by those. The loop hears `filenos`, hands what
    is readable to `readable`, calls `turned` after turns and `kick` when `due` has come.
    """

    def __init__(
        self,
        watch: Watch,
        courier: Courier,
        complain: Callable[[str], None],
        to_syslog: Callable[[str], None],
        *,
        rhythm: float = 0.0,
    ) -> None:
        """Nothing is wanted yet; what an earlier life left in the outbox is seen to at once.

        *rhythm*: seconds between runs, where we are one of many.
        """
        self._rhythm = rhythm
        self._watch = watch
        self._courier = courier
        self._complain = complain
        self._to_syslog = to_syslog
        self._regulars: Regulars | None = None
        self._deaths = 0  # of letters, that were seen to
        self._worry: float | None = 0.0  # CLOCK_MONOTONIC of the next look at what is owed

    def adopt(self, routes: tuple[Route, ...], heartbeat: Heartbeat | None) -> None:
        """Do what is wanted from now on."""
        wanted = heartbeat is not None or any(one.form is Form.ALERTMANAGER for one in routes)
        if self._regulars is None and wanted:
            from svwatch.shell.regulars import Regulars  # noqa: PLC0415  a share of a megabyte

            self._regulars = Regulars(self._watch, self._complain, rhythm=self._rhythm)
        if self._regulars is not None:
            self._regulars.adopt(routes, heartbeat)

    def rejected(self, why: str, wall: float) -> None:
        """Take note that a configuration was rejected; "": the one in force is the newest."""
        if self._regulars is not None:
            self._regulars.rejected(why, wall)

    # --- the loop ----------------------------------------------------------------------------

    @property
    def regular(self) -> bool:
        """Whether there ever was a heartbeat or an Alertmanager to hear of."""
        return self._regulars is not None

    def filenos(self) -> tuple[int, ...]:
        """Give the descriptors to watch for reading."""
        return self._regulars.filenos() if self._regulars is not None else ()

    def due(self, now: Now) -> float | None:
        """Give the CLOCK_MONOTONIC instant at which `kick` must be called."""
        if self._courier.deaths != self._deaths:
            self._deaths, self._worry = self._courier.deaths, now.mono
        if self._worry is None and self._uneasy(now):
            from svwatch.shell.trouble import WORRY  # noqa: PLC0415  where nothing is owed: never

            self._worry = now.mono + WORRY
        regular = self._regulars.due() if self._regulars is not None else None
        dues = [at for at in (self._worry, regular) if at is not None]
        return min(dues) if dues else None

    def _uneasy(self, now: Now) -> bool:
        """Whether anything is owed that may not be taken, or was told not to be."""
        owed = self._courier.under_way or self._courier.due(now) is not None
        if owed or self._watch.own.state.incidents:
            return True
        return self._regulars is not None and bool(self._regulars.lanes())

    def idle(self, now: Now) -> bool:
        """Whether nothing is on its way, nor about to be."""
        if self._regulars is None:
            return True
        due = self._regulars.due()
        return not self._regulars.under_way and (due is None or due > now.mono)

    def readable(self, fileno: int, now: Now, wall: float) -> None:
        """Hear the child behind *fileno*."""
        if self._regulars is not None:
            self._regulars.readable(fileno, now, wall)

    def turned(self, now: Now, wall: float) -> None:
        """See what a turn has changed; that is told at once."""
        if self._regulars is not None:
            self._regulars.turned(now, wall)

    def kick(self, now: Now, wall: float) -> None:
        """End what is late, begin what is due, and see what is not taken."""
        if self._regulars is not None:
            self._regulars.kick(now, wall)
        if self._worry is not None and now.mono >= self._worry:
            self.see(now, wall)

    def see(self, now: Now, wall: float) -> None:
        """Look for routes that take nothing, and tell of them on the others."""
        try:
            waiting = self._watch.store.waiting()
        except StoreFailed:  # the courier tells of it
            self._worry = now.mono + AGAIN
            return
        self._worry = None
        lanes = self._regulars.lanes() if self._regulars is not None else ()
        if not (waiting or lanes or self._watch.own.state.incidents):
            return
        from svwatch.shell.trouble import WORRY, lanes_of, see  # noqa: PLC0415

        known = (*lanes_of(waiting), *lanes)
        moment, routes = Moment(now, wall), self._watch.routes
        see(
            self._watch.own, known, routes, moment,
            to_syslog=self._to_syslog, unasked=self._unasked,
        )  # fmt: skip
        self._worry = now.mono + WORRY if waiting or lanes else None

    def _unasked(self, route: str) -> bool:
        """Whether nothing is awaited of *route* any more."""
        known = {one.name for one in self._watch.routes}
        if self._regulars is not None and self._regulars.beats:
            known.add(HEARTBEAT)
        return route not in known or self._watch.store.was_dropped(route)

    def finish(self, until: float) -> None:
        """Tell what is to be told at the end of a run; wait for it until *until* (monotonic)."""
        if self._regulars is not None:
            self._regulars.finish(until)

    # --- what is known -----------------------------------------------------------------------

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """What the next life must know, by key: for who writes anyway."""
        return self._regulars.notes() if self._regulars is not None else ()

    def close(self) -> None:
        """End the children."""
        if self._regulars is not None:
            self._regulars.close()
