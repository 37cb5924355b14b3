"""Who hears of an event: whoever wants to, and of its end only who heard of its beginning."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from msgspec import Struct

from svwatch.core.ledger import Notify, What, Why
from svwatch.core.level import LOUDNESS, Level
from svwatch.core.route import NEVER_HIDDEN, Form, Route, Target
from svwatch.core.words import WORDS

OWN = "svwatch"  # what it says of itself is no matter of services and groups
EARLY = 0.9  # of an interval: a reminder that comes by a look is not put off by a whole one

Lane = tuple[str, str]  # the name of a route, and which of its targets (Target.to)


class Heard(Struct, frozen=True):
    """An earlier letter about an event on one lane. *at*: when it was decided, unix seconds.

    *told*: it was not given up. *waits*: it has not gone out yet.
    """

    why: Why
    level: Level
    at: float
    told: bool = True
    waits: bool = False


class Subject(Struct, frozen=True, kw_only=True):
    """What an event is about. *alerts*: routes that its service names; empty: all."""

    service: str
    what: What
    groups: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()


def lane_name(route: str, to: str) -> str:
    """Give what `Notify.not_to` calls one target of a route."""
    return f"{route}/{to}" if to else route


def admits(route: Route, level: Level) -> bool:
    """Whether *route* wants to hear of *level*."""
    return LOUDNESS[level] >= LOUDNESS[route.level]


def hears(route: Route, *, service: str, groups: tuple[str, ...], what: What, level: Level) -> bool:
    """Whether *route* wants to hear of *what* about *service*, by all that it says of itself."""
    return admits(route, level) and _speaks_of(route, what) and _covers(route, service, groups)


def _speaks_of(route: Route, what: What) -> bool:
    word = WORDS[what]
    if word in NEVER_HIDDEN:
        return True
    return word not in route.hidden and (not route.only or word in route.only)


def _covers(route: Route, service: str, groups: tuple[str, ...]) -> bool:
    if service == OWN or not (route.services or route.groups):
        return True
    matched = any(fnmatchcase(service, pattern) for pattern in route.services)
    return matched or not set(groups).isdisjoint(route.groups)


def audience(
    routes: tuple[Route, ...],
    notify: Notify,
    about: Subject,
    earlier: Mapping[Lane, tuple[Heard, ...]] | None,
    wall: float,
) -> tuple[tuple[Route, Target], ...]:
    """Give the lanes that *notify* goes to, at *wall* (unix seconds).

    *earlier* are the letters about the same event so far; None: nobody knows, and a recovery goes
    to all that would hear of its problem. Else what closes an incident goes to those who have it
    and to no others; a verdict that is louder than all before is news, also for others. Routes of
    Alertmanager get no letters.
    """
    wanted = willing(routes, notify, about)
    if notify.why is Why.VERDICT and not _news(notify.level, earlier):
        wanted = set()
    return tuple(
        (route, target)
        for route in routes
        if route.form is not Form.ALERTMANAGER and route.name not in notify.not_to
        for target in route.targets
        if lane_name(route.name, target.to) not in notify.not_to
        and _goes(notify, route, route.name in wanted, _told(earlier, route, target), wall)
    )


def willing(routes: tuple[Route, ...], notify: Notify, about: Subject) -> set[str]:
    """Give the routes that a rule names, else those that want it; rather somebody than nobody."""
    there = {route.name for route in routes if route.name not in notify.not_to}
    if named := there.intersection(notify.to):
        return named
    wanting = {
        route.name
        for route in routes
        if hears(
            route, service=about.service, groups=about.groups, what=about.what, level=notify.level
        )
    }
    chosen = there.intersection(about.alerts) if about.service != OWN else set()
    return there & wanting & (chosen or there)


def _told(
    earlier: Mapping[Lane, tuple[Heard, ...]] | None, route: Route, target: Target
) -> tuple[Heard, ...] | None:
    """Give what a lane was told of the event; None: nobody knows."""
    if earlier is None:
        return None
    return tuple(one for one in earlier.get((route.name, target.to), ()) if one.told)


def _news(level: Level, earlier: Mapping[Lane, tuple[Heard, ...]] | None) -> bool:
    """Whether nobody was told so far, or nobody that loud."""
    told = [one.level for letters in (earlier or {}).values() for one in letters if one.told]
    return all(LOUDNESS[level] > LOUDNESS[one] for one in told)


def _goes(
    notify: Notify, route: Route, willing: bool, told: tuple[Heard, ...] | None, wall: float
) -> bool:
    match notify.why:
        case Why.CLEARED:
            return willing if told is None else bool(told)
        case Why.VERDICT:
            return bool(told) or willing
        case Why.REMINDER:
            return willing and _due(route, notify.level, told or (), wall)
        case _:
            return willing


def _due(route: Route, level: Level, told: tuple[Heard, ...], wall: float) -> bool:
    """Whether a reminder has something to add: the last word on it is old, and went out."""
    if any(one.waits for one in told):
        return False
    if level is not Level.CRITICAL:
        return True
    if route.remind is None:
        return False
    last = max((one.at for one in told), default=None)
    return last is None or not 0 <= wall - last < EARLY * route.remind  # else: the clock was set
