"""Connection tests over time: judged once, paused at a start, told in words, acted upon."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from svwatch.core.connection import Answer, Connection
from svwatch.core.ledger import What, Why
from svwatch.core.phases import Phase
from svwatch.core.plan import Alert, Restart, Rule, Times, Unmonitor
from svwatch.core.seen import Granted, Incarnation, Unreadable
from svwatch.core.snapshot import service_snap
from svwatch.core.state import Finding, Mark
from tests.core.world import START, Sim, daemon, runit

PORT = Connection(port=8080)


def port_rule(n: int = 3, *, action: object = None, test: Connection = PORT) -> Rule:
    """Make `if failed port 8080 for n cycles then restart`."""
    verb = type(action).__name__.lower() if action else "restart"
    text = f"if {'succeeded' if test.succeeded else 'failed'} port 8080 for {n} cycles then {verb}"
    return Rule(
        key=text,
        text=text,
        where="dj.yaml:9",
        test=test,
        window=Times(n, n),
        action=action or Restart(),  # type: ignore[arg-type]
    )


class Old(Sim):
    """A simulation whose process is an hour old, so that nothing is paused."""

    def spawn(self) -> Incarnation:
        self.main = made = super().spawn()
        if self.now == START:
            self.main = made = replace(made, ticks=made.ticks - 360_000)
        return made


def finding(sim: Sim) -> Finding:
    assert sim.last is not None
    return sim.last.findings[0]


def scheduled(sim: Sim) -> Finding:
    sim.advance(sim.service.interval)
    sim.look()
    return finding(sim)


def test_a_result_is_judged_once() -> None:
    sim = Old(runit(port_rule()))
    sim.answer = Answer.FAILED
    sim.look()
    assert finding(sim).mark is Mark.UNKNOWN  # nobody has dialled yet
    assert [scheduled(sim).bad for _ in range(2)] == [1, 2]
    sim.dialling = None  # the next one is not over
    found = scheduled(sim)
    assert (found.mark, found.bad, found.fired) == (Mark.UNKNOWN, 2, False)
    assert scheduled(sim).bad == 3
    assert finding(sim).fired


def test_looks_in_between_move_nothing() -> None:
    sim = Old(runit(port_rule()))
    sim.answer = Answer.FAILED
    sim.look()
    for _ in range(9):
        sim.advance(0.1)
        sim.look(scheduled=False)
        assert (finding(sim).mark, finding(sim).bad) == (Mark.BAD, 0)


@given(
    st.lists(st.tuples(st.sampled_from(list(Answer)), st.sampled_from([0.01, 4.0, 7.0, 12.0]))),
    st.sampled_from([0.0, 2.0]),
)
def test_no_result_counts_twice(dials: list[tuple[Answer, float]], extra: float) -> None:
    sim = Old(runit(port_rule(64, action=Alert())))
    sim.answer = Answer.FAILED
    seen: set[float] = set()
    judged = 0
    sim.look()
    for answer, takes in dials:
        if sim.dialling is None:
            sim.dial_takes = takes
        sim.answer = answer
        found = scheduled(sim)
        if found.mark is not Mark.UNKNOWN:
            judged += 1
            seen.add(sim.dialled[0].at)
        if extra:
            sim.advance(extra)
            sim.look(scheduled=False)
            sim.advance(-extra)
    assert judged == len(seen)


def test_a_service_that_starts_is_not_judged_yet() -> None:
    sim = Sim(runit(port_rule(1), start_timeout=30.0, settle=10.0))
    sim.answer = Answer.FAILED
    sim.look()
    marks = [(scheduled(sim).mark, finding(sim).why) for _ in range(7)]
    assert {mark for mark, _ in marks[:6]} == {Mark.UNKNOWN}
    assert marks[0][1] == "the service is starting"
    assert marks[6][0] is Mark.BAD  # dialled when it was 30 s old


def test_a_service_that_starts_may_be_well() -> None:
    sim = Sim(runit(port_rule(1)))
    sim.look()
    assert scheduled(sim).mark is Mark.GOOD


def test_what_was_dialled_before_the_restart_accuses_nobody() -> None:
    sim = Old(runit(port_rule(1), start_timeout=1.0, settle=1.0))
    sim.answer = Answer.FAILED
    sim.dial_takes = 4.0
    sim.look()
    sim.advance(3.0)
    sim.crash()
    sim.look(scheduled=False)
    sim.advance(2.0)
    sim.look()
    assert finding(sim).mark is Mark.UNKNOWN
    assert sim.commands == []


def test_nothing_runs_nothing_is_judged() -> None:
    sim = Old(daemon(port_rule(1, action=Alert())))
    sim.answer = Answer.FAILED
    sim.look()
    sim.die()
    assert scheduled(sim).mark is Mark.UNKNOWN
    sim.verdict = Unreadable("permission denied")
    assert scheduled(sim).mark is Mark.UNKNOWN


def test_what_could_not_be_dialled_accuses_nobody() -> None:
    sim = Old(runit(port_rule(1)))
    sim.answer = Answer.UNKNOWN
    sim.look()
    assert scheduled(sim).mark is Mark.UNKNOWN
    sim.run(300)
    assert sim.commands == []


def test_a_hung_server_is_restarted_and_told_with_the_reason() -> None:
    sim = Old(runit(port_rule()))
    sim.answer = Answer.FAILED
    sim.look()
    for _ in range(3):
        scheduled(sim)
    assert sim.state.bid is not None
    sim.look(Granted(), scheduled=False)
    assert sim.stands() is Phase.STOPPING
    sim.answer = Answer.OK
    sim.run(60)
    assert sim.whats()[-1] is What.RESTART_FIXED
    assert sim.commands == ["stop", "start"]
    facts = [record.facts for record in sim.records]
    assert facts[0].reason == "port 8080 of localhost: connection refused"
    assert facts[0].cause == "no answer"
    assert facts[0].needed == "3 of 3"


def hung(sim: Sim) -> None:
    """Let it be over its window, and each dial take longer than an interval."""
    sim.answer = Answer.FAILED
    sim.look()
    for _ in range(3):
        scheduled(sim)
    sim.dial_takes = 5.5
    assert sim.state.bid is not None


def test_a_restart_that_waits_goes_on_waiting_between_two_results() -> None:
    sim = Old(runit(port_rule()))
    hung(sim)
    since = sim.state.bid
    for _ in range(5):
        scheduled(sim)
        assert sim.state.bid == since
    sim.answer, sim.dial_takes = Answer.OK, 0.01
    scheduled(sim)
    scheduled(sim)
    assert sim.state.bid is None


def test_a_restart_that_waits_is_not_for_a_successor() -> None:
    sim = Old(runit(port_rule()))
    hung(sim)
    sim.crash()
    scheduled(sim)
    assert sim.state.bid is None


def test_a_restart_that_waits_begins_on_the_newest_result_there_is() -> None:
    sim = Old(runit(port_rule()))
    hung(sim)
    assert scheduled(sim).mark is Mark.UNKNOWN
    sim.look(Granted(), scheduled=False)
    assert sim.stands() is Phase.STOPPING


def test_an_alert_is_raised_and_cleared() -> None:
    sim = Old(runit(port_rule(2, action=Alert())))
    sim.answer = Answer.FAILED
    sim.run(30)
    sim.answer = Answer.OK
    sim.run(60)
    assert sim.whats() == [What.NO_ANSWER, What.WELL]
    assert [why for _, why in sim.told()] == [Why.RAISED, Why.CLEARED]


def test_a_place_that_must_not_answer() -> None:
    sim = Old(runit(port_rule(1, action=Alert(), test=replace(PORT, succeeded=True))))
    sim.answer = Answer.FAILED
    sim.run(30)
    assert sim.whats() == []
    sim.answer = Answer.OK
    sim.run(30)
    assert sim.whats() == [What.RULE]
    assert sim.records[0].facts.reason == "port 8080 of localhost answers"


def test_two_rules_share_one_dial() -> None:
    one, other = port_rule(1, action=Alert()), port_rule(3, action=Unmonitor())
    sim = Old(runit(one, other))
    sim.answer = Answer.FAILED
    sim.look()
    scheduled(sim)
    assert sim.last is not None
    assert [found.bad for found in sim.last.findings[:2]] == [1, 1]


@pytest.mark.parametrize(
    ("n", "words"),
    [(3, "port 8080 of localhost: connection refused, 3 of 3"), (1, ": connection refused")],
)
def test_status_says_why(n: int, words: str) -> None:
    sim = Old(runit(port_rule(n, action=Alert())))
    sim.answer = Answer.FAILED
    sim.run(30)
    assert sim.last is not None
    snap = service_snap(sim.service, sim.state, sim.now, 0.0, findings=sim.last.findings)
    assert snap.status.sentence.endswith(words)
