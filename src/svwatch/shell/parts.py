"""The parts of a running daemon, and how they are kept in step with each other."""

import os
from collections.abc import Callable, Container, Iterable, Mapping

from svwatch.core.event import Event
from svwatch.core.ledger import Facts, What
from svwatch.core.level import Level
from svwatch.core.plan import Plan
from svwatch.core.seen import Now
from svwatch.core.vanish import Moment
from svwatch.probe.supervise import Restarts
from svwatch.shell import gap
from svwatch.shell.agenda import Agenda
from svwatch.shell.answers import Answers
from svwatch.shell.attention import Attention
from svwatch.shell.begin import House
from svwatch.shell.bell import Bell
from svwatch.shell.calls import Calls
from svwatch.shell.compile import Compiled
from svwatch.shell.compiler import Compiler
from svwatch.shell.control import Control, NoSocket, listen
from svwatch.shell.courier import Courier
from svwatch.shell.daily import Morning
from svwatch.shell.exporter import Exporter
from svwatch.shell.hands import put_up
from svwatch.shell.inbox import READ, WRITE, Inbox
from svwatch.shell.notes import SOCKET
from svwatch.shell.notify import Notifier
from svwatch.shell.opening import greeting
from svwatch.shell.outward import Outward
from svwatch.shell.paths import socket_path
from svwatch.shell.plans import Plans
from svwatch.shell.voice import Voice
from svwatch.view.to_line import run_line

LAST_CHANCE = 10.0  # seconds for records and alerts where the configuration does not load

REMEMBERED = 100  # events of which it is known what was printed last


def _wanted(control: Control | None) -> dict[int, int]:
    """Say what to hear of the clients of *control*."""
    if control is None:
        return {}
    wanted = dict.fromkeys(control.filenos(), READ)
    for fd in control.blocked():
        wanted[fd] = wanted.get(fd, 0) | WRITE
    return wanted


class Parts:
    """Everything that the daemon is made of."""

    def __init__(
        self,
        *,
        house: House,
        agenda: Agenda,
        inbox: Inbox,
        plans: Plans,
        compiler: Compiler,
        restarts: Restarts,
        courier: Courier,
        answers: Answers,
        exporter: Exporter,
        bell: Bell,
        notifier: Notifier,
        voice: Voice,
        complain: Callable[[str], None],
        syslog: Callable[[str], None],
        socket: str | None,
    ) -> None:
        self.house = house
        self.watch = house.watch
        self.membership = house.membership
        self.letters = house.letters
        self.agenda = agenda
        self.inbox = inbox
        self.attention = Attention(house.watch, agenda, inbox)
        self.calls = Calls(house.watch, inbox)
        self.morning = Morning(house.watch)
        self.plans = plans
        self.compiler = compiler
        self.restarts = restarts
        self.courier = courier
        self.outward = Outward(house.watch, courier, complain, syslog)
        self.answers = answers
        self.exporter = exporter
        self.bell = bell
        self.notifier = notifier
        self.voice = voice
        self.complain = complain
        self.control: Control | None = None
        self.gap: gap.Before | None = None
        self.failed = False  # there is no configuration to go on with
        self._syslog = syslog
        self._socket = socket  # --socket goes before the configuration's
        self._listening: tuple[str, str | None] | None = None
        self._said: dict[int, tuple[What, Level]] = {}  # by number of event
        self._wanted: dict[str, dict[int, int]] = {}  # events by descriptor, by who is heard
        self._unrecorded = ""
        self._ready_owed = False  # systemd waits for the first look after a configuration
        self._looked: Now | None = None

    # --- configurations ----------------------------------------------------------------------

    def reload(self, now: Now) -> str:
        """Have the configuration read again; "" or why that is not possible."""
        self.notifier.reloading(now.mono)
        return self.compiler.begin(now.mono)

    def installed(self, compiled: Compiled) -> None:
        """Go on with what was compiled, or with what there was before."""
        for warning in compiled.warnings:
            self.complain(f"warning: {warning}")
        if compiled.plan is not None:
            self._adopt(compiled)
        else:
            self._reject(compiled)
        self.answers.reloaded(compiled)
        if compiled.plan is not None:  # who asked has heard of it
            self._open_control(compiled.plan)

    def _adopt(self, compiled: Compiled) -> None:
        watch, now = self.watch, self.watch.clock()
        if compiled.plan is None:
            return
        first = not watch.roster.plan.source
        names = self.membership.adopt(compiled.plan, self.moment())
        self.plans.accept(watch.roster.plan, now, watch.wall())
        watch.routes = compiled.plan.routes
        self.courier.reroute(watch.store, compiled.plan.routes)
        self.outward.adopt(compiled.plan.routes, compiled.plan.heartbeat)
        self.outward.rejected("", watch.wall())
        self.agenda.begin(watch.roster.wards.values(), now.mono)
        self.agenda.look(names, scheduled=first)
        self._look_for_members(now)
        self._ready_owed = True
        if first:
            self.voice.say(greeting(watch.roster.plan))

    def _open_control(self, plan: Plan) -> None:
        """Listen where *plan* says; what cannot be had is said, and supervision goes on."""
        path = socket_path(os.environ, os.geteuid(), self._socket or plan.control_socket)
        if (path, plan.control_group) == self._listening:
            return
        if self.control is not None:
            self.control.close()
        listening = listen(path, plan.control_group)
        if isinstance(listening, NoSocket):
            self.control, self._listening = None, None
            self.complain(f"no control socket: {listening.why}")
        else:
            self.control, self._listening = listening, (path, plan.control_group)
            self.plans.keep(SOCKET, path)
        self.answers.control = self.control

    def _reject(self, compiled: Compiled) -> None:
        watch, now = self.watch, self.watch.clock()
        for error in compiled.errors:
            self.complain(error)
        self.plans.reject(compiled, now, watch.wall())
        if self.plans.plan is None:  # finish what is on record, tell, and end
            self.failed = True
            self.courier.flushing = True
            self.outward.adopt(watch.routes, None)
            watch.roster.leave()
            self.agenda.look(watch.roster.wards)
            self.agenda.timers.put(("last chance", None), now.mono + LAST_CHANCE)
        self.outward.rejected(compiled.errors[0], watch.wall())
        self.notifier.ready()

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do for a daemon without a configuration."""
        now = self.watch.clock()
        idle = not self.courier.under_way and self.courier.due(now) is None
        idle = idle and self.outward.idle(now)
        return self.failed and not self.watch.roster.wards and not self.watch.own.owed and idle

    def moment(self) -> Moment:
        """Give this instant on all clocks."""
        return Moment(self.watch.clock(), self.watch.wall())

    def members(self, now: Now) -> None:
        """Take in members that came, let those go that went."""
        names = self.membership.sweep(self.moment())
        if names:
            self.agenda.begin(self.watch.roster.wards.values(), now.mono)
            self.agenda.look(names)
            self.attention.attend(names)
        self._look_for_members(now)

    def _look_for_members(self, now: Now) -> None:
        every = self.membership.every
        self.agenda.timers.put(("members", None), None if every is None else now.mono + every)

    # --- every round -------------------------------------------------------------------------

    def listen(self, names: Iterable[str]) -> None:
        """Watch the directories of *names*, which may be other ones by now."""
        wards = self.watch.roster.wards
        for name in names:
            if name in wards:
                wards[name].looker.renew_watch()

    def renew(self, now: Now, heard: Container[str]) -> None:
        """Hear whom there is to hear, and wake up when something is due.

        A number stands for a new file only where the old one was *heard* to end.
        """
        timers, deeds = self.agenda.timers, self.watch.deeds
        self._listen("hands", dict.fromkeys(deeds.hands.filenos(), READ), heard)
        self._listen("courier", dict.fromkeys(self.courier.filenos(), READ), heard)
        if self.answers.tested:
            self._listen("desk", dict.fromkeys(self.answers.filenos(), READ), heard)
            timers.put(("desk", None), self.answers.due())
        if self.outward.regular:
            self._listen("outward", dict.fromkeys(self.outward.filenos(), READ), heard)
        self._listen("compiler", dict.fromkeys(self.compiler.filenos(), READ), heard)
        self._listen("control", _wanted(self.control), heard)
        timers.put(("hands", None), deeds.hands.due())
        timers.put(("courier", None), self.courier.due(now))
        timers.put(("outward", None), self.outward.due(now))
        timers.put(("compiler", None), self.compiler.deadline)
        timers.put(("dials", None), self.calls.renew(now.mono))

    def _listen(self, kind: str, wanted: dict[int, int], heard: Container[str]) -> None:
        """Hear *wanted* (events by descriptor) for *kind*, unless that is so already."""
        if wanted == self._wanted.get(kind) and kind not in heard:
            return
        self._wanted[kind] = wanted
        self.inbox.forget((kind, None))
        for fd, events in wanted.items():
            self.inbox.watch(fd, (kind, None), events)

    def noticed(self, names: Iterable[str], now: Now) -> None:
        """See what a turn was about: who waited for it, a gap, a store that fails."""
        self.answers.looked(names)
        if self._ready_owed:
            self._ready_owed = False
            self.notifier.ready()
        wards = self.watch.roster.wards.values()
        if self.gap is not None and all(ward.seen or ward.state.gone for ward in wards):
            states = {name: ward.state for name, ward in self.watch.roster.wards.items()}
            gap.tell(self.gap, states, self.watch.own, now)
            self.gap = None
        if self.watch.unrecorded != self._unrecorded:
            self._unrecorded = self.watch.unrecorded
            self._cannot_record(self._unrecorded)

    def _cannot_record(self, why: str) -> None:
        """Tell, from memory, that nothing can be recorded, or that it can be again."""
        if not why:
            self.complain("the database can be written again")
            return
        words = f"svwatch cannot record what it does ({why}): nothing is stopped or started"
        self.complain(words)
        self._syslog(words)
        self.courier.say(words, f"{words}\n", Level.CRITICAL, self.watch.wall())

    def mind_the_gap(self, names: Mapping[str, bool], now: Now) -> None:
        """Notice that nobody looked for a while: a suspended host, a stopped daemon."""
        if not any(names.values()):
            return
        last, self._looked = self._looked, now
        longest = max(ward.service.interval for ward in self.watch.roster.wards.values())
        if last is None or now.boot - last.boot <= gap.INTERVALS * longest:
            return
        states = {name: ward.state for name, ward in self.watch.roster.wards.items()}
        self.gap = gap.before(now.boot - last.boot, states)

    def alive(self, now: Now) -> None:
        """Tell systemd that the loop turns."""
        self.notifier.watchdog()
        every = self.notifier.watchdog_every
        self.agenda.timers.put(("alive", None), None if every is None else now.mono + every)

    def say(self, event: Event) -> None:
        """Print one line for one event: when it begins, and when it becomes something else."""
        word = (event.what, event.level)
        if self._said.get(event.number) != word:
            self.voice.say(run_line(event))
        self._said[event.number] = word
        while len(self._said) > REMEMBERED:
            del self._said[next(iter(self._said))]

    def goodbye(self, now: Now) -> None:
        """Bring up what we took down, put everything on record, let go."""
        watch = self.watch
        self.notifier.stopping()
        for ward in watch.roster.wards.values():
            if ward.down_by_us and ward.service.service_dir is not None:
                why = put_up(ward.service.service_dir)
                self.complain(why or f"{ward.name}: runit is told to bring it up")
        facts = Facts(reason="svwatch ends")
        watch.own.record(now, What.DAEMON_ENDED, facts=facts)
        for event in watch.save(now):
            self.say(event)
