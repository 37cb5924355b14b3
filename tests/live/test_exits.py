"""A worker that ends: adopted as one event, counted exactly, stopped for a while."""

import signal

import pytest

from svwatch.core.ledger import What
from svwatch.shell.store import Store
from tests.live.post import Post
from tests.live.rig import Rig, status
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live

ALERT = """
services:
  one:
    supervisor: runit
    rules: |
      if changed pid then alert
"""

STORM = """
services:
  one:
    supervisor: runit
    rules: |
      if changed pid then alert
      if 4 restarts within 1 minute then stop for 6s
"""


def test_a_killed_worker_is_adopted_as_one_event(rig: Rig, post: Post) -> None:
    worker = rig.worker("one")
    rig.config(ALERT, port=post.port)
    post.open()
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")

    old = worker.kill()
    event = daemon.event("one", What.RESTARTED)
    new = worker.started(2)
    assert event.facts.old
    assert event.facts.new
    assert (event.facts.old.pid, event.facts.new.pid) == (old, new)
    assert event.facts.who == "runit"
    assert not event.facts.planned
    assert event.facts.down is not None
    assert event.facts.down < 2  # seconds

    until(lambda: len(post.mails) == 1, "the mail")
    throughout(lambda: worker.starts == 2, "adopted, not restarted again", seconds=3)
    assert daemon.whats() == [What.RESTARTED]
    assert len(post.mails) == 1


def test_a_restart_by_the_operator_is_planned(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(ALERT)
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    rig.sv("restart", "one")
    event = daemon.event("one", What.RESTARTED)
    assert event.facts.planned
    assert event.facts.who is not None
    assert event.facts.who.startswith("operator")


def test_a_crash_loop_is_counted_exactly(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(ALERT)
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.crash()
    worker.started(7, seconds=20)
    worker.crash(on=False)

    def counted() -> int:
        return sum(event.facts.count or 0 for event in daemon.events("one"))

    # the run script itself wrote down every start; all but the first were restarts
    until(lambda: worker.age > 1, "it to live again")
    until(lambda: counted() == worker.runs - 1, "every restart to be counted")
    runs = worker.runs
    throughout(lambda: (counted(), worker.runs) == (runs - 1, runs), "no more", seconds=1.5)
    (event,) = daemon.events("one")
    assert event.what is What.CRASHING
    assert event.facts.exact


def test_a_storm_is_stopped_for_a_while(rig: Rig, post: Post) -> None:
    worker = rig.worker("one")
    rig.config(STORM, port=post.port)
    post.open()
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.crash()
    event = daemon.event("one", What.BACKING_OFF, seconds=20)
    until(lambda: (status(worker.service) or b"")[17:18] == b"d", "sv down")
    assert event.facts.count == 4
    assert worker.runs == 5  # the first, and four restarts

    throughout(lambda: worker.runs == 5, "stopped means stopped", seconds=3)
    worker.crash(on=False)
    until(lambda: worker.runs == 6 and worker.age > 1, "its time to be over", seconds=15)
    until(lambda: (status(worker.service) or b"")[17:18] == b"u", "want u")
    throughout(lambda: worker.runs == 6 and worker.alive, "once is enough", seconds=2)
    # no mail per crash: the first, and that svwatch gives it a rest; that it is well, when it
    # has been for ten minutes
    assert 1 <= len(post.mails) <= 2, post.subjects
    assert len({event.number for event in daemon.events("one") if event.facts.crashes}) == 1


def test_the_storm_limit_survives_a_kill_of_svwatch(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(STORM.replace("6s", "10 minutes"))
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.kill()
    daemon.event("one", What.RESTARTED)
    worker.started(2)
    worker.kill()
    worker.started(3)
    until(lambda: counted_in_store(rig) == 2, "two restarts on record")
    daemon.end(signal.SIGKILL)
    daemon = rig.watch()
    worker.kill()
    worker.started(4)
    until(lambda: counted_in_store(rig) == 3, "three restarts on record")
    worker.kill()
    daemon.event("one", What.BACKING_OFF, What.GAVE_UP)


def counted_in_store(rig: Rig) -> int:
    """Give the restarts of `one` that are on record."""
    store = Store.open_readonly(str(rig.root / "state"))
    if store is None:
        return 0
    try:
        return sum(entry.count for entry in store.states()["one"].state.restarts)
    finally:
        store.close()
