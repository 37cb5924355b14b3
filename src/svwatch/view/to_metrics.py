"""The same facts for Prometheus: text format 0.0.4, as node_exporter's textfile collector reads it.

Every service has a line in every family, whatever its state, so that no series vanishes; only
what nobody measured or nobody limits has none. NaN is what is unknown, which is not 0.
"""

from collections.abc import Iterable, Sequence
from functools import cache

from svwatch.core.kinds import Code, Kind
from svwatch.core.snapshot import ServiceSnap, Snapshot
from svwatch.core.totals import Count, Total
from svwatch.view.to_json import printable

STATES = tuple(kind for kind in Kind if kind not in {Kind.TOO_FEW, Kind.BELOW})
"""What a single service can be; the others are of groups and patterns."""

FIRST_CAUSES = ("absent", "crash", "memory", "oom", "operator")
FIRST_VERDICTS = ("restart failed", "restart fixed", "start failed", "start fixed")
"""What is shown as 0 before it happens: a counter that begins at 1 has no rate."""

NAN = "NaN"
Sample = tuple[str, str]  # its labels within the braces, its value


def metrics(
    snapshot: Snapshot, totals: Iterable[Total], *, version: str, looked: float | None
) -> str:
    """Write *snapshot*. *looked*: the last look, unix seconds; None: not once yet."""
    some = tuple(one for one in snapshot.services if one.status.kind in STATES)
    numbers = {(one.service, one.count, one.label): one.number for one in totals}
    families = (
        *_head(version, "1", looked),
        _gauge(
            "svwatch_config_rejected", REJECTED, [("", str(int(snapshot.rejected is not None)))]
        ),
        *_services(some, snapshot.wall),
        _family("svwatch_service_restarts_total", "counter", RESTARTS, _restarts(some, numbers)),
        _family("svwatch_actions_total", "counter", ACTIONS, _actions(some, numbers)),
        *_outbox(snapshot),
    )
    return "".join(families)


REJECTED = "1: the newest configuration did not load, an older one is in force."
RESTARTS = "Restarts, by svwatch and by others, by cause."
ACTIONS = "What svwatch did about a service, by how it ended."


def _outbox(snapshot: Snapshot) -> Iterable[str]:
    """Write what waits, and what was given up, for each place that people are told at."""
    both = [(labels(route=one.name, target=one.target), one) for one in snapshot.routes]
    since = [(at, f"{one.oldest:.0f}") for at, one in both if one.waiting and one.oldest]
    yield _gauge("svwatch_outbox_waiting", WAITING, [(at, str(one.waiting)) for at, one in both])
    yield _gauge("svwatch_outbox_dead", DEAD, [(at, str(one.dead)) for at, one in both])
    yield _gauge("svwatch_outbox_oldest_timestamp_seconds", OLDEST, since)
    beat = None if snapshot.pulse is None else snapshot.pulse.beat
    heard = [] if snapshot.pulse is None else [("", NAN if beat is None else f"{beat:.0f}")]
    yield _gauge("svwatch_heartbeat_heard_timestamp_seconds", HEARD, heard)


WAITING = "Messages that are owed on a route."
DEAD = "Messages that were given up on a route, until somebody retries or drops them."
HEARD = "When a beat was heard last; NaN: not once."
OLDEST = "When the oldest message that waits was written."


def farewell(*, version: str, looked: float | None) -> str:
    """Write what is left at a clean end: nobody watches, so nothing is said of services."""
    return "".join(_head(version, "0", looked))


def _head(version: str, up: str, looked: float | None) -> tuple[str, ...]:
    last = NAN if looked is None else f"{looked:.3f}"
    written = [(labels(version=version), "1")]
    return (
        _gauge("svwatch_build_info", "The version that wrote this.", written),
        _gauge("svwatch_up", "1: svwatch watches; 0: it was told to end.", [("", up)]),
        _gauge("svwatch_last_look_timestamp_seconds", "When it looked last.", [("", last)]),
    )


def _services(some: Sequence[ServiceSnap], wall: float) -> Iterable[str]:
    """Write what services are, and what is measured of them."""
    both = [(labels(service=one.name), one) for one in some]
    began = [(name, _began(one, wall)) for name, one in both]
    states = [_states(one.status.kind).replace("\0", name) for name, one in both]
    yield _gauge("svwatch_service_up", UP, [(name, _up(one)) for name, one in both])
    yield _gauge("svwatch_service_code", CODE, [(name, _code(one)) for name, one in both])
    yield _whole(STATE, "gauge", STATED, states)
    yield _gauge("svwatch_service_start_time_seconds", BEGAN, began)
    resident = [(name, _resident(one)) for name, one in both]
    shared = [(name, str(one.pss)) for name, one in both if one.pss is not None]
    limits = [(name, limit) for name, one in both if (limit := _limit(one))]
    yield _gauge("svwatch_service_memory_resident_bytes", RESIDENT, resident)
    yield _gauge("svwatch_service_memory_proportional_bytes", SHARED, shared)
    yield _gauge("svwatch_service_memory_limit_bytes", "The lowest limit on its memory.", limits)


UP = "1: a process of the service runs."
CODE = "As of --check: 0 ok, 1 warning, 2 critical, 3 unknown."
STATED = "1 for the state that the service is in, 0 for the others."
STATE = "svwatch_service_state"
BEGAN = "When its main process began."
RESIDENT = "Resident sets of the process and its descendants, summed."
SHARED = "The same with shared pages counted once, where the last look read it."


def _began(one: ServiceSnap, wall: float) -> str:
    return NAN if one.up is None else f"{wall - one.up:.0f}"


def _code(one: ServiceSnap) -> str:
    return str(int(one.status.code))


def _limit(one: ServiceSnap) -> str:
    limit = one.limit.memory if one.limit is not None else None
    return "" if limit is None else str(limit)


def _up(one: ServiceSnap) -> str:
    if one.pid is not None:
        return "1"
    return NAN if one.status.code is Code.UNKNOWN else "0"


def _resident(one: ServiceSnap) -> str:
    """Give the bytes; 0 where it is known that there is no process."""
    if one.memory is not None:
        return str(one.memory)
    return "0" if _up(one) == "0" else NAN


@cache
def _states(kind: Kind) -> str:
    """Give the lines of a service in that state, a zero byte in place of its label.

    There are so many of them that writing each anew took most of the time.
    """
    named = [(f"\0,{labels(state=one.name.lower())}", str(int(one is kind))) for one in STATES]
    return "\n".join(_lines(STATE, named))


def _restarts(
    some: Sequence[ServiceSnap], known: dict[tuple[str, Count, str], int]
) -> list[Sample]:
    return [
        (f"{labels(service=name)},{labels(cause=cause)}", str(number))
        for name, cause, number in _grown(some, known, Count.RESTARTS, FIRST_CAUSES)
    ]


def _actions(some: Sequence[ServiceSnap], known: dict[tuple[str, Count, str], int]) -> list[Sample]:
    return [
        (f"{labels(service=name)},{_verdict(label)}", str(number))
        for name, label, number in _grown(some, known, Count.ACTIONS, FIRST_VERDICTS)
    ]


def _verdict(label: str) -> str:
    action, _, verdict = label.rpartition(" ")
    return labels(action=action, verdict=verdict)


def _grown(
    some: Sequence[ServiceSnap],
    known: dict[tuple[str, Count, str], int],
    count: Count,
    first: Sequence[str],
) -> Iterable[tuple[str, str, int]]:
    """Give (service, label, number) of what is counted, the *first* labels for everybody."""
    more: dict[str, list[str]] = {}
    for service, kind, label in known:
        if kind is count and label not in first:
            more.setdefault(service, []).append(label)
    for one in some:
        for label in sorted((*first, *more.get(one.name, ()))):
            yield one.name, label, known.get((one.name, count, label), 0)


# --- the format ------------------------------------------------------------------------------


def labels(**values: str) -> str:
    """Write labels: `service="mailer-1",cause="crash"`."""
    return ",".join(f'{name}="{escaped(value)}"' for name, value in values.items())


def escaped(text: str) -> str:
    """Write a label value: backslash, quote and line end are escaped, a zero byte cannot be."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text  # nearly all of them, and there are many
    safe = printable(text).replace("\0", "\ufffd")
    return safe.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _gauge(name: str, says: str, samples: Sequence[Sample]) -> str:
    return _family(name, "gauge", says, samples)


def _family(name: str, kind: str, says: str, samples: Sequence[Sample]) -> str:
    """Write one family: its head and all its lines together; nothing where it has no line."""
    return _whole(name, kind, says, _lines(name, samples))


def _lines(name: str, samples: Sequence[Sample]) -> list[str]:
    return [f"{name}{{{on}}} {value}" if on else f"{name} {value}" for on, value in samples]


def _whole(name: str, kind: str, says: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return "\n".join((f"# HELP {name} {says}", f"# TYPE {name} {kind}", *lines)) + "\n"
