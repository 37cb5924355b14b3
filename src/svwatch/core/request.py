"""What operators ask for."""

from enum import StrEnum

from msgspec import Struct


class Verb(StrEnum):
    """What an operator can ask of a service."""

    RESTART = "restart"
    START = "start"
    STOP = "stop"
    MONITOR = "monitor"
    UNMONITOR = "unmonitor"
    ADOPT = "adopt"
    HOLD = "hold"
    RELEASE = "release"
    WITHDRAW = "withdraw"  # what waits for its turn need not come any more


class Request(Struct, frozen=True, tag="request"):
    """An operator's wish. *who* asks, for the ledger.

    *rolling*: one of several, admitted in its turn; *beside*: all of them. *seconds*: for how
    long. *token* is that of the hold under which it is asked.
    """

    verb: Verb
    who: str = ""
    now: bool = False
    rolling: bool = False
    seconds: float | None = None
    reason: str = ""
    token: str = ""
    beside: tuple[str, ...] = ()
