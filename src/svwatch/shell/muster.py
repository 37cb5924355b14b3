"""Says when a group has fewer members up than it must have, and when it has them again."""

from collections.abc import Mapping

from svwatch.core.ledger import Facts, What
from svwatch.core.level import Level
from svwatch.core.plan import Plan
from svwatch.core.seen import Now
from svwatch.core.shortage import Shortage, shortages
from svwatch.core.state import State
from svwatch.shell.own import Own

KEY = "group "  # before the name of a group: incidents of svwatch's own


def muster(own: Own, plan: Plan, states: Mapping[str, State], now: Now) -> None:
    """Tell of every group of *plan* once that it is below its min_up, and when that ends."""
    if not plan.source:  # the configuration is still to come
        return
    found = {f"{KEY}{one.group}": one for one in shortages(plan, states, now)}
    for key in [key for key in own.state.incidents if key.startswith(KEY) and key not in found]:
        facts = Facts(reason=key, span=now.mono - own.state.incidents[key].raised)
        own.clear(now, key, What.ENOUGH, facts)
    for key, one in found.items():
        if key not in own.state.incidents:
            own.raise_(now, key, What.TOO_FEW, Level.CRITICAL, _facts(one))


def _facts(one: Shortage) -> Facts:
    return Facts(reason=f"group {one.group}: {one.says}", count=one.up)
