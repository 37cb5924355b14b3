"""Members of patterns come and go without a reload: real directories, a mind of no opinion."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from svwatch.core.ledger import What
from svwatch.core.level import Level
from svwatch.core.plan import Plan
from svwatch.core.request import Request, Verb
from svwatch.core.route import single
from svwatch.core.seen import Kind, Outcome
from svwatch.core.state import Goal, Intent
from svwatch.core.vanish import Moment
from svwatch.lang.load import load
from svwatch.shell.membership import Membership
from svwatch.shell.notes import OURS
from svwatch.shell.own import NAME
from svwatch.shell.portrait import Painter
from svwatch.shell.store import Store
from tests.shell.fakes import Ground, mind

Make = Callable[..., "Fleet"]
PAST = 1_000_000_000.0


class Fleet:
    """A service root with directories that look served, and a membership over it."""

    def __init__(self, root: Path, text: str, ground: Ground) -> None:
        self.root = root / "service"
        self.root.mkdir(exist_ok=True)
        self.file = root / "svwatch.yaml"
        self.ground = ground
        self.plan = self.load(text)
        self.membership = Membership(ground.watch)

    def load(self, text: str) -> Plan:
        self.file.write_text(f"service_root: {self.root}\n{text}")
        self.file.chmod(0o600)
        found = load(str(self.file), {}, uid=os.geteuid(), domain="h")
        assert found.plan is not None, found.problems
        return found.plan

    def put(self, *names: str) -> None:
        """Make service directories; their age says that no runsv is to be waited for."""
        for name in names:
            (self.root / name / "supervise").mkdir(parents=True)
            (self.root / name / "supervise" / "status").write_bytes(bytes(20))
            os.utime(self.root / name, (PAST, PAST))

    def drop(self, *names: str) -> None:
        for name in names:
            shutil.rmtree(self.root / name)

    @property
    def at(self) -> Moment:
        return Moment(self.ground.clock(), self.ground.clock.wall())

    def adopt(self) -> tuple[str, ...]:
        return self.membership.adopt(self.plan, self.at)

    def sweep(self) -> set[str]:
        """Look for members as the daemon does, and put on record what came of it."""
        self.ground.clock.mono += 5
        names = self.membership.sweep(self.at)
        self.turn()
        return set(names)

    def turn(self) -> None:
        self.ground.watch.turn(dict.fromkeys(self.ground.roster.wards, True))

    @property
    def names(self) -> list[str]:
        return [service.name for service in self.ground.roster.plan.services]

    @property
    def gone(self) -> list[str]:
        wards = self.ground.roster.wards.values()
        return sorted(ward.name for ward in wards if ward.state.gone is not None)

    def whats(self, name: str) -> list[What]:
        return [event.what for event in self.ground.store.events(service=name)]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Make]:
    """Give a function that makes a fleet, or the same one after svwatch was started *again*."""
    made: list[Ground] = []

    def make(text: str, *, again: bool = False) -> Fleet:
        saved = {}
        if again:
            made[-1].close()
            store = Store.open(str(tmp_path / "state"))
            saved = store.states()
            store.close()
        ground = Ground(tmp_path, mind(), saved)
        if NAME in saved:
            ground.watch.own.state = saved[NAME].state
        made.append(ground)
        return Fleet(tmp_path, text, ground)

    yield make
    made[-1].close()


W = "services: {'w-*': {supervisor: runit}}"


def test_directories_that_come_are_watched_and_those_that_go_are_gone(fleet: Make) -> None:
    here = fleet(W)
    here.put("w-1", "w-2", "other")
    assert set(here.adopt()) == {"w-1", "w-2"}
    here.turn()
    here.put("w-10")
    assert here.sweep() == {"w-10"}
    assert here.names == ["w-1", "w-2", "w-10"]
    here.drop("w-2")
    here.sweep()
    here.sweep()
    assert here.gone == ["w-2"]
    assert here.whats("w-2") == [What.GONE]
    assert here.names == ["w-1", "w-2", "w-10"]


def test_200_members_come_and_go_without_a_reload(fleet: Make) -> None:
    here = fleet("services: {'w-*': {supervisor: runit, members: 150}}")
    every = [f"w-{number}" for number in range(1, 201)]
    here.adopt()
    here.put(*every)
    assert len(here.sweep()) == 200
    for round_ in range(10):
        some = every[round_ * 20 : round_ * 20 + 20]
        here.drop(*some)
        here.sweep()
        here.sweep()
        assert here.gone == sorted(some)
        here.put(*some)
        assert here.sweep() == set(some)
        assert here.gone == []
    assert here.names == every
    assert len(here.ground.eyes) == 200
    assert [name for name, eye in here.ground.eyes.items() if eye.closed] == []
    assert len(here.ground.store.states()) == 200
    assert here.whats("svwatch") == []  # 150 were up all the time


def test_a_sweep_that_finds_nothing_new_reads_nothing(fleet: Make) -> None:
    here = fleet(W)
    here.put("w-1")
    os.utime(here.root, (PAST, PAST))
    here.adopt()
    here.put("w-2")
    os.utime(here.root, (PAST, PAST))  # so nobody can know
    assert here.sweep() == set()
    here.ground.clock.mono += 60
    assert here.sweep() == {"w-2"}


def test_what_is_gone_for_a_moment_is_not_gone(fleet: Make) -> None:
    here = fleet(W)
    here.put("w-1")
    here.adopt()
    here.turn()
    here.drop("w-1")
    here.sweep()  # ln -sfn between its two steps
    here.put("w-1")
    here.sweep()
    here.sweep()
    assert here.gone == []
    assert here.whats("w-1") == []


def test_one_that_is_back_is_looked_at_and_told(fleet: Make) -> None:
    here = fleet(W)
    here.put("w-1")
    here.adopt()
    here.turn()
    here.drop("w-1")
    here.sweep()
    here.sweep()
    ward = here.ground.roster.wards["w-1"]
    looks = len(here.ground.eyes["w-1"].looks)
    ward.inputs.append(Request(Verb.RESTART, who="ann"))
    here.turn()
    assert ward.refused == "it is gone"
    assert len(here.ground.eyes["w-1"].looks) == looks
    here.put("w-1")
    here.sweep()
    assert here.gone == []
    assert here.whats("w-1") == [What.BACK]
    assert here.ground.eyes["w-1"].looks
    (event,) = here.ground.store.events(service="w-1")
    assert event.closed


def test_members_on_record_are_known_to_the_next_svwatch(fleet: Make) -> None:
    here = fleet(W)
    here.put("w-1", "w-2", "w-3")
    here.adopt()
    here.turn()
    here.drop("w-2")
    here.sweep()
    here.sweep()
    here.drop("w-3")  # while nobody looks
    os.utime(here.root, (PAST, PAST))
    later = fleet(W, again=True)
    later.adopt()
    later.turn()
    assert later.gone == ["w-2", "w-3"]
    assert later.whats("w-2") == [What.GONE]
    assert later.whats("w-3") == [What.GONE]


def test_what_no_pattern_names_any_more_left_the_configuration(fleet: Make) -> None:
    here = fleet(W)
    here.put("w-1", "w-2")
    here.adopt()
    here.turn()
    here.plan = here.load("services: {'w-*': {supervisor: runit, exclude: [w-2]}}")
    here.adopt()
    here.turn()
    assert here.names == ["w-1"]
    assert set(here.ground.store.states()) == {"w-1"}


def test_to_forget_takes_it_out(fleet: Make) -> None:
    here = fleet(W)
    here.put("w-1", "w-2")
    here.adopt()
    here.turn()
    here.drop("w-2")
    here.sweep()
    here.sweep()
    (no,) = here.membership.forget_all(("w-1",), "ann", here.at)
    assert (no.code, no.text) == (3, "refused: w-1 is there: only what is gone can be forgotten")
    (unknown,) = here.membership.forget_all(("w-9",), "ann", here.at)
    assert unknown.code == 2
    (done,) = here.membership.forget_all(("all",), "ann", here.at)
    assert (done.name, done.code, done.text) == ("w-2", 0, "forgotten")
    here.turn()
    assert here.names == ["w-1"]
    assert set(here.ground.store.states()) == {"w-1"}
    assert here.whats("w-2") == [What.FORGOTTEN]
    assert here.sweep() == set()
    here.put("w-2")
    assert here.sweep() == {"w-2"}


def test_what_is_named_is_never_gone_and_cannot_be_forgotten(fleet: Make) -> None:
    here = fleet("services: {'w-*': {supervisor: runit}, w-1: {}}")
    here.adopt()
    here.turn()
    here.sweep()
    assert here.gone == []
    (no,) = here.membership.forget_all(("w-1",), "ann", here.at)
    assert (no.code, "remove it there" in no.text) == (3, True)


def test_svwatch_own_service_is_no_member_by_whatever_name(fleet: Make) -> None:
    here = fleet("services: {'*': {supervisor: runit}}")
    here.put("web", "svwatch", "guard")
    (here.root / "guard" / "supervise" / "pid").write_text(f"{os.getpid()}\n")
    here.adopt()
    assert here.names == ["web"]
    here.turn()
    assert here.ground.store.noted(OURS) == str(here.root / "guard")
    later = fleet("services: {'*': {supervisor: runit}}", again=True)
    (later.root / "guard" / "supervise" / "pid").write_text("")  # a --check, the daemon is down
    later.adopt()
    assert later.names == ["web"]


def test_too_few_members_are_told_once_and_once_more_when_it_is_over(fleet: Make) -> None:
    here = fleet("services: {'w-*': {supervisor: runit, members: 3}}")
    here.put("w-1", "w-2")
    here.adopt()
    here.turn()
    here.sweep()
    here.sweep()
    (event,) = here.ground.store.events(service="svwatch")
    assert (event.what, event.level) == (What.TOO_FEW, Level.WARNING)
    assert event.facts.reason == "w-*: 2 of 3 members up"
    later = fleet("services: {'w-*': {supervisor: runit, members: 3}}", again=True)
    later.adopt()
    later.sweep()
    assert later.whats("svwatch") == [What.TOO_FEW]
    later.put("w-3")
    later.sweep()
    assert later.whats("svwatch") == [What.ENOUGH]


def test_a_member_that_is_down_is_counted_as_missing(fleet: Make) -> None:
    here = fleet("services: {'w-*': {supervisor: runit, members: 2}}")
    here.put("w-1", "w-2")
    here.adopt()
    here.turn()
    ward = here.ground.roster.wards["w-2"]
    down = replace(ward.state, known=None, absent_since=1.0, absent_looks=9)
    ward.state = replace(down, incidents={})
    here.membership.tally(here.at)
    painter = Painter(here.ground.store, "h")
    now, wall = here.ground.clock(), here.ground.clock.wall()
    snaps = [painter.living(one, now, wall) for one in here.ground.roster.wards.values()]
    shown = painter.picture(snaps, wall, plan=here.ground.roster.plan)
    # for a moment it may be down: a successor is awaited
    assert [one.name for one in shown.services] == ["w-1", "w-2"]
    assert not here.ground.watch.own.owed


def test_a_root_that_cannot_be_read_is_unknown_and_nobody_is_gone(fleet: Make) -> None:
    here = fleet(W)
    here.put("w-1")
    here.adopt()
    here.turn()
    here.root.rename(here.root.with_name("elsewhere"))
    here.sweep()
    here.sweep()
    assert here.gone == []
    painter = Painter(here.ground.store, "h")
    roster = here.ground.roster
    shown = painter.picture([], 0.0, plan=roster.plan, unread=roster.unread)
    (row,) = shown.services
    assert (row.name, int(row.status.code)) == ("w-*", 3)
    assert "No such file" in row.status.sentence


def test_one_at_work_goes_on_when_it_is_back(fleet: Make) -> None:
    here = fleet(W)
    here.put("w-1")
    here.adopt()
    here.turn()
    ward = here.ground.roster.wards["w-1"]
    intent = Intent(goal=Goal.RESTART, serial=1, began=0.0)
    ward.state = replace(ward.state, intent=intent)
    here.drop("w-1")
    here.membership.sweep(here.at)
    here.membership.sweep(here.at)
    assert here.gone == ["w-1"]
    assert here.ground.roster.wards["w-1"].state.intent == intent
    here.ground.watch.tell([("w-1", Outcome(Kind.STOP, 1, 0))])
    here.turn()
    assert here.ground.roster.wards["w-1"].inputs == []


PIDS = """
services:
  dj-*: {{pidfile: "{root}/dj.{{member}}.pid"{more}}}
"""


@pytest.mark.parametrize(
    ("more", "gone"), [("", ["dj-1"]), (", start: /bin/true, stop: /bin/true", [])]
)
def test_a_pidfile_that_vanishes_leaves_those_that_can_be_started(
    fleet: Make, tmp_path: Path, more: str, gone: list[str]
) -> None:
    here = fleet(PIDS.format(root=tmp_path / "pids", more=more))
    (tmp_path / "pids").mkdir()
    for number in "12":
        (tmp_path / "pids" / f"dj.{number}.pid").write_text("1\n")
    here.adopt()
    here.turn()
    assert here.names == ["dj-1", "dj-2"]
    (tmp_path / "pids" / "dj.1.pid").unlink()
    here.sweep()
    assert here.gone == []  # it runs still, whatever became of the file
    here.ground.eyes["dj-1"].pid = None
    here.turn()
    here.sweep()
    here.sweep()
    assert here.gone == gone
    assert here.names == ["dj-1", "dj-2"]


def test_a_plan_without_patterns_costs_nothing(fleet: Make) -> None:
    here = fleet("services: {}")
    assert here.membership.every is None
    here.adopt()
    assert here.sweep() == set()


def test_of_many_that_vanish_at_once_one_message_is_owed(fleet: Make) -> None:
    here = fleet("services: {'w-*': {supervisor: runit}}")
    here.ground.watch.routes = (single("ops", "json://localhost"),)
    here.put(*(f"w-{number}" for number in range(1, 6)))
    here.adopt()
    here.turn()
    here.drop("w-1", "w-2", "w-3")
    here.sweep()
    here.sweep()
    assert here.gone == ["w-1", "w-2", "w-3"]
    (owed,) = here.ground.store.owed(here.at.wall)
    assert "w-1 gone" in owed.subject
    (event,) = here.ground.store.events(service="w-1")
    assert "gone at the same time: w-2, w-3" in (event.facts.reason or "")
