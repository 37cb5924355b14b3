"""The daily word about what rules did quietly: for each service how often, why, how large."""

from collections.abc import Iterable

from svwatch.core.event import Event
from svwatch.core.phrase import several
from svwatch.core.quiet import RESTART, Quiet
from svwatch.core.units import age
from svwatch.view.clean import one_line
from svwatch.view.joining import joined
from svwatch.view.letter import Letter
from svwatch.view.numbers import measured

MOST = 30  # services that are named; the others are counted
NAME = 40  # characters


def reason(quiet: Iterable[Quiet], seconds: float) -> str:
    """Say it in one phrase: `14 restarts and 3 alerts of 2 services in 24h`."""
    found = tuple(quiet)
    counts = {RESTART: sum(one.restarts for one in found)}
    for one in found:
        for word, number in one.others.items():
            counts[word] = counts.get(word, 0) + number
    parts = [several(number, word) for word, number in counts.items() if number]
    *most, last = parts
    what = f"{', '.join(most)} and {last}" if most else last
    return f"{what} of {several(len(found), 'service')} in {age(seconds)}"


def rows(quiet: Iterable[Quiet]) -> tuple[tuple[float, str, str], ...]:
    """Give (since, service, what there was), the most first; the last for those left out."""
    ordered = sorted(quiet, key=lambda one: (-one.number, one.service))
    shown, rest = ordered[:MOST], ordered[MOST:]
    found = [(one.since, one.service, _said(one)) for one in shown]
    if rest:
        name = f"{several(len(rest), 'other service')}"
        said = f"{sum(one.number for one in rest)} in all, none with more than {rest[0].number}"
        found.append((min(one.since for one in rest), name, said))
    return tuple(found)


def _said(one: Quiet) -> str:
    causes = sorted(one.causes.items(), key=lambda pair: (-pair[1], pair[0]))
    why = ", ".join(word if len(causes) == 1 else f"{number} {word}" for word, number in causes)
    restarts = f"{several(one.restarts, 'restart')} ({why})" if one.restarts else ""
    others = ", ".join(several(number, word) for word, number in one.others.items())
    largest = f"largest {measured(one.largest)}" if one.largest is not None else ""
    return joined(joined(restarts, others, by=", "), largest)


def table(event: Event, letter: Letter) -> list[str]:
    """Show the services of such an event, one on a line, and since when."""
    wide = max((min(NAME, len(line.what)) for line in event.lines), default=0)
    return [
        f"  {one_line(line.what, NAME):<{wide}}  {line.detail}; since {letter.clock(line.at)}"
        for line in event.lines
    ]
