"""A Draft to a Plan and all Problems: nobody downstream must doubt what comes out."""

from collections.abc import Iterable, Iterator

from svwatch.core.plan import Group, Plan, Service, Share
from svwatch.core.route import Route
from svwatch.lang.draft import Draft
from svwatch.lang.fields import Fields, check_keys, fields, prom_file
from svwatch.lang.heartbeat import heartbeat
from svwatch.lang.keys import GROUP, LIMITS, TOP
from svwatch.lang.layers import Stack
from svwatch.lang.molds import molds
from svwatch.lang.place import placed
from svwatch.lang.problem import Complaints
from svwatch.lang.routes import route
from svwatch.lang.secrets import Outside
from svwatch.lang.service import MODES, Common, Made, make
from svwatch.lang.target import service_root
from svwatch.lang.ties import Needs, check_names
from svwatch.lang.tokens import meant
from svwatch.lang.told import Cast, check_told, heard

INTERVAL = 5.0
CHECK_TIMEOUT = 50.0  # under the minute that cron gives
RESTARTS_AT_ONCE = 4


def compile_draft(draft: Draft, outside: Outside, complaints: Complaints) -> Plan:
    """Give the plan of *draft*; worth something only where nothing was complained of."""
    check_keys(draft.top, TOP, "the top", complaints)
    top = _top(draft, complaints)
    common = common_of(draft, outside, complaints)
    stack = Stack(draft, complaints)
    needs = Needs()
    services = tuple(_services(draft, stack, common, complaints, needs))
    cast = Cast(services, tuple(molds(stack, common, complaints)), frozenset(needs.named))
    families = tuple(one.family for one in stack.patterns)
    check_names(needs, services, families, complaints)
    routes = tuple(_routes(draft, outside, complaints))
    check_told(draft, cast, routes, complaints)
    cast = heard(cast, routes)
    limits = top.fields("limits", LIMITS, "limits")
    once = limits.whole("restarts_at_once", RESTARTS_AT_ONCE, 1, 1000) if limits else None
    return Plan(
        source=draft.source,
        files=draft.files,
        interval=common.interval,
        check_timeout=top.duration("check_timeout", CHECK_TIMEOUT, 1.0),
        observe=common.observe,
        state_dir=top.path("state_dir"),
        control_socket=top.path("control_socket"),
        control_group=top.text("control_group"),
        metrics_file=top.parsed("metrics_file", prom_file, "/an/absolute/path.prom"),
        restarts_at_once=once or RESTARTS_AT_ONCE,
        services=cast.services,
        families=families,
        molds=cast.molds,
        groups=tuple(_groups(draft, cast, complaints)),
        routes=routes,
        heartbeat=heartbeat(top, outside),
        remarks=complaints.remarks,
    )


def _top(draft: Draft, complaints: Complaints) -> Fields:
    nodes = {entry.key.value: entry.value for entry in draft.top}
    return Fields(nodes, draft.place, complaints)


def common_of(draft: Draft, outside: Outside, complaints: Complaints) -> Common:
    """Give what *draft* says to all services."""
    top = _top(draft, complaints)
    observe = top.word("mode", MODES) == "observe"
    root = top.path("service_root") or service_root(outside.environ)
    told = frozenset(entry.key.value for entry in draft.alerts)
    return Common(outside, top.duration("interval", INTERVAL, 0.05), observe, root, told)


def _services(
    draft: Draft,
    stack: Stack,
    common: Common,
    complaints: Complaints,
    needs: Needs,
) -> Iterator[Service]:
    taken: dict[str, Made] = {}
    for one, own in stack.services():
        needs.named.add(one.member.name)
        made = make(one, common, own)
        complaints.of_member(own)
        if made is None:
            continue
        other = taken.setdefault(made.target.real, made).service
        if other is not made.service:
            what = f'"{made.service.name}" and "{other.name}" watch one thing: {made.target.real}'
            complaints.error(one.entry.key.place, what, f"the other is in {other.where}")
        needs.of(made.service, made.needs)
        yield made.service
    if not draft.services:
        complaints.warn(draft.place, "there are no services: nothing is watched")


def _routes(draft: Draft, outside: Outside, complaints: Complaints) -> Iterator[Route]:
    for entry in draft.alerts:
        made = route(entry, outside, complaints)
        if made is not None:
            yield made
    if not draft.alerts:
        complaints.remark(draft.place, "no route under alerts: nobody will be told")


def _groups(draft: Draft, cast: Cast, complaints: Complaints) -> Iterator[Group]:
    members: dict[str, list[Service]] = {}
    open_ended = {name for mold in cast.molds for name in mold.service.groups}
    for service in cast.all:
        for name in service.groups:
            members.setdefault(name, []).append(service)
    for entry in draft.groups:
        given = fields(entry.value, GROUP, f'group "{entry.key.value}"', complaints)
        group = Group(entry.key.value) if given is None else _group(entry.key.value, given)
        size = len(members.pop(group.name, ()))
        if not size:
            complaints.warn(entry.key.place, f'no service is in group "{group.name}"')
        elif group.min_up is None or group.name in open_ended:
            pass  # nobody knows how many members a pattern will have
        elif group.min_up.of(size, up=True) > size:
            what = f"min_up is more than the {size} in the group"
            complaints.error(entry.value.place, what)
        yield group
    for name, some in members.items():
        _doubt(name, some, (entry.key.value for entry in draft.groups), complaints)
        yield Group(name)


def _group(name: str, given: Fields) -> Group:
    max_down = given.share("max_down")
    if max_down == Share(0):
        what = "with max_down 0 no rule could ever restart one"
        given.complaints.error(given.where("max_down"), what, "max_down: 1")
    return Group(name, max_down or Share(1), given.share("min_up"))


def _doubt(name: str, some: list[Service], known: Iterable[str], complaints: Complaints) -> None:
    hint = meant(name, tuple(known))
    if hint:
        what = f'nothing is said of group "{name}"'
        complaints.warn(placed(some[0].where), what, hint)
