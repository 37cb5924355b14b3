"""A message about one event: what happened, what it means, what to type."""

from svwatch.core.event import Event
from svwatch.core.ledger import What, Why
from svwatch.core.phrase import several
from svwatch.core.units import age
from svwatch.view.advice import advice
from svwatch.view.clean import cut, one_line, spaced
from svwatch.view.letter import Letter, Message, rhythm
from svwatch.view.meaning import meaning
from svwatch.view.story import headline, joined, measured, window
from svwatch.view.to_line import level_word

SUBJECT = 140  # characters: what a telephone shows, and more than most mail readers do
WIDE = 300  # characters of a line in a body; RFC 5322 allows 998
MOST_LINES = 12  # of a timeline; `svwatch why` has them all
LOG_LINES = 5
GAP = "     "  # between commands that stand on one line

REPAIRED = frozenset({What.RESTART_FIXED, What.START_FIXED, What.RESTARTED})
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
    },
)


def message(event: Event, why: Why, letter: Letter) -> Message:
    """Write the message that tells *event* for the reason *why*. Never raises."""
    blocks = [
        *meaning(event, letter),
        *_timeline(event, letter),
        *_rhythm(event, letter),
        *_log(event, letter),
        *_commands(event),
        _footer(event, letter),
    ]
    body = "\n".join(spaced(block, WIDE) for block in blocks)
    return Message(subject(event, why, letter), body + "\n", brief(event, why))


def subject(event: Event, why: Why, letter: Letter) -> str:
    """Give the first line: host, level, service, what, value and limit, outcome."""
    level = "" if why is Why.CLEARED else level_word(event.level)
    start = f"[{one_line(letter.host, 40)}] {level}{one_line(event.service, 50)} "
    return cut(start + one_line(_said(event, why)) + _reason(event, why, letter), SUBJECT)


def brief(event: Event, why: Why) -> str:
    """Say it where host, level and service are said already."""
    return one_line(_said(event, why), SUBJECT)


ENDS = frozenset({What.WELL, What.BACK, What.MONITORED})


def _said(event: Event, why: Why) -> str:
    if why is Why.CLEARED and event.what not in ENDS:
        return f"is well again (was: {headline(event).removeprefix('is ')})"
    return headline(event)


def _reason(event: Event, why: Why, letter: Letter) -> str:
    match why:
        case Why.REMINDER:
            return f" (reminder, since {letter.clock(event.at)})"
        case Why.WORSENED:
            return " (worse than told before)"
        case _:
            return ""


def _timeline(event: Event, letter: Letter) -> list[str]:
    """Give the evidence and then what was done and seen, one line each."""
    first = _evidence(event)
    begun = [f"  {letter.second(event.at)}  {first}"] if first else []
    lines = [
        f"  {letter.second(line.at)}  {joined(line.what, line.detail, by=': ')}"
        for line in event.lines
    ]
    if len(lines) > MOST_LINES:
        left_out = len(lines) - MOST_LINES
        half = MOST_LINES // 2
        lines = [*lines[:half], f"  ... ({left_out} more) ...", *lines[-half:]]
    return begun + lines


def _evidence(event: Event) -> str:
    """Say the measurement that decided, and of which process."""
    facts = event.facts
    if facts.measured is None or facts.limit is None or event.what in ENDS:
        return ""
    about = joined(
        f"pid {facts.old.pid}" if facts.old is not None else "",
        f"up {age(facts.old_age)}" if facts.old_age else "",
        several(facts.procs, "process") if facts.procs else "",
        by=", ",
    )
    words = joined(measured(facts), window(facts), by=", ")
    return words + (f" ({about})" if about else "")


def _rhythm(event: Event, letter: Letter) -> list[str]:
    if event.what not in REPAIRED or event.facts.planned:
        return []
    said = rhythm(letter, event.at, event.facts)
    return [f"{said}."] if said else []


def _log(event: Event, letter: Letter) -> list[str]:
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
