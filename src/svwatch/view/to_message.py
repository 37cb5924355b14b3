"""A message about one event: what happened, what it means, what to type."""

from svwatch.core.event import Event
from svwatch.core.ledger import What, Why
from svwatch.core.phrase import several
from svwatch.core.units import age, show_duration
from svwatch.view.advice import advice
from svwatch.view.clean import cut, one_line, spaced
from svwatch.view.cost import cost
from svwatch.view.joining import joined
from svwatch.view.lasting import as_of
from svwatch.view.letter import Letter, Message
from svwatch.view.meaning import meaning
from svwatch.view.numbers import measured, window
from svwatch.view.past import REPAIRED, past
from svwatch.view.subject import COME_TO, ENDS, SUBJECT, phrase, subject
from svwatch.view.to_daily import table
from svwatch.view.tree import tree

__all__ = ["LOG_LINES", "SUBJECT", "WITH_LOG", "brief", "message", "subject", "text_of"]

WIDE = 300  # characters of a line in a body; RFC 5322 allows 998
MOST_LINES = 12  # of a timeline; `svwatch why` has them all
LOG_LINES = 5
OVER = frozenset({What.WELL, What.BACK, What.MONITORED})  # its numbers are of the end
GAP = "     "  # between commands that stand on one line

WITH_LOG = REPAIRED | frozenset(
    {
        What.GAVE_UP,
        What.BACKING_OFF,
        What.NO_HELP,
        What.CRASHING,
        What.DOWN,
        What.RESTART_FAILED,
        What.START_FAILED,
        What.WILL_NOT_STOP,
        What.STOPPED,
        What.OVER,
        What.NO_ANSWER,
    },
)


def message(event: Event, why: Why, letter: Letter) -> Message:
    """Write the message that tells *event* for the reason *why*. Never raises."""
    event, over = as_of(event, why, letter), why is Why.CLEARED
    blocks = [
        *_again(event, why, letter),
        *(() if over and event.what not in ENDS else meaning(event, letter)),
        *(() if over else cost(event, letter)),
        *_timeline(event, letter),
        *_tree(event),
        *past(event, letter),
        *(() if over else log_lines(event, letter)),
        *(() if over else _commands(event)),
        _footer(event, letter),
    ]
    body = "\n".join(spaced(block, WIDE) for block in blocks)
    return Message(subject(event, why, letter), body + "\n", brief(event, why))


def brief(event: Event, why: Why) -> str:
    """Say it where host, level and service are said already."""
    return cut(phrase(event, why), SUBJECT)


def _again(event: Event, why: Why, letter: Letter) -> list[str]:
    """Say since when it is so, where it was told before; or how long it was."""
    since = f"{letter.clock(event.at)} ({age(letter.now - event.at)})"
    match why:
        case Why.REMINDER:
            every = f" Another reminder in {show_duration(letter.remind)}." if letter.remind else ""
            return [f"Reminder: this is so since {since}.{every if event.level == LOUD else ''}"]
        case Why.WORSENED:
            worse = "" if event.what in COME_TO else "It is worse than told before. "
            return [f"{worse}It began at {since}."]
        case Why.CLEARED:
            lasted = event.facts.span or max(0.0, event.updated - event.at)
            begun = letter.clock(event.updated - lasted)
            return [f"It lasted {age(lasted)}: from {begun} to {letter.clock(event.updated)}."]
        case _:
            return []


LOUD = "critical"


def _timeline(event: Event, letter: Letter) -> list[str]:
    """Give the evidence and then what was done and seen, one line each."""
    if event.what is What.QUIETLY:
        return table(event, letter)
    first = _evidence(event)
    begun = [f"  {letter.second(event.at)}  {first}"] if first else []
    lines = [_line(event, letter, at) for at in range(len(event.lines))]
    if len(lines) > MOST_LINES:
        left_out = len(lines) - MOST_LINES
        half = MOST_LINES // 2
        lines = [*lines[:half], f"  ... ({left_out} more) ...", *lines[-half:]]
    return begun + lines


def _line(event: Event, letter: Letter, at: int) -> str:
    line = event.lines[at]
    said = joined(line.what, line.detail, by=": ")
    if event.what is What.DAEMON_BACK:  # when it changed is what nobody saw
        return f"  {said}"
    return f"  {letter.second(line.at)}  {said}"


def _evidence(event: Event) -> str:
    """Say the measurement that decided, and of which process."""
    facts = event.facts
    if facts.measured is None or facts.limit is None or event.what in OVER:
        return ""
    about = joined(
        f"pid {facts.old.pid}" if facts.old is not None else "",
        f"up {age(facts.old_age)}" if facts.old_age else "",
        several(facts.procs, "process") if facts.procs else "",
        by=", ",
    )
    words = joined(measured(facts), window(facts), by=", ")
    return words + (f" ({about})" if about else "")


def _tree(event: Event) -> list[str]:
    """List its processes: those that live where it does not end, else those at that time."""
    procs = event.facts.tree
    if not procs or event.what in OVER:
        return []
    title = "Still there:" if event.what is What.WILL_NOT_STOP else "Its processes then:"
    return [title, *tree(procs)]


def log_lines(event: Event, letter: Letter) -> list[str]:
    """Give the end of its log, where that tells something."""
    if event.what not in WITH_LOG or not letter.log:
        return []
    where = f" ({letter.log_path})" if letter.log_path else ""
    which = "Log before the end" if event.what in REPAIRED else "Last lines of its log"
    return [f"{which}{where}:", *(f"  {one_line(line, WIDE)}" for line in letter.log[-LOG_LINES:])]


def _commands(event: Event) -> list[str]:
    pairs = advice(event)
    return [GAP.join(f"{purpose}: {command}" for purpose, command in pairs)] if pairs else []


def _footer(event: Event, letter: Letter) -> str:
    rule = event.facts.where
    return joined(
        f"More: svwatch why {event.number}" if event.number else "",
        f"Rule: {rule}" if rule else "",
        f"Sent by svwatch on {one_line(letter.host, 100)}",
        by=GAP,
    )


def text_of(told: Message) -> str:
    """Show a whole message as one text, as it would be read."""
    return f"Subject: {told.subject}\n\n{told.body}"
