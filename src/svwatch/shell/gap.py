"""What changed while nobody looked: one notice after a long gap."""

from collections.abc import Mapping

from msgspec import Struct

from svwatch.core.ledger import Facts, Line, What
from svwatch.core.phases import Phase
from svwatch.core.seen import Incarnation, Now
from svwatch.core.state import State
from svwatch.core.units import show_duration
from svwatch.shell.own import Own

INTERVALS = 3  # a gap of more looks than this is worth a word
WITHOUT = 90.0  # seconds without a daemon: what is on record of its last look is a minute old
MOST = 20  # services named one by one


class Before(Struct, frozen=True):
    """How things stood at the last look before a gap of *seconds*."""

    seconds: float
    states: Mapping[str, tuple[Incarnation | None, Phase]]


def before(seconds: float, states: Mapping[str, State]) -> Before:
    """Remember how things stood."""
    return Before(seconds, {name: _stand(state) for name, state in states.items() if state.seen})


def after(seconds: float, states: Mapping[str, State]) -> Before | None:
    """Give what to compare with after *seconds* without a daemon; None: that was no gap."""
    return before(seconds, states) if states and seconds > WITHOUT else None


def _stand(state: State) -> tuple[Incarnation | None, Phase]:
    return (state.known.incarnation if state.known else None, state.phase)


def tell(gap: Before, states: Mapping[str, State], own: Own, now: Now) -> None:
    """Write the notice once every service was looked at again."""
    changes = [
        Line(now.mono, name, change)
        for name, old in gap.states.items()
        if name in states and (change := _change(old, _stand(states[name])))
    ]
    count = len(changes)
    reason = f"nobody watched for {show_duration(gap.seconds)}: " + (
        f"{count} service{'s' * (count != 1)} changed meanwhile" if count else "nothing changed"
    )
    facts = Facts(span=gap.seconds, count=count, reason=reason)
    own.record(now, What.DAEMON_BACK, facts=facts, lines=tuple(changes[:MOST]), told=bool(changes))


def _change(
    old: tuple[Incarnation | None, Phase], new: tuple[Incarnation | None, Phase]
) -> str | None:
    (process, phase), (now_process, now_phase) = old, new
    if now_phase is Phase.WISHED_DOWN and phase is not Phase.WISHED_DOWN:
        return "was up, is down by hand"
    if process is not None and now_process is None:
        return "was up, is down"
    if now_process is not None and process != now_process:
        return "new pid, 1 restart at least" if process is not None else "was down, is up"
    return None
