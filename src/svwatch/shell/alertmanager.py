"""Keeps one Alertmanager told of what is open: posted, refreshed, resolved."""

import os
from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.firing import Firing, Ident, posted
from svwatch.core.route import Form, Route
from svwatch.core.seen import Now
from svwatch.core.trouble import Lane
from svwatch.shell.fires import LASTS, PACE, Fires
from svwatch.shell.parcel import Answer, Parcel
from svwatch.shell.patience import back_off
from svwatch.shell.trip import Trip
from svwatch.view.to_alertmanager import alerts

SHARE = 0.9  # of a pause: two attempts are never exactly one apart
REFRESH = 60.0 * PACE  # seconds: what is silent for LASTS is taken for resolved


class Board(Struct, frozen=True, omit_defaults=True):
    """What an Alertmanager was told. Instants are wall time, unix seconds; None: there is none.

    *known*: what it may take for open, or may not know to be closed. *at*: of the last attempt.
    *failing*: since when it takes nothing, and *error* why; *failures* in a row.
    """

    known: tuple[Firing, ...] = ()
    at: float | None = None
    failing: float | None = None
    error: str = ""
    failures: int = 0


class Alertmanager:
    """One route to an Alertmanager: at most one request under way, each tells all of it.

    A list with one bad alert is refused with 400, and the good ones count: it is not sent again
    before the next refresh. While nothing is taken it is asked again, be it with an empty list.
    """

    def __init__(
        self,
        route: Route,
        fires: Fires,
        complain: Callable[[str], None],
        *,
        host: str = os.uname().nodename,
        board: Board | None = None,
        trip: Trip | None = None,
        lasts: float = LASTS,
    ) -> None:
        """Go on after *board*. *lasts*: seconds that what is posted stays open by itself."""
        self.name = route.name
        self.route = route
        self.board = board or Board()
        self.trip = trip or Trip()
        self._fires = fires
        self._complain = complain
        self._host = host
        self._lasts = lasts
        self._next: float | None = 0.0  # CLOCK_MONOTONIC; None: nothing is known to tell
        self._sent: tuple[Firing, ...] = ()
        self._sent_at = 0.0  # unix seconds

    @property
    def memory(self) -> bytes:
        """What the next life must know, without what only the present one can say of it."""
        known = tuple(replace(one, description="") for one in self.board.known)
        return msgspec.json.encode(replace(self.board, known=known))

    @property
    def news(self) -> object:
        """What is worth a write at once."""
        return self.memory

    def due(self) -> float | None:
        """Give the CLOCK_MONOTONIC instant at which `kick` must be called; None: not at all."""
        return self.trip.due() if self.trip.under_way else self._next

    def turned(self, now: Now, wall: float) -> None:
        """Look what a turn has changed: that is told at once. Raises StoreFailed."""
        open_now = {one.ident for one in self._fires.of(self.route, now, wall)}
        known = {one.ident for one in self.board.known if one.closed is None or one.closed > wall}
        if open_now != known:
            self._next = now.mono if self._next is None else min(self._next, now.mono)

    def kick(self, now: Now, wall: float) -> None:
        """End what is late, tell what is due. Raises StoreFailed."""
        self.trip.hurry(now.mono)
        if self.trip.under_way or self._next is None or now.mono < self._next:
            return
        self._next = now.mono + REFRESH
        before = {one.ident: one for one in self.board.known}
        known = tuple(posted(before, self._fires.of(self.route, now, wall), wall).values())
        self.board = replace(
            self.board, known=tuple(one for one in known if self._counts(one, wall))
        )
        if not self.board.known and self.board.failing is None:
            self._next = None
        elif (wait := self._early(before, wall)) > 0:
            self._next = now.mono + wait
        else:
            self._post(now, wall)

    def _early(self, before: Mapping[Ident, Firing], wall: float) -> float:
        """Give the seconds until it may be told of again what was told in an earlier life."""
        board = self.board
        if board.at is None or (board.failing is None and _differ(before, board.known)):
            return 0.0
        return max(0.0, SHARE * self._pause() - max(0.0, wall - board.at))

    def _pause(self) -> float:
        """Give the seconds between two attempts, as many as failed by now."""
        if not self.board.failures:
            return REFRESH
        return min(REFRESH, back_off(self.board.failures, os.urandom(1)[0] / 255))

    def _counts(self, one: Firing, wall: float) -> bool:
        """Whether it is worth a word: what closed long ago has ended there by itself."""
        return one.closed is None or wall < one.closed + self._lasts

    def _post(self, now: Now, wall: float) -> None:
        self._sent, self._sent_at = self.board.known, wall
        self.board = replace(self.board, at=wall)
        parcel = Parcel(
            url=self.route.targets[0].url,
            form=Form.ALERTMANAGER,
            body=alerts(self._sent, self._host, wall + self._lasts),
            timeout=self.trip.patience,
        )
        answer = self.trip.begin(parcel, now.mono)
        if answer is not None:
            self._take(answer, now, wall)

    def readable(self, now: Now, wall: float) -> None:
        """Hear what became of a request."""
        answer = self.trip.take()
        if answer is not None:
            self._take(answer, now, wall)

    def _take(self, answer: Answer, now: Now, wall: float) -> None:
        before = self.board
        if answer.ok:
            known = tuple(one for one in before.known if not self._told_its_end(one))
            self.board = Board(known=known, at=before.at)
            if not known:
                self._next = None
            if before.failing is not None:
                self._complain(f"{self.route.name} takes alerts again")
            return
        failures = before.failures + 1
        since = wall if before.failing is None else before.failing
        self.board = replace(before, failing=since, error=answer.detail, failures=failures)
        if not answer.permanent:
            self._next = now.mono + self._pause()
        if before.failing is None:
            self._complain(f"{self.route.name} takes no alerts: {answer.detail}")

    def _told_its_end(self, one: Firing) -> bool:
        """Whether the request that was taken told that *one* is over."""
        return one in self._sent and one.closed is not None and one.closed <= self._sent_at

    def lane(self) -> Lane | None:
        """Give what is wrong with it; None: nothing."""
        if self.board.failing is None:
            return None
        waiting = max(1, len(self.board.known))
        error = self.board.error or "it was not tried again yet"
        return Lane(route=self.route.name, waiting=waiting, since=self.board.failing, error=error)


def _differ(before: Mapping[Ident, Firing], after: tuple[Firing, ...]) -> bool:
    """Whether anything has opened or closed."""
    return {one.ident: one.closed for one in before.values()} != {
        one.ident: one.closed for one in after
    }
