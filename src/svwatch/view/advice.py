"""The next command: what an operator types after reading a message."""

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.core.plan import Service
from svwatch.view.clean import clean, one_line

SHORT = 200  # a command that is longer is none that anybody types

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,")


def quoted(word: str) -> str:
    """Quote *word* for a POSIX shell where it needs that."""
    word = clean(word)
    if word and all(char in PLAIN for char in word):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"


def advice(event: Event, service: Service | None = None) -> tuple[tuple[str, str], ...]:
    """Give (purpose, command) pairs for *event*, the most useful first."""
    name = quoted(event.service)
    if event.facts.mend:
        return (("Mend it", one_line(event.facts.mend, SHORT)),)
    restart = f"svwatch restart {name}"
    where = service.service_dir if service is not None else None
    match event.what:
        case What.WILL_NOT_STOP:
            return (("End it", f"{restart} --now"),)
        case What.GAVE_UP | What.BACKING_OFF | What.CRASHING:
            stop = (("Stop it", f"sv down {quoted(where)}"),) if where else ()
            return (*stop, ("Try now", restart))
        case What.RESTART_FAILED | What.START_FAILED | What.DOWN | What.STOPPED:
            return (("Try now", restart),)
        case What.OVER | What.NO_HELP:
            return (("Restart it", restart),)
        case What.DOWN_BY_HAND if where:
            return (("Start it", f"sv up {quoted(where)}"),)
        case What.CONFIG_REJECTED:
            return (("See all of it", "svwatch validate"), ("Load it", "svwatch reload"))
        case _:
            return ()
