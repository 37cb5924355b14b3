"""`svwatch alerts`: what is left, the worst first; what was done about it; what a test gave."""

from collections.abc import Sequence

from svwatch.core.kinds import Code
from svwatch.core.letters import OPEN, Fate, LetterSnap, OutboxSnap, Rehearsed, Said
from svwatch.core.snapshot import RouteSnap, Snapshot
from svwatch.core.units import age
from svwatch.view import when
from svwatch.view.advice import quoted
from svwatch.view.backlog import lane, unheard
from svwatch.view.clean import one_line
from svwatch.view.colour import painter
from svwatch.view.joining import joined
from svwatch.view.table import table
from svwatch.view.to_json import SCHEMA, Value, heartbeat, printable, route, text_of, whole

ROUTES = ("ROUTE", "GIVEN UP", "WAITING", "SINCE", "TRIES", "NEXT TRY", "LAST ERROR")
LETTERS = ("LETTER", "ROUTE", "STATE", "WRITTEN", "TRIES", "EVENT", "SUBJECT")
NOBODY = "nobody will be told: no route is configured"
STATES = {Fate.OWED: "waiting", Fate.DEAD: "GIVEN UP"}
WIDE = 300  # characters of what a server said
SUBJECT = 160
MOST_ADVICE = 3

NOT_LATELY = "nothing went out within a day"

Row = tuple[str, ...]


def alerts(outbox: OutboxSnap, offset: int, *, color: bool = False) -> str:
    """Show the routes where something is left, their letters, and what to type next."""
    page = outbox.page
    left = [one for one in page.routes if one.waiting or one.dead]
    busy = sorted(left, key=lambda one: _place_in_line(one, page.wall))
    lines = _head(page, busy, offset)
    if busy:
        cells = [ROUTES, *(_route(one, page, offset) for one in busy)]
        codes = [None, *(Code.WARNING if one.ails(page.wall) else Code.OK for one in busy)]
        lines += table(cells, frozenset({1, 2, 4}), painter(codes, 0, color=color))
    lines += _letters(outbox, busy, offset)
    return "\n".join([*lines, *_next(outbox, busy)]) + "\n"


def _place_in_line(one: RouteSnap, wall: float) -> tuple[bool, bool, bool]:
    """Give what orders routes: the worst first, else as they are configured."""
    return not one.dead, not one.stuck(wall), not one.error


def _head(page: Snapshot, busy: list[RouteSnap], offset: int) -> list[str]:
    host = one_line(page.host, 100)
    silent = unheard(page, offset)
    heart = [f"{host}: the heartbeat is {silent}"] if silent else []
    if page.told_nobody:
        return [f"{host}: {NOBODY}", *heart]
    if busy or heart:
        return heart
    names = ", ".join(dict.fromkeys(one_line(one.name, 50) for one in page.routes))
    return [f"{host}: nothing waits and nothing was given up (routes: {names})"]


def _route(one: RouteSnap, page: Snapshot, offset: int) -> Row:
    since = "" if one.oldest is None else when.moment(one.oldest, page.wall, offset)
    gone = "" if one.configured else "the route is not configured any more"
    soon = one.retry is None or one.retry <= page.wall or not one.configured
    return (
        lane(one, page),
        str(one.dead or "-"),
        str(one.waiting or "-"),
        since or "-",
        str(one.attempts) if one.waiting else "-",
        "-" if soon or one.retry is None else when.exact(one.retry, page.wall, offset),
        joined(gone, one_line(one.error or one.died, WIDE)) or "-",
    )


# --- letters ---------------------------------------------------------------------------------


def _letters(outbox: OutboxSnap, busy: list[RouteSnap], offset: int) -> list[str]:
    """Show what is left, place by place; and then what is done with, the newest last."""
    rows: list[Row] = []
    for one in busy:
        there = [each for each in outbox.letters if (each.route, each.target) == _place(one)]
        rows += _of_fate(Fate.DEAD, there, one.dead, outbox.page, offset)
        rows += _of_fate(Fate.OWED, there, one.waiting, outbox.page, offset)
    done = [each for each in outbox.letters if each.fate not in OPEN]
    rows += [row for each in done for row in _letter(each, outbox.page, offset)]
    lines = ["", *table([LETTERS, *rows], frozenset({0, 4, 5}))] if rows else []
    return [*lines, "", NOT_LATELY] if outbox.all and not done else lines


def _place(one: RouteSnap) -> tuple[str, str]:
    return one.name, one.target


def _of_fate(
    fate: Fate, there: list[LetterSnap], count: int, page: Snapshot, offset: int
) -> list[Row]:
    shown = [one for one in there if one.fate is fate]
    rows = [row for one in shown for row in _letter(one, page, offset)]
    more = count - len(shown)
    return [*rows, ("", "", "", "", "", "", f"  and {more} more")] if shown and more > 0 else rows


def _letter(one: LetterSnap, page: Snapshot, offset: int) -> list[Row]:
    to = RouteSnap(name=one.route, target=one.target)
    row = (
        str(one.number),
        lane(to, page),
        STATES.get(one.fate, one.fate.value),
        when.moment(one.created, page.wall, offset),
        str(one.attempts or "-"),
        f"#{one.event}" if one.event else "-",
        one_line(one.title, SUBJECT),
    )
    why = _outcome(one, page, offset)
    return [row, ("", "", "", "", "", "", f"  {why}")] if why else [row]


def _outcome(one: LetterSnap, page: Snapshot, offset: int) -> str:
    """Say what became of a letter that waits no more, in the server's own words."""
    at = "" if one.finished is None else when.exact(one.finished, page.wall, offset)
    said = one_line(one.answer, WIDE)
    match one.fate:
        case Fate.OWED:
            return ""
        case Fate.FOLDED:
            return f"letter {one.digest} tells of it" if one.digest is not None else ""
        case Fate.DEAD:
            return joined(f"given up {at}".rstrip(), said, by=": ")
        case _:
            return joined(at, said, by=": ")


def _next(outbox: OutboxSnap, busy: list[RouteSnap]) -> list[str]:
    """Say what to type: again, no more, or how to find out more."""
    commands: list[str] = []
    letters = {one.route for one in outbox.letters}  # an Alertmanager has none
    for one in busy:
        name = quoted(one.name)
        if not one.configured:
            commands.append(f"svwatch alerts drop {name}")
        elif one.dead:
            commands += [f"svwatch alerts retry {name}", f"svwatch alerts drop {name}"]
        elif one.error:
            commands.append(f"svwatch alerts test {name}")
            commands += [f"svwatch alerts retry {name}"] * (one.name in letters)
    shown = list(dict.fromkeys(commands))[:MOST_ADVICE]
    return ["", "next: " + " | ".join(shown)] if shown else []


# --- for programs ----------------------------------------------------------------------------


def to_json(outbox: OutboxSnap) -> str:
    """Write *outbox*: what `alerts list --json` prints."""
    page = outbox.page
    return text_of(
        {
            "schema_version": SCHEMA,
            "host": printable(page.host),
            "time": whole(page.wall),
            "nobody_is_told": page.told_nobody,
            "heartbeat": None if page.pulse is None else heartbeat(page.pulse),
            "routes": [route(one, page.wall) for one in page.routes],
            "letters": [_document(one) for one in outbox.letters],
        }
    )


def _document(one: LetterSnap) -> dict[str, Value]:
    return {
        "number": one.number,
        "route": printable(one.route),
        "target": printable(one.target),
        "status": one.fate.value,
        "level": one.level.value,
        "event": one.event,
        "service": printable(one.service),
        "subject": printable(one.title),
        "created": whole(one.created),
        "attempts": one.attempts,
        "retry": whole(one.retry) if one.fate is Fate.OWED and one.retry else None,
        "finished": whole(one.finished),
        "answer": printable(one.answer),
        "digest": one.digest,
    }


# --- what was done ---------------------------------------------------------------------------


def did(said: Said) -> str:
    """Say what was done about one letter, or about a word that means none."""
    about = str(said.number) if said.number else said.word
    return f"{one_line(about, 100)}  {one_line(said.text, 2 * WIDE)}"


def rehearsed(one: Rehearsed, routes: int, places: int) -> str:
    """Say what came of a test to one place; *routes*, *places*: how wide their columns are."""
    state = "ok    " if one.ok else "failed"
    took = age(one.seconds)
    name, shown = one_line(one.route, WIDE).ljust(routes), one_line(one.shown, WIDE).ljust(places)
    return f"{name}  {shown}  {state}  {took.rjust(5)}  {one_line(one.said, 2 * WIDE)}".rstrip()


def rehearsals_to_json(found: Sequence[Rehearsed]) -> str:
    """Write what came of a test, for programs."""
    return text_of(
        {
            "schema_version": SCHEMA,
            "ok": all(one.ok for one in found),
            "targets": [
                {
                    "route": printable(one.route),
                    "shown": printable(one.shown),
                    "ok": one.ok,
                    "milliseconds": round(one.seconds * 1000),
                    "said": printable(one.said),
                }
                for one in found
            ],
        }
    )
