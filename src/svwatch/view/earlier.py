"""One service with several messages: the last one, and what came before it named below."""

from msgspec import DecodeError, json
from msgspec.structs import replace

from svwatch.core.route import Form
from svwatch.view.clean import cut, one_line
from svwatch.view.digest_document import item_document
from svwatch.view.letter import Item, Letter, Message
from svwatch.view.marks import Marks
from svwatch.view.to_json import Value, text_of

MOST = 10  # messages that are named
IN_CHAT = 3
WIDE = 200


def with_earlier(message: Message, items: tuple[Item, ...], letter: Letter, form: Form) -> Message:
    """Give *message*, the newest of its service, with the earlier *items* named below it.

    *items*: oldest first, without the one that is told. Many repeat themselves: the newest are
    named, the others counted. A JSON document gets them as the list `earlier`.
    """
    if not items:
        return message
    match form:
        case Form.JSON:
            return replace(message, body=_document(message.body, items))
        case Form.SLACK | Form.CHAT:
            use = Marks(slack=form is Form.SLACK)
            said = "; ".join(_named(items, letter, IN_CHAT))
            line = use.quoted(cut(one_line(f"Before that: {said}"), 2 * WIDE))
            return replace(message, body=f"{message.body}{line}\n")
        case _:
            lines = "".join(f"  {line}\n" for line in _named(items, letter, MOST))
            return replace(message, body=f"{message.body}Before that:\n{lines}")


def _named(items: tuple[Item, ...], letter: Letter, most: int) -> list[str]:
    """Name the newest *most* of *items*, the newest first, and count the others."""
    lines = [
        f"{letter.second(one.at)} {one_line(one.brief, WIDE)}" for one in reversed(items[-most:])
    ]
    left = len(items) - len(lines)
    return [*lines, f"... ({left} more)"] if left else lines


def _document(body: str, items: tuple[Item, ...]) -> str:
    try:
        found = json.decode(body, type=dict)
    except DecodeError:  # not ours
        return body
    earlier: list[Value] = [item_document(one) for one in items[-MOST:]]
    return text_of(found | {"earlier": earlier, "earlier_left_out": max(0, len(items) - MOST)})
