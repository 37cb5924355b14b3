"""The daemon: one inbox, one consumer, three boundaries behind which our own bugs end."""

import sys
from collections.abc import Callable
from typing import TypeVar

from svwatch.core.event import Event
from svwatch.core.ledger import Facts, What, Why
from svwatch.core.level import Level
from svwatch.core.route import Route
from svwatch.core.seen import Now
from svwatch.shell.assemble import assemble, greet, settle
from svwatch.shell.begin import Refused
from svwatch.shell.inbox import READ, WRITE, Owner
from svwatch.shell.letters import Guarded
from svwatch.shell.outbox import Letter
from svwatch.shell.parts import Parts
from svwatch.shell.store import StoreFailed

T = TypeVar("T")

MINUTE = 60.0  # seconds between rows of history


class Daemon:
    """Listens to everything, and lets `Watch` take the turns.

    `once` is one round of the loop; tests call it themselves.
    """

    def __init__(self, parts: Parts) -> None:
        """Put *parts* together; nothing happens before the first `once`."""
        self.parts = parts
        self.ending: int | None = None  # the exit code, once it is to end
        self._bugs: dict[str, int] = {}  # by place in the code
        self._stuck = False  # what we have to say of ourselves could not be recorded just now
        parts.watch.guard = self.a_turn
        parts.watch.compose = self._compose
        parts.courier.writer = Guarded(parts.letters, self.a_delivery)

    # --- the loop ----------------------------------------------------------------------------

    def run(self) -> int:
        """Go round until it is time to end; give the exit code."""
        while self.ending is None:
            self.once()
        return self.ending

    def once(self, timeout: float | None = None) -> None:
        """Wait for at most *timeout* seconds (None: for the next thing), then take one turn."""
        parts = self.parts
        heard: set[str] = set()
        for owner, fd, events in parts.inbox.wait(self._patience(timeout)):
            self._hear(owner, fd, events)
            heard.add(owner[0])
        now = parts.watch.clock()
        for kind, _ in parts.agenda.due(parts.watch.roster.wards.values(), now.mono):
            self._ring(kind, now)
        self._rung(now)
        self._turn()
        parts.renew(parts.watch.clock(), heard)
        if parts.finished:
            self.ending = 1

    def _patience(self, timeout: float | None) -> float | None:
        """Give the seconds to wait: none where somebody must be looked at at once."""
        parts = self.parts
        owed = parts.watch.own.owed and not self._stuck
        if parts.agenda.names or parts.watch.again or owed:
            return 0.0
        at = parts.agenda.timers.next()
        if at is None:
            return timeout
        wait = max(0.0, at - parts.watch.clock().mono)
        return wait if timeout is None else min(wait, timeout)

    # --- what is heard -----------------------------------------------------------------------

    def _hear(self, owner: Owner, fd: int, events: int) -> None:
        """Let whoever *owner* is read what there is to read."""
        parts = self.parts
        match owner[0]:
            case "bell":
                parts.bell.hear()
            case "exit":
                parts.attention.ended(owner)
            case "restarts":
                self._restarted()
            case "hands":
                parts.watch.tell(parts.watch.deeds.readable(fd, parts.watch.clock().mono))
            case "dial" if isinstance(owner[1], tuple):
                mono = parts.watch.clock().mono
                self.a_turn(str(owner[1][0]), parts.calls.ready, owner[1], mono)
            case "compiler":
                self._compiled()
            case "courier" | "desk" | "outward":
                self._posted(owner[0], fd)
            case "control" if events & WRITE:
                self.a_connection(parts.answers.writable, fd)
            case "control" if events & READ:
                self.a_connection(parts.answers.readable, fd)

    def _posted(self, by: str, fd: int) -> None:
        """Take the answer of a delivering child."""
        watch = self.parts.watch
        match by:
            case "desk":  # a test
                self.a_delivery(self.parts.answers.rehearse)
            case "outward":
                self.a_delivery(self.parts.outward.readable, fd, watch.clock(), watch.wall())
            case _:
                self.a_delivery(self.parts.courier.readable, fd)
                self._deliver()

    def _deliver(self) -> None:
        watch = self.parts.watch
        self.a_delivery(self.parts.courier.kick, watch.clock(), watch.wall())
        self.a_delivery(self.parts.outward.kick, watch.clock(), watch.wall())

    def _restarted(self) -> None:
        """Count what inotify saw in the directories of runsv, and look where a pidfile is new."""
        wards = self.parts.watch.roster.wards.values()
        for directory, starts in self.parts.restarts.take().items():
            for ward in wards:
                if ward.service.service_dir == directory:
                    ward.count(starts.count, exact=starts.exact, term=starts.term)
                    self.parts.agenda.look([ward.name])
        if written := self.parts.restarts.written():
            names = [ward.name for ward in wards if ward.service.pidfile in written]
            self.parts.agenda.look(names)

    def _compiled(self) -> None:
        compiled = self.parts.compiler.readable()
        if compiled is not None:
            self.parts.installed(compiled)

    def _ring(self, kind: str, now: Now) -> None:
        """Do what a timer of that *kind* is for."""
        parts = self.parts
        match kind:
            case "hands":
                parts.watch.tell(parts.watch.deeds.overdue(now.mono))
            case "compiler":
                parts.compiler.overdue(now.mono)
            case "dials":
                parts.calls.overdue(now.mono)
            case "members":
                self.a_turn("svwatch", parts.members, now)
            case "minute":
                self._minute(now)
            case "alive":
                parts.alive(now)
            case "courier" | "outward":
                self._deliver()
            case "desk":
                self.a_delivery(parts.answers.rehearse)
            case "last chance":
                self.ending = 1

    def _rung(self, now: Now) -> None:
        """Answer the signals that came."""
        bell = self.parts.bell
        if bell.end:
            self.ending = 0
        if bell.reload:
            bell.reload = False
            if why := self.parts.reload(now):
                self.parts.complain(f"no reload: {why}")

    def _minute(self, now: Now) -> None:
        self.parts.agenda.timers.put(("minute", None), now.mono + MINUTE)
        try:
            self.parts.watch.remember(*self.parts.outward.notes)
            self._say(self.parts.morning.look(now))
        except StoreFailed as error:
            self.parts.complain(f"no history: {error.reason}")

    # --- the turn ----------------------------------------------------------------------------

    def _turn(self) -> None:
        """Take the turns that are due, and attend to what came of them."""
        parts, watch = self.parts, self.parts.watch
        parts.agenda.look(watch.again)
        watch.again.clear()
        names = parts.agenda.take()
        parts.listen(name for name, scheduled in names.items() if scheduled)
        if not (names or watch.own.owed or watch.roster.removed or watch.passed):
            return
        parts.mind_the_gap(names, watch.clock())
        events = self.a_turn("svwatch", watch.turn, names)
        if events is None:
            for name in watch.stepped:
                if (ward := watch.roster.wards.get(name)) is not None:
                    ward.halted("what it came to could not be recorded", watch.clock().mono)
        self._stuck = bool(watch.own.owed)
        parts.attention.attend(watch.stepped)
        parts.calls.begin(names)
        self._say(events or ())
        if events or watch.notices:
            self.a_delivery(parts.outward.turned, watch.clock(), watch.wall())
        parts.noticed(names, watch.clock())
        self.a_turn("svwatch", parts.exporter.looked, names, parts.courier.under_way)

    def _say(self, events: tuple[Event, ...]) -> None:
        """Tell stdout, whoever waits for a verdict, and the courier."""
        parts = self.parts
        for event in events:
            parts.say(event)
        self.a_connection(parts.answers.told, events)
        if events:
            self._deliver()

    # --- the three boundaries ----------------------------------------------------------------

    def a_turn(self, name: str, call: Callable[..., T], /, *args: object) -> T | None:
        """Take a turn of *name*; after a bug of ours it counts as not judged, which is not ok."""
        try:
            return call(*args)
        except Exception as error:  # noqa: BLE001  one of the three boundaries
            ward = self.parts.watch.roster.wards.get(name)
            if ward is not None:
                mono = self.parts.watch.clock().mono
                ward.broke(f"{type(error).__name__}: {error}", mono)
                self.parts.agenda.wake(ward, mono)
            self._bug(f"a turn of {name}", error)
            return None

    def a_delivery(self, call: Callable[..., T], *args: object) -> T | None:
        """Deal with alerts on their way."""
        try:
            return call(*args)
        except Exception as error:  # noqa: BLE001  one of the three boundaries
            self._bug("a delivery", error)
            return None

    def _compose(self, event: Event, why: Why, route: Route) -> Letter:
        """Write a letter; one that we fail to write well is written plainly."""
        letters = self.parts.letters
        letter = self.a_delivery(letters.compose, event, why, route)
        return letters.plain(event, route) if letter is None else letter

    def a_connection(self, call: Callable[..., T], *args: object) -> T | None:
        """Deal with whoever asks on the control socket."""
        try:
            return call(*args)
        except Exception as error:  # noqa: BLE001  one of the three boundaries
            self._bug("a connection", error)
            return None

    def _bug(self, where: str, error: Exception) -> None:
        """Show the traceback, and put the bug on record: not each time it happens again."""
        import traceback  # noqa: PLC0415  1.5 MB that a daemon without bugs never pays

        shown = "".join(traceback.format_exception(error))
        self.parts.complain(f"internal error in {where} (please report it):\n{shown}")
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} in {last.name}, {last.filename}:{last.lineno}"
        self._bugs[place] = count = self._bugs.get(place, 0) + 1
        if count & (count - 1) == 0:  # the 1st, 2nd, 4th, 8th time
            facts = Facts(reason=f"{where}: {error} ({place})", count=count)
            now = self.parts.watch.clock()
            self.parts.watch.own.record(
                now, What.OUR_BUG, Level.CRITICAL, facts=facts, told=True, cause=place
            )


def main(argv: list[str]) -> int:
    """Be the daemon: *argv* is the configuration, the state directory, the socket ("": default).

    Gives the exit code: 0 after SIGTERM, 1 where it could not begin.
    """
    config, state_dir, socket = argv
    parts = assemble(config, state_dir, socket or None)
    if isinstance(parts, Refused):
        sys.stderr.write(f"svwatch: {parts.why}\n")
        return 1
    daemon = Daemon(parts)
    greet(parts)
    code = daemon.run()
    settle(parts)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
