"""Several messages in one: what was held back, or what happened at the same time."""

from svwatch.core.route import Form
from svwatch.view.late import late
from svwatch.view.letter import Item, Letter, Message

__all__ = ["digest", "late", "with_earlier"]


def digest(
    items: tuple[Item, ...], letter: Letter, form: Form, *, held: float | None = None
) -> Message:
    """Tell *items* (one or more, oldest first), of more than one service, in one message.

    *held*: they were held back, over so many seconds; None: they came at the same time.
    *letter*: its host, now and offset are used. Never raises; as long as a page at most.
    """
    del held, form
    said = f"[{letter.host}] {len(items)} alerts"
    return Message(said, "\n".join(f"{one.service} {one.brief}" for one in items) + "\n", said)


def with_earlier(message: Message, items: tuple[Item, ...], letter: Letter, form: Form) -> Message:
    """Give *message*, the newest of its service, with the earlier *items* named below it."""
    del letter, form
    more = "".join(f"  {one.brief}\n" for one in items)
    return Message(message.subject, f"{message.body}Before that:\n{more}", message.brief)
