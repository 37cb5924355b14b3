"""`svwatch --check` from cron does what the daemon does, one look at a time."""

import pytest

from svwatch.core.ledger import What
from svwatch.shell.store import Store
from tests.live.rig import Rig
from tests.live.waiting import until

pytestmark = pytest.mark.live

RULES = """
services:
  one:
    supervisor: runit
    rules: |
      if totalmem > 60 MB for 2 cycles then restart
      if changed pid then alert
"""


def whats(rig: Rig) -> list[What]:
    """Give what is in the ledger, oldest first."""
    store = Store.open_readonly(str(rig.root / "state"))
    if store is None:
        return []
    try:
        return [event.what for event in reversed(store.events(service="one"))]
    finally:
        store.close()


def test_windows_and_restarts_work_from_cron(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(RULES)
    rig.up()
    old = worker.started(1)
    rig.ask("check", code=0)
    worker.leak(80)
    until(lambda: rig.ask("check", code=None) and worker.starts == 2, "the restart", seconds=20)
    until(lambda: What.RESTART_FIXED in whats(rig) or rig.ask("check", code=None) == "", "proof")
    rig.ask("check", code=0)
    assert (worker.seconds, worker.heard()) == (0, [old])
    assert whats(rig) == [What.RESTART_FIXED]


def test_a_changed_pid_is_noticed_from_cron(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(RULES)
    rig.up()
    worker.started(1)
    rig.ask("check", "-q", code=0)
    worker.kill()
    worker.started(2)
    said = rig.ask("check", "-q", code=None)
    assert "one" in said
    assert whats(rig) == [What.RESTARTED]
    assert rig.ask("check", "-q", code=None) == "", "nothing new, so no mail from cron"


def test_dry_runs_and_nagios_never_act(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.config(RULES.replace("for 2 cycles ", ""))
    rig.up()
    worker.started(1)
    worker.leak(80)
    until(lambda: "would" in rig.ask("check", "--dry-run", code=None), "the intention to be told")
    said = rig.ask("check", "--format", "nagios", code=None)
    assert said.startswith("SVWATCH ")
    assert worker.starts == 1
    assert worker.heard() == []
