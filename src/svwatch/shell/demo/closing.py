"""The last chapters: why it was done, what it cost, and that nothing is left."""

from svwatch.core.ledger import What
from svwatch.shell.demo.scene import Scene
from svwatch.shell.demo.told import seen


def explains(scene: Scene) -> None:
    """Ask svwatch why it restarted worker-1."""
    event = scene.watchman.event("worker-1", (What.RESTART_FIXED,), 5)
    asked = scene.watchman.ask("why", str(event.number))
    seen(asked.returncode == 0, f"svwatch why {event.number} answers: {asked.stderr}")
    old, new = event.facts.old, event.facts.new
    for word in (event.facts.rule, old and str(old.pid), new and str(new.pid)):
        seen(word and word in asked.stdout, f"svwatch why {event.number} names {word}")
    scene.teller.remark(f"$ svwatch why {event.number}")
    scene.teller.quote(asked.stdout)
    scene.teller.claim("the rule, what was measured, what was done, what came of it, who was told")


def closes(scene: Scene) -> None:
    """Say what it cost; end everything and look for what is left."""
    elapsed = scene.teller.elapsed
    seen(scene.watchman.stop() == 0, "svwatch run ends with 0 after TERM")
    cost = scene.watchman.cost()
    seen(cost.own > 0 and cost.memory > 0, "the cost was measured")
    scene.teller.claim(
        f"svwatch used {cost.own:.2f} s of CPU in {elapsed:.0f} s and {cost.memory:.0f} MB; "
        f"its children (they send mail and read the configuration) {cost.children:.1f} s"
    )
    left = scene.stage.strike_curtain()
    seen(not left, f"nothing is left running: {left}")
    scene.teller.claim("every process of the demo has ended")
