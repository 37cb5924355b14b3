"""What Prometheus hears of a worker that leaks, over the lives of its watchdog."""

import signal

import pytest

from svwatch.core.ledger import What
from svwatch.core.units import MB
from tests.live.rig import Rig
from tests.live.waiting import until
from tests.view.metrics_text import Family, Labels, parse

pytestmark = pytest.mark.live

RULES = """
metrics_file: {path}
services:
  one:
    supervisor: runit
    rules: |
      if totalmem > 60 MB for 3 cycles then restart
  two: {{supervisor: runit}}
"""
ONE = ("service", "one")
MEMORY: Labels = (ONE, ("cause", "memory"))
FIXED: Labels = (ONE, ("action", "restart"), ("verdict", "fixed"))


def test_counters_outlive_the_daemon_and_its_end_is_told(rig: Rig) -> None:
    path = rig.root / "svwatch.prom"
    worker = rig.worker("one")
    rig.worker("two")
    rig.config(RULES.format(path=path))
    rig.up()
    worker.started(1)

    def read() -> dict[str, Family]:
        return parse(path.read_text())

    def restarts() -> tuple[float, float]:
        found = read()
        if "svwatch_service_restarts_total" not in found:
            return -1, -1
        counted = found["svwatch_service_restarts_total"].samples[MEMORY]
        return counted, found["svwatch_actions_total"].samples[FIXED]

    daemon = rig.watch()
    daemon.knows("one", "two")
    until(path.exists, "the file of metrics")
    until(lambda: restarts() == (0, 0), "nothing counted yet")
    found = read()
    assert set(found["svwatch_service_up"].samples) == {(ONE,), (("service", "two"),)}
    limits = found["svwatch_service_memory_limit_bytes"].samples
    assert limits == {(ONE,): 60 * MB}

    worker.leak(80)
    daemon.event("one", What.RESTART_FIXED)
    until(lambda: restarts() == (1, 1), "one restart counted")
    assert daemon.end() == 0
    assert read()["svwatch_up"].samples == {(): 0.0}
    assert "svwatch_service_up" not in read()

    daemon = rig.watch()
    until(lambda: restarts() == (1, 1), "the count of the life before")
    daemon.end(signal.SIGKILL)
    assert read()["svwatch_up"].samples == {(): 1.0}  # only the last look tells that it is stale
    rig.watch()
    until(lambda: restarts() == (1, 1), "the count of the lives before")


def test_a_place_that_cannot_be_written_costs_nothing_else(rig: Rig) -> None:
    path = rig.root / "svwatch.prom"
    path.mkdir()
    worker = rig.worker("one")
    rig.worker("two")
    rig.config(RULES.format(path=path))
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    said = f"no metrics: {path}: Is a directory"
    until(lambda: said in rig.ask("status"), "status to show it")
    worker.leak(80)
    daemon.event("one", What.RESTART_FIXED)
