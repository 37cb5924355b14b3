"""Invariants over random histories: a host that does what it likes, and what we do to it."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from svwatch.core.connection import Answer
from svwatch.core.decide import is_quiet, memory_for, skip, step
from svwatch.core.ladder import Rung
from svwatch.core.plan import (
    Alert,
    ChildOver,
    Command,
    Exec,
    Gauge,
    Gauged,
    Metric,
    Op,
    Restart,
    Rule,
    SendSignal,
    Service,
    Size,
    Stop,
    Times,
    Unmonitor,
)
from svwatch.core.request import Request, Verb
from svwatch.core.seen import (
    Forbidden,
    Granted,
    Incarnation,
    Kind,
    Lost,
    Running,
    Suspect,
    Unreadable,
    World,
)
from svwatch.core.state import Run, Signal, State, TakeDown
from tests.core.test_reached import port_rule
from tests.core.test_remedy import storm_rule
from tests.core.world import MB, Sim, daemon, external, limit_rule, runit

SMALL = ChildOver(Metric.MEMORY, Op.GT, Size(0))
MANY = Gauged(Gauge.CHILDREN, Op.GT, 1.0)
CHILDREN = (
    Rule(key="if a", text="", where="", test=SMALL, window=Times(2, 3), action=SendSignal("HUP")),
    Rule(key="if b", text="", where="", test=MANY, action=SendSignal("HUP"), repeat=3),
    Rule(
        key="if c", text="", where="", test=MANY, action=Exec(Command(("/c",))), otherwise=Alert()
    ),
    Rule(key="if d", text="", where="", test=SMALL, action=Alert(), repeat=2, to=("ops",)),
)

LADDER = (Rung("TSTP", 10.0), Rung("TERM"))

SERVICES: dict[str, Service] = {
    "plain": runit(limit_rule()),
    "storm": runit(limit_rule(), storm_rule(Stop(60.0))),
    "gives up": runit(limit_rule(), storm_rule(Unmonitor(120.0))),
    "kills": runit(limit_rule(), stop_timeout=10.0, kill_after=5.0),
    "hard": runit(limit_rule(), limit_rule(600, 1, action=Restart(now=True))),
    "gentle": runit(limit_rule(), stop_signal=(Rung("QUIT"),), stop_timeout=15.0),
    "ladder": runit(limit_rule(), storm_rule(Stop(60.0)), stop_signal=LADDER, kill_after=5.0),
    "signalled": daemon(limit_rule(), stop=None, stop_signal=LADDER, kill_after=5.0),
    "restarts itself": daemon(limit_rule(), restart=Command(("/bin/dj", "restart"))),
    "restarts itself or is killed": daemon(
        limit_rule(), restart=Command(("/bin/dj", "restart")), stop_timeout=10.0, kill_after=5.0
    ),
    "external": external(limit_rule(), storm_rule(Unmonitor(120.0)), stop_signal=LADDER),
    "answers": runit(limit_rule(), port_rule(), start_timeout=20.0),
    "pidfile answers": daemon(port_rule(1), port_rule(3, action=Alert()), storm_rule(Stop(60.0))),
    "children": runit(limit_rule(), *CHILDREN),
    "pidfile children": daemon(limit_rule(), *CHILDREN),
    "pidfile": daemon(limit_rule()),
    "pidfile storm": daemon(limit_rule(), storm_rule(Unmonitor())),
}

FATE = st.sampled_from(
    [
        "crash", "die", "die by term", "spawn", "fat", "fatter", "slim", "child", "orphan gone",
        "down by hand", "up by hand", "stops slowly", "never stops", "stops at once",
        "start fails", "start works", "suspect", "forbidden", "blind", "lost", "clear",
        "answers", "hangs", "does not answer", "cannot be dialled", "restart",
        "restart now", "monitor", "stop", "start", "unmonitor", "hold", "release",
        "restart in turn", "reboot", "drop inbox", "deaf", "hears", "races", "suspend",
    ]
)  # fmt: skip
HISTORY = st.lists(st.tuples(FATE, st.floats(0.1, 40.0)), max_size=25)


class Watched(Sim):
    """A simulation that checks every effect at the instant it is performed."""

    def perform(self, effect: object) -> None:
        lease = self.state.lease
        if isinstance(effect, Run | Signal) and lease is not None:
            serial = effect.serial if isinstance(effect, Run) else None
            intent = self.state.intent
            began = serial if intent is None else intent.serial
            assert began is not None, "a deed without a remediation"
            assert began < lease.serial, "begun while it was on hold"
        match effect:
            case Signal(serial=int()):
                assert not isinstance(self.verdict, Suspect | Forbidden | Unreadable)
                assert effect.incarnation in {self.main, *self.children}, "not who was judged"
                assert self.state.intent is None or effect.incarnation not in self.state.intent.tree
            case Signal():
                recorded = self.state.intent
                assert recorded is not None, "a signal without a remediation"
                assert effect.incarnation in recorded.tree, "a signal to a stranger"
            case TakeDown():
                recorded = self.state.intent
                assert recorded is not None, "an order without a remediation"
                assert recorded.took_down, "what we take down is not on record"
                assert effect.incarnation in recorded.tree, "an order about a stranger"
                assert effect.incarnation == self.main, "`o` would start what is down"
            case Run(kind=Kind.START):
                assert not self.service.external, "its supervisor starts it"
                assert self.main is None, "a second copy"
                intent = self.state.intent
                assert intent is not None
                left = [one for one in intent.tree if one in self.children]
                assert not left, "a descendant of the one before lives"
            case Run(kind=Kind.STOP):
                assert self.verdict is None or isinstance(self.verdict, Lost | Running)
            case _:
                pass
        super().perform(effect)

    def suffer(self, fate: str) -> None:  # noqa: C901, PLR0912, PLR0915  # a table of what can happen
        match fate:
            case "crash" if self.main is not None:
                self.crash()
            case "die":
                self.die()
            case "die by term":
                self.die(term=True)
            case "spawn" if self.main is None and self.want == "u":
                self.spawn()
            case "fat":
                self.rss = 200 * MB
            case "fatter":
                self.rss = 700 * MB
            case "slim":
                self.rss = 40 * MB
            case "child" if self.main is not None:
                self.children[Incarnation(9_000 + len(self.children), int(self.now.boot))] = MB
            case "orphan gone":
                self.children.clear()
            case "down by hand":
                self.want = "d"
                self.die(term=True)
            case "up by hand" if self.main is None:
                self.want = "u"
                self.spawn()
            case "stops slowly":
                self.stop_takes = 20.0
            case "never stops":
                self.stop_takes = None
            case "stops at once":
                self.stop_takes = 0.0
            case "start fails":
                self.start_takes = None
            case "start works":
                self.start_takes = 0.0
            case "suspect":
                self.verdict = Suspect(Incarnation(4, 4), "a sign")
            case "forbidden":
                self.verdict = Forbidden(1, "pid 1")
            case "blind":
                self.verdict = Unreadable("permission denied")
            case "lost" if self.main is not None and self.state.known is not None:
                if self.state.known.incarnation == self.main:
                    self.verdict = Lost(self.main, "gone")
            case "clear":
                self.verdict = None
            case "answers":
                self.answer, self.dial_takes = Answer.OK, 0.01
            case "hangs":
                self.answer, self.dial_takes = Answer.FAILED, 7.0
            case "does not answer":
                self.answer, self.dial_takes = Answer.FAILED, 0.01
            case "cannot be dialled":
                self.answer, self.dial_takes = Answer.UNKNOWN, 0.01
            case "restart":
                self.look(Request(Verb.RESTART, "ann"), scheduled=False)
            case "restart now":
                self.look(Request(Verb.RESTART, "ann", now=True), scheduled=False)
            case "stop" | "start" | "unmonitor" | "release":
                self.look(Request(Verb(fate), "ann"), scheduled=False)
            case "restart in turn":
                self.look(Request(Verb.RESTART, "ann", rolling=True), scheduled=False)
            case "hold":
                self.look(Request(Verb.HOLD, "ann", seconds=45.0), scheduled=False)
            case "monitor":
                self.look(Request(Verb.MONITOR, "ann"), scheduled=False)
            case "reboot":
                self.world = World("boot-2", 1)
                self.children.clear()
                self.die()
            case "deaf" | "hears":
                self.deaf = fate == "deaf"
            case "races":
                self.races = True
            case "drop inbox":
                self.inbox.clear()
            case "suspend":
                self.now = replace(self.now, boot=self.now.boot + 3600.0)
            case _:
                pass

    def run(self, seconds: float) -> None:
        if isinstance(self.verdict, Lost) and self.verdict.incarnation != self.main:
            self.verdict = None
        super().run(seconds)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SERVICES)), HISTORY)
def test_whatever_happens(kind: str, history: list[tuple[str, float]]) -> None:
    sim = Watched(SERVICES[kind])
    sim.look()
    for fate, seconds in history:
        sim.suffer(fate)
        sim.run(seconds)
        if sim.state.bid is not None:
            sim.look(Granted(), scheduled=False)
        saved = msgspec.json.encode(sim.state)
        assert msgspec.json.decode(saved, type=State) == sim.state
        numbers = {record.serial for record in sim.records}
        assert {note.serial for note in sim.notes} <= numbers


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SERVICES)), HISTORY)
def test_a_quiet_look_may_be_skipped(kind: str, history: list[tuple[str, float]]) -> None:
    """Where `is_quiet` says so, a step on an unchanged look says nothing and changes nothing."""
    sim = Watched(SERVICES[kind])
    sim.look()
    for index, (fate, seconds) in enumerate(history):
        sim.suffer(fate)
        sim.run(seconds)
        sim.look(scheduled=index % 2 == 0)  # the bytes may be those of a look that moved no window
        sim.advance(sim.service.interval)
        still = sim.state.known is not None and sim.main == sim.state.known.incarnation
        # what was dialled and is not plainly good is a reason for a step (shell/ward.py)
        calm = all(one.answer is Answer.OK for one in sim.results())
        alike = still and calm and sim.verdict is None and sim.want == "u" and not sim.starts
        if alike and is_quiet(sim.service, sim.state, sim.now):
            done = step(sim.service, sim.state, sim.observe(scheduled=True), ())
            assert done.effects == ()
            tree, known = sim.tree(), sim.state.known
            if tree is not None and known is not None and known.memory == tree.totalmem:
                expected = skip(sim.state, sim.now)
                assert replace(done.state, served=None) == replace(expected, served=None)


def test_memory_for_names_what_must_be_proven_gone() -> None:
    sim = Sim(runit(limit_rule()))
    sim.look()
    assert memory_for(sim.service, sim.state).known == sim.main
