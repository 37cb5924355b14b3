"""One event in the form that a route asks for."""

from svwatch.core.event import Event
from svwatch.core.ledger import Why
from svwatch.core.level import Level
from svwatch.core.route import Form
from svwatch.view.letter import Letter, Message
from svwatch.view.marks import Marks
from svwatch.view.to_chat import chat
from svwatch.view.to_json import SCHEMA, Value, printable, text_of, whole
from svwatch.view.to_message import message
from svwatch.view.to_webhook import webhook


def compose(form: Form, event: Event, why: Why, letter: Letter) -> Message:
    """Write the message that tells *event* for the reason *why*, as *form*. Never raises.

    Form.ALERTMANAGER knows no messages: what it would be given is the mail.
    """
    match form:
        case Form.SLACK | Form.CHAT:
            return chat(event, why, letter, marks=form is Form.SLACK)
        case Form.JSON:
            return webhook(event, why, letter)
        case _:
            return message(event, why, letter)


def bare(form: Form, said: str, text: str, level: Level, letter: Letter) -> Message:
    """Write what is no event, or could not be written as one, as *form*: a headline and *text*.

    The document for a webhook has what all of them share (`to_webhook.webhook`) and the `kind`
    "notice".
    """
    loud = "" if level is Level.NOTICE else f"{level.upper()} "
    subject = f"[{letter.host}] {loud}{said}"
    match form:
        case Form.SLACK | Form.CHAT:
            plain = Marks(slack=form is Form.SLACK).plain
            return Message("", f"{loud}{plain(letter.host)} {plain(said)}\n", said)
        case Form.JSON:
            body: dict[str, Value] = {
                "schema_version": SCHEMA, "kind": "notice", "host": printable(letter.host),
                "level": level.value, "subject": printable(subject), "text": printable(text),
                "sent": whole(letter.now), "late": None,
            }  # fmt: skip
            return Message(subject, text_of(body), said)
        case _:
            return Message(subject, text, said)
