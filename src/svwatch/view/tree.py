"""A tree of processes as people read it on a telephone: who, how old, how large, in what state."""

from svwatch.core.ledger import ProcLine
from svwatch.core.units import age, show_size
from svwatch.view.clean import cut, one_line
from svwatch.view.joining import joined
from svwatch.view.table import table

MOST = 12  # processes
WIDE = 40  # characters of a command
STATES = {
    "D": "D (waits for a disk or a network)",
    "T": "T (stopped by a signal)",
    "t": "t (stopped by a debugger)",
    "Z": "Z (ended, its parent has not noticed)",
}
"""Letters of proc(5) that say why it does not end; the others stand alone."""


def tree(procs: tuple[ProcLine, ...]) -> list[str]:
    """Show *procs*, one line each, the branches below their parents; no more than MOST."""
    rows = [_row(one) for one in procs[:MOST]]
    lines = [f"  {line}" for line in table(rows, frozenset({1, 2}))]
    left = procs[MOST:]
    if left:
        size = sum(one.memory or 0 for one in left)
        lines.append(f"  ... ({len(left)} more, {show_size(size)})")
    return lines


def _row(one: ProcLine) -> tuple[str, str, str, str]:
    branch = "   " * (min(one.depth, 4) - 1) + "\\_ " if one.depth else ""
    command = cut(_short(one_line(one.command)), WIDE) or "?"
    return (
        f"{branch}{one.pid} {command}",
        f"up {age(one.age)}" if one.age is not None else "",
        show_size(one.memory) if one.memory is not None else "",
        joined(
            STATES.get(one.state, one_line(one.state, 4)),
            "(started after it was told to end)" if one.late else "",
            by="  ",
        ),
    )


def _short(command: str) -> str:
    """Give *command* without the directories of its program and of what that runs."""
    words = command.split(" ")
    return " ".join([word.rpartition("/")[2] or word for word in words[:2]] + words[2:])
