"""`heartbeat`: the URL that hears of us for as long as complete looks are taken."""

from svwatch.core.route import Heartbeat
from svwatch.lang.addresses import nested, shown, web
from svwatch.lang.fields import Fields
from svwatch.lang.keys import HEARTBEAT
from svwatch.lang.secrets import Outside

EVERY = 60.0
LEAST = 1.0


def heartbeat(top: Fields, outside: Outside) -> Heartbeat | None:
    """Give what stands under `heartbeat`; None where nothing does, or after a complaint."""
    given = nested(top, "heartbeat", HEARTBEAT) if "heartbeat" in top else None
    if given is None:
        return None
    every = given.duration("every", EVERY, LEAST)
    url = web(given, "heartbeat", "https://...", outside)
    return None if url is None else Heartbeat(url, shown(url), every)
