"""`status` for people: trouble first, then the table, then what to type."""

from svwatch.core.kinds import WORST, Code, Kind
from svwatch.core.snapshot import ServiceSnap, Snapshot, is_well, troubled
from svwatch.core.units import age, short_size
from svwatch.view import when
from svwatch.view.backlog import backlog, lane, unheard
from svwatch.view.clean import one_line
from svwatch.view.colour import painter
from svwatch.view.limits import limit_words
from svwatch.view.story import joined
from svwatch.view.table import table

HEADER = ("SERVICE", "STATE", "PID", "UP", "RSS", "PSS", "LIMIT", "RESTARTS 24h", "SINCE")
NUMBERS = frozenset({2, 3, 4, 5})
MOST_ADVICE = 3


def status(snapshot: Snapshot, offset: int, *, color: bool = False) -> str:
    """Show everything: a head line, the trouble, the alerts that wait, a table, what next."""
    head = [_head(snapshot, offset), *_unwritten(snapshot), *_rejected(snapshot, offset)]
    head += [*_troubles(snapshot, offset, color=color), *_routes(snapshot, offset)]
    if snapshot.gone is not None:
        head.append(f"last known, {age(snapshot.wall - snapshot.gone.since)} old:")
    elif len(head) > 1:
        head.append("")
    cells = [HEADER, *(row(one, snapshot, offset) for one in snapshot.services)]
    codes = [None, *(one.status.code for one in snapshot.services)]
    rows = table(cells, NUMBERS, painter(codes, 1, color=color))
    return "\n".join([*head, *rows, *_next(snapshot)]) + "\n"


def _head(snapshot: Snapshot, offset: int) -> str:
    host = one_line(snapshot.host, 100)
    if snapshot.gone is not None:
        pid = f" (daemon pid {snapshot.gone.pid} ended without a goodbye)"
        who = pid if snapshot.gone.pid is not None else ""
        since = when.exact(snapshot.gone.since, snapshot.wall, offset)
        return f"{host}: NOBODY IS WATCHING since {since}{who}"
    parts = [f"{host}: {tally(snapshot)}"]
    if snapshot.observing is not None:
        since = _day_time(snapshot.observing, snapshot.wall, offset)
        parts.append(f"OBSERVING{f' since {since}' if since else ''}: nothing is restarted")
    return joined(*parts, *_daemon(snapshot, offset), by="   ")


def _daemon(snapshot: Snapshot, offset: int) -> list[str]:
    daemon = snapshot.daemon
    if daemon is None:
        return ["no daemon"]
    looked = "" if daemon.looked is None else f"looked {age(snapshot.wall - daemon.looked)} ago"
    up = f"daemon up {age(snapshot.wall - daemon.started)}"
    config = ""
    if daemon.config is not None and snapshot.rejected is None:
        config = f"config of {_day_time(daemon.config, snapshot.wall, offset)}"
    return [joined(up, looked, by=", "), config]


def _day_time(wall: float, now: float, offset: int) -> str:
    return when.moment(wall, now, offset) if wall else ""


def tally(snapshot: Snapshot) -> str:
    """Count the services by what they are: `2 CRITICAL, 1 WARNING, 3 ok, 1 down by hand`."""
    if not snapshot.services:
        return "no service is configured"
    number: dict[str, int] = {}
    for code in WORST:
        for service in snapshot.services:
            if service.status.code is code:
                name = _counted_as(service)
                number[name] = number.get(name, 0) + 1
    return ", ".join(f"{count} {name}" for name, count in number.items())


def _counted_as(service: ServiceSnap) -> str:
    if service.status.kind is Kind.WOULD_ACT:
        return "would act"
    if service.status.code is not Code.OK:
        return service.status.code.name
    return "ok" if is_well(service) else service.status.kind.value


def _unwritten(snapshot: Snapshot) -> list[str]:
    said = []
    if snapshot.unrecorded is not None:
        words = one_line(snapshot.unrecorded, 300)
        said.append(f"CANNOT RECORD: {words}; nothing is stopped or started")
    if snapshot.unexported is not None:
        said.append(f"no metrics: {one_line(snapshot.unexported, 300)}")
    return said


def _rejected(snapshot: Snapshot, offset: int) -> list[str]:
    if snapshot.rejected is None:
        return []
    at = "" if snapshot.rejected_at is None else f" {_at(snapshot.rejected_at, snapshot, offset)}"
    daemon = snapshot.daemon
    old = "; running the old one"
    if daemon is not None and daemon.config is not None:
        old = f"; running the one of {_day_time(daemon.config, snapshot.wall, offset)}"
    return [f"CONFIG REJECTED{at}: {one_line(snapshot.rejected, 300)}{old}"]


def _at(wall: float, snapshot: Snapshot, offset: int) -> str:
    return when.moment(wall, snapshot.wall, offset)


def _troubles(snapshot: Snapshot, offset: int, *, color: bool) -> list[str]:
    bad = troubled(snapshot)
    rows = [
        (one.status.code.name, one_line(one.name, 100), said(one, snapshot, offset), number(one))
        for one in bad
    ]
    paint = painter([one.status.code for one in bad], 0, color=color)
    return [f"  {line}" for line in table(rows, paint=paint)]


def said(service: ServiceSnap, snapshot: Snapshot, offset: int) -> str:
    """Give the sentence of *service*, and when its state ends by itself."""
    sentence = one_line(service.status.sentence, 300)
    until = service.until
    if until is None or service.status.kind not in ENDS:
        return sentence
    return f"{sentence}; {ENDS[service.status.kind]} {when.moment(until, snapshot.wall, offset)}"


ENDS = {
    Kind.GAVE_UP: "retries",
    Kind.BACKING_OFF: "until",
    Kind.NOT_WATCHED: "until",
    Kind.ON_HOLD: "until",
}
"""States that end by themselves, and the word before the time."""


def number(service: ServiceSnap) -> str:
    """Give the number of its event: `#2209`."""
    return "" if service.event is None else f"#{service.event}"


def _routes(snapshot: Snapshot, offset: int) -> list[str]:
    nobody = ["ALERTS nobody will be told: no route is configured"] if snapshot.told_nobody else []
    said = unheard(snapshot, offset)
    return [
        *nobody,
        *(
            f"ALERTS {lane(route, snapshot)}: {backlog(route, snapshot, offset)}"
            for route in snapshot.routes
            if route.waiting or route.dead
        ),
        *([f"HEARTBEAT {said}"] if said else []),
    ]


def row(service: ServiceSnap, snapshot: Snapshot, offset: int) -> tuple[str, ...]:
    """Give the line of *service* in the table; `-` for what is unknown or beside the point."""
    gone = snapshot.gone is not None  # what nobody looks at has no age
    return (
        one_line(service.name, 100),
        state_words(service, snapshot, offset),
        _dash(service.pid),
        "-" if service.up is None or gone else age(service.up),
        "-" if service.memory is None else short_size(service.memory),
        "-" if service.pss is None else short_size(service.pss),
        limit_words(service.limit),
        ", ".join(f"{count} {one_line(cause, 30)}" for cause, count in service.restarts) or "-",
        "-" if service.since is None or gone else when.since(service.since, snapshot.wall, offset),
    )


def state_words(service: ServiceSnap, snapshot: Snapshot, offset: int) -> str:
    """Give the words of its state, with the time at which it ends: `BACKING OFF until 14:11`."""
    words = service.status.words
    if service.status.kind not in TIMED or service.until is None:
        return words
    by = f" ({one_line(service.status.reason, 60)})" if service.status.kind is Kind.ON_HOLD else ""
    return f"{words} until {when.moment(service.until, snapshot.wall, offset)}{by}"


TIMED = frozenset({Kind.BACKING_OFF, Kind.ON_HOLD, Kind.NOT_WATCHED})
"""States whose end stands in the table."""


def _dash(value: int | None) -> str:
    return "-" if value is None else str(value)


def _next(snapshot: Snapshot) -> list[str]:
    if snapshot.gone is not None:
        return ["start it: sv up svwatch"]
    bad = [one for one in troubled(snapshot) if one.event is not None][:MOST_ADVICE]
    if not bad:
        return []
    return ["", "next: " + " | ".join(f"svwatch why {one_line(one.name, 100)}" for one in bad)]
