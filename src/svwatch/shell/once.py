"""One run without a daemon: look once, act, and go on until nothing is under way."""

from collections.abc import Callable

from svwatch.core.event import Event
from svwatch.core.plan import Plan
from svwatch.core.seen import Now
from svwatch.core.vanish import Moment
from svwatch.probe import clock
from svwatch.shell.agenda import Agenda
from svwatch.shell.attention import EXIT, Attention
from svwatch.shell.begin import House
from svwatch.shell.calls import hear
from svwatch.shell.courier import Courier
from svwatch.shell.daily import Morning
from svwatch.shell.database import StoreFailed
from svwatch.shell.inbox import Inbox
from svwatch.shell.orders import Orders
from svwatch.shell.outward import Outward
from svwatch.shell.sharing import Sharing
from svwatch.shell.vigil import Say
from svwatch.shell.voice import to_syslog
from svwatch.shell.ward import Ward
from svwatch.shell.whole import Results
from svwatch.shell.wire import Call

Order = tuple[Call, str, Say]  # what is asked for, by whom, and who hears of it
DELIVERY = 20.0  # seconds that a run waits for its messages to be taken
AGAIN = 1.0  # seconds until it is seen whether another run still delivers


class Once:
    """One look at every service, and what follows from it."""

    def __init__(
        self,
        house: House,
        plan: Plan | None,
        complain: Callable[[str], None],
        order: Order | None = None,
        dialled: Results | None = None,
    ) -> None:
        """Go on from what *house* has on record. *plan* None: only finish what is under way.

        *order*: do this and look at nobody else. *dialled*: what came of the connection tests.
        """
        self.watch = house.watch
        self._members = house.membership
        self.events: list[Event] = []
        self._agenda = Agenda()
        self._inbox = Inbox()
        self._attention = Attention(house.watch, self._agenda, self._inbox)
        routes = plan.routes if plan else house.last.read(complain)
        if plan is not None and (why := house.last.keep(routes)):
            complain(f"the routes are not kept for a bad configuration: {why}")
        self.watch.routes = routes
        self._courier = Courier(house.store, routes, writer=house.letters)
        self._plan = plan
        self._order = order
        self._dialled = dialled or []
        self._sharing = Sharing(house)
        self._others = frozenset(house.others)
        self._orders = Orders(house.watch, self._agenda)
        rhythm = self._sharing.spacing()
        self._outward = Outward(house.watch, self._courier, complain, to_syslog, rhythm=rhythm)
        if plan is not None and order is None:
            self._outward.adopt(plan.routes, plan.heartbeat)
        self._seconds = plan.check_timeout if plan else DELIVERY

    def run(self, seconds: float | None = None) -> None:
        """Look, act, and wait for verdicts for `check_timeout` at most; then put all on record.

        *seconds*: another limit.
        """
        watch, began = self.watch, clock.now()
        self._seconds = self._seconds if seconds is None else seconds
        watch.roster.records()
        if self._plan is not None:
            self._members.adopt(self._plan, Moment(began, watch.wall()))
        else:
            watch.roster.leave()
        self._sharing.begin()
        if self._order is None:
            self._outward.see(began, watch.wall())
            self._sharing.beat(began, clock.world().boot_id)
            for ward in watch.roster.wards.values():
                self._agenda.look([ward.name], scheduled=_is_due(ward, began))
        elif (refused := self._orders.take(*self._order)) is not None:
            self._order[2](refused, True)
        for name, result in self._dialled:
            if name in watch.roster.wards:
                hear(watch.roster.wards[name], result)
        watch.tell(watch.deeds.resume(clock.world(), self._others))
        if not self._turn(began):
            while not self._again(began):
                self._wait(began.mono + self._seconds)
        self._leave(began)

    def _again(self, began: Now) -> bool:
        """Take one more turn, if other runs let us in; say whether that was all."""
        if self._sharing.enter():
            return self._turn(began)
        return clock.now().mono - began.mono >= self._seconds

    def _turn(self, began: Now) -> bool:
        """Take the turns that are due; say whether that was all."""
        watch, now = self.watch, clock.now()
        self._agenda.look(watch.again)
        watch.again.clear()
        taken = self._agenda.take()
        names = {name: taken[name] for name in taken if name in self._sharing.mine}
        written = watch.turn(names)
        self.events += written
        self._orders.told(written)
        self._orders.looked(names)
        self._attention.attend(watch.stepped)
        if self._sharing.first and not self._others:
            # everybody was looked at: now the members of patterns can be counted
            self._members.tally(Moment(clock.now(), watch.wall()))
            self._record_own()
            self._in_the_morning()
        self._sharing.leave(clock.now(), self._orders.names)
        watch.again.intersection_update(self._sharing.mine)  # others see to theirs
        waiting = bool(watch.again or self._agenda.names or self._orders.waiting)
        busy = waiting or self._under_way()
        self._deliver(now, flush=not busy)
        if clock.now().mono - began.mono >= self._seconds or watch.unrecorded:
            return True
        delivering = self._courier.under_way and now.mono - began.mono < DELIVERY
        return not (busy or delivering)

    def _record_own(self) -> None:
        """Put on record what was just told of ourselves, while we are inside."""
        if self.watch.own.owed:
            self.events += self.watch.turn({})

    def _in_the_morning(self) -> None:
        """Say the daily word, where this is a whole run and its day has none yet."""
        if self._plan is not None and self._order is None:
            try:
                self.events += Morning(self.watch).look(clock.now())
            except StoreFailed as error:
                self.watch.unrecorded = error.reason

    def _deliver(self, now: Now, *, flush: bool) -> None:
        """Send what is owed, unless another run does; *flush*: there is nothing to gather for."""
        if self._sharing.deliver():
            self._courier.flushing = flush
            self._courier.kick(now, self.watch.wall())
            if not self._courier.under_way:
                self._sharing.delivered()

    def _under_way(self) -> bool:
        """Whether a remediation, a command or the wait for a successor goes on."""
        busy = self.watch.deeds.hands.filenos()
        wards = self.watch.roster.wards
        mine = [wards[name] for name in self._sharing.mine if name in wards]
        return bool(busy) or any(
            ward.state.intent is not None or ward.hunt is not None for ward in mine
        )

    def _wait(self, until: float) -> None:
        """Wait for whatever comes next, until *until* (CLOCK_MONOTONIC) at most."""
        watch, now, hands = self.watch, clock.now(), self.watch.deeds.hands
        self._inbox.renew(("hands", None), hands.filenos())
        self._inbox.renew(("courier", None), self._courier.filenos())
        sending = self._courier.due(now) if self._sharing.deliver() else now.mono + AGAIN
        due = (until, self._agenda.timers.next(), hands.due(), sending)
        soonest = (
            0.0
            if watch.again or self._agenda.names
            else min(one for one in due if one is not None) - now.mono
        )
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

    def _leave(self, began: Now) -> None:
        """Put everything on record; commands under way go on, the next run hears of them."""
        self._sharing.end(clock.now())
        if self._sharing.deliver():  # else another run does
            self._outward.finish(began.mono + min(self._seconds, DELIVERY))
        self._outward.close()
        self._courier.close()
        self._sharing.delivered()
        self.watch.deeds.hands.close()
        self._inbox.close()


def _is_due(ward: Ward, now: Now) -> bool:
    """Whether a look counts: sooner than half an interval after the last it moves no window."""
    looked = ward.state.looked
    if looked is None:
        return True
    return not 0 <= now.boot - looked.boot < ward.service.interval / 2
