"""One turn: look, think, record, and only then act."""

import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from svwatch.core.ledger import Record, Sample, What
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Service
from svwatch.core.request import Request, Verb
from svwatch.core.route import single
from svwatch.core.seen import Granted, Input, Observation, Outcome, Removed, World
from svwatch.core.state import Bid, Known, Restarted, Signal, State, Step
from svwatch.shell.store import Saved
from svwatch.shell.turn import lasting
from tests.shell.fakes import (
    Full,
    Ground,
    command,
    held_down,
    mind,
    notify,
    plan,
    process,
    record,
    service,
)

ROUTE = single("ops", "json://localhost")


@pytest.fixture
def grounds(tmp_path: Path) -> Iterator[list[Ground]]:
    made: list[Ground] = []
    yield made
    for ground in made:
        ground.close()


def stored(ground: Ground, name: str = "one") -> State:
    return ground.store.states()[name].state


def test_a_look_is_believed_and_on_record(tmp_path: Path, grounds: list[Ground]) -> None:
    ground = Ground(tmp_path, mind())
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    assert ground.watch.turn({"one": True}) == ()
    ward = ground.roster.wards["one"]
    assert ward.state.known == Known(process(7)[0].incarnation)
    assert stored(ground) == ward.state
    assert ward.peak == 10


def test_a_quiet_look_takes_no_step_and_writes_nothing(
    tmp_path: Path, grounds: list[Ground]
) -> None:
    ground = Ground(tmp_path, mind(quiet=True))
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    ground.watch.turn({"one": True})
    eye, before = ground.eyes["one"], stored(ground)
    eye.same = True
    ground.watch.turn({"one": True})
    assert eye.looks == [True]
    assert ground.roster.wards["one"].state.cycle == 2
    assert stored(ground) == before


@pytest.mark.parametrize("why", ["extra", "input", "restarts", "due", "hunt", "bytes"])
def test_a_look_that_something_asks_for_is_never_quiet(
    tmp_path: Path, grounds: list[Ground], why: str
) -> None:
    ground = Ground(tmp_path, mind(quiet=True))
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    ground.watch.turn({"one": True})
    ward, eye = ground.roster.wards["one"], ground.eyes["one"]
    eye.same = why != "bytes"
    match why:
        case "input":
            ward.inputs.append(Request(Verb.RESTART))
        case "restarts":
            ward.count(1, exact=True, term=False)
        case "due":
            ward.due = ground.clock.mono
        case "hunt":
            ward.ended(ground.clock.mono)
    ground.watch.turn({"one": why != "extra"})
    assert len(eye.looks) == 2


def test_restarts_seen_by_inotify_are_told_once(tmp_path: Path, grounds: list[Ground]) -> None:
    ground = Ground(tmp_path, mind())
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    ward = ground.roster.wards["one"]
    ward.count(1, exact=True, term=False)
    ward.count(2, exact=False, term=True)
    ground.watch.turn({"one": False})
    ground.watch.turn({"one": False})
    assert ground.eyes["one"].told == [(3, False, True), (0, True, False)]


def test_what_is_owed_is_committed_together_with_the_state(
    tmp_path: Path, grounds: list[Ground]
) -> None:
    def down(_s: Service, _t: State, seen: Observation, _i: tuple[Input, ...]) -> Step:
        return Step(State(serial=1), effects=(record(1, seen.at), notify(1)))

    ground = Ground(tmp_path, mind(down))
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    ground.watch.routes = (ROUTE,)
    (event,) = ground.watch.turn({"one": True})
    assert (event.service, event.what, event.number) == ("one", What.DOWN, 1)
    (letter,) = ground.store.owed(ground.clock.wall())
    assert letter.subject == "one down raised ops"


def test_an_outcome_comes_back_as_input_of_the_next_step(
    tmp_path: Path, grounds: list[Ground]
) -> None:
    heard: list[tuple[Input, ...]] = []

    def run_once(_s: Service, state: State, _o: Observation, inputs: tuple[Input, ...]) -> Step:
        heard.append(inputs)
        effects = () if state.serial else (command("/bin/sh", "-c", "echo said; exit 3"),)
        return Step(State(serial=1), effects=effects)

    ground = Ground(tmp_path, mind(run_once))
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    ground.watch.turn({"one": True})
    (pidfd,) = ground.hands.filenos()
    assert ground.watch.deeds.commands("one")
    select.select([pidfd], [], [], 10)
    ground.watch.tell(ground.watch.deeds.readable(pidfd, ground.clock.mono))
    assert ground.watch.again == {"one"}
    assert ground.store.open_commands() == ()
    ground.watch.turn({"one": False})
    ((outcome,),) = heard[1:]
    assert isinstance(outcome, Outcome)
    assert (outcome.exit, outcome.detail.strip()) == (3, "said")
    assert ground.roster.wards["one"].inputs == []


def test_a_command_of_an_earlier_life_is_lost_and_may_live(
    tmp_path: Path, grounds: list[Ground]
) -> None:
    ground = Ground(tmp_path, mind(lambda *_: Step(State(), effects=(command("/bin/true"),))))
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    ground.watch.turn({"one": True})
    child = ground.watch.deeds.commands("one")
    again = Ground(tmp_path, mind())
    grounds.append(again)
    again.roster.adopt(plan(service()))
    boot = again.store.open_commands()[0].boot_id
    again.watch.tell(again.watch.deeds.resume(World(boot, 1)))
    (outcome,) = again.roster.wards["one"].inputs
    assert isinstance(outcome, Outcome)
    assert outcome.lost
    assert again.watch.deeds.commands("one") == child
    assert again.store.open_commands() == ()
    again.watch.turn({"one": False})
    assert again.eyes["one"].memories[-1].commands == child


def test_a_bid_that_is_granted_is_stepped_on_the_same_look(
    tmp_path: Path, grounds: list[Ground]
) -> None:
    def bidding(_s: Service, state: State, _o: Observation, inputs: tuple[Input, ...]) -> Step:
        if Granted() in inputs:
            return Step(State(serial=state.serial + 1), due=5.0)
        return Step(State(bid=Bid("rule", 2.0, 1.0)))

    ground = Ground(tmp_path, mind(bidding, granted=["one"], behind={"two": ("one",)}))
    grounds.append(ground)
    ground.roster.adopt(plan(service(), service("two")))
    ground.watch.turn({"one": True, "two": True})
    wards = ground.roster.wards
    assert wards["one"].state == State(serial=1)
    assert wards["one"].due == 5.0
    assert len(ground.eyes["one"].looks) == 1
    assert wards["two"].state.bid == Bid("rule", 2.0, 1.0, behind=("one",))


def test_a_bid_granted_to_somebody_else_gets_a_look_first(
    tmp_path: Path, grounds: list[Ground]
) -> None:
    ground = Ground(tmp_path, mind(lambda *_: Step(State()), granted=["two"]))
    grounds.append(ground)
    ground.roster.adopt(plan(service(), service("two")))
    ground.roster.wards["two"].state = State(bid=Bid("rule", 2.0, 1.0))
    ground.watch.turn({"one": True})
    assert ground.watch.again == {"two"}


def test_nothing_is_begun_that_cannot_be_recorded(tmp_path: Path, grounds: list[Ground]) -> None:
    marker = tmp_path / "ran"
    effects = (command("/usr/bin/touch", str(marker)),)
    ground = Ground(tmp_path, mind(lambda *_: Step(State(serial=9), effects=effects)))
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    ward = ground.roster.wards["one"]
    ward.inputs.append(Request(Verb.RESTART))
    ground.watch.store = Full()  # type: ignore[assignment]
    assert ground.watch.turn({"one": True}) == ()
    assert ground.watch.unrecorded == "the disk is full"
    assert ward.state == State()
    assert ward.inputs == [Request(Verb.RESTART)]  # kept for when it can be recorded
    assert not ground.hands.filenos()
    ground.watch.store = ground.store
    ground.watch.turn({"one": True})
    assert ground.watch.unrecorded == ""
    assert ground.hands.filenos()


def test_a_host_that_goes_down_is_left_alone(tmp_path: Path, grounds: list[Ground]) -> None:
    def loud(_s: Service, _t: State, seen: Observation, _i: tuple[Input, ...]) -> Step:
        return Step(State(serial=1), effects=(record(1, seen.at), command("/bin/true")))

    ground = Ground(tmp_path, mind(loud))
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    ground.going_down = True
    assert ground.watch.turn({"one": True}) == ()
    assert ground.store.states() == {}
    assert not ground.hands.filenos()
    ground.going_down = False
    assert ground.watch.turn({"one": True})


def test_a_signal_that_cannot_be_sent_is_complained_of(
    tmp_path: Path, grounds: list[Ground]
) -> None:
    gone = Signal(process(1)[0].incarnation, "TERM")
    ground = Ground(tmp_path, mind(lambda *_: Step(State(), effects=(gone,))))
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    ground.watch.turn({"one": True})
    assert ground.complaints == ["one: TERM not sent to pid 1: pid 1 is never signalled"]


# --- what is worth writing -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"cycle": 9}, True),
        ({"windows": {"r": (Sample(1.0, 2.0, bad=False),)}}, True),
        ({"windows": {"r": (Sample(1.0, 2.0, bad=True),)}}, False),
        ({"known": Known(process(7)[0].incarnation, memory=5, least=5)}, True),
        ({"known": Known(process(8)[0].incarnation)}, False),
        ({"absent_looks": 1}, False),
        ({"phase": Phase.HELD}, False),
        ({"restarts": (Restarted(1.0, 1, "crash"),)}, False),
    ],
)
def test_what_a_crash_may_lose_is_not_worth_a_write(change: dict[str, object], same: bool) -> None:
    base: dict[str, object] = {"known": Known(process(7)[0].incarnation)}
    one, other = State(**base), State(**(base | change))  # type: ignore[arg-type]
    assert (lasting(one) == lasting(other)) is same


def test_a_service_that_is_down_for_days_writes_nothing_new() -> None:
    assert lasting(State(absent_looks=5)) == lasting(State(absent_looks=17_000))


# --- configurations that come and go ---------------------------------------------------------


def test_a_service_that_left_is_forgotten(tmp_path: Path, grounds: list[Ground]) -> None:
    ground = Ground(tmp_path, mind())
    grounds.append(ground)
    ground.roster.adopt(plan(service(), service("two")))
    ground.watch.turn({"one": True, "two": True})
    ground.roster.adopt(plan(service("two")))
    ground.watch.turn({})
    assert set(ground.store.states()) == {"two"}
    assert ground.eyes["one"].closed


def test_what_did_not_change_keeps_everything(tmp_path: Path, grounds: list[Ground]) -> None:
    ground = Ground(tmp_path, mind())
    grounds.append(ground)
    ground.roster.adopt(plan(service(), service("two")))
    ground.watch.turn({"one": True, "two": True})
    one, two = ground.roster.wards["one"], ground.roster.wards["two"]
    state, eye = two.state, ground.eyes["two"]
    ground.roster.adopt(plan(service(), service("two", settle=3.0)))
    assert ground.roster.wards["one"] is one
    assert two.state == state  # another limit, the same process
    assert two.service.settle == 3.0
    assert eye.closed


def test_another_process_under_the_same_name_starts_clean(
    tmp_path: Path, grounds: list[Ground]
) -> None:
    ground = Ground(tmp_path, mind())
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    ground.watch.turn({"one": True})
    ground.roster.adopt(plan(service(pidfile="/run/other")))
    assert ground.roster.wards["one"].state == State()


def leaving(_s: Service, state: State, _o: Observation, inputs: tuple[Input, ...]) -> Step:
    """End what is under way one step after the removal."""
    if Removed() in inputs:
        return Step(State(phase=Phase.LEAVING, leaving=True, holding=True, serial=state.serial))
    return Step(State(leaving=state.leaving, serial=state.serial), closed=state.leaving)


def test_a_service_removed_in_a_remediation_stays_until_that_ends(
    tmp_path: Path, grounds: list[Ground]
) -> None:
    one = service(pidfile=None, service_dir="/sv/one")
    ground = Ground(tmp_path, mind(leaving), {"one": Saved(held_down(), one)})
    grounds.append(ground)
    assert ground.roster.records() == ("one",)
    ground.roster.adopt(plan(service("two")))
    ground.watch.turn({"one": False, "two": True})
    assert ground.roster.wards["one"].state.phase is Phase.LEAVING
    assert "one" in ground.store.states()
    ground.watch.turn({"one": False})
    assert set(ground.roster.wards) == {"two"}
    assert set(ground.store.states()) == {"two"}


def test_a_service_that_comes_back_while_it_leaves_takes_its_name_over(
    tmp_path: Path, grounds: list[Ground]
) -> None:
    one = service(pidfile=None, service_dir="/sv/one")
    ground = Ground(tmp_path, mind(leaving), {"one": Saved(held_down(), one)})
    grounds.append(ground)
    ground.roster.records()
    ground.roster.adopt(plan())
    ground.watch.turn({"one": False})
    ground.roster.adopt(plan(one))
    ground.watch.turn({"one": False})
    assert ground.roster.wards["one"].state == State(serial=3)
    assert ground.watch.again == {"one"}


def test_only_what_we_hold_down_is_taken_up_from_the_record(
    tmp_path: Path, grounds: list[Ground]
) -> None:
    runit = service("down", pidfile=None, service_dir="/sv/down")
    for_good = service("stopped", pidfile=None, service_dir="/sv/stopped")
    saved = {
        "down": Saved(held_down(), runit),
        "stopped": Saved(held_down(until=None, phase=Phase.WISHED_DOWN), for_good),
        "fine": Saved(State(), service("fine")),
    }
    ground = Ground(tmp_path, mind(), saved)
    grounds.append(ground)
    assert ground.roster.records() == ("down",)


def test_an_old_record_alarms_instead_of_acting(tmp_path: Path, grounds: list[Ground]) -> None:
    runit = service("down", pidfile=None, service_dir="/sv/down")
    ground = Ground(tmp_path, mind(), {"down": Saved(held_down(), runit)})
    grounds.append(ground)
    assert ground.roster.give_up(ground.clock(), 3000.0) == []
    (turn,) = ground.roster.give_up(ground.clock(), 7200.0)
    assert isinstance(turn.effects[0], Record)
    assert turn.effects[0].level is Level.CRITICAL
    assert turn.effects[0].facts.mend == "sv up /sv/down"
    assert ground.roster.records() == ()
    ground.store.commit([turn], ground.watch.compose, (ROUTE,), ground.clock.wall(), ground.clock())
    assert ground.store.owed(ground.clock.wall())


def test_a_goodbye_writes_good_marks_too(tmp_path: Path, grounds: list[Ground]) -> None:
    ground = Ground(tmp_path, mind())
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    for _ in range(3):
        ground.watch.turn({"one": True})
    assert stored(ground).cycle == 1
    ground.watch.save(ground.clock())
    assert stored(ground).cycle == 3


def test_the_largest_memory_of_the_minute_is_history(tmp_path: Path, grounds: list[Ground]) -> None:
    ground = Ground(tmp_path, mind())
    grounds.append(ground)
    ground.roster.adopt(plan(service()))
    ground.watch.turn({"one": True})
    ground.roster.wards["one"].peak = 77
    ground.watch.remember()
    assert [memory for _, memory in ground.store.minutes("one", 0)] == [77]
    assert ground.store.noted("looked") == f"{ground.clock.wall():.0f}"
