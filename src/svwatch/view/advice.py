"""The next command: what an operator types after reading a message."""

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.view.clean import clean, one_line

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
    What.CONFIG_REJECTED: (("See all of it", "svwatch validate"), ("Load it", "svwatch reload")),
}
"""Purposes and commands by what happened, the most useful first; `{}` is the service."""


def advice(event: Event) -> tuple[tuple[str, str], ...]:
    """Give (purpose, command) pairs for *event*, the most useful first."""
    if event.facts.mend:
        return (("Mend it", one_line(event.facts.mend, SHORT)),)
    name = quoted(event.service)
    pairs = COMMANDS.get(event.what, ())
    return tuple((purpose, command.format(name)) for purpose, command in pairs)
