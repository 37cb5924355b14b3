"""A message for a program: one JSON document."""

from svwatch.core.event import Event
from svwatch.core.ledger import Why
from svwatch.view.letter import Letter, Message
from svwatch.view.to_json import SCHEMA, Value, text_of
from svwatch.view.to_message import message


def webhook(event: Event, why: Why, letter: Letter) -> Message:
    """Write the message for a webhook. Never raises."""
    told = message(event, why, letter)
    body: dict[str, Value] = {"schema_version": SCHEMA, "kind": "event", "subject": told.subject}
    return Message(told.subject, text_of(body | document(event)), told.brief)
