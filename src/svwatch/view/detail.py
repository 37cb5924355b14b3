"""What an event has to say in a list that names its kind already."""

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.core.units import age
from svwatch.view.story import because, headline, joined, now_uses, pids, restarts


def detail(event: Event) -> str:
    """Say what `svwatch events` has no column for, with short sizes."""
    facts = event.facts
    match event.what:
        case What.RESTART_FIXED | What.START_FIXED:
            down = f"down {age(facts.down)}" if facts.down else ""
            return joined(because(facts, short=True), now_uses(facts, short=True), down)
        case What.RESTARTED:
            return joined(
                pids(facts) + (f" after {age(facts.down)}" if facts.down else ""),
                "killed by the kernel (oom)" if facts.cause == "oom" else "",
                "planned, not counted" if facts.planned else "",
                restarts(facts) if facts.count is not None and facts.count > 1 else "",
            )
        case What.DOWN_BY_HAND:
            return "want d, not ours: no start, no alarm (reminder in 24h)"
        case What.WOULD:
            return joined(facts.doing or "", because(facts, short=True), by=": ")
        case _:
            return _rest(headline(event, short=True))


def _rest(words: str) -> str:
    """Give what follows the first colon of a headline, or all of it."""
    return words.partition(": ")[2] or words
