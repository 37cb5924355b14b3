"""One run without a daemon: look once, act, and go on until nothing is under way."""

from collections.abc import Callable

from svwatch.core.event import Event
from svwatch.core.plan import Plan
from svwatch.core.seen import Now
from svwatch.probe import clock
from svwatch.shell.agenda import Agenda
from svwatch.shell.attention import EXIT, Attention
from svwatch.shell.begin import House
from svwatch.shell.courier import Courier
from svwatch.shell.inbox import Inbox
from svwatch.shell.plans import Plans
from svwatch.shell.ward import Ward

DELIVERY = 20.0  # seconds that a run waits for its messages to be taken


class Once:
    """One look at every service, and what follows from it."""

    def __init__(self, house: House, plan: Plan | None, complain: Callable[[str], None]) -> None:
        """Go on from what *house* has on record. *plan* None: only finish what is under way."""
        self.watch = house.watch
        self.events: list[Event] = []
        self._agenda = Agenda()
        self._inbox = Inbox()
        self._attention = Attention(house.watch, self._agenda, self._inbox)
        routes = (
            plan.routes if plan else Plans(house.store, house.watch.own, complain).last_routes()
        )
        self.watch.routes = routes
        self._courier = Courier(house.store, routes)
        self._plan = plan
        self._seconds = plan.check_timeout if plan else DELIVERY

    def run(self) -> None:
        """Look, act, and wait for verdicts for `check_timeout` at most; then put all on record."""
        watch, began = self.watch, clock.now()
        watch.roster.records()
        if self._plan is not None:
            watch.roster.adopt(self._plan)
        else:
            watch.roster.leave()
        for ward in watch.roster.wards.values():
            self._agenda.look([ward.name], scheduled=_is_due(ward, began))
        watch.tell(watch.deeds.resume(clock.world()))
        while not self._turn(began):
            self._wait(began.mono + self._seconds)
        self._leave()

    def _turn(self, began: Now) -> bool:
        """Take the turns that are due; say whether that was all."""
        watch, now = self.watch, clock.now()
        self._agenda.look(watch.again)
        watch.again.clear()
        names = self._agenda.take()
        self.events += watch.turn(names)
        self._attention.attend(watch.stepped)
        self._courier.kick(now, watch.wall())
        if clock.now().mono - began.mono >= self._seconds or watch.unrecorded:
            return True
        delivering = self._courier.under_way and now.mono - began.mono < DELIVERY
        return not (watch.again or delivering or self._under_way())

    def _under_way(self) -> bool:
        """Whether a remediation, a command or the wait for a successor goes on."""
        busy = self.watch.deeds.hands.filenos()
        wards = self.watch.roster.wards.values()
        return bool(busy) or any(
            ward.state.intent is not None or ward.hunt is not None for ward in wards
        )

    def _wait(self, until: float) -> None:
        """Wait for whatever comes next, until *until* (CLOCK_MONOTONIC) at most."""
        watch, now, hands = self.watch, clock.now(), self.watch.deeds.hands
        self._inbox.renew(("hands", None), hands.filenos())
        self._inbox.renew(("courier", None), self._courier.filenos())
        due = (until, self._agenda.timers.next(), hands.due(), self._courier.due(now))
        soonest = 0.0 if watch.again else min(one for one in due if one is not None) - now.mono
        for owner, fd, _ in self._inbox.wait(max(0.0, soonest)):
            match owner[0]:
                case "hands":
                    watch.tell(watch.deeds.readable(fd, clock.now().mono))
                case "courier":
                    self._courier.readable(fd)
                case kind if kind == EXIT:
                    self._attention.ended(owner)
        now = clock.now()
        self._agenda.due(watch.roster.wards.values(), now.mono)
        watch.tell(watch.deeds.overdue(now.mono))

    def _leave(self) -> None:
        """Put everything on record; commands under way go on, the next run hears of them."""
        if not self.watch.unrecorded:
            self.watch.remember()
            self.watch.save(clock.now())
        self._courier.close()
        self.watch.deeds.hands.close()
        self._inbox.close()


def _is_due(ward: Ward, now: Now) -> bool:
    """Whether a look counts: sooner than half an interval after the last it moves no window."""
    looked = ward.state.looked
    if looked is None:
        return True
    return not 0 <= now.boot - looked.boot < ward.service.interval / 2
