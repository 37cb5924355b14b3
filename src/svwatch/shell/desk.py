"""Where the daemon is asked about alerts: it looks, sends again, drops, and sends tests.

It is made when somebody asks for the first time: few do.
"""

from collections.abc import Callable, Iterable

import msgspec

from svwatch.core.event import Event
from svwatch.core.letters import Rehearsed, Said
from svwatch.shell.letters import offset_at
from svwatch.shell.own import NAME
from svwatch.shell.postmaster import Postmaster
from svwatch.shell.rehearsal import Rehearsal, chosen, columns, failed
from svwatch.shell.vigil import USAGE, Say
from svwatch.shell.watch import Watch
from svwatch.shell.wire import Call, Reply
from svwatch.view.letter import Letter
from svwatch.view.to_alerts import rehearsed

REFUSED = 3


class Desk:
    """Answers the verbs of `svwatch alerts` for *watch*; *deliver*: have the courier look."""

    def __init__(self, watch: Watch, host: str, deliver: Callable[[], None]) -> None:
        """Do nothing yet; *host* is how we are called."""
        self._watch = watch
        self._host = host
        self._deliver = deliver
        self._drops: list[tuple[int, tuple[Said, ...], Say]] = []  # by serial of the event
        self._rehearsals: list[tuple[Rehearsal, Say]] = []

    def take(self, call: Call, who: str, say: Say) -> Reply | None:
        """Answer *call*; None where the answer follows through *say*."""
        watch, wall = self._watch, self._watch.wall()
        who = str(call.options.get("sudo") or who) if who == "root" else who
        plan = watch.roster.plan
        postmaster = Postmaster(watch.store, self._host, plan, offset_at(wall))
        match call.verb:
            case "alerts list":
                shown = postmaster.outbox(wall, everything=bool(call.options.get("all")))
                return Reply("result", data=_raw(shown))
            case "alerts retry":
                said = postmaster.retry(call.names, wall, now="goes out now")
                self._deliver()
                return done(said)
            case "alerts drop":
                said, serial = postmaster.drop(call.names, who, watch.own, watch.clock(), wall)
                if serial is None:
                    return done(said)
                self._drops.append((serial, said, say))
                return None
            case _:
                return self._test(call, who, say)

    # --- drop --------------------------------------------------------------------------------

    def told(self, events: Iterable[Event]) -> None:
        """Tell who drops letters that this is on record, and so is true."""
        recorded = {event.serial for event in events if event.service == NAME}
        waiting, self._drops = self._drops, []
        for serial, said, say in waiting:
            if serial in recorded:
                say(done(said), True)
            elif why := self._watch.unrecorded:
                text = f"{why}; they are dropped as soon as that can be recorded"
                say(Reply("error", code=1, text=text), True)
            else:
                self._drops.append((serial, said, say))

    # --- test --------------------------------------------------------------------------------

    def _test(self, call: Call, who: str, say: Say) -> Reply | None:
        watch, wall = self._watch, self._watch.wall()
        plan = watch.roster.plan
        if not plan.routes:
            return Reply("error", code=REFUSED, text="no route is configured: nobody is told")
        routes = chosen(plan.routes, call.names)
        if isinstance(routes, str):
            return Reply("error", code=USAGE, text=routes)
        widths = columns(routes)

        def told(one: Rehearsed) -> None:
            say(Reply("progress", text=rehearsed(one, *widths)), False)

        letter = Letter(host=self._host, now=wall, offset=offset_at(wall))
        self._rehearsals.append((Rehearsal(routes, letter, who, told), say))
        self.go()
        return None

    def filenos(self) -> tuple[int, ...]:
        """Give the descriptors to watch for reading: `go` is to be called then."""
        return tuple(fd for rehearsal, _ in self._rehearsals for fd in rehearsal.filenos())

    @property
    def due(self) -> float | None:
        """The CLOCK_MONOTONIC instant at which `go` must be called at the latest."""
        known = [one.due for one, _ in self._rehearsals]
        return min((at for at in known if at is not None), default=None)

    def go(self) -> None:
        """See how far the tests are; tell who waits for one that is over."""
        rehearsals, self._rehearsals = self._rehearsals, []
        for rehearsal, say in rehearsals:
            rehearsal.go(self._watch.clock().mono)
            if rehearsal.over:
                found = tuple(rehearsal.found)
                say(Reply("result", code=failed(found), data=_raw(found)), True)
            else:
                self._rehearsals.append((rehearsal, say))

    def close(self) -> None:
        """End the tests that are under way."""
        for rehearsal, _ in self._rehearsals:
            rehearsal.close()


def done(said: tuple[Said, ...]) -> Reply:
    """Answer with what was *said*; the worst decides the code."""
    return Reply("result", code=max(one.code for one in said), data=_raw(said))


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
