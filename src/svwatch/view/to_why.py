"""Why: the stored evidence of one decision, and what was done about it, as it was kept."""

from collections.abc import Sequence
from typing import Protocol

from svwatch.core.event import Event
from svwatch.core.ledger import Facts, Sample, What
from svwatch.core.phrase import amount, several
from svwatch.core.units import GB, MB, age
from svwatch.view import when
from svwatch.view.advice import advice
from svwatch.view.clean import one_line, spaced
from svwatch.view.letter import Letter, pause
from svwatch.view.meaning import meaning
from svwatch.view.story import joined, now_uses, outcome
from svwatch.view.tree import tree

TITLE = 61  # where the time stands in the first line
LABEL = 10  # where the text of a labelled row stands, after two blanks
DONE_AT = 22  # where the detail of a line stands, after its time
SAMPLES = 6  # the last so many
EARLIER = 4  # events before this one
WIDE = 400


class Delivery(Protocol):
    """What became of one message about the event."""

    @property
    def route(self) -> str:
        """Its name."""

    @property
    def status(self) -> str:
        """One of owed, sent, dead."""

    @property
    def finished(self) -> float | None:
        """When it was sent or given up, unix seconds."""

    @property
    def answer(self) -> str:
        """The receipt of the server, or the last error."""


TITLES: dict[What, str] = {
    What.RESTART_FIXED: "restarted, FIXED",
    What.RESTART_FAILED: "restart FAILED",
    What.RESTART_BEGUN: "restart BEGUN",
    What.RESTART_WITHDRAWN: "restart WITHDRAWN",
    What.START_FIXED: "started, FIXED",
    What.START_FAILED: "start FAILED",
    What.START_BEGUN: "start BEGUN",
    What.STOP_BEGUN: "stop BEGUN",
}


def why(
    event: Event,
    letter: Letter,
    told: Sequence[Delivery] = (),
    before: Sequence[Event] = (),
) -> str:
    """Tell everything that is kept of *event*. *before*: earlier events, the newest first."""
    rows = [
        _title(event, letter.offset),
        *_rule(event.facts),
        *_seen(event, letter.offset),
        *_because(event),
        *_checked(event.facts),
        *(_done(line.at, line.what, line.detail, letter.offset) for line in event.lines),
        *(_row("process", line[2:]) for line in tree(event.facts.tree or ())),
        *(_row("log", one_line(line, WIDE)) for line in letter.log),
        *_told(told, letter),
        *_before(event, before, letter),
        *_now(event, letter),
    ]
    return "\n".join(spaced(row, WIDE) for row in rows) + "\n"


def _row(label: str, text: str) -> str:
    return f"  {label.ljust(LABEL)}{text}"


def _title(event: Event, offset: int) -> str:
    name = one_line(event.service, 100)
    title = TITLES.get(event.what, event.what.value.upper())
    begun = f"{when.weekday(event.at, offset)} {when.hms(event.at, offset)}"
    ended = ""
    if int(event.updated) != int(event.at):
        far = when.days(event.at, offset) != when.days(event.updated, offset)
        day = f"{when.weekday(event.updated, offset)} " if far else ""
        ended = f" - {day}{when.hms(event.updated, offset)}"
    start = f"#{event.number} {name} {title}"
    return f"{start.ljust(TITLE - 1)} {begun}{ended} {when.zone(offset)}"


def _rule(facts: Facts) -> list[str]:
    if not facts.rule:
        return []
    where = one_line(facts.where or "", 200)
    return [_row("rule", joined(one_line(facts.rule, WIDE), where, by="   "))]


def fine_size(value: float) -> str:
    """Show bytes so that looks can be told apart: `176.2M`, `1.53G`."""
    return f"{value / GB:.2f}G" if value >= 10 * GB else f"{value / MB:.1f}M"


def _sample(sample: Sample, event: Event, offset: int) -> str:
    unit = event.facts.unit
    value = fine_size(sample.value) if unit == "bytes" else amount(sample.value, unit, short=True)
    return f"{when.hms(sample.at + event.mono_to_wall, offset)} {value}"


def _seen(event: Event, offset: int) -> list[str]:
    facts = event.facts
    about = joined(
        f"pid {facts.old.pid}" if facts.old is not None else "",
        f"up {age(facts.old_age)}" if facts.old_age else "",
        several(facts.procs, "process") if facts.procs else "",
        by=", ",
    )
    words = joined(facts.needed or "", about)
    shown = [_sample(one, event, offset) for one in (facts.samples or ())[-SAMPLES:]]
    if not shown:
        return [_row("seen", words)] if about else []
    return [_row("seen", joined(*shown, f"({words})" if words else "", by="   "))]


def _because(event: Event) -> list[str]:
    """Give what the title and the rule do not say: numbers, a reason, who asked."""
    said = one_line(outcome(event), WIDE)
    who = event.facts.who
    rows = [_row("outcome" if event.closed else "so far", said)]
    if who and who not in said:
        rows.append(_row("asked by", one_line(who, 100)))
    return rows


def _checked(facts: Facts) -> list[str]:
    if facts.siblings_down is None:
        return []
    most = "" if facts.max_down is None else f" (max_down {facts.max_down})"
    return [_row("checked", f"siblings down {facts.siblings_down}{most}")]


def _done(at: float, what: str, detail: str, offset: int) -> str:
    shown = one_line(what, 100).ljust(DONE_AT - 2)
    return f"  {when.fine(at, offset)}  {shown}  {one_line(detail, WIDE)}".rstrip()


def _told(told: Sequence[Delivery], letter: Letter) -> list[str]:
    """Say who heard of it and when; a message that waits is said to wait."""
    parts = []
    for one in told:
        at = "" if one.finished is None else f" {letter.second(one.finished)}"
        state = {"sent": at, "dead": f"{at} GIVEN UP"}.get(one.status, " waits")
        answer = f" ({one_line(one.answer, 100)})" if one.answer else ""
        parts.append(f"{one_line(one.route, 50)}{state}{answer}")
    return [_row("told", "   ".join(parts))] if parts else []


def _before(event: Event, before: Sequence[Event], letter: Letter) -> list[str]:
    if not before:
        return []
    shown = [
        joined(
            f"#{one.number} {letter.clock(one.at)}",
            one.facts.cause or one.what.value,
            now_uses(one.facts, short=True),
            by=" ",
        )
        for one in before[:EARLIER]
    ]
    every = pause((event.at, *(one.at for one in before)))
    rhythm = f": every {age(every)}" if every else ""
    return [_row("before", one_line(", ".join(shown), WIDE) + rhythm)]


def _now(event: Event, letter: Letter) -> list[str]:
    """Say how it stands and what to type, where it has not ended well."""
    if event.closed and event.level == "notice":
        return []
    rows = [_row("now" if not at else "", line) for at, line in enumerate(meaning(event, letter))]
    commands = [command for _, command in advice(event)]
    if commands:
        rows.append(_row("you can", " | ".join(commands)))
    return rows
