"""What is in force of routes and the heartbeat, without their secrets, and which line says so."""

from collections.abc import Iterator

from svwatch.core.inforce import Row
from svwatch.core.plan import Plan
from svwatch.core.route import Form, Route
from svwatch.core.units import show_duration
from svwatch.lang.draft import Draft
from svwatch.lang.nodes import Map, Node

DEFAULT = "default"


def told_rows(draft: Draft, plan: Plan) -> Iterator[Row]:
    """Give the rows of each route, and of the heartbeat."""
    for route, entry in zip(plan.routes, draft.alerts, strict=True):
        yield Row(f"alerts {route.name}", route.shown, entry.key.place.short())
        yield from _wishes(route, entry.value)
    beat = draft.top.get("heartbeat")
    if plan.heartbeat is not None and beat is not None:
        place = beat.value.place.short()
        yield Row("heartbeat", plan.heartbeat.shown, place)
        every = show_duration(plan.heartbeat.every)
        yield Row("heartbeat every", every, _origin(beat.value, "every"))


def _wishes(route: Route, node: Node) -> Iterator[Row]:
    for key, value in _values(route).items():
        yield Row(f"alerts {route.name} {key}", value, _origin(node, key))


def _values(route: Route) -> dict[str, str]:
    """Give what each key amounts to: all that hold for every route, and others that say more."""
    listed = {
        "only": route.only,
        "except": route.hidden,
        "services": route.services,
        "groups": route.groups,
    }
    values = {key: f"[{', '.join(words)}]" for key, words in listed.items() if words}
    if route.form != Form.ALERTMANAGER:  # which decides these by itself
        remind, rate = route.remind, route.rate
        values["remind"] = "off" if remind is None else show_duration(remind)
        values["rate"] = f"{rate.most} per {show_duration(rate.seconds)}"
        values["gather"] = show_duration(route.gather)
    return {"level": route.level.value, **values}


def _origin(node: Node, key: str) -> str:
    entry = node.get(key) if isinstance(node, Map) else None
    return DEFAULT if entry is None else entry.value.place.short()
