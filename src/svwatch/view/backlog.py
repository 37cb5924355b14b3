"""What waits for a route and what was given up there: one phrase for every report."""

from collections.abc import Callable

from svwatch.core.snapshot import RouteSnap, Snapshot
from svwatch.core.units import age
from svwatch.view import when
from svwatch.view.clean import one_line
from svwatch.view.story import joined

LIST = "svwatch alerts list"
WIDE = 200  # characters of what a server said

Told = Callable[[float], str]


def lane(route: RouteSnap, snapshot: Snapshot) -> str:
    """Name *route* as people call it."""
    return one_line(snapshot.lane(route), 100)


def backlog(route: RouteSnap, snapshot: Snapshot, offset: int) -> str:
    """Say what waits since when and why; and what was given up, and how to see it."""

    def since(wall: float) -> str:
        return f"since {when.moment(wall, snapshot.wall, offset)}"

    return _said(route, snapshot.wall, since, next_try(route.retry, snapshot.wall, offset))


def aged(route: RouteSnap, wall: float) -> str:
    """Say the same without a time of day: for readers in another place."""
    again = route.retry is not None and route.retry > wall
    retry = f"next try in {age(route.retry - wall)}" if again and route.retry else ""
    return _said(route, wall, lambda oldest: f"for {age(wall - oldest)}", retry)


def unheard(snapshot: Snapshot, offset: int) -> str:
    """Say since when nobody hears the heartbeat, and why; "" where somebody does."""
    pulse = snapshot.pulse
    if pulse is None or pulse.failing is None:
        return ""
    why = f" ({one_line(pulse.error, WIDE)})" if pulse.error else ""
    return f"not heard since {when.moment(pulse.failing, snapshot.wall, offset)}{why}"


def unheard_for(snapshot: Snapshot) -> str:
    """Say the same without a time of day."""
    pulse = snapshot.pulse
    if pulse is None or pulse.failing is None:
        return ""
    why = f" ({one_line(pulse.error, WIDE)})" if pulse.error else ""
    return f"not heard for {age(snapshot.wall - pulse.failing)}{why}"


def next_try(retry: float | None, wall: float, offset: int) -> str:
    """Say when it is tried again, where that is known and still to come."""
    if retry is None or retry <= wall:
        return ""
    return f"next try {when.exact(retry, wall, offset)}"


def _said(route: RouteSnap, wall: float, told: Told, retry: str) -> str:
    waits = f"{route.waiting} waiting" if route.waiting else ""
    if waits and route.oldest is not None and route.oldest < wall:
        waits = f"{waits} {told(route.oldest)}"
    unknown = "" if route.configured else "the route is not configured any more"
    why = joined(unknown, one_line(route.error, WIDE), retry if not unknown else "", by=", ")
    died = f" ({one_line(route.died, WIDE)})" if route.died else ""
    gave_up = f"{route.dead} given up for good{died}: {LIST}" if route.dead else ""
    return joined(f"{waits} ({why})" if waits and why else waits, gave_up)
