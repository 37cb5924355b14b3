"""What an event is about: a value against its limit, pids, how many restarts."""

from svwatch.core.ledger import Facts
from svwatch.core.phrase import amount, compared, counted
from svwatch.core.units import age
from svwatch.view.joining import joined


def because(facts: Facts, *, short: bool = False) -> str:
    """Say what the event is about: a number against its limit, pids, a sentence; or nothing."""
    match facts.test:
        case "changed pid" if facts.old is not None and facts.new is not None:
            return pids(facts)
        case "restarts" if facts.count:
            return restarts(facts)
        case "not exist":
            return "no process" + (f" for {age(facts.down)}" if facts.down else "")
        case "exist":
            return "a process exists"
        case str() if facts.measured is not None and facts.unit is not None:
            return measured(facts, short=short)
    if facts.reason:
        return facts.reason
    return facts.rule or (f"asked for by {facts.who}" if facts.who else "")


def measured(facts: Facts, *, short: bool = False) -> str:
    """Say the measurement against its limit: `totalmem 182 MB > 175 MB`."""
    of = f" of child {facts.child.pid}" if facts.child is not None else ""
    return compared(
        f"{(facts.test or 'value').removeprefix('child ')}{of}" if of else facts.test or "value",
        facts.op,
        facts.measured,
        facts.limit,
        unit=facts.unit,
        share=facts.percent,
        short=short,
    )


def pids(facts: Facts) -> str:
    """Say which process came after which: `pid 4712 -> 5233`; "" where neither is known."""
    old = str(facts.old.pid) if facts.old is not None else "?"
    if facts.new is None:
        return f"pid {old}" if facts.old is not None else ""
    return f"pid {old} -> {facts.new.pid}" if facts.old is not None else f"pid {facts.new.pid}"


def restarts(facts: Facts) -> str:
    """Say how many restarts there were: `3 restarts in 38s`, `at least 3 restarts`."""
    return counted(facts.count or 0, facts.span, exact=facts.exact is not False)


def now_uses(facts: Facts, *, short: bool = False) -> str:
    """Say what it uses after the deed: `41 MB now`."""
    return "" if facts.after is None else f"{amount(facts.after, 'bytes', short=short)} now"


def unending(facts: Facts, *, short: bool = False) -> str:
    """Say who does not end, since when and how large: `TERM 50m ago, pid 4714 alive, 311 MB`."""
    ago = facts.stopped_after or facts.span
    uses = facts.old_memory if facts.after is None else facts.after
    size = "" if uses is None else amount(uses, "bytes", short=short)
    return joined(
        f"told to end {age(ago)} ago" if ago else "",
        f"pid {facts.old.pid} alive" if facts.old is not None else "",
        size,
        by=", ",
    )


def window(facts: Facts) -> str:
    """Say how often in a row, where that is more than once: `3 of 3`."""
    return facts.needed if facts.needed and facts.needed != "1 of 1" else ""
