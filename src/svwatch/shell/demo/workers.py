"""The workers' chapters: one climbs to its limit, one is killed, one crashes again and again."""

import signal
from pathlib import Path

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.shell.demo.patience import pause, until
from svwatch.shell.demo.scene import Scene
from svwatch.shell.demo.stage import resident, strike
from svwatch.shell.demo.told import seen

LIMIT = 175  # MB, in the five lines
MEGABYTE = 2**20


def climbs(scene: Scene) -> None:
    """Let worker-1 leak, and see it restarted with proof."""
    old = scene.up("worker-1")
    rate = 90 if scene.fast else 25
    (scene.stage.service("worker-1") / "leak").write_text(str(rate))
    scene.teller.remark(f"worker-1 (pid {old}) begins to leak {rate} MB per second")
    _bars(scene, old)
    event = scene.watchman.event("worker-1", (What.RESTART_FIXED,), 30)
    _prove(scene, old, event)


def _bars(scene: Scene, pid: int) -> None:
    """Show how the worker grows, until it is over the limit."""
    size, shown = 0.0, -1.0
    while size <= LIMIT:
        size = resident(pid)
        if size - shown >= LIMIT / 6 or size > LIMIT:
            scene.teller.remark(f"worker-1 {'#' * int(size / 5):<36} {size:4.0f} MB of {LIMIT}")
            shown = size
        seen(scene.pid("worker-1") == pid, f"worker-1 grows past {LIMIT} MB before it is restarted")
        pause(0.05)


def _prove(scene: Scene, old: int, event: Event) -> None:
    """Compare the ledger with what /proc and runit say."""
    facts, new = event.facts, scene.up("worker-1")
    seen((facts.measured or 0) > LIMIT * MEGABYTE, "the ledger says how much it was over the limit")
    over = (facts.measured or 0) / MEGABYTE
    scene.teller.claim(f"totalmem {over:.0f} MB > {LIMIT} MB at the third look in a row: sv down")
    seen(facts.old and facts.old.pid == old, "the ledger names the old pid")
    seen(not Path(f"/proc/{old}").exists(), f"pid {old} is gone")
    log = (scene.stage.service("worker-1") / "log/main/current").read_text(encoding="utf-8")
    seen(f"pid:{old}] Job NewsletterJob (id=881204) COMPLETED" in log, "it finished its job")
    scene.teller.claim(f"it finished its job (its log says so); pid {old} is proven gone")
    seen(facts.new and facts.new.pid == new != old, "the ledger names the new pid")
    seen(len(scene.stage.running("worker.py worker-1 ")) == 1, "exactly one worker-1 runs")
    down = f"down for {facts.down * 1000:.0f} ms" if facts.down is not None else "up"
    scene.teller.claim(
        f"pid {new} runs, {resident(new):.0f} MB, {down}: {event.what} #{event.number}"
    )


def killed(scene: Scene) -> None:
    """Kill worker-2 with -9, and see its successor adopted."""
    old = scene.up("worker-2")
    scene.teller.remark(f"kill -9 {old} (worker-2)")
    seen(strike(old, signal.SIGKILL), "worker-2 could be killed")
    new = scene.successor("worker-2", old)
    event = scene.watchman.event("worker-2", (What.RESTARTED,), 10)
    seen(event.facts.new and event.facts.new.pid == new, "the ledger names the successor")
    after = (event.facts.down or 0) * 1000
    scene.teller.claim(
        f"runit restarted it, svwatch adopted pid {new}: {after:.0f} ms after the end"
    )
    mine = [e for e in scene.watchman.events() if e.service == "worker-2"]
    seen(len(mine) == 1, "exit and successor are one event")
    scene.teller.claim(f"one event, one line: #{event.number} {event.what} by {event.facts.who}")


def finished(scene: Scene) -> None:
    """Kill svwatch between `sv down` and `sv up`; a new one must finish the restart."""
    old = scene.up("worker-3")
    scene.teller.remark("$ svwatch restart worker-3")
    scene.watchman.begin("restart", "worker-3")
    down = until(lambda: (s := scene.status("worker-3")) and s.want == "d", 10, 0.01)
    seen(down, "worker-3 is wanted down")
    watchman = scene.watchman.pid
    scene.watchman.kill()
    scene.teller.remark(f"kill -9 {watchman}: svwatch itself, between `sv down` and `sv up`")
    gone = until(lambda: (s := scene.status("worker-3")) and s.pid == 0, 10)
    seen(gone, "worker-3 ends")
    pause(0.5)
    seen((s := scene.status("worker-3")) and s.want == "d" and not s.pid, "worker-3 stays down")
    scene.teller.claim(
        f"worker-3 (pid {old}) has ended, runit wants it down: nobody would start it"
    )
    scene.watchman.start()
    new = scene.successor("worker-3", old, 15)
    event = scene.watchman.event("worker-3", (What.RESTART_FIXED,), 15)
    seen(event.facts.old and event.facts.old.pid == old, "it is the same event as before the KILL")
    scene.teller.claim(
        f"svwatch came back and finished it: pid {new}, {event.what} #{event.number}"
    )


def crashes(scene: Scene) -> None:
    """Let worker-4 crash at each start, and see it stopped for a while, told once."""
    old = scene.up("worker-4")
    (scene.stage.service("worker-4") / "crash").touch()
    scene.teller.remark(
        "worker-4 cannot reach its database: it ends at once, each time runit starts it"
    )
    strike(old, signal.SIGKILL)
    event = scene.watchman.event("worker-4", (What.BACKING_OFF, What.GAVE_UP), 20)
    down = until(lambda: (s := scene.status("worker-4")) and s.want == "d" and not s.pid, 15)
    seen(down, "runit holds worker-4 down")
    count, span = event.facts.count or 0, event.facts.span or 0.0
    seen(count >= 3, "the ledger counts the restarts")
    scene.teller.claim(
        f"{count} restarts in {span:.0f}s: down for 10 minutes, #{event.number} {event.what}"
    )
