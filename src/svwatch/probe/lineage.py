"""Show who lives in a tree: pid, command, age, size and state of each, as people want to see it."""

from collections.abc import Iterable

from svwatch.core.ledger import ProcLine
from svwatch.core.seen import HZ, Incarnation
from svwatch.probe.content import content
from svwatch.probe.procfile import parse_argv, parse_resident, parse_stat

MOST = 50  # processes; more are not read
COMMAND = 100  # characters
SECRET = ("pass", "secret", "token", "key")
HIDDEN = "..."


def lineage(
    who: Iterable[Incarnation], boot: float, *, told: float | None = None, proc: str = "/proc"
) -> tuple[ProcLine, ...]:
    """Give those of *who* that live, branches below their parents, else in their order.

    *boot* is now and *told* when the service was told to end, both seconds since boot (the axis
    of start ticks). A command that hides its arguments is known by its name. Never raises.
    """
    found = [line for one in list(who)[:MOST] if (line := _read(one, boot, told, proc))]
    return tuple(_ordered(found))


_Read = tuple[ProcLine, int]
"""One process and its parent's pid."""


def _read(one: Incarnation, boot: float, told: float | None, proc: str) -> _Read | None:
    where = f"{proc}/{one.pid}"
    argv = parse_argv(content(f"{where}/cmdline") or b"")
    rss = parse_resident(content(f"{where}/statm") or b"")
    stat = parse_stat(content(f"{where}/stat") or b"")
    if stat is None or stat.ticks != one.ticks:  # last: what was read before is of this process
        return None
    line = ProcLine(
        pid=one.pid,
        command=discreet(argv)[:COMMAND] or f"[{stat.name}]",
        age=one.age(boot),
        memory=rss,
        state=stat.state,
        late=told is not None and one.ticks / HZ > told,
    )
    return line, stat.ppid


def _ordered(found: list[_Read]) -> list[ProcLine]:
    """Put every process below its parent, where that is shown as well."""
    pids = {line.pid for line, _ in found}
    roots = [line for line, parent in found if parent not in pids]
    ordered: list[ProcLine] = []
    stack = [(line, 0) for line in reversed(roots)]
    while stack:
        line, depth = stack.pop()
        ordered.append(line if not depth else _below(line, depth))
        children = [one for one, parent in found if parent == line.pid]
        stack += [(one, depth + 1) for one in reversed(children)]
    return ordered


def _below(line: ProcLine, depth: int) -> ProcLine:
    return ProcLine(
        line.pid, line.command, line.age, line.memory, line.state, depth, late=line.late
    )


def discreet(command: str) -> str:
    """Show *command* without what looks like a password: it goes out by mail."""
    shown, hide = [], False
    for word in command.split(" "):
        shown.append(HIDDEN if hide else _discreet(word))
        hide = word.startswith("-") and "=" not in word and _secret(word)
    return " ".join(shown)


def _discreet(word: str) -> str:
    name, equals, value = word.partition("=")
    if equals and value and _secret(name):
        return f"{name}={HIDDEN}"
    scheme, slashes, rest = word.partition("://")
    who, at, place = rest.rpartition("@")
    if slashes and at and ":" in who:
        return f"{scheme}://{who.partition(':')[0]}:{HIDDEN}@{place}"
    return word


def _secret(name: str) -> bool:
    return any(part in name.lower() for part in SECRET)
