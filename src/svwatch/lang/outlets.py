"""Every URL of a configuration and where it stands, for whoever wants to try it."""

from collections.abc import Iterator

from msgspec import Struct

from svwatch.core.plan import Plan
from svwatch.core.route import Form
from svwatch.lang.addresses import SOURCES
from svwatch.lang.draft import Draft
from svwatch.lang.nodes import Map, Node
from svwatch.lang.place import Place
from svwatch.lang.routes import WAYS


class Outlet(Struct, frozen=True):
    """One URL. *name* is what it belongs to, for people; *key* stands in front, *value* after it.

    *form* JSON: it is asked by us and not by apprise, as Alertmanager and the heartbeat are.
    """

    name: str
    url: str
    form: Form
    key: Place
    value: Place

    def __repr__(self) -> str:
        return f"Outlet({self.name!r})"


def outlets(draft: Draft, plan: Plan) -> tuple[Outlet, ...]:
    """Give one for each route and the heartbeat of *plan*, which *draft* says."""
    return tuple(_outlets(draft, plan))


def _outlets(draft: Draft, plan: Plan) -> Iterator[Outlet]:
    entries = {entry.key.value: entry for entry in draft.alerts}
    for route in plan.routes:
        entry = entries[route.name]
        way = _within(entry.value, WAYS)
        place = _within(way, SOURCES).place
        # The recipients of one mail differ in nothing that could be tried.
        url = route.targets[0].url
        yield Outlet(f'route "{route.name}"', url, route.form, entry.key.place, place)
    beat = draft.top.get("heartbeat")
    if plan.heartbeat is not None and beat is not None:
        place = _within(beat.value, SOURCES).place
        yield Outlet("heartbeat", plan.heartbeat.url, Form.JSON, beat.key.place, place)


def _within(node: Node, keys: tuple[str, ...]) -> Node:
    """Give what the first of *keys* in *node* holds; *node* itself where it has none."""
    entries = (node.get(key) for key in keys) if isinstance(node, Map) else ()
    return next((entry.value for entry in entries if entry is not None), node)
