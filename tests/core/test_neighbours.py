"""Services that hang together, as a small host of several simulations."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from svwatch.core.admit import admit
from svwatch.core.ledger import What
from svwatch.core.level import Level
from svwatch.core.neighbours import ties, web
from svwatch.core.phases import Phase
from svwatch.core.plan import Alert, Plan, Service
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Granted, Input, Unreadable
from svwatch.core.state import State
from tests.core.world import MB, Sim, limit_rule, runit

RESTART = Request(Verb.RESTART, "ann")


class Host:
    """Several services that step together, each told of the others as the daemon does."""

    def __init__(self, *services: Service) -> None:
        self.plan = Plan(source="f", services=services)
        self.web = web(self.plan)
        self.sims = {one.name: Sim(one) for one in services}
        for number, sim in enumerate(self.sims.values()):
            sim.next_pid += 100 * number
        self.order: list[str] = []
        self.run(1.0)

    def __getitem__(self, name: str) -> Sim:
        return self.sims[name]

    def states(self) -> Mapping[str, State]:
        return {name: sim.state for name, sim in self.sims.items()}

    def look(self, name: str, *asked: Request) -> None:
        sim = self.sims[name]
        told = ties(self.web, name, self.states())
        inputs: tuple[Input, ...] = (*asked, told) if told != sim.state.ties else asked
        ran = len(sim.runs)
        sim.look(*inputs, scheduled=not asked)
        self.order += [f"{run.kind} {name}" for run in sim.runs[ran:]]

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds * 4)):
            for name, sim in self.sims.items():
                sim.advance(0.25)
                self.look(name)
            for name in admit(self.plan, self.states()).granted:
                ran = len(self.sims[name].runs)
                self.sims[name].look(Granted(), scheduled=False)
                self.order += [f"{run.kind} {name}" for run in self.sims[name].runs[ran:]]


def named(name: str, *rules: object, **keys: object) -> Service:
    made = runit(*(rules or (limit_rule(),)), settle=1.0, **keys)  # type: ignore[arg-type]
    return replace(made, name=name, service_dir=f"/sv/{name}", interval=0.25)


def chain() -> Host:
    return Host(named("db"), named("app", depends_on=("db",)), named("web", depends_on=("app",)))


def test_a_restart_takes_dependants_down_first_and_brings_them_back() -> None:
    host = chain()
    host.look("db", RESTART)
    host.run(20.0)
    assert host.order == [
        "stop web", "stop app", "stop db", "start db", "start app", "start web",
    ]  # fmt: skip
    assert {sim.stands() for sim in host.sims.values()} == {Phase.WATCHING}
    assert [said for name in ("app", "web") for said in host[name].told()] == []


def test_a_stop_keeps_dependants_down_until_the_start() -> None:
    host = chain()
    host.look("db", Request(Verb.STOP, "ann"))
    host.run(60.0)
    assert host.order == ["stop web", "stop app", "stop db"]
    assert {sim.stands() for sim in host.sims.values()} == {Phase.WISHED_DOWN}
    host.look("web", Request(Verb.START, "ann"))
    assert host["web"].last is not None
    assert host["web"].last.refused == "app must run first: it depends on it"
    host.look("db", Request(Verb.START, "ann"))
    host.run(20.0)
    assert host.order[3:] == ["start db", "start app", "start web"]


def test_those_that_are_started_together_wait_for_each_other() -> None:
    host = chain()
    host.look("db", Request(Verb.STOP, "ann"))
    host.run(10.0)
    names = ("web", "app", "db")
    for name in names:
        host.look(name, Request(Verb.START, "ann", rolling=True, beside=names))
        done = host[name].last
        assert done is not None
        assert done.refused == ""
    host.run(30.0)
    assert host.order[3:] == ["start db", "start app", "start web"]
    assert {sim.stands() for sim in host.sims.values()} == {Phase.WATCHING}


def test_what_is_stopped_by_hand_meanwhile_stays_down() -> None:
    host = chain()
    host["web"].stop_takes = 5.0
    host.look("db", RESTART)
    host.run(1.0)
    host.look("web", Request(Verb.STOP, "ann"))
    host.run(30.0)
    assert host["app"].stands() is Phase.WATCHING
    assert (host["web"].stands(), host["web"].state.by) == (Phase.WISHED_DOWN, "operator ann")


def test_a_rule_of_the_prerequisite_cascades_as_well() -> None:
    host = chain()
    host["db"].rss = 200 * MB
    host.run(20.0)
    assert host.order[:3] == ["stop web", "stop app", "stop db"]


def test_a_crash_of_the_prerequisite_restarts_nobody() -> None:
    host = chain()
    host["db"].crash()
    host.run(5.0)
    assert host.order == []


@pytest.mark.parametrize("verb", [Verb.HOLD, Verb.UNMONITOR])
def test_what_is_in_other_hands_is_not_waited_for(verb: Verb) -> None:
    host = Host(named("db"), named("app", depends_on=("db",)))
    host.look("app", Request(verb, "bob", seconds=600.0))
    host.look("db", RESTART)
    host.run(10.0)
    assert host.order == ["stop db", "start db"]


def test_what_cannot_be_seen_is_not_waited_for() -> None:
    host = Host(named("db"), named("app", depends_on=("db",)))
    host["app"].verdict = Unreadable("permission denied")
    host.run(2.0)
    host.look("db", RESTART)
    host.run(10.0)
    assert host.order == ["stop db", "start db"]


def test_restart_now_does_not_wait_for_dependants() -> None:
    host = chain()
    host["web"].stop_takes = None
    host.look("db", replace(RESTART, now=True))
    assert host.order[0] == "stop db"


ALERT = limit_rule(150, 1, action=Alert(Level.CRITICAL), key="if totalmem > 150 MB then alert")


def test_after_is_silent_and_restarts_nothing_while_the_other_is_the_problem() -> None:
    host = Host(named("db"), named("app", limit_rule(), ALERT, after=("db",)))
    host["db"].die()
    host["app"].rss = 200 * MB
    host.run(60.0)
    assert host["app"].runs == []
    assert host["app"].told() == []
    assert host["app"].state.bid is not None  # WAITING, and for whom
    assert admit(host.plan, host.states()).behind == {"app": ("db",)}
    host["app"].rss = 40 * MB
    host["db"].spawn()
    host.run(60.0)
    assert host["app"].runs == []
    assert host["app"].told() == []


def test_what_is_wrong_beside_it_is_told_once_the_other_is_well() -> None:
    host = Host(named("db"), named("app", limit_rule(), ALERT, after=("db",)))
    host["db"].die()
    host["app"].rss = 200 * MB
    host.run(60.0)
    host["db"].spawn()
    host.run(3.0)
    assert (What.OVER, "raised") in host["app"].told()
    host.run(20.0)
    assert host.order == ["stop app", "start app"]


def test_what_was_bad_because_of_the_other_does_not_count_afterwards() -> None:
    host = Host(named("db"), named("app", limit_rule(175, 4), after=("db",)))
    host["db"].die()
    host["app"].rss = 200 * MB
    host.run(60.0)
    host["db"].spawn()
    host.run(0.75)  # three looks
    assert host.order == []
    host["app"].rss = 40 * MB
    host.run(10.0)
    assert host.order == []


def test_the_one_that_is_the_problem_is_not_silenced() -> None:
    host = Host(named("db"), named("app", after=("db",)))
    host["db"].die()
    host.run(60.0)
    assert [what for what, _ in host["db"].told()] == [What.DOWN]
