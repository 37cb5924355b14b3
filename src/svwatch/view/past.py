"""What happened before: restarts with their causes, and their rhythm."""

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.core.snapshot import counts
from svwatch.core.units import age
from svwatch.view.clean import one_line
from svwatch.view.letter import Letter, pause, rhythm

REPAIRED = frozenset({What.RESTART_FIXED, What.START_FIXED, What.RESTARTED})
STORMS = frozenset(
    {
        What.GAVE_UP,
        What.BACKING_OFF,
        What.STOPPED,
        What.CRASHING,
        What.NO_HELP,
        What.RESTART_FAILED,
        What.START_FAILED,
    },
)
SHOWN = 5  # restarts by their time
DAY = 86400.0
FAST = 3600.0  # restarts that come more slowly than this have no rhythm of a storm


def past(event: Event, letter: Letter) -> list[str]:
    """Say how often it was restarted before, why, and in what rhythm; nothing where never."""
    if event.what in REPAIRED:
        said = "" if event.facts.planned else rhythm(letter, event.at, event.facts)
        causes = _causes(letter, event.at) if said else ""
        return [f"{said}.{causes}"] if said else []
    return _last(event, letter) if event.what in STORMS else []


def _causes(letter: Letter, at: float) -> str:
    """Count the causes of a day where there is more than one: ` In 24h: 3 memory, 1 crash.`."""
    found = counts(cause for wall, cause in letter.history if at - DAY < wall <= at)
    if len(found) < 2:
        return ""
    return " In 24h: " + ", ".join(f"{many} {one_line(cause, 40)}" for cause, many in found) + "."


def _last(event: Event, letter: Letter) -> list[str]:
    """Name the last restarts of a day with their causes, and how fast they came."""
    until = max(event.updated, event.at)
    held = sorted(one for one in letter.history if until - DAY < one[0] <= until)
    shown = held[-SHOWN:]
    if not shown:
        return []
    named = ", ".join(f"{letter.second(wall)} {one_line(cause, 40)}" for wall, cause in shown)
    every = pause(tuple(wall for wall, _ in shown))
    rest = [f"one every {age(every)}"] if every and every < FAST else []
    rest += [f"{len(held)} in 24h"] if len(held) > len(shown) else []
    return [f"Last restarts: {named}" + (f"; {', '.join(rest)}." if rest else ".")]
