"""Numbers as people say them: `totalmem 182 MB > 175 MB (20%)`, `3 of 3`, `9 restarts in 38s`."""

from collections.abc import Iterable

from svwatch.core.connection import Connection
from svwatch.core.labels import label
from svwatch.core.plan import (
    ChangedPid,
    ChangedPpid,
    Exists,
    Lasting,
    NotExists,
    Rule,
    Storm,
    Test,
    Window,
)
from svwatch.core.state import Restarted
from svwatch.core.units import age, short_size, show_duration, show_size


def percent(share: float) -> str:
    """Show a percentage without idle decimals: `20%`, `12.5%`."""
    return f"{share:.2f}".rstrip("0").rstrip(".") + "%"


def amount(value: float, unit: str | None, *, short: bool = False) -> str:
    """Show *value* in its unit, as `Facts.unit` names it; a bare number without one."""
    if unit == "seconds":
        return age(value)
    if unit in {"bytes", "bytes/s"}:
        shown = short_size(int(value)) if short else show_size(int(value))
        return shown + ("/s" if unit == "bytes/s" else "")
    if unit == "percent":
        return percent(round(value, 1))
    return f"{value:.2f}".rstrip("0").rstrip(".") if unit == "cores" else f"{value:g}"


def compared(
    what: str,
    op: str | None,
    measured: float | None,
    limit: float | None,
    *,
    unit: str | None,
    share: float | None = None,
    short: bool = False,
) -> str:
    """Say a measurement against its limit; what is unknown is left out."""
    words = [what]
    if measured is not None:
        words.append(amount(measured, unit, short=short))
    if limit is not None:
        words.append(f"{op or '>'} {amount(limit, unit, short=short)}")
        if share is not None:
            words.append(f"({percent(share)})")
    elif share is not None:
        words.append(f"{op or '>'} {percent(share)}")
    return " ".join(words)


def tested(test: Test, measured: float | None, limit: float | None) -> str:
    """Say what *test* found. *limit*: bytes that a percentage amounts to, where known."""
    match test:
        case Exists():
            return "a process exists"
        case NotExists():
            return "no process"
        case ChangedPid():
            return "changed pid"
        case ChangedPpid():
            return "changed ppid"
        case Storm(count, cycles, seconds, planned):
            span = f"{cycles} cycles" if seconds is None else show_duration(seconds)
            return f"{count} {'any ' if planned else ''}restarts within {span}"
        case Connection():
            return f"{test.place}{' answers' if test.succeeded else ': no answer'}"
        case _:
            return _measured(test, measured, limit)


def _measured(test: Test, measured: float | None, limit: float | None) -> str:
    found = label(test)
    if found is None:
        return ""
    bound = limit if found.limit is None else found.limit
    share = found.size.percent if found.size is not None else None
    return compared(found.name, found.op, measured, bound, unit=found.unit, share=share)


def asked(window: Window) -> str:
    """Say what a full window holds: `3 of 3`, `for 2m`; nothing where one look is enough."""
    if isinstance(window, Lasting):
        return f"for {show_duration(window.seconds)}"
    return f"{window.n} of {window.of}" if window.of > 1 else ""


def condition(rule: Rule, measured: float | None, limit: float | None) -> str:
    """Say what *rule* found and how long: `totalmem 182 MB > 175 MB, 3 of 3`."""
    window = asked(rule.window)
    return tested(rule.test, measured, limit) + (f", {window}" if window else "")


def counted(count: int, span: float | None, *, exact: bool = True) -> str:
    """Say how many restarts there were: `3 restarts in 38s`, `at least 1 restart`."""
    words = f"{count} restart" + ("" if count == 1 else "s")
    if not exact:
        words = f"at least {words}"
    return words if not span else f"{words} in {age(span)}"


def storm(restarts: Iterable[Restarted], most: int | None = None) -> str:
    """Say how many unplanned restarts there were and over how long; "" for none.

    The newest count, no more of them than make *most*.
    """
    held: list[Restarted] = []
    for entry in sorted(restarts, key=lambda one: one.at, reverse=True):
        if most is not None and sum(one.count for one in held) >= most:
            break
        if not entry.planned:
            held.append(entry)
    if not held:
        return ""
    exact = all(entry.exact for entry in held)
    return counted(sum(one.count for one in held), held[0].at - held[-1].at, exact=exact)


def ordinal(number: int) -> str:
    """Show *number* (1 or more) as a rank: `1st`, `2nd`, `3rd`, `11th`."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{ending or 'th'}"


def several(number: int, one: str) -> str:
    """Count things: `1 process`, `2 processes`, `3 errors`."""
    if number == 1:
        return f"1 {one}"
    return f"{number} {one}{'es' if one.endswith('s') else 's'}"
