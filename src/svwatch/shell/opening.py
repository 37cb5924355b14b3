"""What the daemon says when it has a configuration for the first time."""

from svwatch import __version__
from svwatch.core.plan import Plan


def greeting(plan: Plan) -> str:
    """Say what begins: version, configuration, services, routes, mode."""
    routes = ", ".join(route.name for route in plan.routes) or "none: nobody will be told"
    mode = "observe (nothing is restarted)" if plan.observe else "act"
    count = len(plan.services)
    return (
        f"svwatch {__version__}: {plan.source}, {count} service{'s' * (count != 1)}, "
        f"routes: {routes}, mode: {mode}"
    )
