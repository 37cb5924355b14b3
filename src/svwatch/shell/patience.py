"""How long a letter is tried, and how often."""

import os

REHEARSAL = "SVWATCH_RETRY_BASE"  # environment: another FIRST_WAIT, to rehearse an outage
MOST_WAIT = 600.0  # seconds
DEAD_AFTER = 3 * 24 * 3600.0  # seconds
DEAD_TRIES = 12  # and this many: a stepped clock, or a host that was off, ends no letter
REFUSALS = 5  # a refusal for good may be a server's bad minute: five, over two minutes, are not


def first_wait(words: str) -> float:
    """Give the seconds before the second attempt: those in *words*, 5 where it holds none."""
    try:
        return min(MOST_WAIT, max(0.05, float(words)))
    except ValueError:
        return 5.0


FIRST_WAIT = first_wait(os.environ.get(REHEARSAL, ""))
LONGEST_WAIT = min(MOST_WAIT, 120 * FIRST_WAIT)  # 10 min, in proportion in a rehearsal


def back_off(attempts: int, jitter: float) -> float:
    """Give the seconds until the next attempt after *attempts* failed; *jitter* in 0 .. 1."""
    most = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempts, 10))
    return FIRST_WAIT + (most - FIRST_WAIT) * (0.5 + 0.5 * jitter)


def spent(attempts: int, refusals: int, age: float) -> bool:
    """Whether that was enough: refused for good, or *age* seconds old and tried often enough."""
    return refusals >= REFUSALS or (age > DEAD_AFTER and attempts >= DEAD_TRIES)
