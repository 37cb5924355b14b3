"""Several messages in one: what was held back, or what happened at the same time."""

from msgspec.structs import replace

from svwatch.core.level import Level
from svwatch.core.phrase import several
from svwatch.core.route import Form
from svwatch.core.units import age
from svwatch.view import when
from svwatch.view.clean import cut, one_line
from svwatch.view.digest_document import document
from svwatch.view.earlier import with_earlier
from svwatch.view.joining import joined
from svwatch.view.late import late
from svwatch.view.letter import Item, Letter, Message
from svwatch.view.marks import Marks
from svwatch.view.sorting import RANK, Story, by_outcome, stories, worst
from svwatch.view.subject import SUBJECT, level_word
from svwatch.view.to_message import GAP

__all__ = ["digest", "late", "with_earlier"]

ROWS = 20  # services in a mail that have a line of their own
QUOTED = 5  # in a chat
NAMES = 12  # of services that stand alike, in a mail
KINDS = 12  # lines of those
WIDE = 200
HOST = 40  # characters of a host in the first line
LONG = 60  # characters of a name


def digest(
    items: tuple[Item, ...], letter: Letter, form: Form, *, held: float | None = None
) -> Message:
    """Tell *items* (one or more, oldest first), of more than one service, in one message.

    *held*: they were held back, over so many seconds; None: they came at the same time.
    *letter*: its host, now and offset are used. Never raises; as long as a page at most.
    """
    found = stories(items)
    head = _head(items, found, letter, held)
    subject = cut(f"[{one_line(letter.host, HOST)}] {head}", SUBJECT)
    brief = cut(head.removeprefix(level_word(worst(found))), SUBJECT)
    if form in {Form.SLACK, Form.CHAT}:
        marks = Marks(slack=form is Form.SLACK)
        return Message("", _chat(items, found, letter, marks, held), brief)
    told = Message(subject, _mail(items, found, letter), brief)
    return replace(told, body=document(items, letter, told, held)) if form is Form.JSON else told


# --- one line --------------------------------------------------------------------------------


def _head(items: tuple[Item, ...], found: list[Story], letter: Letter, held: float | None) -> str:
    """Say all of it in one line, without the host."""
    level = level_word(worst(found))
    end = "" if held is not None else _span(items, letter)
    if held is None:
        start = f"{level}{several(len(found), 'service')}: "
    else:
        start = f"{level}{several(len(items), 'alert')} held back in {age(held)}: "
    again = held is not None and len(items) > len(found)
    parts = _busiest(found) if again else _kinds(found)
    host = len(one_line(letter.host, HOST)) + len("[] ")
    return start + _fitting(parts, SUBJECT - host - len(start) - len(end)) + end


def _busiest(found: list[Story]) -> list[str]:
    """Name the services that most is told of: `rm-dj-1 x7`."""
    most = sorted(found, key=lambda one: (-one.many, RANK[one.level], one.last.service))
    return [one_line(one.last.service, LONG) + _times(one) for one in most]


def _kinds(found: list[Story]) -> list[str]:
    """Count what came of it: `13 fixed`."""
    return [f"{len(some)} {word}" for word, some in by_outcome(found)]


def _fitting(parts: list[str], room: int) -> str:
    """Join as many of *parts* as have *room*, one at least, and count the others."""
    said, shown = "", 0
    for part in parts:
        longer = joined(said, part, by=", ")
        more = len(" ... (1000 more)") if shown + 1 < len(parts) else 0
        if said and len(longer) > room - more:
            break
        said, shown = longer, shown + 1
    left = len(parts) - shown
    return said + (f" ... ({left} more)" if left else "")


def _times(one: Story) -> str:
    return f" x{one.many}" if one.many > 1 else ""


def _span(items: tuple[Item, ...], letter: Letter) -> str:
    """Say from when to when: ` (13:12 - 13:15)`."""
    times = [one.at for one in items]
    first, last = letter.clock(min(times)), letter.clock(max(times))
    return f" ({first})" if first == last else f" ({first} - {last})"


# --- a page ----------------------------------------------------------------------------------


def _mail(items: tuple[Item, ...], found: list[Story], letter: Letter) -> str:
    """Give a line to each service that is in trouble, and names to those that stand alike."""
    loud = [one for one in found if one.level is not Level.NOTICE]
    rows = found if len(found) <= ROWS else loud[:ROWS]
    rest = [one for one in found if one not in rows] if len(found) > ROWS else []
    groups = by_outcome(rest)
    lines = [_row(one, letter) for one in rows]
    lines += [_names(word, some) for word, some in groups[:KINDS]]
    if len(groups) > KINDS:
        lines.append(f"  ... ({several(len(groups) - KINDS, 'kind')} more)")
    lines.append(_footer(items, letter))
    return "\n".join(lines) + "\n"


def _row(one: Story, letter: Letter) -> str:
    item = one.last
    number = f"  #{item.number}" if item.number else ""
    said = f"{level_word(one.level)}{one_line(item.service, LONG)} {one_line(item.brief, WIDE)}"
    return f"  {letter.second(item.at)}  {said}{_times(one)}{number}"


def _names(word: str, some: list[Story]) -> str:
    names = " ".join(one_line(one.last.service, LONG) + _times(one) for one in some[:NAMES])
    left = f" ... ({len(some) - NAMES} more)" if len(some) > NAMES else ""
    return f"  {word} ({len(some)}): {names}{left}"


def _since(items: tuple[Item, ...], letter: Letter) -> str:
    """Give the command that lists all of it, in words that `--since` understands."""
    begin = min(one.at for one in items)
    clock = when.hm(begin, letter.offset)
    if when.days(begin, letter.offset) != when.days(letter.now, letter.offset):
        year, month, day = when.civil(when.days(begin, letter.offset))
        clock = f"'{year}-{month:02}-{day:02} {clock}'"
    return f"svwatch events --since {clock}"


def _footer(items: tuple[Item, ...], letter: Letter) -> str:
    return GAP.join(
        (
            f"All of it: {_since(items, letter)}",
            "Now: svwatch status",
            f"Sent by svwatch on {one_line(letter.host, 100)}",
        ),
    )


# --- a chat ----------------------------------------------------------------------------------


def _chat(
    items: tuple[Item, ...], found: list[Story], letter: Letter, use: Marks, held: float | None
) -> str:
    """Give one line, those in trouble quoted, and the command that lists all of it."""
    level = level_word(worst(found))
    head = _head(items, found, letter, held).removeprefix(level)
    host = one_line(letter.host, HOST)
    head = cut(head, SUBJECT - len(f"{level}{host} "))
    lines = [f"{level}{use.plain(host)} {use.plain(head)}"]
    loud = [one for one in found if one.level is not Level.NOTICE]
    for one in loud[:QUOTED]:
        said = f"{one.last.service} {one.last.brief}{_times(one)}"
        lines.append(use.quoted(level_word(one.level) + one_line(said, WIDE)))
    if len(loud) > QUOTED:
        lines.append(use.quoted(f"... ({len(loud) - QUOTED} more)"))
    return "\n".join([*lines, use.code(_since(items, letter))]) + "\n"
