"""Incidents that are one story: restarts that do not help, and what comes and goes."""

import pytest

from svwatch.core.ledger import What
from svwatch.core.units import MB
from tests.live.rig import Rig
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live


def test_a_limit_below_what_it_always_needs_is_found_out(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(
        "services:\n  one:\n    supervisor: runit\n"
        "    rules: if totalmem > 1 MB for 2 cycles then restart\n",
        settle="0.2s",
    )
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    event = daemon.event("one", What.NO_HELP, seconds=30)
    assert worker.starts == 4
    assert event.facts.after is not None
    assert event.facts.limit == MB
    assert event.facts.after > 4 * MB  # what a limit would have to be above
    throughout(lambda: worker.starts == 4, "it is left alone", seconds=1)
    assert "BACKING OFF until" in rig.ask("status")
    assert "restarting does not help" in rig.ask("status")
    assert "never under" in rig.ask("why", str(event.number))
    rig.ask("check", code=1)  # it serves


def test_a_pidfile_that_comes_and_goes_is_told_of_three_times(rig: Rig) -> None:
    worker = rig.subject("moth", "--daemon")
    pid, away = worker.place / "pid", worker.place / "away"
    rig.config(
        f"services:\n  moth:\n    pidfile: {pid}\n    start: {' '.join(worker.argv)}\n",
        start_after="0s",
        settle="0.2s",
    )
    daemon = rig.watch()
    daemon.event("moth", What.START_FIXED)
    for time in range(5):
        pid.rename(away)
        until(lambda: "lost" in daemon.states()["moth"].incidents, "the loss to be seen")
        until(lambda: daemon.states()["moth"].incidents["lost"].quiet is None, "each of them")
        away.rename(pid)
        if time < 2:
            until(lambda: not daemon.states()["moth"].incidents, "it to be over")
        else:
            until(lambda: daemon.states()["moth"].incidents["lost"].quiet, "it to be gone")
    lost = [
        event for event in daemon.events("moth") if event.what in {What.PIDFILE_LOST, What.WELL}
    ]
    assert len(lost) == 3
    assert [event.closed for event in lost] == [True, True, False]
    assert lost[2].facts.flaps == 5
    assert "flapping" in rig.ask("status")
    assert "comes and goes: 5 times" in rig.ask("events")
    rig.ask("check", code=1)
    assert worker.starts == 1
