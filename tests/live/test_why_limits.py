"""`why NAME --limits` from the minutes on record: the same with a daemon and without."""

import time

import pytest

from svwatch.core.units import MB
from svwatch.shell.store import Store
from tests.live.rig import Rig
from tests.live.waiting import until

pytestmark = pytest.mark.live

RULES = """
services:
  one:
    supervisor: runit
    rules: |
      if totalmem > 175 MB for 3 cycles then restart
"""
DAY = 24 * 60


def week(text: str) -> list[str]:
    """Leave out the line that another minute changes."""
    return [line for line in text.splitlines() if not line.startswith("last day ")]


def test_limits_with_a_daemon_and_without(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(RULES)
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    assert "no minute of its memory is on record yet" in rig.ask("why", "one", "--limits")
    until(lambda: daemon.end() == 0, "the end")

    now = int(time.time() // 60)
    store = Store.open(str(rig.root / "state"))
    sizes = [(60 + at % 120) * MB for at in range(2 * DAY)]  # it grows for two hours, to 179 MB
    store.minute([("one", now - at - 60, sizes[-at]) for at in range(1, 2 * DAY)])
    store.close()

    alone = rig.ask("why", "one", "--limits")
    assert "one: totalmem, the most of each minute; only 1d 23h on record" in alone
    assert "last 7 days  120M  174M  179M" in alone
    assert "175M (now)        12           24     3.3%" in alone
    rig.watch().knows("one")
    assert week(rig.ask("why", "one", "--limits")) == week(alone)

    for words in (("two",), ("17",)):
        rig.ask("why", *words, "--limits", code=2)
