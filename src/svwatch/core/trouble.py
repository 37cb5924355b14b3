"""Which ways to people do not work, and who is left to be told of that."""

from collections.abc import Iterable

from msgspec import Struct

from svwatch.core.audience import OWN, Subject, lane_name, willing
from svwatch.core.ledger import Facts, Notify, What, Why
from svwatch.core.level import Level
from svwatch.core.pulse import HEARTBEAT
from svwatch.core.route import Route

AFTER = 600.0  # seconds: a server that is away for less is nobody's business
LEVEL = Level.WARNING
KEY = "delivery "  # before the name of a route: incidents of svwatch's own


class Lane(Struct, frozen=True, kw_only=True):
    """One way to one place: what waits there, and what became of the last attempts.

    *since*: the oldest that waits was decided then (wall time, unix seconds). *error*: why the
    next one was not taken yet, "": it was not tried. *dead*: how many were given up, *died*: why
    the last of them was. *recovered*: something was taken after that.
    """

    route: str
    to: str = ""
    waiting: int = 0
    since: float | None = None
    error: str = ""
    dead: int = 0
    died: str = ""
    recovered: bool = False

    @property
    def name(self) -> str:
        """What `Notify.not_to` calls it."""
        return lane_name(self.route, self.to)

    @property
    def refuses(self) -> bool:
        """Whether the last that was tried there was not taken."""
        return bool(self.waiting and self.error) or self.gave_up

    @property
    def gave_up(self) -> bool:
        """Whether the last that was done with is a dead letter."""
        return bool(self.dead) and not self.recovered

    def overdue(self, wall: float, after: float) -> bool:
        """Whether people must know: something was given up, or waits for longer than *after*."""
        if self.gave_up:
            return True
        return self.refuses and self.since is not None and wall - self.since > after


def refusing(lanes: Iterable[Lane]) -> dict[str, tuple[Lane, ...]]:
    """Give by route the lanes that take nothing now."""
    found: dict[str, tuple[Lane, ...]] = {}
    for lane in lanes:
        if lane.refuses:
            found[lane.route] = (*found.get(lane.route, ()), lane)
    return found


def facts_of(lanes: tuple[Lane, ...], wall: float) -> Facts:
    """Say what is wrong with *lanes*, which are of one route and take nothing."""
    places = ", ".join(lane.to for lane in lanes if lane.to)
    oldest = min((lane.since for lane in lanes if lane.since is not None), default=None)
    return Facts(
        who=lanes[0].route + (f" ({places})" if places else ""),
        span=None if oldest is None else max(0.0, wall - oldest),
        count=sum(lane.waiting for lane in lanes if lane.route != HEARTBEAT) or None,
        dead=sum(lane.dead for lane in lanes) or None,
        reason="; ".join(dict.fromkeys(lane.error or lane.died for lane in lanes)),
    )


def left(routes: tuple[Route, ...], silent: tuple[str, ...]) -> bool:
    """Whether anybody is left to be told: by a route with a target that is not *silent*."""
    notify = Notify(0, Why.RAISED, LEVEL, not_to=silent)
    wanted = willing(routes, notify, Subject(service=OWN, what=What.NOT_DELIVERED))
    return any(
        route.name in wanted and lane_name(route.name, target.to) not in silent
        for route in routes
        for target in route.targets
    )
