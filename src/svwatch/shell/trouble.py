"""Tells on all other ways that one does not work, and when it works again."""

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from svwatch.core.ledger import Facts, What
from svwatch.core.pulse import HEARTBEAT
from svwatch.core.route import Route
from svwatch.core.trouble import AFTER, KEY, LEVEL, Lane, facts_of, left, refusing
from svwatch.core.vanish import Moment
from svwatch.shell.owed import RouteBacklog
from svwatch.shell.own import Own
from svwatch.shell.patience import FIRST_WAIT

PACE = FIRST_WAIT / 5.0  # 1; less in a rehearsal
WORRY = 60.0 * PACE  # seconds between two looks at what is owed


def lanes_of(waiting: Iterable[RouteBacklog]) -> tuple[Lane, ...]:
    """Give what is still owed, or was given up."""
    return tuple(
        Lane(
            route=one.route,
            to=one.target,
            waiting=one.waiting,
            since=one.oldest,
            error=one.error if one.attempts else "",
            dead=one.dead,
            died=one.died,
            recovered=one.recovered,
        )
        for one in waiting
    )


def open_ones(own: Own) -> list[str]:
    """Give the routes whose failure was told of and is not over."""
    return [key.removeprefix(KEY) for key in own.state.incidents if key.startswith(KEY)]


def see(
    own: Own,
    lanes: Iterable[Lane],
    routes: tuple[Route, ...],
    moment: Moment,
    *,
    to_syslog: Callable[[str], None],
    unasked: Callable[[str], bool],
) -> None:
    """Tell once of each route that takes nothing, never on such a one, and when that is over.

    Where nobody else is left, *to_syslog* is the last resort. *unasked*: nothing is awaited of a
    route any more, since somebody dropped what waited or took it out.
    """
    now, wall = moment.now, moment.wall
    refused = refusing(_awaited(lanes, {route.name for route in routes}))
    told = open_ones(own)
    for route in told:
        if route not in refused:
            # of another boot where it is negative
            span = now.mono - own.state.incidents[KEY + route].raised
            planned = unasked(route) or None
            facts = Facts(who=route, span=span if span > 0 else None, planned=planned)
            own.clear(now, KEY + route, What.DELIVERED, facts)
    silent = tuple(lane.name for ones in refused.values() for lane in ones)
    for route, ones in refused.items():
        if route in told or not any(lane.overdue(wall, AFTER * PACE) for lane in ones):
            continue
        facts = facts_of(ones, wall)
        own.raise_(now, KEY + route, What.NOT_DELIVERED, LEVEL, facts, not_to=silent)
        if not left(routes, silent):
            to_syslog(f"cannot deliver to {facts.who}, and nobody else can be told: {facts.reason}")


def _awaited(lanes: Iterable[Lane], routes: set[str]) -> Iterator[Lane]:
    """Give *lanes*, where nothing is awaited of those whose route was taken out."""
    for lane in lanes:
        known = lane.route in routes or lane.route == HEARTBEAT
        yield lane if known else replace(lane, error="")
