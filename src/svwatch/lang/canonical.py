"""The canonical sentence of a rule: what its windows and incidents are stored under."""

import shlex
from decimal import Decimal
from typing import assert_never

from msgspec import Struct

from svwatch.core.connection import Connection
from svwatch.core.plan import (
    Action,
    Acts,
    Alert,
    ChangedPid,
    ChangedPpid,
    ChildOver,
    Command,
    Exec,
    Exists,
    Gauge,
    Gauged,
    Lasting,
    NotExists,
    Older,
    Resource,
    Restart,
    SendSignal,
    Silent,
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
from svwatch.lang.spelled import spelled


class Tail(Struct, frozen=True):
    """What a sentence may say after its action."""

    quietly: bool = False
    repeat: int | None = None
    otherwise: Alert | Exec | None = None
    well: Window | None = None
    to: tuple[str, ...] = ()


PLAIN = Tail()


def canonical(test: Test, window: Window, action: Action, tail: Tail = PLAIN) -> str:
    """Give the one sentence that means this, units normalised; parsing it gives the same rule."""
    return f"if {_test(test)}{_window(window)} then {_action(action)}{_tail(tail)}"


def _tail(tail: Tail) -> str:
    said = "" if tail.repeat is None else f" repeat every {tail.repeat} cycles"
    said += " quietly" if tail.quietly else ""
    said += f" to {', '.join(_quoted(name) for name in tail.to)}" if tail.to else ""
    if tail.otherwise is not None:
        when = "" if tail.well is None else f" if succeeded{_window(tail.well)} then"
        said += f" else{when} {_action(tail.otherwise)}"
    return said


def _quoted(name: str) -> str:
    return f"'{name}'" if '"' in name else f'"{name}"'


def _test(test: Test) -> str:
    match test:
        case Exists():
            return "exist"
        case NotExists():
            return "not exist"
        case Connection():
            return spelled(test)
        case ChangedPid():
            return "changed pid"
        case Uptime():
            return f"uptime {test.op} {show_duration(test.limit)}"
        case Resource():
            return f"{test.metric} {test.op} {_size(test.limit)}"
        case ChildOver():
            return f"child {test.metric} {test.op} {_size(test.limit)}"
        case Gauged():
            return f"{test.gauge} {test.op} {_number(test.gauge, test.limit)}"
        case Storm():
            return _storm(test)
        case _:
            return _rarer(test)


def _rarer(test: ChangedPpid | Silent | Older | Acts) -> str:
    match test:
        case ChangedPpid():
            return "changed ppid"
        case Silent():
            return f"log silent for {show_duration(test.seconds)}"
        case Older():
            return f"file {_quoted(test.path)} older than {show_duration(test.seconds)}"
        case Acts():
            return f"{test.ident} {test.op} {_quoted(test.name)}"
        case never:
            assert_never(never)


def _storm(test: Storm) -> str:
    what = "any restarts" if test.planned else "restarts"
    if test.cycles is None:
        return f"{test.count} {what} within {show_duration(test.seconds or 0.0)}"
    return f"{test.count} {what} within {test.cycles} cycles"


def _size(size: Size) -> str:
    if size.percent is None:
        return exact_size(size.bytes)
    return _decimal(size.percent) + ("% of cgroup" if size.cgroup else "%")


def _number(gauge: Gauge, number: float) -> str:
    if gauge in {Gauge.READ, Gauge.WRITE}:
        return f"{exact_size(int(number))}/s"
    return _decimal(number) + ("%" if gauge in {Gauge.CPU, Gauge.TOTAL_CPU} else "")


def _decimal(number: float) -> str:
    shown = f"{Decimal(repr(number)):f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


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
        case SendSignal():
            return f"signal {action.name}"
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
