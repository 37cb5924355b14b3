"""An event in one phrase: what every list, subject and log line says of it."""

from svwatch.core.event import Event
from svwatch.core.ledger import Facts, What
from svwatch.core.phrase import amount
from svwatch.core.units import age
from svwatch.view import ourselves
from svwatch.view.joining import joined, told
from svwatch.view.numbers import because, measured, now_uses, pids, restarts, unending, window

__all__ = [
    "because",
    "headline",
    "joined",
    "measured",
    "now_uses",
    "outcome",
    "pids",
    "restarted",
    "restarts",
    "told",
    "unending",
    "window",
    "would",
]


def headline(event: Event, *, short: bool = False) -> str:
    """Say what happened, without the name of the service: `restarted, fixed: totalmem ...`."""
    words = joined(_happened(event, short=short), _flaps(event), by=", ")
    return words + (_was(event.facts) if event.what in ENDS else "")


ENDS = frozenset(
    {What.WELL, What.MONITORED, What.RESTART_FIXED, What.START_FIXED, What.STOPPED},
)
TELLING = frozenset(
    {What.GAVE_UP, What.CRASHING, What.WILL_NOT_STOP, What.NO_HELP, What.BACKING_OFF},
)


def _was(facts: Facts) -> str:
    """Say what is over, where that is worth a word: ` (was: crashing, 76 restarts in 24m)`."""
    if facts.was not in TELLING:
        return ""
    return f" (was: {joined(facts.was, restarts(facts) if facts.count else '', by=', ')})"


def _flaps(event: Event) -> str:
    """Say that it comes and goes, and how often it did: `comes and goes: 7 times`."""
    flaps = event.facts.flaps
    return f"comes and goes: {flaps} times" if flaps else ""


def _happened(event: Event, *, short: bool) -> str:
    facts, why = event.facts, because(event.facts, short=short)
    match event.what:
        case What.RESTART_BEGUN:
            return told("restarting", why)
        case What.RESTART_FIXED:
            return told("restarted, fixed", joined(why, now_uses(facts, short=short)))
        case What.RESTART_FAILED:
            return told("restart failed", joined(facts.reason or "", _apart(facts, short=short)))
        case What.RESTART_WITHDRAWN:
            return told("restart withdrawn", why)
        case What.START_BEGUN:
            return told("is being started", why)
        case What.START_FIXED:
            return told("started", joined(why, now_uses(facts, short=short)))
        case What.START_FAILED:
            return told("does not start", joined(facts.reason or why, _exit(facts)))
        case What.STOP_BEGUN:
            return told("is being stopped", why)
        case What.STOPPED:
            return told("was stopped", why)
        case _:
            return _left_alone(event, why, short=short)


def _apart(facts: Facts, *, short: bool) -> str:
    """Say the condition beside a reason that is shown already."""
    return measured(facts, short=short) if facts.measured is not None and facts.unit else ""


def _exit(facts: Facts) -> str:
    return "" if facts.exit is None else f"exit {facts.exit}"


def _left_alone(event: Event, why: str, *, short: bool) -> str:
    facts = event.facts
    match event.what:
        case What.GAVE_UP:
            return told("gave up", restarts(facts) if facts.count else why)
        case What.BACKING_OFF:
            return told("is backing off", restarts(facts) if facts.count else why)
        case What.NO_HELP:
            least = "" if facts.after is None else amount(facts.after, "bytes", short=short)
            never = f"never under {least} since its start" if least else ""
            return joined(told("restarting does not help", why), never)
        case What.WILL_NOT_STOP:
            return told("will not stop", unending(facts, short=short))
        case What.RESTARTED:
            return restarted(facts)
        case What.CRASHING:
            return told("is crashing", restarts(facts) if facts.count else why)
        case What.DOWN:
            gone = f" for {age(facts.down)}" if facts.down else ""
            because_of = f" ({facts.reason})" if facts.reason else ""
            return f"is down: no process{gone}{because_of}"
        case What.DOWN_BY_HAND:
            return "is down by hand (want d, not ours)"
        case _:
            return _noticed(event, why, short=short)


def restarted(facts: Facts) -> str:
    """Say who restarted it: `was killed (kernel: out of memory) and restarted: pid 1 -> 2`."""
    if facts.cause == "oom":
        words = "was killed (kernel: out of memory) and restarted"
    else:
        by = f" by {facts.who}" if facts.who and facts.who != "unknown" else ""
        words = f"was restarted{by}"
    after = f" after {age(facts.down)}" if facts.down else ""
    many = restarts(facts) if facts.count is not None and facts.count > 1 else ""
    return told(words, joined(pids(facts) + after, many))


PLAINLY = {
    What.GONE: "is gone",
    What.FORGOTTEN: "is forgotten",
    What.NOT_WATCHED: "is not watched",
    What.ON_HOLD: "is on hold",
    What.RELEASED: "is released",
    What.TOO_FEW: "sees too few up",
    What.ENOUGH: "sees enough up again",
}
"""What needs a reason only."""


def _noticed(event: Event, why: str, *, short: bool) -> str:
    facts = event.facts
    if event.what in PLAINLY:
        return told(PLAINLY[event.what], facts.reason or why)
    match event.what:
        case What.OVER:
            return told("is over its limit", joined(why, window(facts), by=", "))
        case What.NO_ANSWER:
            return told("does not answer", joined(why, window(facts), by=", "))
        case What.RULE:
            return told("meets a rule", why)
        case What.WELL:
            return told(_since("is well again", facts), _below(facts, short=short))
        case What.BACK:
            return told(_since("is back", facts), pids(facts))
        case What.MONITORED:
            return _since("is monitored again", facts)
        case What.WOULD:
            return told(would(facts), joined(why, window(facts), by=", "))
        case _:
            return _doubted(event, why)


def _doubted(event: Event, why: str) -> str:
    facts = event.facts
    match event.what:
        case What.SUSPECT_PID:
            number = f" {facts.new.pid}" if facts.new is not None else ""
            return told(f"has a suspect pid{number}", facts.reason or "")
        case What.PIDFILE_LOST:
            lives = f" while pid {facts.old.pid} lives" if facts.old is not None else ""
            return told(f"lost its pidfile{lives}", facts.reason or "")
        case What.DOUBLED:
            return "runs twice: " + _both(facts)
        case What.SOMEONE_ELSE:
            return told("was started by someone else, it seems", facts.reason or pids(facts))
        case What.CANNOT_MEASURE if facts.rule:
            return told("has a rule that cannot be judged", joined(facts.rule, facts.reason or ""))
        case What.CANNOT_MEASURE:
            lasting = f" for {age(facts.span)}" if facts.span else ""
            return told(f"cannot be measured{lasting}", facts.reason or why)
        case _:
            return _done(event, why)


DONE = {
    "restart": "restarted",
    "restart now": "restarted at once",
    "start": "started",
    "stop": "stopped",
    "give up": "given up",
}


def would(facts: Facts) -> str:
    """Say what observe mode did not do: `would have been restarted`."""
    done = DONE.get(facts.doing or "")
    return f"would have been {done}" if done else f"would {facts.doing or 'act'}"


def _since(words: str, facts: Facts) -> str:
    return words + (f" after {age(facts.span)}" if facts.span else "")


def _below(facts: Facts, *, short: bool) -> str:
    if facts.measured is None or facts.limit is None or facts.test is None:
        return f"it was {facts.reason}" if facts.reason else ""
    if facts.reason:
        return facts.reason
    value = amount(facts.measured, facts.unit, short=short)
    return f"{facts.test} {value}, limit {amount(facts.limit, facts.unit, short=short)}"


def _both(facts: Facts) -> str:
    if facts.old is None or facts.new is None:
        return facts.reason or "two processes"
    return f"the pidfile names pid {facts.new.pid} while pid {facts.old.pid} lives"


def _done(event: Event, why: str) -> str:
    match event.what:
        case What.EXEC:
            return told("ran a command", joined(why, _exit(event.facts)))
        case What.SIGNALLED:
            return told(f"was sent {event.facts.doing or 'a signal'}", why)
        case _:
            return ourselves.said(event, why)


def outcome(event: Event) -> str:
    """Give the headline, and for how long it was down: `restarted, fixed: ...; down 2.4s`."""
    down = event.facts.down
    done = event.what in {What.RESTART_FIXED, What.START_FIXED}
    return headline(event) + (f", down {age(down)}" if done and down else "")
