"""Puts the daemon together, and takes it apart."""

import os
import time

from svwatch import __version__
from svwatch.core.ledger import Facts, What
from svwatch.probe import clock
from svwatch.probe.eyes import Eyes
from svwatch.probe.supervise import Restarts
from svwatch.shell import gap
from svwatch.shell.agenda import Agenda
from svwatch.shell.answers import Answers
from svwatch.shell.begin import House, Refused, away, open_house, raise_limit
from svwatch.shell.bell import Bell
from svwatch.shell.compiler import Compiler
from svwatch.shell.courier import Courier
from svwatch.shell.exporter import Exporter
from svwatch.shell.inbox import Inbox
from svwatch.shell.notes import DAEMON, GOODBYE, LOOKED
from svwatch.shell.notify import Notifier
from svwatch.shell.parts import Parts
from svwatch.shell.plans import Plans
from svwatch.shell.portrait import Painter
from svwatch.shell.store import StoreFailed
from svwatch.shell.voice import stderr, stdout, to_syslog

MINUTE = 60.0


def assemble(config: str, state_dir: str, socket: str | None) -> Parts | Refused:
    """Take the lock, open the store, make all parts; nothing is looked at yet."""
    bell, restarts = Bell(), Restarts()
    eyes = Eyes(restarts=restarts)
    raise_limit(eyes)
    house = open_house(state_dir, "run", stderr().say, eyes)
    if isinstance(house, Refused):
        restarts.close()
        bell.close()
        return house
    compiler = Compiler(config, state_dir)
    plans = Plans(house.store, house.watch.own, house.last, stderr().say)
    house.watch.routes = house.last.read(stderr().say)
    agenda = Agenda()
    courier = Courier(house.store, house.watch.routes)
    return Parts(
        house=house,
        agenda=agenda,
        inbox=Inbox(),
        plans=plans,
        compiler=compiler,
        restarts=restarts,
        courier=courier,
        answers=_answers(house, agenda, plans, compiler, courier),
        exporter=_exporter(house, plans),
        bell=bell,
        notifier=Notifier(os.environ, os.getpid()),
        voice=stdout(),
        complain=stderr().say,
        syslog=to_syslog,
        socket=socket,
    )


def _answers(
    house: House, agenda: Agenda, plans: Plans, compiler: Compiler, courier: Courier
) -> Answers:
    watch = house.watch
    return Answers(
        watch=watch,
        agenda=agenda,
        plans=plans,
        painter=Painter(house.store, house.host),
        membership=house.membership,
        reload=lambda: compiler.begin(watch.clock().mono),
        deliver=lambda: courier.kick(watch.clock(), watch.wall()),
        host=house.host,
        started=time.time(),
        pid=os.getpid(),
    )


def _exporter(house: House, plans: Plans) -> Exporter:
    return Exporter(house.watch, plans, Painter(house.store, house.host), stderr().say)


def greet(parts: Parts) -> None:
    """Take up what is on record, and begin to read the configuration."""
    watch, inbox, now = parts.watch, parts.inbox, clock.now()
    inbox.watch(parts.bell.fileno(), ("bell", None))
    if parts.restarts.fileno() >= 0:
        inbox.watch(parts.restarts.fileno(), ("restarts", None))
    parts.voice.say(f"svwatch {__version__} begins (pid {os.getpid()})")
    _resume(parts, parts.house)
    parts.agenda.look(watch.roster.records())
    parts.agenda.begin(watch.roster.wards.values(), now.mono)
    watch.tell(watch.deeds.resume(clock.world()))
    parts.agenda.timers.put(("minute", None), now.mono + MINUTE)
    parts.alive(now)
    if why := parts.compiler.begin(now.mono):
        parts.complain(f"the configuration cannot be read: {why}")
        parts.agenda.timers.put(("last chance", None), now.mono)


def _resume(parts: Parts, house: House) -> None:
    """Say that we are back, see for how long nobody was, give up what is too old."""
    watch, wall, now = parts.watch, time.time(), clock.now()
    try:
        absent = away(house.store, wall)
        parts.gap = gap.after(absent, watch.roster.before())
        old = watch.roster.give_up(now, absent)
        watch.own.record(now, What.DAEMON_STARTED, facts=Facts(reason=f"pid {os.getpid()}"))
        house.store.commit(old, watch.compose, watch.routes, wall, now)
        house.store.note(DAEMON, f"{os.getpid()} {wall:.0f}")
        house.store.note(GOODBYE, "")
    except StoreFailed as error:
        parts.complain(f"not on record: {error.reason}")


def settle(parts: Parts) -> None:
    """Leave everything as we would like to find it."""
    now, wall = clock.now(), time.time()
    try:
        parts.goodbye(now)
        parts.exporter.end()
        noted = [(GOODBYE, f"{wall:.0f}"), (LOOKED, f"{wall:.0f}"), *parts.outward.notes]
        parts.house.store.minute([], noted)
    except StoreFailed as error:
        parts.complain(f"the end is not on record: {error.reason}")
    if parts.control is not None:
        parts.control.close()
    parts.calls.board.close()
    parts.courier.close()
    parts.outward.close()
    parts.answers.close()
    parts.watch.deeds.hands.close()
    for ward in parts.watch.roster.wards.values():
        ward.looker.close()
    parts.restarts.close()
    parts.inbox.close()
    parts.house.store.close()
    parts.house.held.release()
    parts.bell.close()
