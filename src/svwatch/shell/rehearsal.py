"""Test messages by the way that letters take: the same form, the same child, the same environment.

They are in no outbox: nothing is gathered, held back, tried again or kept.
"""

import os
import select
from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.event import Event
from svwatch.core.ledger import Facts, What, Why
from svwatch.core.letters import Rehearsed
from svwatch.core.route import Form, Route, Target
from svwatch.core.words import WORDS
from svwatch.shell.courier import AT_ONCE, DEADLINE
from svwatch.shell.mailman import COMMAND, Mailman, end, fetch, send_out
from svwatch.shell.parcel import Answer, Parcel
from svwatch.view.compose import compose
from svwatch.view.letter import Letter, Message

SHOWN = 300.0  # seconds that Alertmanager has it: time to notify somebody
PART = 0.8  # of the deadline is the child's own: it can say then where it hung

Told = Callable[[Rehearsed], None]


class Place(Struct, frozen=True):
    """One target of a route."""

    route: Route
    target: Target


class Errand(Struct, frozen=True, kw_only=True):
    """A child on its way. *began* and *deadline* are CLOCK_MONOTONIC."""

    place: Place
    mailman: Mailman
    began: float
    deadline: float
    late: str = ""


def event_of(who: str, wall: float) -> Event:
    """Give the event that a test message tells of: *who* asked for it at unix second *wall*."""
    reason = f"{who} asked for it, nothing has happened"
    facts = Facts(who=who, reason=reason)
    return Event(
        number=0, service="svwatch", serial=0, at=wall, updated=wall, what=What.TESTED,
        facts=facts, closed=True,
    )  # fmt: skip


def posted(event: Event, message: Message, letter: Letter) -> str:
    """Give the test as an alert that is open for SHOWN seconds, and ends by itself."""
    from svwatch.core.firing import Firing  # noqa: PLC0415  where there is an Alertmanager
    from svwatch.view.to_alertmanager import alerts  # noqa: PLC0415

    firing = Firing(
        service=event.service, what=event.what, level=event.level, since=event.at,
        word=WORDS[event.what], summary=message.subject, description=message.body,
    )  # fmt: skip
    return alerts((firing,), letter.host, letter.now + SHOWN)


class Rehearsal:
    """Sends a test to every target of some routes, a few at once, and tells what came of each.

    Whoever has it waits until one of `filenos` is readable or `due` has come, and calls `go`.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        letter: Letter,
        who: str,
        told: Told,
        *,
        command: tuple[str, ...] = COMMAND,
        deadline: float = DEADLINE,
    ) -> None:
        """Tell *told* each result. *letter*: what surrounds the message; *deadline* in seconds."""
        self._left = [Place(route, target) for route in routes for target in route.targets]
        self._letter = letter
        self._event = event_of(who, letter.now)
        self._told = told
        self._command = command
        self._deadline = deadline
        self._errands: list[Errand] = []
        self.found: list[Rehearsed] = []  # what came of those that are over

    def filenos(self) -> tuple[int, ...]:
        """Give the descriptors to watch for reading."""
        return tuple(errand.mailman.pidfd for errand in self._errands)

    @property
    def due(self) -> float | None:
        """The CLOCK_MONOTONIC instant at which `go` must be called at the latest."""
        return min((one.deadline for one in self._errands if not one.late), default=None)

    @property
    def over(self) -> bool:
        """Whether every target was told of."""
        return not self._left and not self._errands

    def go(self, mono: float) -> None:
        """Take the answers that are there, end what is late, send to whoever is next."""
        errands, self._errands = self._errands, []
        for errand in errands:
            answer = fetch(errand.mailman, errand.late)
            if answer is None:
                self._errands.append(self._hurried(errand, mono))
            else:
                self._tell(errand.place, answer, mono - errand.began)
        while self._left and len(self._errands) < AT_ONCE:
            self._set_out(self._left.pop(0), mono)

    def close(self) -> None:
        """Have the children end; nobody waits for them any more."""
        for errand in self._errands:
            end(errand.mailman)
            ended = select.poll()
            ended.register(errand.mailman.pidfd, select.POLLIN)
            ended.poll(1000)  # ms; one that hangs in the kernel is left to init
            fetch(errand.mailman)
        self._errands.clear()
        self._left.clear()

    def _hurried(self, errand: Errand, mono: float) -> Errand:
        if mono < errand.deadline or errand.late:
            return errand
        end(errand.mailman)
        late = f"ended after {self._deadline:.3g} s"
        return replace(errand, late=late)

    def _set_out(self, place: Place, mono: float) -> None:
        try:
            mailman = send_out(self._parcel(place), self._command)
        except OSError as error:
            why = f"the delivering process cannot be started: {error.strerror}"
            self._tell(place, Answer(ok=False, detail=why), 0.0)
            return
        self._errands.append(
            Errand(place=place, mailman=mailman, began=mono, deadline=mono + self._deadline)
        )

    def _parcel(self, place: Place) -> Parcel:
        form, letter = place.route.form, self._letter
        message = compose(form, self._event, Why.RAISED, letter)
        if form is Form.ALERTMANAGER:
            message = replace(message, body=posted(self._event, message, letter))
        host = "".join(char if char.isalnum() or char in "-." else "-" for char in letter.host)
        name = f"svwatch.test.{letter.now * 1000:.0f}.{os.urandom(4).hex()}@{host}"
        return Parcel(
            url=place.target.url, form=form, title=message.subject, body=message.body,
            level=self._event.level, service=self._event.service, message_id=f"<{name}>",
            timeout=self._deadline * PART,
        )  # fmt: skip

    def _tell(self, place: Place, answer: Answer, seconds: float) -> None:
        one = Rehearsed(
            route=place.route.name,
            shown=place.target.shown,
            ok=answer.ok,
            seconds=answer.seconds or seconds,
            said=answer.detail,
        )
        self.found.append(one)
        self._told(one)


def chosen(routes: tuple[Route, ...], names: Iterable[str]) -> tuple[Route, ...] | str:
    """Give the routes that *names* mean, none: all of them; or say which one there is not."""
    from svwatch.shell.postmaster import unknown  # noqa: PLC0415

    known = {route.name: route for route in routes}
    wanted = tuple(dict.fromkeys(names)) or tuple(known)
    for name in wanted:
        if name not in known:
            return unknown(name, known)
    return tuple(known[name] for name in wanted)


def columns(routes: Iterable[Route]) -> tuple[int, int]:
    """Give how wide the names of *routes*, and the places that they lead to, are shown."""
    every = tuple(routes)
    shown = [len(target.shown) for route in every for target in route.targets]
    return max(len(route.name) for route in every), max(shown, default=0)


def failed(found: Iterable[Rehearsed]) -> int:
    """Give the exit code: 1 where one of them was not taken."""
    return int(not all(one.ok for one in found))
