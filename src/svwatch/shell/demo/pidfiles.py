"""The chapters of 2010: pidfiles that vanish, and pidfiles that lie."""

import os
import signal

from svwatch.core.ledger import What
from svwatch.shell.demo.cast import NAIVE
from svwatch.shell.demo.patience import pause, until
from svwatch.shell.demo.scene import LIGHT, Scene, Signals
from svwatch.shell.demo.stage import resident, strike
from svwatch.shell.demo.told import seen


def vanishes(scene: Scene) -> None:
    """Delete two pidfiles: one is watched by ten lines of shell, the other by svwatch."""
    stage, teller = scene.stage, scene.teller
    stage.daemon("naive")
    seen(until(stage.pidfile("naive").exists, 5), "the naive watchdog's daemon is up")
    teller.remark(
        "two daemons of the old kind; beside svwatch a naive watchdog, ten lines of shell:"
    )
    teller.quote(NAIVE)
    stage.spawn(
        str(stage.root / "naive.sh"), str(stage.pidfile("naive")), *stage.daemon_argv("naive")
    )
    before = _copies(scene, "mailer")
    alone = until(lambda: len(before) == len(_copies(scene, "naive")) == 1, 5)
    seen(alone, "one copy of each runs")
    for name in ("naive", "mailer"):
        stage.pidfile(name).unlink()
    teller.remark("both pidfiles are deleted; both daemons live on")
    _twice(scene)
    event = scene.watchman.event("mailer", (What.PIDFILE_LOST,), 10)
    pause(1 if scene.fast else 3)  # longer than start_after (2 s) since the deletion
    seen(_copies(scene, "mailer") == before, "svwatch started no second copy of mailer")
    teller.claim(f"svwatch: PIDFILE LOST, pid {before[0]} alive, nothing started, #{event.number}")
    _sweep(scene)


def _twice(scene: Scene) -> None:
    """See the naive watchdog start a second copy."""
    again = until(scene.stage.pidfile("naive").exists, 6)  # a copy writes it when it is complete
    twice = again and until(lambda: len(_copies(scene, "naive")) == 2, 3)
    seen(twice, "the naive watchdog starts a second copy")
    two = _copies(scene, "naive")
    scene.teller.claim(f"naive watchdog: {len(two)} copies now, pids {' and '.join(map(str, two))}")


def _copies(scene: Scene, name: str) -> tuple[int, ...]:
    """Give the pids of daemon *name*; the naive watchdog has its command among its own words."""
    found = scene.stage.running(f"daemon.py start {scene.stage.pidfile(name)} ")
    return tuple(pid for pid in found if pid not in scene.stage.running("naive.sh"))


def _sweep(scene: Scene) -> None:
    """End the naive watchdog, then its daemons."""
    for pid in scene.stage.running("naive.sh"):
        strike(pid, signal.SIGKILL)
    for pid in _copies(scene, "naive"):
        strike(pid, signal.SIGTERM)


def lies(scene: Scene) -> None:
    """Write the demo's own pid into a pidfile whose rule would restart a process of that size."""
    me, (daemon, *_) = os.getpid(), _copies(scene, "indexer")
    weight = resident(me)
    seen(weight > LIGHT, f"the demo ({weight:.0f} MB) is over indexer's limit of {LIGHT} MB")
    scene.teller.remark(f"a rule restarts indexer over {LIGHT} MB; its pidfile now names pid {me}:")
    scene.teller.remark(f"this demo, {weight:.0f} MB")
    scene.stage.pidfile("indexer").write_text(f"{me}\n")
    with Signals() as signals:
        event = scene.watchman.event("indexer", (What.SUSPECT_PID, What.DOUBLED), 10)
        pause(3)  # the rule asks for two cycles of a second
    seen(signals.count == 0, f"no signal reached pid {me}")
    seen(_copies(scene, "indexer") == (daemon,), "indexer was neither ended nor started")
    scene.teller.claim(
        f"{event.what.upper()} #{event.number}: signals that reached us: 0, copies started: 0"
    )
    scene.teller.claim(f"we live to say so, and so does indexer (pid {daemon})")
