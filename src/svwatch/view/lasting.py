"""How long something lasts by now: numbers that were true when it was written grow with time."""

from msgspec.structs import replace

from svwatch.core.event import Event
from svwatch.core.ledger import Facts, What, Why
from svwatch.view.letter import Letter


def as_of(event: Event, why: Why, letter: Letter) -> Event:
    """Give *event* with what grows by itself as it is now, where it is told again."""
    passed = letter.now - event.at
    if why is not Why.REMINDER or passed <= 0:
        return event
    return replace(event, facts=_grown(event.what, event.facts, passed))


def _grown(what: What, facts: Facts, passed: float) -> Facts:
    match what:
        case What.DOWN:
            return replace(facts, down=(facts.down or 0.0) + passed)
        case What.WILL_NOT_STOP:  # its event began when it was told to end
            return replace(facts, span=passed, stopped_after=None)
        case What.CANNOT_MEASURE | What.NOT_DELIVERED if facts.span is not None:
            return replace(facts, span=facts.span + passed)
        case _:
            return facts
