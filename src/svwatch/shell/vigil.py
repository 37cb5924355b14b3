"""Somebody waits for the verdict of what they asked for."""

from collections.abc import Callable

from svwatch.core.event import Event, WallLine
from svwatch.core.ledger import What
from svwatch.core.seen import Request, Verb
from svwatch.shell.ward import Ward
from svwatch.shell.wire import Reply

DONE = {What.RESTART_FIXED, What.START_FIXED}
REFUSED = {What.RESTART_WITHDRAWN}
OK, FAILED, USAGE, NOT_TAKEN = 0, 1, 2, 3  # exit codes of the verbs


class Vigil:
    """One `svwatch restart NAME...`: one service after the other, until each has its verdict.

    *say* gets the replies (whether it is the last one); it says whether anybody still listens.
    """

    def __init__(
        self, names: tuple[str, ...], who: str, *, now: bool, say: Callable[[Reply, bool], bool]
    ) -> None:
        """Wait for *names*; *who* asks, *now*: by KILL after 5 s."""
        self.names = list(names)
        self.over = False
        self._asked = ""  # whose request was handed in
        self._serial: int | None = None
        self._shown = 0  # lines of the event that were told
        self._code = OK
        self._who = who
        self._now = now
        self._say = say

    def ask(self, ward: Ward) -> None:
        """Hand in the request for the service that is next."""
        self._asked, self._serial, self._shown = ward.name, None, 0
        ward.inputs.append(Request(Verb.RESTART, who=self._who, now=self._now))

    @property
    def wants(self) -> str | None:
        """The service whose turn it is to be asked for; None while one is under way."""
        return self.names[0] if self.names and not self._asked else None

    def looked(self, ward: Ward, unrecorded: str) -> None:
        """See what became of the request when *ward* had its turn."""
        if ward.name != self._asked or self._serial is not None:
            return
        if unrecorded:
            ward.inputs.clear()
            self._next(FAILED, f"{ward.name}: not begun, nothing can be recorded: {unrecorded}")
        elif ward.refused:
            self._next(NOT_TAKEN, f"{ward.name}: refused: {ward.refused}")
        elif ward.trouble:
            self._next(FAILED, f"{ward.name}: internal error: {ward.trouble}")
        elif ward.state.intent is not None:
            self._serial = ward.state.intent.serial

    def heard(self, event: Event) -> None:
        """Tell what is new in *event*, and the verdict if this is it."""
        if event.service != self._asked or event.serial != self._serial:
            return
        for line in event.lines[self._shown :]:
            self._tell(f"{event.service}: {_words(line)}")
        self._shown = len(event.lines)
        if event.closed:
            code = OK if event.what in DONE else NOT_TAKEN if event.what in REFUSED else FAILED
            self._next(code, f"{event.service}: {verdict(event)}")

    def gone(self, name: str) -> None:
        """Say that *name* is watched no more."""
        if name == self._asked or name in self.names:
            self._asked = name
            self._next(FAILED, f"{name}: it left the configuration")

    def _tell(self, text: str) -> None:
        self.over = not self._say(Reply("progress", text=text), False) or self.over

    def _next(self, code: int, text: str) -> None:
        self.names.remove(self._asked)
        self._asked, self._serial = "", None
        self._code = max(self._code, code)
        if self.names:
            self._tell(text)
        else:
            self.over = True
            self._say(Reply("result", code=self._code, text=text), True)


def _words(line: WallLine) -> str:
    return f"{line.what}: {line.detail}" if line.detail else line.what


def verdict(event: Event) -> str:
    """Say how *event* ended, and by which number to ask for more."""
    reason = f": {event.facts.reason}" if event.facts.reason else ""
    done = "done" if event.what in DONE else f"{event.what.value}{reason}"
    return f"{done}  (svwatch why {event.number})"
