"""What a run without a daemon knows before it comes in: who there is, and who answers."""

import time

from svwatch.core.connection import Dialled
from svwatch.core.plan import Plan
from svwatch.core.vanish import Moment
from svwatch.probe import clock
from svwatch.shell.calls import endpoints
from svwatch.shell.membership import found_now
from svwatch.shell.reach import Place
from svwatch.shell.store import Store
from svwatch.shell.switchboard import dial_all

Results = list[tuple[str, Dialled]]  # by service: what came of its connection tests


def whole(place: Place) -> Plan:
    """Give the configuration with the members that are there now, and those on record.

    Raises StoreFailed.
    """
    plan = place.plan or Plan(source="")
    store = Store.open_readonly(place.state_dir) if plan.molds else None
    try:
        saved = store.states() if store else {}
    finally:
        if store is not None:
            store.close()
    known = [name for name, one in saved.items() if one.service.family is not None]
    return found_now(plan, known, Moment(clock.now(), time.time())).plan


def dialled(plan: Plan, seconds: float) -> Results:
    """Make all connection tests of *plan* at once, within *seconds*: nobody waits inside."""
    calls = {service.name: endpoints(service) for service in plan.services}
    return dial_all({name: found for name, found in calls.items() if found}, seconds)
