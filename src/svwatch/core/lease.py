"""Leases: an operator has the service in hand for a while, and the while always ends."""

from msgspec import Struct

LONGEST = 24 * 3600.0  # seconds: whoever needs more says `unmonitor`, which is reminded of


class Lease(Struct, frozen=True):
    """A hold: rules are judged, nothing is done, alerts are kept back. *until* is CLOCK_MONOTONIC.

    *token* is known to the command that the hold is for (`hold ... -- command`): what that
    command asks for is done although the service is on hold.
    """

    until: float
    who: str
    reason: str = ""
    serial: int = 0  # its event
    token: str = ""

    @property
    def says(self) -> str:
        """Who, and what for: `ann: deploy`."""
        return f"{self.who}: {self.reason}" if self.reason else self.who


class Ties(Struct, frozen=True, tag="ties"):
    """What the other services mean for this one, by name (`after:`, `depends_on:`).

    *problem*: prerequisites that are the problem; nothing is done or told meanwhile.
    *first*: prerequisites that are about to stop and want this one down before.
    *missing*: prerequisites that do not serve; what went down for them waits for all of these.
    *above*: dependants that must be down before this one is told to end.
    """

    problem: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    for_good: bool = False  # those in *first* are stopped, not restarted
