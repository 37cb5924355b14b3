"""Carries owed letters: one child per lane at a time, four at most, and never waits."""

import os
import select
from collections.abc import Callable
from functools import partial
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.audience import Lane
from svwatch.core.dispatch import Fold, Policy, Send, Wait, decide
from svwatch.core.level import Level
from svwatch.core.route import Form, Route, Target
from svwatch.core.seen import Now
from svwatch.shell import mailman
from svwatch.shell.database import StoreFailed
from svwatch.shell.letters import Plainly
from svwatch.shell.mailman import COMMAND, Mailman
from svwatch.shell.outbox import Head, Outbox, Owed
from svwatch.shell.owed import Letter, Writer
from svwatch.shell.parcel import Answer, Parcel
from svwatch.shell.patience import DEAD_AFTER, back_off, spent
from svwatch.shell.store import Store
from svwatch.shell.unwritten import Unwritten
from svwatch.view.letter import Item

DEADLINE = 60.0  # seconds from spawn to KILL
AT_ONCE = 4
LONGEST_ASKED = 3600.0  # seconds that a server may ask us to wait
AGAIN = 5.0  # seconds until the store is tried again
LATE = 300.0  # seconds after which a message says that it is of an earlier time


class Carrier(Protocol):
    """What brings a letter to its place: the functions of `shell.mailman`."""

    def send_out(self, parcel: Parcel, command: tuple[str, ...]) -> Mailman:
        """Begin; raises OSError."""

    def end(self, mailman: Mailman) -> None:
        """Let it come to an end at once."""

    def fetch(self, mailman: Mailman, late: str) -> Answer | None:
        """Take the answer; None: it has not ended."""


class Errand(Struct, frozen=True, kw_only=True):
    """A child on its way. *deadline* is CLOCK_MONOTONIC."""

    letter: Owed
    mailman: Mailman
    deadline: float
    late: str = ""


def some_jitter() -> float:
    """Give a number in 0 .. 1 that two hosts do not share."""
    return os.urandom(1)[0] / 255


class Courier:
    """Sends what the store owes, in order per lane: a route and one of its targets.

    The loop watches `filenos` for reading, hands what is readable to `readable`, and calls
    `kick` after that, after each commit that owes a letter, and when `due` has come. *trouble*
    says why the store could not be used the last time ("" if it could). *flushing*: nobody will
    be here later, so nothing is gathered. *writer* writes digests.
    """

    trouble = ""
    flushing = False
    deaths = 0  # letters that were given up

    def __init__(
        self,
        store: Store,
        routes: tuple[Route, ...],
        *,
        writer: Writer | None = None,
        carrier: Carrier = mailman,
        jitter: Callable[[], float] = some_jitter,
        command: tuple[str, ...] = COMMAND,
        deadline: float = DEADLINE,
    ) -> None:
        self._store = store
        self._lanes: dict[Lane, tuple[Route, Target]] = {}
        self._routes: tuple[Route, ...] = ()
        self._carrier = carrier
        self._jitter = jitter
        self._command = command
        self._deadline = deadline
        self._errands: dict[Lane, Errand] = {}
        self._held: dict[Lane, tuple[int, float]] = {}  # the newest letter, until when (wall)
        self._answers: list[tuple[Owed, Answer]] = []  # not yet on record
        self._memory = Unwritten()
        self._due: float | None = None
        self.writer: Writer = writer or Plainly()
        self.reroute(store, routes)

    # --- what the loop asks ------------------------------------------------------------------

    def filenos(self) -> tuple[int, ...]:
        """Give the descriptors to watch for reading: pidfds, readable when a child ended."""
        return tuple(errand.mailman.pidfd for errand in self._errands.values())

    def due(self, now: Now) -> float | None:
        """Give the CLOCK_MONOTONIC instant at which `kick` must be called at the latest."""
        if self._answers and not self.trouble:
            return now.mono
        deadlines = [errand.deadline for errand in self._errands.values() if not errand.late]
        return min((one for one in (self._due, *deadlines) if one is not None), default=None)

    @property
    def under_way(self) -> int:
        """How many children are on their way."""
        return len(self._errands)

    # --- what the loop tells -----------------------------------------------------------------

    def reroute(self, store: Store, routes: tuple[Route, ...]) -> None:
        """Use other routes, or another store, from now on; letters under way are finished."""
        self._store = store
        self._routes = routes
        self._held.clear()
        self._lanes = {
            (route.name, target.to): (route, target)
            for route in routes
            if route.form is not Form.ALERTMANAGER
            for target in route.targets
        }

    def say(self, said: str, text: str, level: Level, wall: float) -> None:
        """Tell every route that *level* reaches, from memory: for when the store fails."""
        for route in self._routes:
            letter = self.writer.bare(said, text, level, route)
            self._memory.owe(route, letter.subject, letter.body, level, wall)

    def readable(self, fileno: int) -> None:
        """Take the answer of the child behind *fileno*; `kick` puts it on record."""
        for lane, errand in self._errands.items():
            if errand.mailman.pidfd == fileno:
                answer = self._carrier.fetch(errand.mailman, errand.late)
                if answer is not None:
                    del self._errands[lane]
                    self._answers.append((errand.letter, answer))
                return

    def kick(self, now: Now, wall: float) -> None:
        """Put answers on record, end what is late, send what is due. Never blocks or raises."""
        self._hurry(now)
        self._due = None
        self.trouble = ""
        self._settle(wall, in_memory=True)  # this cannot fail, and works while the store does not
        self._send(self._memory.heads(), now, wall)
        try:
            self._settle(wall, in_memory=False)
            self._send(self._store.outbox.heads(), now, wall)
        except StoreFailed as error:
            self.trouble = error.reason
            self._wake(now.mono + AGAIN)

    def close(self) -> None:
        """End the children. Their letters are still owed."""
        for errand in self._errands.values():
            self._carrier.end(errand.mailman)
            ended = select.poll()
            ended.register(errand.mailman.pidfd, select.POLLIN)
            ended.poll(1000)  # ms; one that hangs in the kernel is left to init
            self._carrier.fetch(errand.mailman, "")
        self._errands.clear()

    # --- how ---------------------------------------------------------------------------------

    def _outbox(self, letter: int) -> Outbox | Unwritten:
        return self._memory if letter < 0 else self._store.outbox

    def _hurry(self, now: Now) -> None:
        for lane, errand in self._errands.items():
            if now.mono >= errand.deadline and not errand.late:
                self._carrier.end(errand.mailman)
                self._errands[lane] = replace(errand, late=f"ended after {self._deadline:.3g} s")

    def _settle(self, wall: float, *, in_memory: bool) -> None:
        for known in [one for one in self._answers if (one[0].id < 0) == in_memory]:
            self._record(*known, wall)
            self._answers.remove(known)  # kept if the store failed: what was sent is not sent again

    def _record(self, letter: Owed, answer: Answer, wall: float) -> None:
        outbox = self._outbox(letter.id)
        if answer.ok:
            outbox.sent(letter.id, answer.detail, wall)
        elif spent(letter.attempts + 1, letter.refusals + answer.permanent, wall - letter.created):
            outbox.dead(letter.id, answer.detail, wall)
            self.deaths += 1
        else:
            asked = min(answer.retry_after or 0.0, LONGEST_ASKED)
            wait = max(asked, back_off(letter.attempts + 1, self._jitter()))
            outbox.failed(
                letter.id, answer.detail, wall + wait,
                refused=answer.permanent, reached=answer.reached or letter.reached,
            )  # fmt: skip

    def _send(self, heads: tuple[Head, ...], now: Now, wall: float) -> None:
        for head in heads:
            if head.lane not in self._lanes:
                self._orphan(head, wall)
            elif head.lane not in self._errands:
                self._try(head, now, wall)

    def _try(self, head: Head, now: Now, wall: float) -> None:
        wait = max(head.retry_at, self._until(head)) - wall
        if 0 < wait <= LONGEST_ASKED:  # more: the clock was set back since
            self._wake(now.mono + wait)
        elif len(self._errands) < AT_ONCE:  # else: the end of one of them calls us again
            letter = self._next(head, now, wall)
            if letter is not None:
                self._set_out(letter, now, wall)

    def _until(self, head: Head) -> float:
        """Give the instant that was decided to wait for; 0: none, or there is more to decide on."""
        newest, until = self._held.get(head.lane, (0, 0.0))
        return until if newest == head.last and not self.flushing else 0.0

    def _next(self, head: Head, now: Now, wall: float) -> Owed | None:
        """Give the letter that goes out on the lane of *head*; None: it is not time yet."""
        if head.id < 0:  # from memory: few, and the store that knows what was sent fails
            return self._memory.letter(head.id)
        outbox, lane = self._store.outbox, head.lane
        route, _ = self._lanes[lane]
        policy = Policy(route.gather, route.rate)
        sent = outbox.sent_since(lane, wall - policy.memory)
        match decide(policy, outbox.queue(lane), sent, wall, flush=self.flushing):
            case Send(id=number):
                return outbox.letter(number)
            case Fold(held=held):
                write = partial(self._digest, route, held)
                folded = outbox.fold(lane, write, wall)
                return None if folded is None else outbox.letter(folded)
            case Wait(until=until):
                self._held[lane] = (head.last, until)
                self._wake(now.mono + until - wall)
        return None

    def _digest(
        self, route: Route, held: float | None, items: tuple[Item, ...], last: Owed
    ) -> Letter:
        return self.writer.digest(items, last, route, held)

    def _wake(self, mono: float) -> None:
        self._due = mono if self._due is None else min(self._due, mono)

    def _set_out(self, letter: Owed, now: Now, wall: float) -> None:
        route, target = self._lanes[letter.lane]
        late = wall - letter.created > LATE
        body = self.writer.late(letter, route) if late else letter.body
        parcel = Parcel(
            url=target.url, form=route.form, title=letter.subject, body=body,
            level=letter.level, service=letter.service, number=letter.number,
            message_id=letter.message_id, thread=letter.thread, reached=letter.reached,
            timeout=self._deadline * 0.8,
        )  # fmt: skip
        try:
            sent = self._carrier.send_out(parcel, self._command)
        except OSError as error:
            detail = f"the delivering process cannot be started: {error.strerror}"
            self._answers.append((letter, Answer(ok=False, detail=detail)))
            return
        deadline = now.mono + self._deadline
        self._errands[letter.lane] = Errand(letter=letter, mailman=sent, deadline=deadline)

    def _orphan(self, head: Head, wall: float) -> None:
        if wall - head.created > DEAD_AFTER:
            name = " ".join(filter(None, head.lane))
            why = f"route {name} is no longer configured"
            self._outbox(head.id).dead(head.id, why, wall)
            self.deaths += 1
