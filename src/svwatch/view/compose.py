"""One event in the form that a route asks for."""

from svwatch.core.event import Event
from svwatch.core.ledger import Why
from svwatch.core.route import Form
from svwatch.view.letter import Letter, Message
from svwatch.view.to_chat import chat
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
