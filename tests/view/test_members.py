"""What is told of members that went, came back, or are too few."""

from msgspec.structs import replace

from svwatch.core.event import WallLine
from svwatch.core.ledger import Facts, What, Why
from svwatch.core.level import Level
from svwatch.view.to_line import run_line
from svwatch.view.to_message import message
from tests.view.scene import LETTER, at, event

GONE = replace(
    event(
        What.GONE,
        Level.WARNING,
        Facts(
            reason="its directory /service/mailer-1 is not there any more; pid 3101 ran when it "
            "was last seen",
            mend="svwatch forget mailer-1",
        ),
    ),
    lines=(WallLine(at(9, 40), "vanished", "/service/mailer-1"),),
)


def test_a_message_of_a_member_that_is_gone_says_what_to_do() -> None:
    told = message(GONE, Why.RAISED, LETTER)
    assert "WARNING mailer-1 is gone: its directory /service/mailer-1 is not" in told.subject
    assert "It is not watched any more, and shown until it is back or forgotten." in told.body
    assert "svwatch forget mailer-1" in told.body


def test_one_line_of_each() -> None:
    assert run_line(GONE).startswith("WARNING mailer-1 is gone: its directory /service/mailer-1")
    back = replace(GONE, what=What.BACK, level=Level.NOTICE, facts=Facts(span=60.0))
    assert run_line(back) == "mailer-1 is back after 1m  #320"
    forgotten = event(What.FORGOTTEN, facts=Facts(reason="forgotten by ann"))
    assert run_line(forgotten) == "mailer-1 is forgotten: forgotten by ann  #320"
