"""The canonical sentence of a rule: what its windows and incidents are stored under."""

import shlex
from decimal import Decimal
from typing import assert_never

from svwatch.core.plan import (
    Action,
    Alert,
    ChangedPid,
    Command,
    Exec,
    Exists,
    Lasting,
    NotExists,
    Resource,
    Restart,
    Size,
    Start,
    Stop,
    Storm,
    Test,
    Times,
    Unmonitor,
    Uptime,
    Window,
)
from svwatch.core.units import exact_size, show_duration


def canonical(test: Test, window: Window, action: Action, *, quietly: bool = False) -> str:
    """Give the one sentence that means this, units normalised; parsing it gives the same rule."""
    tail = " quietly" if quietly else ""
    return f"if {_test(test)}{_window(window)} then {_action(action)}{tail}"


def _test(test: Test) -> str:
    match test:
        case Exists():
            return "exist"
        case NotExists():
            return "not exist"
        case ChangedPid():
            return "changed pid"
        case Uptime():
            return f"uptime {test.op} {show_duration(test.limit)}"
        case Resource():
            return f"{test.metric} {test.op} {_size(test.limit)}"
        case Storm(count=count, cycles=None, seconds=seconds):
            return f"{count} restarts within {show_duration(seconds or 0.0)}"
        case Storm():
            return f"{test.count} restarts within {test.cycles} cycles"
        case never:
            assert_never(never)


def _size(size: Size) -> str:
    if size.percent is None:
        return exact_size(size.bytes)
    percent = f"{Decimal(repr(size.percent)):f}"
    return (percent.rstrip("0").rstrip(".") if "." in percent else percent) + "%"


def _window(window: Window) -> str:
    match window:
        case Times(n=1, of=1):
            return ""
        case Times():
            times = f"{window.n} times within" if window.n != window.of else "for"
            return f" {times} {window.of} cycles"
        case Lasting():
            return f" for {show_duration(window.seconds)}"
        case never:
            assert_never(never)


def _action(action: Action) -> str:
    match action:
        case Alert():
            return f"alert {action.level}" if action.level else "alert"
        case Restart():
            return "restart now" if action.now else "restart"
        case Start():
            return "start"
        case Stop():
            return f"stop{_span(action.seconds)}"
        case Unmonitor():
            return f"unmonitor{_span(action.seconds)}"
        case Exec():
            return f"exec {_command(action.command)}"
        case never:
            assert_never(never)


def _span(seconds: float | None) -> str:
    return "" if seconds is None else f" for {show_duration(seconds)}"


def _command(command: Command) -> str:
    # A sentence has no escape inside quotes: the outer quote is the one that no word contains.
    outer = "'" if any('"' in word for word in command.argv) else '"'
    said = outer + " ".join(_word(word, outer) for word in command.argv) + outer
    if command.user is not None:
        said += f' as "{command.user}"'
    if command.timeout != Command(()).timeout:
        said += f" timeout {show_duration(command.timeout)}"
    return said


def _word(word: str, outer: str) -> str:
    if outer == '"' and "'" not in word:
        return shlex.quote(word)
    if not word:
        return '""'
    return "".join(c if c.isalnum() or c in "-_./:=@+" else f"\\{c}" for c in word)
