"""The next command: what an operator types after reading a message."""

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.view.clean import clean, one_line
from svwatch.view.ourselves import watching

SHORT = 200  # a command that is longer is none that anybody types

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,")


def quoted(word: str) -> str:
    """Quote *word* for a POSIX shell where it needs that."""
    word = clean(word)
    if word and all(char in PLAIN for char in word):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"


STOP, RESTART = ("Stop it", "svwatch stop {}"), ("Try now", "svwatch restart {}")
MONITOR, START = ("Try now", "svwatch monitor {}"), ("Start it", "svwatch start {}")
COMMANDS: dict[What, tuple[tuple[str, str], ...]] = {
    What.WILL_NOT_STOP: (("End it", "svwatch restart {} --now"),),
    What.GAVE_UP: (STOP, MONITOR),
    What.BACKING_OFF: (STOP, MONITOR),
    What.CRASHING: (STOP, RESTART),
    What.RESTART_FAILED: (RESTART,),
    What.START_FAILED: (RESTART,),
    What.DOWN: (RESTART,),
    What.STOPPED: (START,),
    What.DOWN_BY_HAND: (START,),
    What.NOT_WATCHED: (("Watch it", "svwatch monitor {}"),),
    What.OVER: (("Restart it", "svwatch restart {}"),),
    What.NO_HELP: (("Restart it", "svwatch restart {}"),),
    What.NO_ANSWER: (("Restart it", "svwatch restart {}"),),
    What.ON_HOLD: (("End it", "svwatch release {}"),),
    What.TOO_FEW: (("See them", "svwatch status"),),
    What.CONFIG_REJECTED: (("See all of it", "svwatch validate"), ("Load it", "svwatch reload")),
}
"""Purposes and commands by what happened, the most useful first; `{}` is the service."""


def advice(event: Event) -> tuple[tuple[str, str], ...]:
    """Give (purpose, command) pairs for *event*, the most useful first."""
    if event.facts.mend:
        return (("Mend it", one_line(event.facts.mend, SHORT)),)
    if event.what is What.NOT_DELIVERED:
        return _delivery(event)
    if event.what is What.DOUBLED and event.facts.old is not None and event.facts.new is not None:
        return (("Look", f"ps -fp {event.facts.old.pid},{event.facts.new.pid}"),)
    if event.what is What.CONFIG_REJECTED and not watching(event.facts):
        return COMMANDS[event.what][:1]  # nobody is there who could load it
    name = quoted(event.service)
    pairs = COMMANDS.get(event.what, ())
    return tuple((purpose, command.format(name)) for purpose, command in pairs)


def _delivery(event: Event) -> tuple[tuple[str, str], ...]:
    """Say how to see what waits, and how to try a route: only one whose name is one word."""
    route = (event.facts.who or "").partition(" (")[0]
    known = bool(route) and " " not in route
    test = (("Try it", f"svwatch alerts test {quoted(route)}"),) if known else ()
    return (("See them", "svwatch alerts list"), *test)
