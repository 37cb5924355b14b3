"""Directories: read when they changed, believed when they have settled."""

import os
from pathlib import Path

from svwatch.core.plan import Mold, Service
from svwatch.probe.listing import FRESH, MINUTE, YOUNG, Listing, is_ours

PAST = 1_000_000_000.0  # wall time: long before any test made a file


def files(root: Path, tail: str = "") -> Mold:
    service = Service(name="dj-{member}", where="f:1", pidfile=f"{root}/dj.{{member}}.pid")
    entry = r"dj\.(.*)\.pid" if not tail else "(.*)"
    return Mold(patterns=("dj-*",), service=service, directory=str(root), entry=entry, tail=tail)


def directories(root: Path) -> Mold:
    service = Service(name="w-{member}", where="f:1", service_dir=f"{root}/w-{{member}}")
    return Mold(patterns=("w-*",), service=service, directory=str(root), entry=r"w\-(.*)")


def age(path: Path, wall: float) -> None:
    os.utime(path, (wall, wall), follow_symlinks=False)


def test_what_matches_is_listed_and_only_that(tmp_path: Path) -> None:
    for name in ("dj.1.pid", "dj.2.pid", "other", ".dj.3.pid"):
        (tmp_path / name).touch()
    (tmp_path / "dj.4.pid").mkdir()
    listing = Listing(files(tmp_path))
    assert listing.look(0.0, PAST)
    assert listing.names == frozenset({"dj.1.pid", "dj.2.pid"})


def test_it_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    (tmp_path / "dj.1.pid").touch()
    age(tmp_path, PAST)
    listing = Listing(files(tmp_path))
    assert listing.look(0.0, PAST + FRESH + 1)
    assert listing.settled
    (tmp_path / "dj.2.pid").touch()
    age(tmp_path, PAST)  # as if nothing had happened
    assert not listing.look(1.0, PAST + 10)
    assert listing.names == frozenset({"dj.1.pid"})
    assert listing.look(1.0 + MINUTE, PAST + 70)
    assert listing.names == frozenset({"dj.1.pid", "dj.2.pid"})


def test_a_change_within_the_grain_of_the_clock_is_not_missed(tmp_path: Path) -> None:
    (tmp_path / "dj.1.pid").touch()
    age(tmp_path, PAST)
    listing = Listing(files(tmp_path))
    listing.look(0.0, PAST)
    (tmp_path / "dj.2.pid").touch()
    age(tmp_path, PAST)
    assert listing.look(0.5, PAST + 0.5)


def test_what_went_a_moment_ago_is_not_believed_at_once(tmp_path: Path) -> None:
    (tmp_path / "dj.1.pid").touch()
    listing = Listing(files(tmp_path))
    age(tmp_path, PAST)
    listing.look(0.0, PAST + 100)
    (tmp_path / "dj.1.pid").unlink()
    age(tmp_path, PAST + 200)
    assert listing.look(5.0, PAST + 200.1)
    assert listing.names == frozenset()
    assert not listing.settled
    assert not listing.look(10.0, PAST + 200.5)
    assert listing.settled


def test_a_root_that_cannot_be_read_says_nothing_of_anybody(tmp_path: Path) -> None:
    listing = Listing(directories(tmp_path / "none"))
    assert not listing.look(0.0, PAST)
    assert listing.names is None
    assert "No such file" in listing.why
    assert not listing.settled


def test_a_directory_of_pidfiles_that_is_not_there_is_empty(tmp_path: Path) -> None:
    listing = Listing(files(tmp_path / "none"))
    assert listing.look(0.0, PAST)
    assert listing.names == frozenset()


def test_a_directory_counts_from_its_first_runsv_on(tmp_path: Path) -> None:
    new, old = tmp_path / "w-new", tmp_path / "w-old"
    for path in (new, old):
        path.mkdir()
    age(new, PAST)
    age(old, PAST - YOUNG)
    age(tmp_path, PAST)
    listing = Listing(directories(tmp_path))
    listing.look(0.0, PAST + 3)
    assert listing.names == frozenset({"w-old"})  # nobody serves it: that is worth to be seen
    (new / "supervise").mkdir()
    os.mkfifo(new / "supervise" / "ok")
    reader = os.open(new / "supervise" / "ok", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert listing.look(1.0, PAST + 4)
    finally:
        os.close(reader)
    assert listing.names == frozenset({"w-new", "w-old"})


def test_links_that_lead_nowhere_are_no_services(tmp_path: Path) -> None:
    (tmp_path / "w-1").symlink_to(tmp_path / "nothing")
    (tmp_path / "w-2").symlink_to("w-2")
    listing = Listing(directories(tmp_path))
    listing.look(0.0, PAST)
    assert listing.names == frozenset()


def test_what_must_be_below_each_entry_must_be_there(tmp_path: Path) -> None:
    for name in ("shop", "blog"):
        (tmp_path / name / "pids").mkdir(parents=True)
    (tmp_path / "shop" / "pids" / "dj.shop.pid").touch()
    age(tmp_path, PAST)
    listing = Listing(files(tmp_path, "pids/dj.{member}.pid"))
    listing.look(0.0, PAST + 100)
    assert listing.names == frozenset({"shop"})
    (tmp_path / "blog" / "pids" / "dj.blog.pid").touch()
    assert listing.look(1.0, PAST + 101)
    assert listing.names == frozenset({"shop", "blog"})


def test_our_own_service_is_known_by_its_pid(tmp_path: Path) -> None:
    assert not is_ours(str(tmp_path), frozenset((77,)))
    (tmp_path / "supervise").mkdir()
    (tmp_path / "supervise" / "pid").write_text("77\n")
    assert is_ours(str(tmp_path), frozenset((77, 1)))
    assert not is_ours(str(tmp_path), frozenset((78,)))
    (tmp_path / "supervise" / "pid").write_text("")
    assert not is_ours(str(tmp_path), frozenset((77,)))
