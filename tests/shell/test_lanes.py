"""Whatever dies and whoever is away: nothing lost, in order, no flood, no end without beginning."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svwatch.core.audience import Lane
from svwatch.core.ledger import Why
from svwatch.core.level import Level
from svwatch.core.route import Rate, Route, Target
from svwatch.shell.patience import REFUSALS
from tests.shell.delivered import Killed, Row, World, told_of

ANN, BOB = Target("json://ann/", to="ann"), Target("json://bob/", to="bob")
ROUTES = (
    Route("ops", (ANN, BOB), Level.WARNING, gather=10.0),
    Route("chat", (Target("json://chat/"),), gather=0.0, rate=Rate(3, 120.0)),
    Route("slow", (Target("json://slow/"),), Level.CRITICAL, gather=60.0, rate=Rate(1, 900.0)),
)
LANES: dict[Lane, Route] = {
    (route.name, target.to): route for route in ROUTES for target in route.targets
}
URLS = [target.url for route in ROUTES for target in route.targets]


# --- laws --------------------------------------------------------------------------------------


def check(world: World) -> None:
    """Hold what is on record at the end against every law."""
    rows = world.rows()
    assert not [row for row in rows if row.status == "owed"], "nothing waits for ever"
    for lane, route in LANES.items():
        here = [row for row in rows if row.lane == lane]
        nothing_is_lost(here)
        read = world.read(lane)
        letters = [one for row in read for one in told_of(row, here)]
        assert [one.id for one in letters] == sorted(one.id for one in letters)
        the_rate_holds([row.finished or 0.0 for row in read], route)
        no_end_without_its_beginning(letters)
    copies = Counter(name for _, _, name in world.taken)
    assert sum(copies.values()) - len(copies) <= world.copies, "a copy where no receipt died"


def nothing_is_lost(rows: list[Row]) -> None:
    known = {row.id: row for row in rows}
    for row in rows:
        assert (".digest." in row.name) == (row.digest == row.id)
        assert row.digest != row.id or told_of(row, rows) != [row], "a digest of nothing"
        if row.status == "folded":
            assert row.digest is not None
            assert known[row.digest].status in {"sent", "dead"}
        else:
            assert row.status in {"sent", "dead"} or (row.status, row.why) == ("dropped", "cleared")


def the_rate_holds(times: list[float], route: Route) -> None:
    for one in times:
        within = [other for other in times if one <= other < one + route.rate.seconds]
        assert len(within) <= route.rate.most


def no_end_without_its_beginning(letters: list[Row]) -> None:
    told: set[int] = set()
    for letter in letters:
        assert letter.why != "cleared" or letter.number in told, f"letter {letter.id}"
        told.add(letter.number)


# --- any story ---------------------------------------------------------------------------------

SERVICES = st.sampled_from(["web", "db", "dj"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("raise"), SERVICES, st.sampled_from(Level)),
        st.tuples(st.just("clear"), SERVICES),
        st.tuples(st.just("verdict"), SERVICES, st.sampled_from(Level)),
        st.tuples(st.just("go"), st.sampled_from([0.0, 0.5, 5.0, 11.0, 70.0, 700.0, 4000.0])),
        st.tuples(st.just("away"), st.sampled_from(URLS)),
        st.tuples(st.just("refuse"), st.sampled_from(URLS)),
        st.tuples(st.just("back")),
        st.tuples(st.just("kill"), st.integers(0, 6), st.booleans()),
    ),
    min_size=5,
    max_size=60,
)


class Story:
    """Does what was drawn in a world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def tell(self, steps: list[tuple[object, ...]]) -> None:
        for verb, *how in steps:
            act: Callable[..., None] = getattr(self, str(verb))
            try:
                act(*how)
            except Killed:
                self.world.die()
        self.back()
        self.world.database.left = None
        self.world.go(7200.0)

    def raise_(self, service: str, level: Level) -> None:
        known = service in self.world.raised
        self.world.tell(service, Why.WORSENED if known else Why.RAISED, level)

    def clear(self, service: str) -> None:
        if service in self.world.raised:
            self.world.tell(service, Why.CLEARED, Level.WARNING)

    def verdict(self, service: str, level: Level) -> None:
        if service not in self.world.raised:
            self.world.tell(service, Why.VERDICT, level)

    def go(self, seconds: float) -> None:
        self.world.go(seconds)

    def away(self, url: str) -> None:
        self.world.away.add(url)

    def refuse(self, url: str) -> None:
        self.world.refusing.add(url)

    def back(self) -> None:
        self.world.away.clear()
        self.world.refusing.clear()

    def kill(self, commits: int, before: bool) -> None:
        self.world.database.left, self.world.database.before = commits, before


setattr(Story, "raise", Story.raise_)


@given(STEPS)
@settings(
    max_examples=int(os.environ.get("SVWATCH_STORIES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_in_any_story_every_law_holds(steps: list[tuple[object, ...]]) -> None:
    world = World(ROUTES)
    try:
        Story(world).tell(steps)
        check(world)
    finally:
        world.close()


# --- floods ------------------------------------------------------------------------------------

USUAL = Route("ops", (Target("json://ops/"),))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World((USUAL,), str(tmp_path / "state"))
    yield world
    world.close()


@pytest.mark.parametrize("level", [Level.NOTICE, Level.CRITICAL])
@pytest.mark.parametrize("minutes", [0, 1, 3, 10])
def test_200_services_once_each_are_three_messages(
    world: World, minutes: float, level: Level
) -> None:
    for number in range(200):
        world.tell(f"s{number}", Why.VERDICT, level)
        world.go(minutes * 60 / 200)
    world.go(3600.0)
    assert 1 <= len(world.taken) <= 3
    assert {row.status for row in world.rows()} == {"sent", "folded"}


@pytest.mark.parametrize("level", [Level.NOTICE, Level.CRITICAL])
def test_1000_restarts_of_one_service_in_ten_minutes_are_three_messages(
    world: World, level: Level
) -> None:
    for _ in range(1000):
        world.tell("web", Why.VERDICT, level)
        world.go(0.6)
    world.go(3600.0)
    assert len(world.taken) == 3
    folded = [row for row in world.rows() if row.status == "folded"]
    assert len(folded) == 1000, "and every one of them is told of"


# --- single lanes ------------------------------------------------------------------------------


def test_one_bad_recipient_delays_nobody(tmp_path: Path) -> None:
    world = World(ROUTES[:1], str(tmp_path / "state"))
    world.away.add(ANN.url)
    world.tell("web", Why.RAISED, Level.CRITICAL)
    world.go(60.0)
    assert [url for _, url, _ in world.taken] == [BOB.url]
    (backlog,) = world.store.waiting()
    assert (backlog.route, backlog.target, backlog.waiting) == ("ops", "ann", 1)
    assert (backlog.error, backlog.attempts > 1) == ("Connection refused", True)
    world.close()


def test_a_recovery_behind_a_dead_letter_is_not_told(tmp_path: Path) -> None:
    world = World(ROUTES[:1], str(tmp_path / "state"))
    world.refusing.add(ANN.url)
    world.tell("web", Why.RAISED, Level.CRITICAL)
    world.go(30.0)
    world.tell("web", Why.CLEARED, Level.CRITICAL)
    world.go(3600.0)
    status = {(row.lane[1], row.why): row.status for row in world.rows()}
    assert status == {
        ("ann", "raised"): "dead",
        ("ann", "cleared"): "dropped",
        ("bob", "raised"): "sent",
        ("bob", "cleared"): "sent",
    }
    assert max(told.attempts for told in world.store.told(1)) == REFUSALS
    world.close()
