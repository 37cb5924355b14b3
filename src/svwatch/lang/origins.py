"""What is in force for one service, or in all, and which line says so."""

import os
from collections.abc import Iterator, Mapping

from msgspec import Struct

from svwatch.core.inforce import Row
from svwatch.core.plan import Plan, Service
from svwatch.core.route import Route
from svwatch.core.units import show_duration
from svwatch.lang.compile import common_of, compile_draft
from svwatch.lang.draft import Draft
from svwatch.lang.keys import SERVICE, TOP
from svwatch.lang.layers import Layered, Stack
from svwatch.lang.nodes import Map, Node, Seq, Text
from svwatch.lang.problem import Complaints, Problem
from svwatch.lang.secrets import Outside
from svwatch.lang.service import make
from svwatch.lang.shipped import KIND, TEMPLATES
from svwatch.lang.tokens import meant
from svwatch.lang.told import hears
from svwatch.lang.told_rows import DEFAULT, told_rows
from svwatch.lang.yaml_file import read_draft

GROUPS = ("alerts", "heartbeat", "groups", "services", "templates", "defaults", "include")
"""Keys of the main file that have rows of their own, or none."""


class Shown(Struct, frozen=True):
    """*rows* of what is in force; or *problems*, or *unknown*: there is no such service."""

    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    unknown: str = ""


def origins(path: str, environ: Mapping[str, str], *, uid: int, name: str | None = None) -> Shown:
    """Give what the configuration *path* says of *name* (None: of everything).

    *name* may be a service, a pattern, or a member that the patterns would make.
    """
    complaints = Complaints()
    draft = read_draft(path, uid, complaints)
    if draft is None:
        return Shown(problems=complaints.problems)
    outside = Outside(environ, uid, draft.base, os.uname().nodename)
    plan = compile_draft(draft, outside, complaints)
    if complaints.fatal:
        return Shown(problems=complaints.problems)
    stack = Stack(draft, Complaints())
    if name is None:
        return Shown(tuple(_everything(draft, stack, plan)))
    found = stack.of(name)
    made = make(found[0], common_of(draft, outside, Complaints()), found[1]) if found else None
    if found is None or made is None:
        known = tuple(one.name for one in plan.services) + tuple(one.key for one in stack.patterns)
        hint = meant(name, known)
        return Shown(unknown=f"there is no service {name!r}" + (f": {hint}" if hint else ""))
    rows = _of_service(found[0], made.service, draft, plan.routes)
    return Shown(tuple(rows))


# --- one service -----------------------------------------------------------------------------


def _of_service(
    layered: Layered, service: Service, draft: Draft, routes: tuple[Route, ...]
) -> Iterator[Row]:
    yield from _counted(layered)
    for key in SERVICE:
        node = layered.nodes.get(key)
        if key in ("rules", "add_rules"):
            continue
        if node is not None:
            yield Row(key, _value(node, hidden=key == "env"), node.place.short())
        elif key == "alerts":
            told = ", ".join(route.name for route in routes if hears(route, service))
            yield Row(key, told or "nobody", DEFAULT)
        elif (value := _default(key, service)) is not None:
            yield Row(key, value, _source(key, layered, draft))
    yield Row("interval", show_duration(service.interval), _top_source("interval", draft))
    for number, rule in enumerate(service.rules, 1):
        yield Row(f"rule {number}", rule.text, rule.where)


def _counted(layered: Layered) -> Iterator[Row]:
    """Give the keys that belong to the pattern itself."""
    for pattern in layered.chain[-1:]:
        if isinstance(pattern.node, Map):
            for key in ("members", "exclude"):
                if (entry := pattern.node.get(key)) is not None:
                    yield Row(key, _value(entry.value), entry.value.place.short())


def _top_source(key: str, draft: Draft) -> str:
    entry = draft.top.get(key)
    return DEFAULT if entry is None else entry.value.place.short()


def _source(key: str, layered: Layered, draft: Draft) -> str:
    """Give where a value is from that its own key does not say."""
    if key == "mode":
        return _top_source("mode", draft)
    node = layered.nodes.get("stop") if key == "stop_timeout" else None
    if isinstance(node, Map) and (entry := node.get("timeout")) is not None:
        return entry.value.place.short()
    if key == "group":
        return layered.entry.key.place.short()
    return DEFAULT


TIMES = ("start_timeout", "start_after", "stop_timeout", "kill_after", "settle", "warm_up")


def _default(key: str, service: Service) -> str | None:
    """Give what holds for *key* where nobody says it; None: nothing worth a line."""
    if key in TIMES:
        seconds = getattr(service, key)
        return "never" if seconds is None else show_duration(seconds)
    match key:
        case "service_dir" | "log":
            path: str | None = getattr(service, key)
            return path
        case "survivors":
            return service.survivors.value
        case "stop_signal":
            return "TERM"
        case "mode":
            return "observe" if service.observe else "active"
        case "group":
            return ", ".join(service.groups) or None
        case _:
            return None


def _value(node: Node, *, hidden: bool = False) -> str:
    """Show *node* in one line; *hidden*: names only, for the values may be secrets."""
    match node:
        case Seq():
            return f"[{', '.join(_value(item) for item in node.items)}]"
        case Map():
            parts = [
                entry.key.value
                if hidden
                else f"{entry.key.value}: {_inner(entry.key, entry.value)}"
                for entry in node
            ]
            return "{" + ", ".join(parts) + "}"
        case Text():
            return " ".join(node.value.split())


def _inner(key: Text, value: Node) -> str:
    return _value(value, hidden=key.value == "env")


# --- everything ------------------------------------------------------------------------------


def _everything(draft: Draft, stack: Stack, plan: Plan) -> Iterator[Row]:
    for key in TOP:
        entry = draft.top.get(key)
        if key in GROUPS:
            continue
        if entry is not None:
            yield Row(key, _value(entry.value), entry.value.place.short())
        elif (value := _top(key, plan)) is not None:
            yield Row(key, value, DEFAULT)
    yield from told_rows(draft, plan)
    for entry in draft.groups:
        yield Row(f"group {entry.key.value}", _value(entry.value), entry.key.place.short())
    for layered, _ in (*stack.services(), *stack.families()):
        name = layered.family if layered.chain and layered.family else layered.member.name
        yield Row(f"service {name}", _target(layered), layered.entry.key.place.short())
    yield from _all_templates(stack)


def _all_templates(stack: Stack) -> Iterator[Row]:
    for name, template in stack.templates.own.items():
        yield Row(f"template {name}", _value(template, hidden=True), template.place.short())
    for name, keys in TEMPLATES.items():
        if name not in stack.templates.own:
            shown = ", ".join(f"{key}: {_plain(value)}" for key, value in keys.items())
            yield Row(f"{KIND}{name}", "{" + shown + "}", "built in")


def _plain(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else f"[{', '.join(value)}]"


def _target(layered: Layered) -> str:
    keys = ("use", "supervisor", "service_dir", "pidfile")
    nodes = layered.nodes
    return ", ".join(f"{key}: {_value(nodes[key])}" for key in keys if key in nodes)


def _top(key: str, plan: Plan) -> str | None:
    match key:
        case "interval":
            return show_duration(plan.interval)
        case "check_timeout":
            return show_duration(plan.check_timeout)
        case "mode":
            return "active"
        case "limits":
            return f"{{restarts_at_once: {plan.restarts_at_once}}}"
        case _:
            return None
