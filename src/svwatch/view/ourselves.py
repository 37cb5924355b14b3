"""What svwatch says of itself: its configuration, its daemon, its way to tell people."""

from svwatch.core.event import Event
from svwatch.core.ledger import Facts, What
from svwatch.core.phrase import several
from svwatch.core.units import age
from svwatch.view.joining import joined, told
from svwatch.view.letter import Letter

UNSTARTED = "; svwatch does not start"
KEPT = "; the old one stays in force"
"""What stands behind the first error of a rejected configuration."""

PLAINLY: dict[What, str] = {
    What.CONFIG_LOADED: "loaded its configuration",
    What.DAEMON_STARTED: "watches",
    What.DAEMON_ENDED: "ended",
    What.OUR_BUG: "had an internal error",
    What.TESTED: "sends a test message",
    What.ALERTS_DROPPED: "dropped alerts",
    What.QUIETLY: "acted quietly",
}


MEANT: dict[What, str] = {
    What.OUR_BUG: "svwatch goes on with its other work; the traceback is in its log.",
    What.ALERTS_DROPPED: "Nobody will get them: somebody typed svwatch alerts drop.",
    What.QUIETLY: "Their rules say quietly: this word, once a day, is all that is told of it. "
    "What fails is never quiet.",
}
"""What that means, where it needs no numbers."""


def said(event: Event, why: str) -> str:
    """Say *event* in one phrase, without who; *why* is what is known of its reason."""
    facts = event.facts
    match event.what:
        case What.CONFIG_REJECTED:
            what = "keeps its old configuration" if watching(facts) else "does not start"
            return told(what, why.removesuffix(UNSTARTED).removesuffix(KEPT))
        case What.DAEMON_BACK:
            return told(_after("is back", facts), _changed(facts) or why)
        case What.NOT_DELIVERED:
            lasting = f" for {age(facts.span)}" if facts.span else ""
            return told(f"cannot deliver to {_route(facts)}{lasting}", _owed(facts))
        case What.DELIVERED if facts.planned:
            return f"has nothing to deliver to {_route(facts)} any more"
        case What.DELIVERED:
            return _after(f"delivers to {_route(facts)} again", facts)
        case _:
            return told(PLAINLY.get(event.what, f"is {event.what}"), why)


def watching(facts: Facts) -> bool:
    """Whether anything is watched although a configuration was rejected."""
    if facts.watching is not None:
        return facts.watching
    return not (facts.reason or "").endswith(UNSTARTED)


def _after(words: str, facts: Facts) -> str:
    return words + (f" after {age(facts.span)}" if facts.span else "")


def _changed(facts: Facts) -> str:
    """Say how many services are not as they were; "" where nobody counted."""
    if facts.count is None:
        return ""
    return f"{several(facts.count, 'service')} changed meanwhile" if facts.count else "as it was"


def _route(facts: Facts) -> str:
    return facts.who or "a route"


def _owed(facts: Facts) -> str:
    """Say what waits, what was given up, and what the server said."""
    waits = f"{several(facts.count, 'alert')} wait{'s' * (facts.count == 1)}" if facts.count else ""
    dead = f"{facts.dead} given up" if facts.dead else ""
    return joined(joined(waits, dead, by=", "), facts.reason or "")


def meaning(event: Event, letter: Letter) -> tuple[str, ...]:
    """Give the sentences that follow the first line."""
    facts = event.facts
    match event.what:
        case What.CONFIG_REJECTED if not watching(facts):
            since = f"Nothing is watched on {letter.host} since {letter.second(event.at)}."
            return (f"{since} (Sent by the route of the last good configuration.)",)
        case What.CONFIG_REJECTED:
            return ("All is watched as before, by the configuration that loaded last.",)
        case What.DAEMON_BACK if facts.span:
            begun = letter.clock(event.at - facts.span)
            return (f"Nobody watched from {begun} to {letter.clock(event.at)}.",)
        case What.DAEMON_ENDED:
            return (f"Nothing is watched on {letter.host} until it runs again.",)
        case What.TESTED:
            return (f"Nothing is wrong. What happens on {letter.host} will be told here.",)
        case What.NOT_DELIVERED:
            return _undelivered(event, letter)
        case What.DELIVERED:
            return (_delivered(facts),)
        case _:
            return (MEANT[event.what],) if event.what in MEANT else ()


def _delivered(facts: Facts) -> str:
    if facts.planned:
        return "What waited was dropped, or nobody is to be told there any more."
    return "What waited goes out now, in order; what comes late says so."


def _undelivered(event: Event, letter: Letter) -> tuple[str, ...]:
    facts = event.facts
    if facts.count is None and facts.dead is None:  # the heartbeat: no letters wait for it
        return ("Whoever listens for it will think that nothing is watched here.",)
    since = letter.clock(letter.now - facts.span) if facts.span else letter.clock(event.at)
    lines = [f"Nothing has arrived there since {since}. It is tried again; the order is kept."]
    if facts.dead:
        lost = "alert was" if facts.dead == 1 else "alerts were"
        lines.append(f"{facts.dead} {lost} given up: svwatch alerts retry sends them again.")
    return tuple(lines)
