"""One incident as it is kept: an event that is written once and then amended."""

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.ledger import Facts, Line, Record, What
from svwatch.core.level import Level

MOST_LINES = 200  # a crash loop of a week must not make a row of megabytes
BEGUN = frozenset({What.RESTART_BEGUN, What.START_BEGUN, What.STOP_BEGUN})  # of course it had
FIRST_LINES = 20  # of these: how it began is always kept


class WallLine(Struct, frozen=True):
    """One line of a timeline. *at* is wall time, unix seconds."""

    at: float
    what: str
    detail: str = ""


class Event(Struct, frozen=True, kw_only=True):
    """An event as it is stored. *at* and *updated* are wall time, unix seconds.

    *number* is what people call it by, *serial* what the service does. Instants within *facts*
    (samples, until) are CLOCK_MONOTONIC; adding *mono_to_wall* makes them wall time, also after
    a reboot or a step of the clock. *level* and *what* are those of the last record.
    """

    number: int
    service: str
    serial: int
    at: float
    updated: float
    what: What
    level: Level = Level.NOTICE
    facts: Facts = Facts()
    lines: tuple[WallLine, ...] = ()
    closed: bool = False  # nothing more will be added
    mono_to_wall: float = 0.0  # seconds to add to an instant within facts


def begun(number: int, service: str, record: Record, mono_to_wall: float) -> Event:
    """Make the event that *record* begins; *mono_to_wall* is wall minus monotonic seconds."""
    at = record.at.mono + mono_to_wall
    return Event(
        number=number,
        service=service,
        serial=record.serial,
        at=at,
        updated=at,
        what=record.what,
        level=record.level,
        facts=record.facts,
        lines=walled(record.lines, mono_to_wall),
        closed=record.closed,
        mono_to_wall=mono_to_wall,
    )


def amended(event: Event, record: Record, mono_to_wall: float) -> Event:
    """Give *event* with *record* added: lines appended, facts merged field by field."""
    earlier = shifted(event.facts, event.mono_to_wall - mono_to_wall)
    if not record.aside and record.what is not event.what and event.what not in BEGUN:
        earlier = replace(earlier, was=event.what.value)
    return replace(
        event,
        updated=record.at.mono + mono_to_wall,
        what=event.what if record.aside else record.what,
        level=event.level if record.aside else record.level,
        facts=merged(earlier, record.facts),
        lines=bounded(event.lines + walled(record.lines, mono_to_wall)),
        closed=event.closed if record.aside else record.closed,
        mono_to_wall=mono_to_wall,
    )


def walled(lines: tuple[Line, ...], mono_to_wall: float) -> tuple[WallLine, ...]:
    """Put *lines* on the wall clock."""
    return tuple(WallLine(line.at + mono_to_wall, line.what, line.detail) for line in lines)


def bounded(lines: tuple[WallLine, ...]) -> tuple[WallLine, ...]:
    """Keep the first and the newest lines where there are more than MOST_LINES."""
    if len(lines) <= MOST_LINES:
        return lines
    return lines[:FIRST_LINES] + lines[FIRST_LINES - MOST_LINES :]


def merged(old: Facts, new: Facts) -> Facts:
    """Give *old* with every field that *new* knows taken from it."""
    known = {
        field: value
        for field in Facts.__struct_fields__
        if (value := getattr(new, field)) is not None
    }
    return replace(old, **known)


def shifted(facts: Facts, seconds: float) -> Facts:
    """Move the monotonic instants within *facts* by *seconds* (another boot, a clock step)."""
    if not seconds:
        return facts
    samples = facts.samples and tuple(replace(one, at=one.at + seconds) for one in facts.samples)
    until = None if facts.until is None else facts.until + seconds
    return replace(facts, samples=samples, until=until)
