"""Answers whoever asks on the control socket. What is asked for is done by others."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from svwatch.core.event import Event
from svwatch.core.snapshot import DaemonSnap, Snapshot
from svwatch.core.vanish import Moment
from svwatch.shell import ledger, tuning
from svwatch.shell.agenda import Agenda
from svwatch.shell.compile import Compiled
from svwatch.shell.control import Control
from svwatch.shell.ledger import Nothing
from svwatch.shell.membership import Membership
from svwatch.shell.novelty import Checked, news
from svwatch.shell.orders import VERBS, Orders, unknown
from svwatch.shell.peer import Peer
from svwatch.shell.plans import Plans
from svwatch.shell.portrait import Painter
from svwatch.shell.store import StoreFailed, discreet
from svwatch.shell.vigil import Say
from svwatch.shell.watch import Watch
from svwatch.shell.wire import Call, Reply

if TYPE_CHECKING:
    from svwatch.shell.desk import Desk


class Answers:
    """One answer per verb; those that take time are kept until their time comes."""

    def __init__(
        self,
        *,
        watch: Watch,
        agenda: Agenda,
        plans: Plans,
        painter: Painter,
        reload: Callable[[], str],
        membership: Membership,
        deliver: Callable[[], None],
        host: str,
        started: float,
        pid: int,
    ) -> None:
        self.control: Control | None = None
        self._watch = watch
        self._agenda = agenda
        self._plans = plans
        self._painter = painter
        self._reload = reload
        self._membership = membership
        self._deliver = deliver
        self._host = host
        self._desk: Desk | None = None  # once somebody asks about alerts
        self._daemon = DaemonSnap(pid=pid, started=started)
        self._orders = Orders(watch, agenda)
        self._reloads: list[int] = []  # connections that wait for a configuration
        self._checks: list[tuple[int, Call]] = []  # connections that wait for a look
        self._verbs: dict[str, Callable[[Peer, Call], Reply | None]] = {
            "ping": lambda _peer, _call: Reply("result", text="svwatch is here"),
            "status": self._status,
            "check": self._check,
            "events": self._events,
            "why": self._why,
            "limits": self._limits,
            "reload": self._reload_asked,
            "forget": self._forget,
        }
        self._verbs |= dict.fromkeys(VERBS, self._order)
        self._verbs |= dict.fromkeys(ALERTS, self._alerts)

    def readable(self, fd: int) -> None:
        """Take what the client behind *fd* asks."""
        if self.control is None:
            return
        for peer, call in self.control.readable(fd):
            if (reply := self._answer(peer, call)) is not None:
                self.control.reply(peer.conn, reply)

    def writable(self, fd: int) -> None:
        """Send on to the client behind *fd*."""
        if self.control is not None:
            self.control.writable(fd)

    def _answer(self, peer: Peer, call: Call) -> Reply | None:
        verb = self._verbs.get(call.verb)
        if verb is None:
            return Reply("error", code=2, text=f"unknown verb {call.verb!r}")
        for name in call.names if call.verb in BY_NAME else ():
            if name not in self._watch.roster.wards:
                return Reply("error", code=2, text=unknown(name, list(self._watch.roster.wards)))
        try:
            return verb(peer, call)
        except StoreFailed as error:
            return Reply("error", code=1, text=error.reason)

    # --- at once -----------------------------------------------------------------------------

    def _status(self, _peer: Peer, call: Call) -> Reply:
        snapshot = self.snapshot(call.names)
        return Reply("result", code=int(snapshot.code), data=_raw(snapshot))

    def snapshot(self, names: tuple[str, ...] = ()) -> Snapshot:
        """Paint everything as it is now."""
        watch, plans = self._watch, self._plans
        now, wall = watch.clock(), watch.wall()
        wards = watch.roster.wards
        looked = max((ward.state.looked.mono for ward in wards.values() if ward.state.looked),
                     default=None)  # fmt: skip
        daemon = msgspec.structs.replace(
            self._daemon,
            looked=None if looked is None else wall - (now.mono - looked),
            config=plans.loaded,
        )
        snaps = [
            self._painter.living(ward, now, wall)
            for name, ward in sorted(wards.items(), key=_in_plan(watch))
            if not names or name in names
        ]
        plan = watch.roster.plan
        return self._painter.picture(
            snaps, wall, plan=plan, plans=plans, daemon=daemon, names=names,
            unrecorded=watch.unrecorded, unexported=watch.unexported, unread=watch.roster.unread,
        )  # fmt: skip

    def _events(self, _peer: Peer, call: Call) -> Reply:
        since = call.options.get("since")
        begin = float(since) if isinstance(since, str | int) and since else None
        answer = ledger.listed(self._watch.store, self._watch.wall(), begin, call.names)
        return Reply("result", data=_raw(answer))

    def _why(self, _peer: Peer, call: Call) -> Reply:
        if len(call.names) != 1:
            return Reply("error", code=2, text="why wants one name or number")
        watch = self._watch
        answer = ledger.explained(watch.store, watch.wall(), call.names[0], self._stand)
        if isinstance(answer, str):
            return Reply("error", code=2, text=answer)
        return Reply("result", data=_raw(answer))

    def _limits(self, _peer: Peer, call: Call) -> Reply:
        if len(call.names) != 1:
            return Reply("error", code=2, text="limits wants one name")
        answer = tuning.tried(self._watch.store, self._watch.wall(), call.names[0], self._stand)
        return Reply("result", data=_raw(answer))

    def _stand(self, name: str) -> Nothing | None:
        ward = self._watch.roster.wards.get(name)
        if ward is None:
            return None
        now, service = self._watch.clock(), discreet(ward.service)
        snap = self._painter.living(ward, now, self._watch.wall())
        return Nothing(service, ward.state, ward.findings, now, snap)

    def _forget(self, peer: Peer, call: Call) -> Reply:
        at = Moment(self._watch.clock(), self._watch.wall())
        said = self._membership.forget_all(call.names, peer.user, at)
        self._agenda.look([one.name for one in said])  # puts it on record
        return Reply("result", code=max(one.code for one in said), data=_raw(said))

    # --- when its time has come --------------------------------------------------------------

    def _check(self, peer: Peer, call: Call) -> Reply | None:
        """Look now; the answer follows when that was done."""
        self._agenda.look(call.names or self._watch.roster.wards)
        self._checks.append((peer.conn, call))
        return None

    def _order(self, peer: Peer, call: Call) -> Reply | None:
        return self._orders.take(call, peer.user, self._say_to(peer))

    def _say_to(self, peer: Peer) -> Say:
        def say(reply: Reply, last: bool) -> bool:
            return self.control is not None and self.control.reply(peer.conn, reply, last=last)

        return say

    def _alerts(self, peer: Peer, call: Call) -> Reply | None:
        if self._desk is None:
            from svwatch.shell.desk import Desk  # noqa: PLC0415  few ask

            self._desk = Desk(self._watch, self._host, self._deliver)
        return self._desk.take(call, peer.user, self._say_to(peer))

    # --- test messages under way -------------------------------------------------------------

    @property
    def tested(self) -> bool:
        """Whether anybody has asked for alerts yet: until then nothing is to be heard."""
        return self._desk is not None

    def filenos(self) -> tuple[int, ...]:
        """Give the descriptors of test messages, to watch for reading."""
        return () if self._desk is None else self._desk.filenos()

    def due(self) -> float | None:
        """Give the CLOCK_MONOTONIC instant at which `rehearse` must be called at the latest."""
        return None if self._desk is None else self._desk.due

    def rehearse(self) -> None:
        """See what came of test messages."""
        if self._desk is not None:
            self._desk.go()

    def close(self) -> None:
        """End what is under way."""
        if self._desk is not None:
            self._desk.close()

    def _reload_asked(self, peer: Peer, _call: Call) -> Reply | None:
        if why := self._reload():
            return Reply("error", code=1, text=why)
        self._reloads.append(peer.conn)
        return None

    def reloaded(self, compiled: Compiled) -> None:
        """Tell who asked for a reload what came of it."""
        conns, self._reloads = self._reloads, []
        for conn in conns:
            self._reply(conn, _of_reload(compiled, len(self._watch.roster.plan.services)))

    def looked(self, names: Iterable[str]) -> None:
        """Tell those who waited for a look that it was taken."""
        self._orders.looked(names)
        checks, self._checks = self._checks, []
        for conn, call in checks:
            self._reply(conn, self._checked(call))

    def _checked(self, call: Call) -> Reply:
        snapshot = self.snapshot(call.names)
        try:
            quiet = call.options.get("quiet")
            answer = news(self._watch.store, snapshot) if quiet else Checked(snapshot)
        except StoreFailed as error:
            return Reply("error", code=1, text=error.reason)
        return Reply("result", code=int(snapshot.code), data=_raw(answer))

    def told(self, events: Iterable[Event]) -> None:
        """Tell those who wait for a verdict what happened."""
        self._orders.told(events)
        if self._desk is not None:
            self._desk.told(events)

    def _reply(self, conn: int, reply: Reply) -> None:
        if self.control is not None:
            self.control.reply(conn, reply)


BY_NAME = frozenset({"status", "check", "limits"})
ALERTS = frozenset({"alerts list", "alerts retry", "alerts drop", "alerts test"})


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def _in_plan(watch: Watch) -> Callable[[tuple[str, object]], int]:
    """Order services as they are written; those that leave come last."""
    order = {service.name: place for place, service in enumerate(watch.roster.plan.services)}
    return lambda item: order.get(item[0], len(order))


def _of_reload(compiled: Compiled, count: int) -> Reply:
    if compiled.plan is None:
        text = "\n".join((*compiled.errors, "nothing loaded; the old configuration stays in force"))
        return Reply("result", code=1, text=text)
    text = "\n".join((*compiled.warnings, f"loaded: {count} service{'s' * (count != 1)}"))
    return Reply("result", text=text)
