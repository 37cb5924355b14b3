"""When somebody outside may be told that we are alive, and that all is looked at."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

HEARTBEAT = "the heartbeat"  # as a route: no other is called by two words
LATE = 1.5  # intervals: a look that is this old was missed, however seldom it is due


class Watched(Struct, frozen=True):
    """One service: its last look (CLOCK_MONOTONIC; None: none in this life), and its interval.

    *sound*: it could be judged; a bug of ours did not come between.
    """

    looked: float | None
    interval: float
    sound: bool = True


def complete(watched: Iterable[Watched], mono: float, since: float) -> bool:
    """Whether everybody was looked at after *since*, or as lately as their interval asks for."""
    return all(
        one.sound
        and one.looked is not None
        and (one.looked > since or mono - one.looked <= LATE * one.interval)
        for one in watched
    )


class Pulse(Struct, frozen=True, omit_defaults=True):
    """What became of the beats. Instants are wall time, unix seconds; None: there is none.

    *beat*: the last one that was heard; *failing*: since when none is, and *error* why.
    """

    shown: str = ""  # where they go, without secrets
    beat: float | None = None
    failing: float | None = None
    error: str = ""


def heard(pulse: Pulse, wall: float) -> Pulse:
    """Give *pulse* after a beat that was heard at *wall*."""
    return replace(pulse, beat=wall, failing=None, error="")


def missed(pulse: Pulse, wall: float, error: str) -> Pulse:
    """Give *pulse* after a beat at *wall* that nobody heard."""
    return replace(pulse, failing=wall if pulse.failing is None else pulse.failing, error=error)
