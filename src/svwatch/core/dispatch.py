"""When a letter goes out, alone or as one of many: pure decisions about one lane.

What goes out is always the oldest that waits, or a digest of all that waits: order is kept. Four
things hold a letter back, and whatever was held goes together as one message:

* gathering: others that happen at the same time go along with it;
* bursts: after a digest of several services the next message waits, after two of them for long;
* the share of a service: two messages in ten minutes, a third for what is urgent or over;
* the rate of the route, of which the last slots are kept for what is critical and for digests.

All instants are wall time in unix seconds: letters outlive boots. An instant far in the future
was written before the clock was set back, and counts for nothing.
"""

from collections.abc import Iterable

from msgspec import Struct

from svwatch.core.ledger import Why
from svwatch.core.level import Level
from svwatch.core.route import Rate

WINDOW = 600.0  # seconds: of a burst, and of the share of a service
PAUSE = 120.0  # seconds after a first digest,
PAUSE_CRITICAL = 60.0  # and for something critical
STRAGGLER = 60.0  # seconds: what went alone so shortly before a digest began the same burst
SHARE = 2  # messages about one service within WINDOW, and one more for what cannot wait
LAST_WORD = 60.0  # seconds without another letter: then what is over is over
LAST_SLOT = 60.0  # seconds: the last message that a rate allows for gathers for so long
LATE = 90.0  # seconds, more than an attempt takes: what waits for longer waited for an outage
FAR = 3600.0  # seconds; no instant of ours is further in the future
NEVER = float("-inf")


class Waiting(Struct, frozen=True):
    """A letter that waits. *digest*: it is one, and goes as it is."""

    id: int
    service: str
    level: Level
    why: Why
    created: float
    attempts: int = 0
    digest: bool = False

    @property
    def critical(self) -> bool:
        """Whether people must know at once."""
        return self.level is Level.CRITICAL

    @property
    def closing(self) -> bool:
        """Whether it tells the end of something."""
        return self.why in {Why.CLEARED, Why.VERDICT}


class Sent(Struct, frozen=True):
    """A message that went out at *at*. *service*: "" for a digest of several."""

    at: float
    service: str
    level: Level


class Policy(Struct, frozen=True):
    """What a route says of it. *gather* in seconds, 0: each letter is a message of its own."""

    gather: float = 10.0
    rate: Rate = Rate()

    @property
    def memory(self) -> float:
        """How far back what was sent must be known, seconds."""
        return 2 * max(WINDOW, self.rate.seconds)


class Send(Struct, frozen=True):
    """Send letter *id* as it is."""

    id: int


class Fold(Struct, frozen=True):
    """Make one message of *ids*, all that waits, and send that.

    *held*: they were held back, over so many seconds; None: they came at the same time.
    """

    ids: tuple[int, ...]
    held: float | None = None


class Wait(Struct, frozen=True):
    """Decide again at *until*, or when there is another letter."""

    until: float


Decision = Send | Fold | Wait | None


def decide(
    policy: Policy,
    waiting: tuple[Waiting, ...],
    sent: Iterable[Sent],
    wall: float,
    *,
    flush: bool = False,
) -> Decision:
    """Say what happens to *waiting* (oldest first), after *sent* (within `Policy.memory`).

    *flush*: nobody will be here to send what is gathered. None: nothing waits.
    """
    if not waiting:
        return None
    head, lane = waiting[0], _Lane(policy, sent, wall)
    if head.attempts or head.digest:  # somebody may have it already: it stays what it is
        return _at(lane.slot(), Send(head.id), wall)
    ready = head.created + policy.gather
    if wall < ready <= wall + policy.gather and not flush:  # more: the clock was set back
        return Wait(ready)
    if len(waiting) == 1 or _singly(policy, waiting, lane, ready):
        return _at(lane.free((head,)), Send(head.id), wall)
    held = None if wall <= ready + LATE else wall - head.created
    return _at(lane.free(waiting), Fold(tuple(one.id for one in waiting), held), wall)


def _at(instant: float, decision: Decision, wall: float) -> Decision:
    return decision if instant <= wall else Wait(instant)


def _singly(policy: Policy, waiting: tuple[Waiting, ...], lane: "_Lane", ready: float) -> bool:
    """Whether each goes alone: nothing is to be gathered, or an outage kept them; and all fit."""
    together = policy.gather > 0 and lane.wall <= ready + LATE
    held = lane.free(waiting[:1]) > ready
    if together or held or len(waiting) > policy.rate.most:
        return False
    for one in waiting:
        if lane.free((one,), spare=True) > lane.wall:
            return False
        lane = lane.after(one)
    return True


class _Lane:
    """What a lane may do after what it did. Every instant given may have passed already."""

    def __init__(self, policy: Policy, sent: Iterable[Sent], wall: float) -> None:
        self.wall = wall
        self._policy = policy
        self._most = max(1, policy.rate.most)
        known = (one for one in sent if one.at <= wall + FAR)
        self._sent = sorted(known, key=lambda one: one.at, reverse=True)  # the newest first

    def after(self, letter: Waiting) -> "_Lane":
        """Give the lane as it is once *letter* was sent, now."""
        one = Sent(self.wall, letter.service, letter.level)
        return _Lane(self._policy, (*self._sent, one), self.wall)

    def slot(self) -> float:
        """Give when the rate allows for one more message."""
        return _nth(self._sent, self._most) + self._policy.rate.seconds

    def free(self, letters: tuple[Waiting, ...], *, spare: bool = False) -> float:
        """Give when *letters* may go out as one message; *spare*: without the slots kept back."""
        critical = any(one.critical for one in letters)
        rate = self._usual(critical=critical)
        if not spare:
            rate = min(rate, self._kept(letters[0].created, critical=critical))
        return max(rate, self._burst(critical=critical), self._share(letters))

    # --- the rate of the route ---------------------------------------------------------------

    def _usual(self, *, critical: bool) -> float:
        """Give when there is a slot, but for one kept for digests, and one for what is critical."""
        kept = 1 if critical or self._most < 4 else 2
        return _nth(self._sent, max(1, self._most - kept)) + self._policy.rate.seconds

    def _kept(self, oldest: float, *, critical: bool) -> float:
        """Give when one of those may be used."""
        last = _nth(self._sent, 1) + LAST_SLOT if critical else oldest + self._policy.rate.seconds
        return max(self.slot(), last)

    # --- bursts ------------------------------------------------------------------------------

    def _burst(self, *, critical: bool) -> float:
        """Give the end of the pause after digests of several services."""
        digests = [one.at for one in self._sent if not one.service]
        burst = [
            one.at
            for one in self._sent
            if any(0 <= digest - one.at <= STRAGGLER for digest in digests)
        ]
        if not burst:
            return NEVER
        last, before = burst[0], burst[1] if len(burst) > 1 else NEVER
        pause = PAUSE_CRITICAL if critical else PAUSE
        if last - before >= WINDOW:
            return last + pause
        # two within WINDOW: a third must hold all the rest of it
        return max(last + pause, before + WINDOW) if critical else last + WINDOW

    # --- the share of a service --------------------------------------------------------------

    def _share(self, letters: tuple[Waiting, ...]) -> float:
        """Give when the services of *letters* may be told of: one that is due takes all along."""
        of: dict[str, list[Waiting]] = {}
        for one in letters:
            of.setdefault(one.service, []).append(one)
        due = {service: self._due(service, of[service]) for service in of}
        soonest = min(due.values())
        if len(of) == 1:
            return soonest
        filled = max(_nth(self._about(service), SHARE + 1) for service in of) + WINDOW
        urgent = [due[one.service] for one in letters if one.critical]
        return min([*urgent, max(soonest, filled)])

    def _due(self, service: str, letters: list[Waiting]) -> float:
        about = self._about(service)
        usual, third = _nth(about, SHARE) + WINDOW, _nth(about, SHARE + 1) + WINDOW
        critical, last = any(one.critical for one in letters), letters[-1]
        lately = [one.level for one in about if self.wall - one.at < WINDOW]
        if critical and Level.CRITICAL not in lately:
            return third
        if critical or last.closing:
            return min(usual, max(third, last.created + LAST_WORD))
        return usual

    def _about(self, service: str) -> list[Sent]:
        """Give the messages that told of *service*, or may have."""
        return [one for one in self._sent if one.service in {service, ""}]


def _nth(sent: list[Sent], number: int) -> float:
    """Give when the message was sent that is the *number*-th, counted from the newest."""
    return sent[number - 1].at if number <= len(sent) else NEVER
