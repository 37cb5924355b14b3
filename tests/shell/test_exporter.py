"""The file of metrics: as new as it must be, never in the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from svwatch.shell.exporter import OLDEST, Exporter
from svwatch.shell.last_routes import LastRoutes
from svwatch.shell.plans import Plans
from svwatch.shell.portrait import Painter
from tests.shell.fakes import Ground, mind, plan, service
from tests.view.metrics_text import Family, parse


class Post:
    """A watch over two services that look well, and its exporter."""

    def __init__(self, root: Path) -> None:
        self.ground = Ground(root, mind())
        self.path = root / "svwatch.prom"
        self.said: list[str] = []
        watch = self.ground.watch
        self.plans = Plans(watch.store, watch.own, LastRoutes(str(root)), self.said.append)
        self.exporter = Exporter(watch, self.plans, Painter(watch.store, "web1"), self.said.append)
        self.adopt(str(self.path))

    def adopt(self, path: str | None) -> None:
        new = replace(plan(service("one"), service("two")), metrics_file=path)
        self.ground.roster.adopt(new)

    def look(self, seconds: float, *, quiet: bool = False, scheduled: bool = True) -> None:
        """Look after so many seconds."""
        self.ground.clock.mono += seconds
        names = dict.fromkeys(("one", "two"), scheduled)
        watch = self.ground.watch
        if quiet:
            watch.stepped = ()
        else:
            watch.turn(names)
        self.exporter.looked(names)

    def read(self) -> dict[str, Family]:
        return parse(self.path.read_text())

    def age(self) -> float:
        """Give how old the newest look in the file is."""
        looked = self.read()["svwatch_last_look_timestamp_seconds"].samples[()]
        return self.ground.clock.wall() - looked


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    made = Post(tmp_path)
    yield made
    made.ground.close()


def test_the_first_look_is_told_at_once(post: Post) -> None:
    post.look(0)
    up = post.read()["svwatch_service_up"].samples
    assert up == {(("service", "one"),): 1.0, (("service", "two"),): 1.0}
    assert not post.said


def test_it_is_written_once_per_interval_at_most(post: Post) -> None:
    post.look(0)
    post.look(1)
    assert post.age() == pytest.approx(1)
    post.look(4)
    assert post.age() == pytest.approx(0)


def test_a_look_that_nobody_scheduled_waits_for_the_next(post: Post) -> None:
    post.look(0)
    post.look(10, scheduled=False)
    assert post.age() == pytest.approx(10)
    post.look(0.5, quiet=True)  # the change is still owed
    assert post.age() < 1


def test_while_nothing_changes_it_is_written_once_a_minute(post: Post) -> None:
    post.look(0)
    for _ in range(11):
        before = post.path.stat().st_ino
        post.look(5, quiet=True)
        assert post.path.stat().st_ino == before
    post.look(OLDEST - 55, quiet=True)
    assert post.path.stat().st_ino != before


def test_a_rejected_configuration_is_told_at_the_next_look(post: Post) -> None:
    post.look(0)
    post.plans.rejected, post.plans.rejected_at = ("no",), 5.0
    post.look(5, quiet=True)
    assert post.read()["svwatch_config_rejected"].samples == {(): 1.0}
    post.plans.rejected, post.plans.rejected_at = (), None
    post.look(5, quiet=True)
    assert post.read()["svwatch_config_rejected"].samples == {(): 0.0}


def test_a_reload_moves_it_and_takes_the_old_one_away(post: Post) -> None:
    post.look(0)
    other = post.path.with_name("other.prom")
    post.adopt(str(other))
    post.look(0.1)
    assert (post.path.exists(), other.exists()) == (False, True)
    post.adopt(None)
    post.look(5)
    assert list(other.parent.glob("*prom*")) == []
    post.exporter.end()
    assert not other.exists()


def test_what_goes_wrong_is_said_once_and_shown_until_it_works(post: Post) -> None:
    post.path.mkdir()
    for _ in range(3):
        post.look(5)
    assert post.said == [f"no metrics: {post.path}: Is a directory"]
    assert post.ground.watch.unexported == f"{post.path}: Is a directory"
    post.path.rmdir()
    post.look(5)
    assert post.ground.watch.unexported == ""
    assert post.age() == pytest.approx(0)


def test_the_end_is_in_it(post: Post) -> None:
    post.look(0)
    post.ground.clock.mono += 3
    post.exporter.end()
    left = post.read()
    assert left["svwatch_up"].samples == {(): 0.0}
    assert post.age() == pytest.approx(3)
    assert "svwatch_service_up" not in left
