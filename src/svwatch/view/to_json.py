"""The same facts for programs: JSON, sizes in bytes, times in whole unix seconds."""

from collections.abc import Mapping, Sequence

from msgspec import json

from svwatch.core.event import Event
from svwatch.core.ledger import Facts, ProcLine
from svwatch.core.limits import Limit
from svwatch.core.pulse import Pulse
from svwatch.core.snapshot import RouteSnap, ServiceSnap, Snapshot
from svwatch.view.limits import limit_words

SCHEMA = 1
"""Raised when a field changes its meaning or goes; a new field does not raise it."""

Value = None | bool | int | float | str | Sequence["Value"] | Mapping[str, "Value"]


def whole(value: float | None) -> int | None:
    """Give whole seconds (or bytes), rounded."""
    return None if value is None else round(value)


def text_of(value: Value) -> str:
    """Write *value* as indented JSON, with a line end; characters that JSON cannot are escaped."""
    raw = json.format(json.encode(value), indent=2)
    return raw.decode() + "\n"


def snapshot(found: Snapshot) -> str:
    """Write *found*: what `status --json` and `check --format json` print."""
    daemon = found.daemon
    return text_of(
        {
            "schema_version": SCHEMA,
            "host": printable(found.host),
            "time": whole(found.wall),
            "level": found.code.level,
            "code": int(found.code),
            "daemon": None
            if daemon is None
            else {
                "pid": daemon.pid,
                "started": whole(daemon.started),
                "looked": whole(daemon.looked),
                "config_loaded": whole(daemon.config),
            },
            "nobody_since": None if found.gone is None else whole(found.gone.since),
            "config_rejected": None if found.rejected is None else printable(found.rejected),
            "cannot_record": None if found.unrecorded is None else printable(found.unrecorded),
            "cannot_export": None if found.unexported is None else printable(found.unexported),
            "observing_since": whole(found.observing),
            "services": [service(one) for one in found.services],
            "nobody_is_told": found.told_nobody,
            "heartbeat": None if found.pulse is None else heartbeat(found.pulse),
            "routes": [route(one, found.wall) for one in found.routes],
        },
    )


def printable(text: str) -> str:
    """Give *text* without what UTF-8 cannot hold (bytes that were no UTF-8 in a file name)."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def service(one: ServiceSnap) -> dict[str, Value]:
    """Give one service."""
    return {
        "name": printable(one.name),
        "state": one.status.kind.value,
        "words": one.status.words,
        "level": one.status.level,
        "code": int(one.status.code),
        "sentence": printable(one.status.sentence),
        "reason": printable(one.status.reason),
        "pid": one.pid,
        "uptime_seconds": whole(one.up),
        "memory_bytes": one.memory,
        "pss_bytes": one.pss,
        "limit": None if one.limit is None else limit(one.limit),
        "restarts_24h": {printable(cause): number for cause, number in one.restarts},
        "since": whole(one.since),
        "until": whole(one.until),
        "event": one.event,
        "groups": [printable(group) for group in one.groups],
        "supervisor": "runit" if one.runit else "none",
        "observed_only": one.observe,
    }


def limit(one: Limit) -> dict[str, Value]:
    """Give a limit: of memory, or *words* for another."""
    return {
        "metric": None if one.metric is None else one.metric.value,
        "bytes": one.bytes,
        "percent": one.percent,
        "words": printable(limit_words(one)),
    }


def route(one: RouteSnap, wall: float) -> dict[str, Value]:
    """Give one place that people are told at; *ails*: somebody must see to it."""
    return {
        "name": printable(one.name),
        "target": printable(one.target),
        "shown": printable(one.shown),
        "configured": one.configured,
        "waiting": one.waiting,
        "oldest": whole(one.oldest),
        "attempts": one.attempts,
        "error": printable(one.error),
        "retry": whole(one.retry),
        "dead": one.dead,
        "dead_error": printable(one.died),
        "ails": one.ails(wall),
    }


def heartbeat(pulse: Pulse) -> dict[str, Value]:
    """Give what became of the beats: the last that was heard, and since when none is."""
    return {
        "shown": printable(pulse.shown),
        "heard": whole(pulse.beat),
        "failing_since": whole(pulse.failing),
        "error": printable(pulse.error),
    }


def events(found: Sequence[Event]) -> str:
    """Write a list of events, in the order given."""
    return text_of({"schema_version": SCHEMA, "events": [event(one) for one in found]})


def event(one: Event) -> dict[str, Value]:
    """Give one event, its facts and its timeline."""
    return {
        "number": one.number,
        "service": printable(one.service),
        "what": one.what.value,
        "level": one.level.value,
        "at": whole(one.at),
        "updated": whole(one.updated),
        "closed": one.closed,
        "facts": facts(one.facts, one.mono_to_wall),
        "lines": [
            {"at": whole(line.at), "what": printable(line.what), "detail": printable(line.detail)}
            for line in one.lines
        ],
    }


WHOLE = frozenset({"measured", "limit"})
"""Facts that are whole in JSON where they are bytes, seconds or counts."""
FINE = frozenset({"percent", "cores"})
"""Units of which a fraction says something."""


def number(value: float, unit: str | None) -> int | float:
    """Give *value*, rounded where its unit has no fractions."""
    return round(value, 2) if unit in FINE else round(value)


def facts(found: Facts, mono_to_wall: float) -> dict[str, Value]:
    """Give the facts that are known; processes by pid, instants on the wall clock."""
    known: dict[str, Value] = {}
    for field in Facts.__struct_fields__:
        value = getattr(found, field)
        if value is None:
            continue
        match field:
            case "old" | "new" | "child":
                known[f"{field}_pid"] = value.pid
            case "samples":
                known[field] = [
                    {
                        "at": whole(one.at + mono_to_wall),
                        "value": number(one.value, found.unit),
                        "bad": one.bad,
                    }
                    for one in value
                ]
            case "until":
                known[field] = whole(value + mono_to_wall)
            case "tree":
                known[field] = [process(one) for one in value]
            case "log":
                known[field] = [printable(line) for line in value]
            case _ if field in WHOLE:
                known[field] = number(value, found.unit)
            case _:
                known[field] = printable(value) if isinstance(value, str) else value
    return known


def process(one: ProcLine) -> dict[str, Value]:
    """Give one process of a tree."""
    return {
        "pid": one.pid,
        "command": printable(one.command),
        "age_seconds": whole(one.age),
        "memory_bytes": one.memory,
        "state": printable(one.state),
        "depth": one.depth,
        "after_stop": one.late,
    }
