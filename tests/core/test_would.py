"""What a dry run says a step would have done."""

from msgspec.structs import replace

from svwatch.core.plan import Command, Exec, Rule, Storm, Unmonitor
from svwatch.core.seen import Granted, Request, Verb
from svwatch.core.state import Restarted
from svwatch.core.would import would_do
from tests.core.world import MB, Sim, built_in, daemon, limit_rule, runit


def looked(sim: Sim, *inputs: Granted | Request) -> str:
    before = sim.state
    return would_do(sim.service, before, sim.look(*inputs))


def full(sim: Sim) -> str:
    sim.rss = 182 * MB
    said = ""
    for _ in range(3):
        sim.advance(5.0)
        said = looked(sim)
    return said


def test_nothing_is_done_to_what_is_well() -> None:
    sim = Sim(runit(limit_rule()))
    assert looked(sim) == ""


def test_a_restart_waits_for_its_turn_and_then_begins() -> None:
    sim = Sim(runit(limit_rule(), stop_timeout=3000.0))
    sim.look()
    assert full(sim) == "would restart when it is its turn: totalmem 182 MB > 175 MB, 3 of 3"
    assert looked(sim, Granted()) == (
        "would restart: totalmem 182 MB > 175 MB, 3 of 3; it may take 50m to end"
    )
    assert looked(sim) == ""


def test_an_operator_is_named() -> None:
    sim = Sim(runit())
    sim.look()
    said = looked(sim, Request(Verb.RESTART, who="ann"))
    assert said == "would restart: operator ann; it may take 30s to end"


def test_a_start() -> None:
    sim = Sim(daemon())
    sim.look()
    sim.die()
    said = []
    for _ in range(4):
        sim.advance(5.0)
        said.append(looked(sim))
    assert "would start: no process" in said
    assert built_in() in sim.service.rules


def test_a_command() -> None:
    rule = limit_rule(150, 1, action=Exec(Command(("/bin/note", "it"))))
    sim = Sim(runit(rule))
    sim.rss = 200 * MB
    assert looked(sim) == "would run: /bin/note it"


def test_giving_up() -> None:
    storm = Rule(key="storm", text="", where="", test=Storm(2, seconds=300.0), action=Unmonitor())
    sim = Sim(runit(storm))
    sim.look()
    mono = sim.now.mono
    crashes = tuple(Restarted(mono - back, 1, "crash") for back in (20.0, 10.0, 1.0))
    sim.state = replace(sim.state, restarts=crashes)
    sim.advance(5.0)
    sim.crash()
    said = [looked(sim)]
    assert said == ["would give up: 2 restarts within 5m"]
