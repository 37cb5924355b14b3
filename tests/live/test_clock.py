"""The wall clock of svwatch is stepped by a day, and back: no verdict changes."""

import time

import pytest

from svwatch.core.ledger import What
from tests.live.rig import Rig
from tests.live.tools import libfaketime
from tests.live.waiting import throughout, until

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(libfaketime() is None, reason="libfaketime is not installed"),
]

DAY = 86400

RULES = """
services:
  one:
    supervisor: runit
    start_after: 2s
    rules: |
      if totalmem > 60 MB for 2 cycles then restart
      if changed pid then alert
      if uptime > 1 hour then restart
      if 3 restarts within 5 minutes then stop for 10 minutes
  two:
    pidfile: {pidfile}
    start: /bin/false
    stop: /bin/false
    rules: |
      if not exist then start
      if uptime > 1 hour then restart
"""


def test_a_step_of_the_wall_clock_is_no_event(rig: Rig) -> None:
    worker = rig.worker("one")
    other = rig.subject("two", "--daemon")
    rig.start(*other.argv)
    other.started(1)
    rig.config(RULES.replace("{pidfile}", str(other.place / "pid")))
    rig.up()
    worker.started(1)
    clock = rig.root / "clock"
    clock.write_text("+0\n")
    library = libfaketime()
    assert library is not None
    # DONT_FAKE_MONOTONIC: a step of the wall clock moves no other
    quirks = {"FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
    daemon = rig.watch({"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(clock), **quirks})
    daemon.knows("one", "two")

    for offset in (DAY, -DAY, 0):
        clock.write_text(f"{offset:+d}\n")
        throughout(lambda: daemon.events() == [], "a stepped clock is no event", seconds=2)

    # the false clock was in force, and all the while it watched
    clock.write_text(f"+{DAY}\n")
    worker.kill()
    event = daemon.event("one", What.RESTARTED)
    assert event.at - time.time() > DAY - 60
    assert event.facts.old_age is not None
    assert event.facts.old_age < 120  # seconds: an age is no matter of the wall clock
    until(lambda: worker.starts == 2, "the successor")
    assert daemon.whats() == [What.RESTARTED]
    assert (other.starts, other.heard()) == (1, [])
