"""`--check` for people and for mails by cron: trouble by its sentence, the rest by name."""

from collections.abc import Mapping, Sequence

from svwatch.core.event import Event
from svwatch.core.kinds import Code, Kind, worst
from svwatch.core.phrase import several
from svwatch.core.snapshot import ServiceSnap, Snapshot, is_well, troubled
from svwatch.view import when
from svwatch.view.backlog import backlog, lane, unheard
from svwatch.view.clean import cut, one_line
from svwatch.view.colour import painted, painter
from svwatch.view.table import table
from svwatch.view.to_line import news_line
from svwatch.view.to_text import number, said, state_words


def check(
    snapshot: Snapshot,
    offset: int,
    *,
    doing: Mapping[str, str] | None = None,
    color: bool = False,
) -> str:
    """Show one line per service in trouble, the worst first, then those that are ok.

    *doing*: what a dry run would have done, by service; it stands in place of the sentence.
    """
    would = doing or {}
    bad = [one for one in troubled(snapshot) if one.name not in would]
    acted = [one for one in snapshot.services if one.name in would]
    busy = [one for one in bad if one.name in snapshot.elsewhere]
    bad = [*(one for one in bad if one not in busy), *busy]
    rows = [
        _check_row(one, _said(one, snapshot, offset, busy[-1:]), numbered=one not in busy)
        for one in bad
    ]
    rows += [_check_row(one, one_line(would[one.name], 300)) for one in acted]
    paint = painter([_shown_code(one) for one in (*bad, *acted)], 0, color=color)
    lines = [*table(rows, paint=paint), *_check_head(snapshot, offset)]
    fine = [one_line(one.name, 100) for one in snapshot.services if _plain(one, would)]
    if busy:  # they were counted
        fine = []
    fine += [_apart(one, snapshot, offset) for one in _wanted(snapshot)]
    if fine:
        lines.append(f"{painted('ok', Code.OK, color=color)}        {' '.join(fine)}")
    return "\n".join(lines) + "\n" if lines else ""


def _said(
    service: ServiceSnap, snapshot: Snapshot, offset: int, last: Sequence[ServiceSnap]
) -> str:
    """Give its sentence; of one that another run acts on, also who that is, and who is not."""
    run = snapshot.elsewhere.get(service.name)
    sentence = said(service, snapshot, offset)
    if run is None:
        return sentence
    if service.status.kind is Kind.STOPPING:
        gone = state_words(service, snapshot, offset).removeprefix(Kind.STOPPING.value)
        sentence = f"stopping for{gone}" if gone else sentence
    since = f" of {when.exact(run.since, snapshot.wall, offset)}" if run.since else ""
    others = len(snapshot.services) - len(snapshot.elsewhere)
    tail = f"; {several(others, 'other service')} looked at" if service in last else ""
    return f"{sentence} ({run.kind}{since}, on record){tail}"


def _plain(service: ServiceSnap, would: Mapping[str, str]) -> bool:
    return is_well(service) and service.name not in would


def _wanted(snapshot: Snapshot) -> list[ServiceSnap]:
    """Give what is ok by somebody's wish: that is named."""
    ok = [one for one in snapshot.services if one.status.code is Code.OK]
    return [one for one in ok if one.status.kind in {Kind.DOWN_BY_HAND, Kind.ON_HOLD}]


def _apart(service: ServiceSnap, snapshot: Snapshot, offset: int) -> str:
    kind = service.status.kind.value
    rest = state_words(service, snapshot, offset).removeprefix(kind)
    return f"{one_line(service.name, 100)} ({kind.lower()}{rest})"


def _shown_code(service: ServiceSnap) -> Code:
    """Give its code; what would be acted upon is no longer ok."""
    return worst((service.status.code, Code.WARNING))


def _check_row(
    service: ServiceSnap, sentence: str, *, numbered: bool = True
) -> tuple[str, str, str, str]:
    level = _shown_code(service).name.ljust(len("CRITICAL"))
    return level, one_line(service.name, 100), sentence, number(service) if numbered else ""


def _check_head(snapshot: Snapshot, offset: int) -> list[str]:
    lines = []
    if snapshot.unrecorded is not None:
        why = one_line(snapshot.unrecorded, 300)
        lines.append(f"CRITICAL  cannot record: {why}; nothing is stopped or started")
    if snapshot.gone is not None:
        since = when.exact(snapshot.gone.since, snapshot.wall, offset)
        lines.append(f"WARNING   no daemon since {since} (it ended without a goodbye)")
    if snapshot.rejected is not None:
        lines.append(f"WARNING   config rejected: {one_line(snapshot.rejected, 300)}")
    if not snapshot.services:
        lines.append("WARNING   no service is configured")
    lines += [f"WARNING   {mark}{said}" for mark, (_, said) in _ailing(snapshot, offset).items()]
    return lines


def marks(snapshot: Snapshot) -> dict[str, str]:
    """Give what `--check -q` must remember: states without their numbers, and routes that ail.

    What another run acts on is told by that.
    """
    services = {
        one.name: f"{one.status.code.value} {one.status.kind.value}"
        for one in snapshot.services
        if one.name not in snapshot.elsewhere
    }
    return services | {mark: state for mark, (state, _) in _ailing(snapshot, 0).items()}


ALERTS, HEARTBEAT = "alerts to ", "the heartbeat is "
"""How marks of what ails us begin; no service has a blank in its name."""


def _ailing(snapshot: Snapshot, offset: int) -> dict[str, tuple[str, str]]:
    """Give by mark what ails our ways to tell people: in which way, and the sentence."""
    found = {
        f"{ALERTS}{lane(route, snapshot)}: ": (
            f"{route.dead} dead" + " stuck" * route.stuck(snapshot.wall),
            backlog(route, snapshot, offset),
        )
        for route in snapshot.ailing
    }
    silent = {HEARTBEAT: ("silent", unheard(snapshot, offset))} if snapshot.unheard else {}
    return found | silent


def changes(
    snapshot: Snapshot, events: Sequence[Event], known: Mapping[str, str], offset: int
) -> str:
    """Show what is new since *known* (earlier `marks`) and the *events* since; "" for nothing."""
    lines = [news_line(event, snapshot.host) for event in events]
    told = {event.service for event in events}
    host, now = one_line(snapshot.host, 100), marks(snapshot)
    for one in snapshot.services:
        if one.name in told or one.name in snapshot.elsewhere:
            continue
        if known.get(one.name, WELL) == now[one.name]:
            continue
        sentence = said(one, snapshot, offset)
        level = "" if one.status.code is Code.OK else f"{one.status.code.name} "
        lines.append(cut(f"{host} {level}{one_line(one.name, 100)} {sentence}", 700))
    lines += [cut(f"{host} {line}", 700) for line in _alerts_news(snapshot, known, offset)]
    return "\n".join(lines) + "\n" if lines else ""


def _alerts_news(snapshot: Snapshot, known: Mapping[str, str], offset: int) -> list[str]:
    """Say what begins to ail, ails in another way, or is well again."""
    ailing = _ailing(snapshot, offset)
    news = [
        f"WARNING {mark}{said}"
        for mark, (state, said) in ailing.items()
        if known.get(mark) != state
    ]
    begins = (ALERTS, HEARTBEAT)
    over = [mark for mark in known if mark.startswith(begins) and mark not in ailing]
    at_ease = {True: "heard again", False: "nothing is stuck or given up any more"}
    return news + [f"{one_line(mark, 100)} {at_ease[mark == HEARTBEAT]}" for mark in over]


WELL = f"{Code.OK.value} {Kind.OK.value}"
