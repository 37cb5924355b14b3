"""The first line of a message: host, service, what, value and limit, outcome; 140 characters."""

from svwatch.core.event import Event
from svwatch.core.ledger import What, Why
from svwatch.core.level import Level
from svwatch.view.clean import cut, one_line
from svwatch.view.letter import Letter, patience
from svwatch.view.story import headline

SUBJECT = 140  # characters: what a telephone shows, and more than most mail readers do
WIDTHS = ((40, 50), (24, 32), (16, 24))  # of host and service; the shorter where it would not fit

ENDS = frozenset(
    {
        What.WELL,
        What.BACK,
        What.MONITORED,
        What.ENOUGH,
        What.RELEASED,
        What.DELIVERED,
        What.FORGOTTEN,
        What.DAEMON_BACK,
        What.RESTART_FIXED,
        What.START_FIXED,
        What.STOPPED,
    },
)
"""Kinds of event that say themselves that something is over."""

COME_TO = frozenset(
    {
        What.CRASHING,
        What.CANNOT_MEASURE,
        What.GAVE_UP,
        What.BACKING_OFF,
        What.NO_HELP,
        What.WILL_NOT_STOP,
        What.SOMEONE_ELSE,
        What.START_FAILED,
        What.RESTART_FAILED,
    },
)
"""What it has come to, and was not told as such before."""


def level_word(level: Level) -> str:
    """Give `CRITICAL ` or `WARNING `; a notice has no word."""
    return "" if level is Level.NOTICE else f"{level.value.upper()} "


def loud(event: Event, why: Why) -> str:
    """Give the level as a word; nothing where it is over."""
    return "" if why is Why.CLEARED else level_word(event.level)


def subject(event: Event, why: Why, letter: Letter) -> str:
    """Give the first line: host, level, service, what, value and limit, outcome."""
    said, after, reason = phrase(event, why), outlook(event, letter), reason_of(event, why, letter)
    for host_width, width in WIDTHS:
        host, name = one_line(letter.host, host_width), one_line(event.service, width)
        start = f"[{host}] {loud(event, why)}{name} "
        for end in (after + reason, reason):
            if len(start + said + end) <= SUBJECT:
                return start + said + end
    return cut(start + said, SUBJECT - len(reason)) + reason


def phrase(event: Event, why: Why) -> str:
    """Say it where host, level and service are said already, as one harmless line."""
    said = headline(event)
    if why is Why.CLEARED and event.what not in ENDS:
        said = f"is well again (was: {said.removeprefix('is ')})"
    return one_line(said)


def outlook(event: Event, letter: Letter) -> str:
    """Say what comes next by itself: `; next try 14:11`; "" where nothing does."""
    match event.what:
        case What.GAVE_UP | What.NO_HELP if ends(event, letter):
            return f"; next try {ends(event, letter)}"
        case What.BACKING_OFF | What.NOT_WATCHED | What.ON_HOLD if ends(event, letter):
            return f"; until {ends(event, letter)}"
        case What.RESTART_BEGUN | What.STOP_BEGUN if patience(letter):
            return f"; may take {patience(letter)}"
        case _:
            return ""


def ends(event: Event, letter: Letter) -> str:
    """Show when it ends by itself; "" where it does not, or should have by now."""
    until = event.facts.until
    if until is None or until + event.mono_to_wall <= letter.now:
        return ""
    return letter.clock(until + event.mono_to_wall)


def reason_of(event: Event, why: Why, letter: Letter) -> str:
    """Say why it is told again."""
    match why:
        case Why.REMINDER:
            return f" (reminder, since {letter.clock(event.at)})"
        case Why.WORSENED if event.what not in COME_TO:
            return " (worse than told before)"
        case _:
            return ""
