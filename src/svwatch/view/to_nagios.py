"""Nagios, Icinga and what else speaks the monitoring plugins' lines.

One summary line with all performance data after its only `|` (Icinga does not join a second
block), failed services first, then one line per service. Unknown values are left out: most
parsers refuse `U`.
"""

from svwatch.core.kinds import RANK, Code
from svwatch.core.phrase import several
from svwatch.core.snapshot import ServiceSnap, Snapshot
from svwatch.core.units import age, show_size
from svwatch.view.backlog import aged, unheard_for
from svwatch.view.clean import cut, one_line
from svwatch.view.story import joined

SUMMARY = 160  # characters before the performance data: what a list of services shows
WIDE = 300


def nagios(snapshot: Snapshot) -> str:
    """Show *snapshot*; the exit code beside it is `snapshot.code`."""
    ordered = sorted(snapshot.services, key=lambda one: RANK[one.status.code])
    data = " ".join(item for one in ordered for item in metrics(one))
    first = f"SVWATCH {snapshot.code.name} - {cut(_summary(snapshot, ordered), SUMMARY)}"
    well = [one for one in ordered if one.status.code is Code.OK]
    lines = [f"{first} | {data}" if data else first, *_about_us(snapshot)]
    lines += [_line(one) for one in ordered if one not in well]
    lines += [*_alerts(snapshot), *map(_line, well)]
    return "\n".join(lines) + "\n"


def cannot_look(why: str) -> str:
    """Say that there was no look, and why: that is UNKNOWN."""
    return f"SVWATCH UNKNOWN - {plain(why, SUMMARY)}\n"


def plain(text: str, width: int = WIDE) -> str:
    """Make *text* safe for a plugin's line: no `|`, no line end."""
    return one_line(text, width).replace("|", "/")


def _summary(snapshot: Snapshot, ordered: list[ServiceSnap]) -> str:
    failed = [one for one in ordered if one.status.code is not Code.OK]
    lines = (*_about_us(snapshot), *_alerts(snapshot))
    about = [text.partition("] ")[2] for text in lines]
    if not ordered:
        return joined(*about)
    if not failed:
        return joined(f"{several(len(ordered), 'service')} ok", *about)
    names = ", ".join(f"{plain(one.name, 60)} ({_short(one)})" for one in failed)
    return joined(f"{len(failed)} of {len(ordered)} failed: {names}", *about)


def _short(one: ServiceSnap) -> str:
    return plain(one.status.words).lower()


def _about_us(snapshot: Snapshot) -> list[str]:
    lines = []
    if snapshot.unrecorded is not None:
        lines.append(f"[CRITICAL] cannot record: {plain(snapshot.unrecorded)}")
    if snapshot.gone is not None:
        ago = age(snapshot.wall - snapshot.gone.since)
        lines.append(f"[WARNING] nobody has been watching for {ago}")
    if snapshot.rejected is not None:
        lines.append(f"[WARNING] config rejected: {plain(snapshot.rejected)}")
    if not snapshot.services:
        lines.append("[WARNING] no service is configured")
    return lines


def _alerts(snapshot: Snapshot) -> list[str]:
    return [
        f"[WARNING] alerts to {plain(snapshot.lane(route))}: {plain(aged(route, snapshot.wall))}"
        for route in snapshot.ailing
    ] + [f"[WARNING] the heartbeat is {plain(unheard_for(snapshot))}"] * snapshot.unheard


def _line(one: ServiceSnap) -> str:
    number = f" (#{one.event})" if one.event is not None and one.status.code is not Code.OK else ""
    said = plain(one.status.sentence)
    if one.status.code is Code.OK:
        said = joined(said if one.status.words != "ok" else "", _uses(one), by=", ")
    return f"[{one.status.code.name}] {plain(one.name, 100)}: {said or 'ok'}{number}"


def _uses(one: ServiceSnap) -> str:
    limit = one.limit.memory if one.limit is not None else None
    of = f" of {show_size(limit)}" if limit is not None else ""
    return joined(
        f"pid {one.pid}" if one.pid is not None else "",
        f"{show_size(one.memory)}{of}" if one.memory is not None else "",
        f"up {age(one.up)}" if one.up is not None else "",
        by=", ",
    )


def metrics(one: ServiceSnap) -> list[str]:
    """Give the performance data of one service: up, memory in bytes, uptime, restarts."""
    name = label(one.name)
    limit = one.limit.memory if one.limit is not None else None
    items = [f"'{name}_up'={int(one.pid is not None)};;1:"]
    if one.memory is not None:
        items.append(f"'{name}_memory'={one.memory}B;;{'' if limit is None else limit};0")
    if one.up is not None:
        items.append(f"'{name}_uptime'={round(one.up)}s")
    items.append(f"'{name}_restarts'={sum(number for _, number in one.restarts)}")
    return items


def label(name: str) -> str:
    """Give a label that every parser reads: no quote, no `=`, no `|`, no blank."""
    return "".join(char if char.isalnum() or char in "-_.:" else "_" for char in name) or "_"
