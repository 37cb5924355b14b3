"""What runs beside the action that wins: exec, signals, repetition, else, and who is told."""

from msgspec.structs import replace

from svwatch.core.kinds import Code
from svwatch.core.kinds import Kind as Kind_
from svwatch.core.ledger import Facts, Notify, What, Why
from svwatch.core.phases import Phase
from svwatch.core.plan import (
    Action,
    Alert,
    ChangedPid,
    ChildOver,
    Command,
    Exec,
    Gauge,
    Gauged,
    Metric,
    Op,
    Resource,
    Restart,
    Rule,
    SendSignal,
    Service,
    Size,
    Storm,
    Times,
    Unmonitor,
)
from svwatch.core.plan import Test as RuleTest
from svwatch.core.seen import Incarnation, Kind, Observation, Outcome, Tree
from svwatch.core.state import Run, Signal
from svwatch.core.status import status_of
from tests.core.world import MB, Sim, limit_rule, runit

HELP = Command(("/bin/help",))
DONE = Command(("/bin/done",))


class Measured(Sim):
    """A simulation whose processes have threads, private pages, and whatever a test gives."""

    def __init__(self, service: Service) -> None:
        self.threads = 1
        self.uss: dict[Incarnation, int | None] = {}
        self.sent: list[Signal] = []
        super().__init__(service)

    def observe(self, *, scheduled: bool) -> Observation:
        seen = super().observe(scheduled=scheduled)
        if seen.tree is None:
            return seen
        procs = tuple(
            replace(one, threads=self.threads, uss=self.uss.get(one.incarnation))
            for one in seen.tree.procs
        )
        return replace(seen, tree=Tree(procs))

    def perform(self, effect: object) -> None:
        if isinstance(effect, Signal) and effect.serial is not None:
            self.sent.append(effect)
            done = Outcome(Kind.SIGNAL, effect.serial, None, f"{effect.name} sent")
            self.inbox.append(done)
        super().perform(effect)

    def child(self, rss: int, uss: int | None) -> Incarnation:
        who = Incarnation(9_000 + len(self.uss), int(self.now.boot))
        self.children[who] = rss * MB
        self.uss[who] = None if uss is None else uss * MB
        return who

    def looks(self, number: int) -> None:
        self.run(number * self.service.interval)


def rule(action: Action, test: RuleTest | None = None, **more: object) -> Rule:
    asked = test or Gauged(Gauge.THREADS, Op.GT, 5.0)
    made = Rule(key="if x", text="if x", where="dj.yaml:9", test=asked, action=action)
    return replace(made, **more)


def watched(*rules: Rule, **keys: object) -> Measured:
    sim = Measured(runit(*rules, **keys))
    sim.looks(2)
    return sim


def notes(sim: Sim) -> list[Notify]:
    return list(sim.notes)


# --- signals ---------------------------------------------------------------------------------


def test_a_signal_goes_once_to_the_judged_process() -> None:
    sim = watched(rule(SendSignal("HUP"), window=Times(2, 2)))
    sim.threads = 9
    sim.looks(6)
    assert [(one.incarnation, one.name) for one in sim.sent] == [(sim.main, "HUP")]
    assert sim.told() == [(What.SIGNALLED, Why.RAISED)]
    (serial,) = {one.serial for one in sim.sent}
    said = [line for one in sim.records if one.serial == serial for line in one.lines]
    assert [(line.what, line.detail) for line in said] == [("signal", "HUP sent")]
    assert [record.aside for record in sim.records] == [False, True]


def test_it_goes_again_when_the_trouble_comes_again() -> None:
    sim = watched(rule(SendSignal("HUP")))
    for _ in range(2):
        sim.threads = 9
        sim.looks(3)
        sim.threads = 1
        sim.looks(4)
    assert len(sim.sent) == 2
    assert sim.told() == [
        (What.SIGNALLED, Why.RAISED),
        (What.WELL, Why.CLEARED),
        (What.SIGNALLED, Why.RAISED),
        (What.WELL, Why.CLEARED),
    ]


def test_a_successor_that_is_as_bad_is_signalled_too() -> None:
    sim = watched(rule(SendSignal("HUP")))
    sim.threads = 9
    sim.looks(2)
    sim.crash()
    sim.looks(2)
    assert [one.incarnation for one in sim.sent][-1] == sim.main
    assert len(sim.sent) == 2


def test_each_bad_child_is_signalled_once_and_nobody_else() -> None:
    heavy = ChildOver(Metric.USS, Op.GT, Size(10 * MB))
    sim = watched(rule(SendSignal("QUIT"), heavy, window=Times(3, 3)))
    bad, other = sim.child(20, 11), sim.child(20, 15)
    sim.child(20, 5)
    sim.looks(6)
    assert {one.incarnation for one in sim.sent} == {bad, other}
    assert len(sim.sent) == 2
    assert sim.told() == [(What.SIGNALLED, Why.RAISED)]
    facts = next(one.facts for one in sim.records if one.facts != Facts())
    assert (facts.child, facts.measured, facts.test) == (other, 15 * MB, "child uss")


def test_a_reading_that_is_missing_now_and_then_signals_nobody_twice() -> None:
    heavy = ChildOver(Metric.USS, Op.GT, Size(10 * MB))
    sim = watched(rule(SendSignal("QUIT"), heavy))
    who = sim.child(20, 11)
    for _ in range(5):
        sim.uss[who] = None
        sim.looks(2)
        sim.uss[who] = 11 * MB
        sim.looks(1)
    assert len(sim.sent) == 1


def test_windows_of_children_are_their_own() -> None:
    heavy = ChildOver(Metric.USS, Op.GT, Size(10 * MB))
    sim = watched(rule(SendSignal("QUIT"), heavy, window=Times(3, 3)))
    for _ in range(4):  # always one that is bad, never the same for three looks
        who = sim.child(20, 11)
        sim.looks(2)
        del sim.children[who]
    sim.looks(1)
    assert sim.sent == []
    assert sim.state.windows == {}


def test_what_gave_up_is_not_signalled() -> None:
    storm = Rule(
        key="if storm", text="if storm", where="x:1", test=Storm(1, seconds=60.0),
        action=Unmonitor(),
    )  # fmt: skip
    sim = watched(rule(SendSignal("HUP")), storm)
    sim.crash()
    sim.looks(1)
    assert sim.stands() is Phase.HELD
    sim.threads = 9
    sim.looks(3)
    assert sim.sent == []


def test_observe_mode_signals_and_runs_nothing() -> None:
    sim = watched(rule(SendSignal("HUP")), rule(Exec(HELP), key="if y"), observe=True)
    sim.threads = 9
    sim.looks(3)
    assert (sim.sent, sim.runs) == ([], [])
    assert {one.facts.doing for one in sim.records} == {"send HUP", "run /bin/help"}


# --- exec, and what it printed ---------------------------------------------------------------


def test_what_an_exec_prints_is_in_its_event_and_bounded() -> None:
    sim = watched(rule(Exec(HELP)))
    sim.threads = 9
    sim.advance(sim.service.interval)
    sim.look()
    (run,) = sim.runs
    sim.inbox = [Outcome(Kind.EXEC, run.serial, 0, "x" * 5000, seconds=1.0)]
    sim.look(scheduled=False)
    last = sim.records[-1]
    assert last.aside  # what it is and how loud stays as it was
    assert last.lines[0].detail == "exit 0: " + "x" * 1000


# --- repeat ----------------------------------------------------------------------------------


def test_an_alert_comes_again_every_so_many_cycles() -> None:
    sim = watched(rule(Alert(), repeat=3))
    sim.threads = 9
    sim.looks(10)
    assert sim.told() == [(What.OVER, Why.RAISED)] + [(What.OVER, Why.REMINDER)] * 3


def test_an_exec_and_a_signal_come_again_too() -> None:
    sim = watched(rule(Exec(HELP), repeat=4), rule(SendSignal("HUP"), key="if y", repeat=2))
    sim.threads = 9
    sim.looks(9)
    assert len(sim.runs) == 3
    assert len(sim.sent) == 5
    assert sim.told() == [(What.EXEC, Why.RAISED), (What.SIGNALLED, Why.RAISED)]


def test_without_repeat_there_is_one_exec() -> None:
    sim = watched(rule(Exec(HELP)))
    sim.threads = 9
    sim.looks(9)
    assert len(sim.runs) == 1


# --- else ------------------------------------------------------------------------------------


def test_else_runs_once_when_it_is_over() -> None:
    sim = watched(rule(Alert(), otherwise=Exec(DONE)))
    sim.threads = 9
    sim.looks(3)
    assert sim.runs == []
    sim.threads = 1
    sim.looks(9)
    assert [run.command for run in sim.runs] == [DONE]
    assert sim.told() == [(What.OVER, Why.RAISED), (What.WELL, Why.CLEARED)]


def test_else_if_succeeded_says_how_often() -> None:
    sim = watched(rule(Alert(), otherwise=Exec(DONE), well=Times(6, 6)))
    sim.threads = 9
    sim.looks(3)
    sim.threads = 1
    sim.looks(5)
    assert sim.runs == []
    sim.looks(1)
    assert len(sim.runs) == 1


def test_else_of_a_restart_runs_when_it_is_fixed() -> None:
    sim = watched(rule(Restart(now=True), otherwise=Exec(DONE)), settle=1.0)
    sim.threads = 9
    sim.looks(1)
    sim.threads = 1
    sim.looks(4)
    kinds = [run.kind for run in sim.runs if isinstance(run, Run)]
    assert kinds.count(Kind.EXEC) == 1
    assert kinds[-1] is Kind.EXEC


# --- to --------------------------------------------------------------------------------------


def test_only_the_routes_that_a_rule_names_are_told() -> None:
    sim = watched(rule(Alert(), to=("ops",), repeat=2), limit_rule())
    sim.threads = 9
    sim.looks(4)
    sim.threads = 1
    sim.looks(4)
    whys = {one.why for one in notes(sim)}
    assert whys == {Why.RAISED, Why.REMINDER, Why.CLEARED}
    assert {one.to for one in notes(sim)} == {("ops",)}


def test_the_verdict_goes_where_its_rule_says() -> None:
    sim = watched(rule(Restart(now=True), to=("ops", "slack")), settle=1.0)
    sim.threads = 9
    sim.looks(1)
    sim.threads = 1
    sim.looks(4)
    assert [(one.why, one.to) for one in notes(sim)] == [(Why.VERDICT, ("ops", "slack"))]


def test_a_changed_pid_is_told_to_those_it_names() -> None:
    sim = watched(rule(Alert(), ChangedPid(), to=("ops",)))
    sim.crash()
    sim.looks(1)
    assert [one.to for one in notes(sim)] == [("ops",)]
    plain = watched(rule(Alert(), ChangedPid(), to=("ops",)), rule(Alert(), ChangedPid(), key="y"))
    plain.crash()
    plain.looks(1)
    assert [one.to for one in notes(plain)] == [()]


# --- rules that nobody can judge -------------------------------------------------------------


def test_a_rule_that_cannot_be_judged_is_told_after_five_minutes() -> None:
    heavy = rule(Alert(), Resource(Metric.USS, Op.GT, Size(MB)), to=("ops",))
    sim = watched(heavy)
    sim.run(280.0)
    assert sim.told() == []
    sim.run(60.0)
    assert sim.told() == [(What.CANNOT_MEASURE, Why.RAISED)]
    assert notes(sim)[0].to == ("ops",)
    placed = status_of(sim.service, sim.state, sim.now, sim.last.findings if sim.last else ())
    assert (placed.kind, placed.code) == (Kind_.UNJUDGED, Code.WARNING)
    assert placed.sentence.startswith("RULE NOT JUDGED: if x")
    assert sim.main is not None
    sim.uss[sim.main] = 0
    sim.looks(1)
    assert sim.told()[-1] == (What.WELL, Why.CLEARED)
    assert sim.state.unjudged == {}


def test_what_is_unknown_now_and_then_is_no_event() -> None:
    sim = watched(rule(Alert(), Resource(Metric.USS, Op.GT, Size(MB))))
    assert sim.main is not None
    for _ in range(10):
        sim.uss[sim.main] = None
        sim.run(100.0)
        sim.uss[sim.main] = 0
        sim.looks(1)
    assert sim.told() == []


def test_what_a_reload_took_out_leaves_nothing_behind() -> None:
    heavy = ChildOver(Metric.MEMORY, Op.GT, Size(0))
    sim = watched(
        rule(SendSignal("HUP"), heavy), rule(Alert(), key="if y", window=Times(3, 3)), limit_rule()
    )
    sim.child(20, None)
    sim.threads = 9
    sim.looks(2)
    assert len(sim.state.windows) == 2
    sim.service = runit(limit_rule())
    sim.looks(1)
    assert (sim.state.windows, sim.state.incidents, sim.state.signalled) == ({}, {}, {})
