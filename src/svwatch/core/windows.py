"""Windows: which of the last marks count, and when they are enough."""

from svwatch.core.ledger import Sample
from svwatch.core.plan import Lasting, Times, Window
from svwatch.core.seen import Incarnation

Held = tuple[Sample, ...]


def push(window: Window, held: Held, sample: Sample) -> Held:
    """Add one mark. Leading good marks say nothing and are dropped: all well is empty."""
    match window:
        case Times(of=of):
            return _trim((*held, sample)[-of:])
        case Lasting():
            if not sample.bad:
                return ()
            # the first says how long, the last two what: a day of looks is three samples
            return (*held[:1], *held[1:][-1:], sample)


def _trim(held: Held) -> Held:
    for index, sample in enumerate(held):
        if sample.bad:
            return held[index:]
    return ()


def bad(held: Held) -> int:
    """Count the bad marks."""
    return sum(sample.bad for sample in held)


def met(window: Window, held: Held) -> bool:
    """Say whether the marks are what the window asks for."""
    match window:
        case Times(n=n):
            return bad(held) >= n
        case Lasting(seconds=seconds):
            return len(held) >= 2 and held[-1].at - held[0].at >= seconds


def asked(window: Window) -> int:
    """Give the number of bad marks it takes (2 at least for a duration)."""
    match window:
        case Times(n=n):
            return n
        case Lasting():
            return 2


# --- windows of children ---------------------------------------------------------------------

CHILD = " @"  # between the key of a rule and whose window it is; no sentence holds it so


def key_of(rule: str, child: Incarnation) -> str:
    """Give the key of the window that *rule* has for *child*."""
    return f"{rule}{CHILD}{child.pid}.{child.ticks}"


def belongs(key: str, rule: str) -> bool:
    """Whether *key* is of a child's window of *rule*."""
    return key.startswith(rule + CHILD)


def rule_of(key: str) -> str:
    """Give the key of the rule whose window is under *key*."""
    rule, mark, child = key.rpartition(CHILD)
    return rule if mark and child.replace(".", "", 1).isdecimal() else key


def of_rule(windows: dict[str, Held], rule: str) -> Held:
    """Give the window of *rule*; of a `child` rule the fullest, for one that is not there: ()."""
    held = windows.get(rule)
    if held is not None:
        return held
    its = (one for key, one in windows.items() if belongs(key, rule))
    return max(its, key=bad, default=())
