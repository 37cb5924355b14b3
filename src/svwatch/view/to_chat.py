"""A message for a chat: one to four lines, and what its log said last."""

from svwatch.core.event import Event
from svwatch.core.ledger import What, Why
from svwatch.core.level import Level
from svwatch.core.units import age
from svwatch.view import ourselves
from svwatch.view.advice import advice
from svwatch.view.clean import cut, one_line
from svwatch.view.cost import ENDING, was_killed, worker_of
from svwatch.view.joining import joined
from svwatch.view.lasting import as_of
from svwatch.view.letter import Letter, Message, patience, rank
from svwatch.view.marks import Marks
from svwatch.view.past import REPAIRED
from svwatch.view.subject import SUBJECT, WIDTHS, ends, loud, phrase, reason_of
from svwatch.view.to_message import WITH_LOG, brief

LOG_SHOWN = 3  # lines of its log
WIDE = 300  # characters of a quoted line


def chat(event: Event, why: Why, letter: Letter, *, marks: bool) -> Message:
    """Write the message for a chat; *marks*: with those of Slack. Never raises.

    The first line (140 characters, marks and entities not counted) says it, then come the log,
    quoted, and what can be typed. With *marks* the body is what Slack is to be given, escaped.
    """
    use, event = Marks(slack=marks), as_of(event, why, letter)
    first, rest = _first(event, why, letter, use)
    known = why in {Why.CLEARED, Why.REMINDER}  # its log was told when it began
    shown = [] if known else _log(event, letter, use)
    typed = [] if why is Why.CLEARED else _typed(event, letter, use)
    lines = [first, *rest, *shown, *typed]
    return Message("", "\n".join(lines) + "\n", brief(event, why))


def _first(event: Event, why: Why, letter: Letter, use: Marks) -> tuple[str, list[str]]:
    """Give the first line, and what had no room there."""
    reason = reason_of(event, why, letter)
    level, host, name, said = _fitted(event, why, letter, SUBJECT - len(reason) - 1)
    line = f"{level}{use.plain(host)} {use.bold(name)} {use.plain(said)}{reason}."
    left = SUBJECT - len(f"{level}{host} {name} {said}{reason}.")
    rest: list[str] = []
    parts = (
        [(one, use.plain(one)) for one in _hints(event, letter)] if why is not Why.CLEARED else []
    )
    if event.number and (why is Why.CLEARED or not advice(event)):
        command = f"svwatch why {event.number}"
        parts.append((command, use.code(command)))
    for bare, shown in parts:
        if not rest and len(bare) < left:
            line, left = f"{line} {shown}", left - len(bare) - 1
        else:
            rest.append(shown)
    return line, [" ".join(rest)] if rest else []


def _fitted(event: Event, why: Why, letter: Letter, room: int) -> tuple[str, str, str, str]:
    """Give level, host, service and what happened so that all of it is *room* characters."""
    level, said = loud(event, why), phrase(event, why)
    down = event.facts.down
    if event.what in REPAIRED and event.what is not What.RESTARTED and down:
        said += f", down {age(down)}"
    for host_width, width in WIDTHS:
        host, name = one_line(letter.host, host_width), one_line(event.service, width)
        left = room - len(f"{level}{host} {name} ")
        if len(said) <= left:
            break
    return level, host, name, cut(said, left)


def _hints(event: Event, letter: Letter) -> list[str]:
    """Give the few words that spare a look at the mail."""
    until = ends(event, letter)
    facts = event.facts
    match event.what:
        case What.RESTART_FIXED | What.START_FIXED | What.RESTARTED:
            found = "" if facts.planned else rank(letter, event.at, facts)
            return [*([f"{found} today."] if found[:1].isdigit() else []), *_lost(event, letter)]
        case What.GAVE_UP | What.NO_HELP if until:
            return [f"Next try {until}."]
        case What.BACKING_OFF if until:
            return [f"Down until {until}."]
        case What.NOT_WATCHED | What.ON_HOLD if until:
            return [f"Until {until}."]
        case What.RESTART_BEGUN | What.STOP_BEGUN if patience(letter):
            return [f"It may take {patience(letter)}."]
        case What.WILL_NOT_STOP | What.SOMEONE_ELSE | What.PIDFILE_LOST:
            return ["No second copy started."]
        case What.SUSPECT_PID | What.DOUBLED:
            return ["Nothing is signalled or started until that is settled."]
        case What.CONFIG_REJECTED if not ourselves.watching(facts):
            return ["Nothing is watched."]
        case _:
            return []


def _lost(event: Event, letter: Letter) -> list[str]:
    """Say what a KILL has cost."""
    worker = worker_of(event, letter) if was_killed(event) else None
    return [f"{worker.short[0].upper()}{worker.short[1:]}."] if worker is not None else []


def _log(event: Event, letter: Letter, use: Marks) -> list[str]:
    """Quote the end of its log, where something is wrong."""
    if event.what not in WITH_LOG or event.level is Level.NOTICE:
        return []
    return [use.quoted(one_line(line, WIDE)) for line in letter.log[-LOG_SHOWN:]]


def _typed(event: Event, letter: Letter, use: Marks) -> list[str]:
    """Give what can be typed, and what that costs."""
    commands = [use.code(one_line(command, WIDE)) for _, command in advice(event)]
    if not commands:
        return []
    said = " or ".join(commands)
    worker = worker_of(event, letter) if event.what in ENDING else None
    if event.what is What.WILL_NOT_STOP:
        said += joined(" kills it", f"({worker.short})" if worker is not None else "", by=" ")
    return [said]
