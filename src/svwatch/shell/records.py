"""Records of an earlier life that are too old to act upon: they alarm instead."""

from msgspec.structs import replace

from svwatch.core.ledger import Facts, Notify, Record, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.seen import Now
from svwatch.core.state import State
from svwatch.core.units import show_duration
from svwatch.shell.store import Saved, Turn
from svwatch.shell.ward import down_by_us

TOO_OLD = 3600.0  # seconds without a daemon, after which nobody knows what people did meanwhile


def outdated(saved: Saved, now: Now, away: float) -> Turn | None:
    """Give up a record after *away* seconds without a daemon, loudly; None: it is young enough.

    The service stays as it is: down, most likely, until somebody says `sv up`.
    """
    if away <= TOO_OLD or not down_by_us(saved.service, saved.state):
        return None
    state, intent = saved.state, saved.state.intent
    serial = state.serial + 1 if intent is None else intent.serial
    reason = (
        f"svwatch took it down and was then away for {show_duration(away)}: "
        "too long to act upon, so it stays as it is"
    )
    facts = Facts(reason=reason, mend=f"sv up {saved.service.service_dir}")
    record = Record(
        serial=serial,
        at=now,
        what=What.RESTART_FAILED,
        level=Level.CRITICAL,
        facts=facts,
        closed=True,
    )
    return Turn(
        service=saved.service,
        state=_without_record(state, serial),
        effects=(record, Notify(serial, Why.VERDICT, Level.CRITICAL)),
    )


def _without_record(state: State, serial: int) -> State:
    return replace(
        state,
        phase=Phase.WATCHING,
        intent=None,
        holding=False,
        until=None,
        serial=max(serial, state.serial),
    )
