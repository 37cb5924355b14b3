"""svwatch itself is killed, or told to end, in the middle of a restart."""

import signal
import sys

import pytest

from svwatch.core.ledger import What
from tests.live.daemon import Daemon
from tests.live.post import Post
from tests.live.rig import Rig, status
from tests.live.subject import Subject
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live

RULES = """
services:
  one:
    supervisor: runit
    rules: |
      if totalmem > 60 MB for 2 cycles then restart
"""


def want(worker: Subject) -> bytes:
    """Give what runsv wants: b"u" or b"d"."""
    return (status(worker.service) or b"")[17:18]


def begin(rig: Rig, port: int | None = None) -> tuple[Subject, Daemon]:
    """Bring a restart to where the worker is told to end and has not ended yet."""
    worker = rig.worker("one", "--slow", "1.5")
    rig.config(RULES, port=port)
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(80)
    until(lambda: want(worker) == b"d", "sv down", seconds=15)
    return worker, daemon


def test_killed_between_down_and_up_it_finishes_when_started_again(rig: Rig, post: Post) -> None:
    post.open()
    worker, daemon = begin(rig, post.port)
    daemon.end(signal.SIGKILL)
    until(lambda: not worker.alive, "the worker to end")
    throughout(lambda: want(worker) == b"d", "nobody is there to put it up", seconds=1)

    daemon = rig.watch()
    worker.started(2)
    event = daemon.event("one", What.RESTART_FIXED)
    assert want(worker) == b"u"
    assert (worker.starts, worker.seconds) == (2, 0)
    assert [event.number] == [event.number for event in daemon.events("one")]  # still the same
    until(lambda: [s for s in post.subjects if "one restarted, fixed" in s], "the mail")


@pytest.mark.parametrize("instant", ["told to end", "gone", "up again"])
def test_killed_at_any_instant_it_finishes(rig: Rig, instant: str) -> None:
    worker = rig.worker("one", "--slow", "0.3")
    rig.config(RULES)
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(80)
    until(worker.heard, "TERM", seconds=15)
    if instant == "gone":
        until(lambda: worker.journal("end"), "the worker to end")
    elif instant == "up again":
        worker.started(2)
    daemon.end(signal.SIGKILL)

    daemon = rig.watch()
    daemon.event("one", What.RESTART_FIXED)
    assert want(worker) == b"u"
    throughout(lambda: worker.starts == 2, "no restart too many", seconds=2)
    assert worker.seconds == 0
    assert len(daemon.events("one")) == 1


def test_told_to_end_it_leaves_no_service_down(rig: Rig) -> None:
    worker, daemon = begin(rig)
    assert daemon.end(signal.SIGTERM) == 0
    assert want(worker) == b"u"
    worker.started(2)  # by runsv alone
    daemon = rig.watch()
    throughout(lambda: worker.starts == 2, "what is done is done", seconds=3)
    assert worker.seconds == 0
    assert want(worker) == b"u"
    assert not {What.RESTARTED, What.CRASHING} & set(daemon.whats("one"))


def test_two_daemons_do_not_share_a_state(rig: Rig) -> None:
    rig.worker("one")
    rig.config(RULES)
    rig.up()
    daemon = rig.watch()
    argv = ("-m", "svwatch", "run", "-c", str(rig.root / "svwatch.yaml"))

    second = rig.start(sys.executable, *argv)
    until(lambda: rig.keeper.code(second) is not None, "the second to give up")
    assert rig.keeper.code(second) not in {0, None}
    assert str(daemon.pid) in rig.story()


def test_a_configuration_that_does_not_load_changes_nothing(rig: Rig) -> None:
    worker = rig.worker("one")
    path = rig.config(RULES)
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    good = path.read_text()
    path.write_text(good.replace("supervisor", "supervizor"))
    said = rig.ask("reload", code=1)
    assert 'did you mean "supervisor"' in said
    assert "CONFIG REJECTED" in rig.ask("status")
    worker.leak(80)
    daemon.event("one", What.RESTART_FIXED)  # by the rules it had
    path.write_text(good)
    rig.ask("reload", code=0)
    assert "CONFIG REJECTED" not in rig.ask("status")
