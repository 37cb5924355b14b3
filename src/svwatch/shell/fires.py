"""What is open at this moment, in the words of the ledger: what Alertmanager is told."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.event import Event
from svwatch.core.firing import Condition, Firing, concerns, conditions, firing
from svwatch.core.ledger import Notify, What, Why
from svwatch.core.level import Level
from svwatch.core.plan import Service
from svwatch.core.route import Form, Route, single
from svwatch.core.seen import Now
from svwatch.core.state import State
from svwatch.core.trouble import KEY
from svwatch.core.words import WORDS
from svwatch.shell.own import SERVICE
from svwatch.shell.patience import FIRST_WAIT
from svwatch.shell.watch import Watch

PACE = FIRST_WAIT / 5.0  # 1; less in a rehearsal
LASTS = 300.0 * PACE  # seconds: as long as Alertmanager itself takes silence for the end
MOST = 2000  # characters of a description
KEPT = 500  # events whose words are remembered
PLAIN = single("alertmanager", "", form=Form.ALERTMANAGER)  # for whom words are found
MISSED = 3  # runs in a row, after which nobody knows whether an alert is still open
CLOSING = {Why.CLEARED, Why.REMINDER}  # what is open already, or was
REJECTED = Condition(
    serial=None, what=What.CONFIG_REJECTED, level=Level.CRITICAL, raised=0.0, rule="config"
)
STANDING = {What.BACKING_OFF, What.CONFIG_REJECTED}  # told once, and open while it goes on


class Notice(Struct, frozen=True):
    """Something that was over when it was told of; it stays up until *until* (unix seconds)."""

    service: Service
    condition: Condition
    until: float


class Fires:
    """Finds what is open among all that *watch* watches, itself included."""

    def __init__(self, watch: Watch) -> None:
        """Remember what people are told of from now on."""
        self._watch = watch
        self._notices: list[Notice] = []
        self.rejected: tuple[str, float] | None = None  # why a configuration was, and when
        self._words: dict[int, tuple[float, str, str]] = {}  # by event: updated, summary, rest
        watch.notices = []

    def close(self) -> None:
        """Remember nothing any more."""
        self._watch.notices = None

    def hear(self, wall: float) -> None:
        """Take in what people were told of since this was asked last. Raises StoreFailed."""
        told, self._watch.notices = self._watch.notices or [], []
        if told:
            states = {service.name: state for service, state in self._all()}
            self._notices += [
                notice
                for service, notify in told
                if notify.why not in CLOSING
                and (notice := self._notice(service, notify, states.get(service.name)))
            ]
        self._notices = [one for one in self._notices if one.until > wall]

    def _notice(self, service: Service, notify: Notify, state: State | None) -> Notice | None:
        """Give what was told once, unless it goes on: then it is told of as long as it does."""
        event = self._watch.store.find(service.name, notify.serial)
        if event is None or event.what in STANDING:
            return None
        if state and notify.serial in {one.serial for one in conditions(service, state)}:
            return None
        condition = Condition(
            serial=notify.serial, what=event.what, level=event.level, raised=0.0,
            rule=event.facts.rule or "", to=notify.to,
        )  # fmt: skip
        return Notice(service, condition, event.updated + LASTS)

    def of(self, route: Route, now: Now, wall: float) -> tuple[Firing, ...]:
        """Give what *route* is told of. Raises StoreFailed."""
        offset, routes = wall - now.mono, self._watch.routes
        found = [
            self._worded(service, condition, firing(service, condition, offset))
            for service, state in self._all()
            for condition in conditions(service, state)
            if concerns(route, routes, service, condition)
            and not _own_trouble(route, service, condition)
        ]
        for notice in self._notices:
            service, condition = notice.service, notice.condition
            if concerns(route, routes, service, condition):
                one = self._worded(service, condition, firing(service, condition, offset))
                found.append(replace(one, closed=notice.until))
        if self.rejected is not None and concerns(route, routes, SERVICE, REJECTED):
            found.append(_rejected(*self.rejected))
        return tuple(found)

    def _all(self) -> Iterator[tuple[Service, State]]:
        yield SERVICE, self._watch.own.state
        wards, elsewhere = self._watch.roster.wards, self._watch.elsewhere
        for ward in wards.values():
            yield ward.service, ward.state
        for service in self._watch.roster.plan.services if elsewhere else ():
            if service.name in elsewhere and service.name not in wards:
                yield service, elsewhere[service.name]

    def _worded(self, service: Service, condition: Condition, one: Firing) -> Firing:
        """Give *one* with what the ledger has to say of it."""
        event = self._event(service, condition)
        if event is None:
            return one
        known = self._words.get(event.number)
        if known is None or known[0] != event.updated:
            known = self._words[event.number] = (event.updated, *self._compose(event))
        return replace(
            one, since=event.at, summary=known[1], description=known[2], number=event.number
        )

    def _compose(self, event: Event) -> tuple[str, str]:
        if len(self._words) > KEPT:
            self._words.clear()
        letter = self._watch.compose(event, Why.RAISED, PLAIN)
        return letter.subject, letter.body[:MOST]

    def _event(self, service: Service, condition: Condition) -> Event | None:
        if condition.serial is not None:
            return self._watch.store.find(service.name, condition.serial)
        newest = self._watch.store.newest(service.name)
        return newest if newest is not None and newest.what is condition.what else None


def _rejected(why: str, wall: float) -> Firing:
    what, level = What.CONFIG_REJECTED, Level.CRITICAL
    said = f"the configuration is rejected: {why}"
    return Firing(
        service=SERVICE.name, what=what, level=level, since=wall, word=WORDS[what], summary=said
    )


def _own_trouble(route: Route, service: Service, condition: Condition) -> bool:
    """Whether it is that *route* fails, of which it is the last to be told."""
    return service is SERVICE and condition.rule == f"{KEY}{route.name}"
