"""How a service is told to end: one signal, or several with pauses in between."""

from msgspec import Struct


class Rung(Struct, frozen=True):
    """One signal of a ladder ("TERM", "QUIT" ...) and the pause before the next, in seconds.

    None: it is the last, and waits until `stop_timeout`.
    """

    name: str
    wait: float | None = None


SIGNALS = ("TERM", "QUIT", "INT", "TSTP", "USR1", "USR2", "HUP", "ALRM")
"""The signals a ladder may hold: those that runsv can send too (runsv.c), and TSTP."""

QUIETS = frozenset({"TSTP"})
"""What makes a process quiet, or stops it, and ends none."""

USUAL = (Rung("TERM"),)
"""Where nothing is said."""


def pauses(ladder: tuple[Rung, ...]) -> float:
    """Give the seconds from the first signal of *ladder* to its last."""
    return sum(rung.wait or 0.0 for rung in ladder)
