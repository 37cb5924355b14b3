"""What a message says of itself where it comes late."""

from msgspec import DecodeError, json

from svwatch.core.route import Form
from svwatch.core.units import age
from svwatch.view.clean import one_line
from svwatch.view.letter import Letter
from svwatch.view.marks import Marks
from svwatch.view.to_json import printable, text_of, whole

WIDE = 200  # characters of what a server said


def late(
    body: str, decided_at: float, letter: Letter, error: str = "", *, form: Form = Form.MAIL
) -> str:
    """Give *body* with words before it that say when it was decided, and why it comes only now.

    *decided_at*: unix seconds. *error*: what the server said before. *letter*: its now and offset
    are used. A mail gets a first line; a chat, where the first line is what a telephone shows, a
    few words on it and the error at the end; a JSON document the object `late`.
    """
    seconds = max(0.0, letter.now - decided_at)
    said = f"{letter.clock(decided_at)}, {age(seconds)} late"
    why = one_line(error, WIDE)
    match form:
        case Form.JSON:
            return _document(body, decided_at, seconds, error)
        case Form.SLACK | Form.CHAT:
            use = Marks(slack=form is Form.SLACK)
            end = f"{use.quoted(f'late because: {why}')}\n" if why else ""
            return f"({said}) {body}{end}"
        case _:
            because = f", because: {why}" if why else ""
            return f"This is of {said}{because}. Now: svwatch status\n{body}"


def _document(body: str, decided_at: float, seconds: float, error: str) -> str:
    try:
        found = json.decode(body, type=dict)
    except DecodeError:  # not ours
        return body
    found["late"] = {
        "decided": whole(decided_at),
        "seconds": whole(seconds),
        "error": printable(error),
    }
    return text_of(found)
