"""What operators ask for: the same transaction, and every verb from every state."""

import pytest
from msgspec.structs import replace

from svwatch.core.ledger import What, Why
from svwatch.core.phases import Phase
from svwatch.core.plan import Stop, Unmonitor
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Granted, Incarnation, Kind, Lookalike, Suspect, Unreadable
from svwatch.core.state import Goal
from tests.core.test_remedy import storm_rule
from tests.core.world import Sim, daemon, limit_rule, runit

DAY = 24 * 3600.0


def ask(sim: Sim, verb: Verb, **how: object) -> str:
    """Ask, and give what is answered at once."""
    done = sim.look(replace(Request(verb, "ann"), **how), scheduled=False)
    return done.refused or done.answer


def watched(*rules: object, **keys: object) -> Sim:
    sim = Sim(runit(*(rules or (limit_rule(),)), **keys))  # type: ignore[arg-type]
    sim.look()
    return sim


@pytest.mark.parametrize("service", [runit(limit_rule()), daemon(limit_rule())])
def test_stop_is_proven_and_stays_and_start_ends_it(service: object) -> None:
    sim = Sim(service)  # type: ignore[arg-type]
    sim.look()
    assert ask(sim, Verb.STOP) == ""
    sim.run(5.0)
    assert sim.main is None
    assert (sim.stands(), sim.state.by) == (Phase.WISHED_DOWN, "operator ann")
    assert sim.told() == [(What.STOPPED, Why.VERDICT)]
    sim.run(3600.0)
    assert sim.commands == [Kind.STOP]
    sim.around = (Lookalike(Incarnation(9, 9), "alike"),)[:0]
    ask(sim, Verb.START)
    sim.run(30.0)
    assert sim.stands() is Phase.WATCHING
    assert sim.commands == [Kind.STOP, Kind.START]
    assert "stopped" not in sim.state.incidents


def test_what_is_stopped_is_reminded_of_each_day() -> None:
    sim = watched()
    ask(sim, Verb.STOP)
    sim.run(2 * DAY + 60.0)
    assert sim.told()[1:] == [(What.STOPPED, Why.REMINDER)] * 2


def test_stop_runs_sv_down_even_where_nothing_runs() -> None:
    sim = watched()
    sim.die()
    sim.look()
    ask(sim, Verb.STOP)
    sim.run(1.0)
    assert sim.commands == [Kind.STOP]
    assert sim.want == "d"
    assert sim.stands() is Phase.WISHED_DOWN


def test_start_from_every_state_that_is_down() -> None:
    sim = watched(limit_rule(), storm_rule(Stop(600.0)))
    for _ in range(3):
        sim.crash()
        sim.run(1.0)
    sim.die()
    sim.run(20.0)
    assert sim.stands() is Phase.BACKOFF
    ask(sim, Verb.START)
    sim.run(30.0)
    assert sim.stands() is Phase.WATCHING

    sim.want = "d"
    sim.die(term=True)
    sim.run(10.0)
    assert sim.stands() is Phase.WISHED_DOWN
    ask(sim, Verb.START)
    sim.run(30.0)
    assert (sim.stands(), sim.want) == (Phase.WATCHING, "u")


def test_start_of_what_runs_watches_it_again() -> None:
    sim = watched(limit_rule(), storm_rule(Unmonitor()))
    assert ask(sim, Verb.START) == f"runs already, pid {sim.state.known.incarnation.pid}"  # type: ignore[union-attr]
    sim.state = replace(sim.state, phase=Phase.HELD, by="rule")
    assert "watched again" in ask(sim, Verb.START)
    assert sim.stands() is Phase.WATCHING
    assert sim.runs == []


def test_what_is_under_way_becomes_what_is_asked_for() -> None:
    sim = watched()
    sim.stop_takes = 20.0
    ask(sim, Verb.RESTART)
    sim.run(2.0)
    ask(sim, Verb.STOP)
    sim.run(30.0)
    assert sim.stands() is Phase.WISHED_DOWN
    assert sim.commands == [Kind.STOP]

    sim = watched()
    sim.stop_takes = 20.0
    ask(sim, Verb.STOP)
    sim.run(2.0)
    ask(sim, Verb.START)
    sim.run(40.0)
    assert sim.stands() is Phase.WATCHING
    assert sim.commands == [Kind.STOP, Kind.START]


def test_a_stop_while_it_starts_withdraws_the_start() -> None:
    sim = watched()
    sim.start_takes = 15.0
    ask(sim, Verb.RESTART)
    sim.run(3.0)
    assert sim.stands() is Phase.STARTING
    ask(sim, Verb.STOP)
    sim.run(30.0)
    assert sim.stands() is Phase.WISHED_DOWN
    assert What.RESTART_WITHDRAWN in sim.whats()


def test_a_pidfile_service_is_not_stopped_while_it_starts() -> None:
    sim = Sim(daemon(limit_rule()))
    sim.look()
    sim.start_takes = 15.0
    ask(sim, Verb.RESTART)
    sim.run(5.0)
    assert ask(sim, Verb.STOP) == "a restart is under way: stop it when that has ended"


def test_a_stopped_pidfile_service_that_somebody_starts_is_watched() -> None:
    sim = Sim(daemon(limit_rule()))
    sim.look()
    ask(sim, Verb.STOP)
    sim.run(5.0)
    sim.spawn()
    sim.run(10.0)
    assert sim.stands() is Phase.WATCHING
    assert sim.state.incidents == {}


def test_unmonitor_says_nothing_does_nothing_and_is_reminded_of() -> None:
    sim = watched()
    assert ask(sim, Verb.UNMONITOR) == "not watched any more"
    sim.rss = sim.rss * 20
    sim.run(DAY / 24)
    sim.crash()
    sim.run(DAY)
    assert sim.runs == []
    assert sim.told() == [(What.NOT_WATCHED, Why.REMINDER)]
    assert ask(sim, Verb.MONITOR) == "watched"
    sim.rss = sim.rss * 20
    sim.run(15.0)
    assert sim.state.bid is not None


def test_unmonitor_for_a_while_ends() -> None:
    sim = watched()
    ask(sim, Verb.UNMONITOR, seconds=60.0)
    sim.run(59.0)
    assert sim.stands() is Phase.UNMONITORED
    sim.run(2.0)
    assert sim.stands() is Phase.WATCHING
    assert "unwatched" not in sim.state.incidents


def test_unmonitor_and_monitor_know_when_not_to() -> None:
    sim = watched()
    sim.stop_takes = None
    ask(sim, Verb.RESTART)
    assert ask(sim, Verb.UNMONITOR) == "a restart is under way: try again when it has ended"
    sim = watched()
    ask(sim, Verb.STOP)
    sim.run(5.0)
    assert ask(sim, Verb.MONITOR) == "it is down: svwatch start dj"


def test_a_suspect_pid_is_adopted() -> None:
    sim = Sim(daemon(limit_rule()))
    sim.look()
    assert ask(sim, Verb.ADOPT) == "there is no suspect pid to adopt"
    sim.verdict = Suspect(Incarnation(4, 4), "a sign")
    sim.run(10.0)
    assert ask(sim, Verb.ADOPT) == "pid 4 is it from now on"
    assert sim.state.adopted == Incarnation(4, 4)


def test_nothing_is_done_blindly() -> None:
    sim = watched()
    sim.verdict = Unreadable("permission denied")
    sim.run(10.0)
    assert ask(sim, Verb.STOP) == "cannot be done safely: permission denied"
    assert sim.runs == []


def test_one_of_several_waits_for_its_turn() -> None:
    sim = watched()
    ask(sim, Verb.RESTART, rolling=True)
    assert sim.state.bid is not None
    assert (sim.state.bid.goal, sim.state.bid.who) == (Goal.RESTART, "operator ann")
    sim.run(60.0)
    assert sim.runs == []
    assert sim.state.bid is not None
    sim.look(Granted(), scheduled=False)
    sim.run(30.0)
    assert sim.commands == [Kind.STOP, Kind.START]
    assert sim.state.bid is None


def test_what_waits_for_its_turn_is_withdrawn() -> None:
    sim = watched()
    ask(sim, Verb.RESTART, rolling=True)
    sim.look(Request(Verb.WITHDRAW), scheduled=False)
    assert sim.state.bid is None
    ask(sim, Verb.STOP, rolling=True)
    ask(sim, Verb.MONITOR)
    assert sim.state.bid is None
