"""Sprees: restarts that follow each other are one incident, counted exactly, hardly ever told."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from svwatch.core.ledger import Notify, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Alert, ChangedPid, Command, Exec, Restart, Rule, Service, Stop
from svwatch.core.plan import Unmonitor
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Granted
from tests.core.test_remedy import over, storm_rule
from tests.core.world import MB, Sim, daemon, external, limit_rule, runit

MINUTES = 60.0


def changed(action: object) -> Rule:
    text = "if changed pid then act"
    return Rule(key=text, text=text, where="f:3", test=ChangedPid(), action=action)  # type: ignore[arg-type]


QUICK = {"settle": 0.1, "interval": 0.3}

SERVICES: dict[str, Service] = {
    "no storm rule": runit(limit_rule(), **QUICK),
    "told of each": runit(changed(Alert()), **QUICK),
    "given up": runit(limit_rule(), storm_rule(Unmonitor(), 5), **QUICK),
    "given up for a while": runit(limit_rule(), storm_rule(Unmonitor(20.0), 3), **QUICK),
    "stopped": runit(limit_rule(), storm_rule(Stop(), 5), **QUICK),
    "stopped for a while": runit(limit_rule(), storm_rule(Stop(10.0), 3), **QUICK),
    "slow to stop": runit(limit_rule(), storm_rule(Stop(10.0), 9), **QUICK),
    "told of storms": runit(limit_rule(), storm_rule(Alert(), 4), changed(Alert()), **QUICK),
    "runs a command": runit(storm_rule(Exec(Command(("/x",))), 4), **QUICK),
    "restarted on top": daemon(changed(Restart()), **QUICK),
    "by itself": external(limit_rule(), storm_rule(Unmonitor(60.0), 20), **QUICK),
    "limits": runit(limit_rule(175, 1), limit_rule(100, 2, key="if b"), **QUICK),
    "limits and storms": daemon(limit_rule(175, 1), storm_rule(Unmonitor(30.0), 4), **QUICK),
    "starts at once": daemon(limit_rule(175, 1), start_after=0.0, **QUICK),
}


class Storm:
    """A host on which one service ends a thousand times within ten minutes."""

    def __init__(self, service: Service) -> None:
        self.sim = Sim(service)
        self.sim.look()
        self.restarts = 0

    def go(self, causes: Callable[[int], str]) -> None:
        for index in range(1000):
            self.suffer(causes(index))
            before = len(self.sim.runs)
            self.sim.run(0.6)
            if self.sim.state.bid is not None:
                self.sim.look(Granted(), scheduled=False)
            del before

    def suffer(self, cause: str) -> None:
        sim = self.sim
        kept = sim.service.runit or sim.service.external
        if cause == "fat":
            sim.rss = 200 * MB
        elif cause == "gone" and sim.main is not None:
            sim.die()
            if kept and sim.want == "u":
                sim.starts_at = sim.now.mono + 0.2
        elif sim.main is not None and sim.want == "u":
            sim.crash()
            self.restarts += 1
        elif sim.want == "u" and sim.state.intent is None and kept:
            sim.spawn()


def spoken(sim: Sim) -> list[tuple[What, Why]]:
    return sim.told()


CAUSES: dict[str, Callable[[int], str]] = {
    "crashes": lambda _: "crash",
    "alternating": lambda index: ("crash", "fat", "gone")[index % 3],
    "limits": lambda _: "fat",
    "mostly limits": lambda index: "crash" if index % 7 == 0 else "fat",
}


@pytest.mark.parametrize("causes", CAUSES)
@pytest.mark.parametrize("kind", SERVICES)
def test_a_thousand_restarts_in_ten_minutes_are_three_messages(kind: str, causes: str) -> None:
    storm = Storm(SERVICES[kind])
    storm.go(CAUSES[causes])
    assert len(storm.sim.notes) <= 3, spoken(storm.sim)
