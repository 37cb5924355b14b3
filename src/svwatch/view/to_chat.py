"""A message for a chat: one to three lines, and what its log said last."""

from svwatch.core.event import Event
from svwatch.core.ledger import Why
from svwatch.view.letter import Letter, Message
from svwatch.view.to_message import brief, subject


def chat(event: Event, why: Why, letter: Letter, *, marks: bool) -> Message:
    """Write the message for a chat; *marks*: with those of Slack. Never raises."""
    del marks
    return Message("", subject(event, why, letter) + "\n", brief(event, why))
