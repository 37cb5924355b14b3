"""What `validate` prints: every problem on its line, then how many there are."""

from collections.abc import Mapping, Sequence

from svwatch.core.phrase import several
from svwatch.view.clean import one_line

WIDE = 500


def problems(found: Sequence[tuple[str, bool]], remarks: Sequence[str] = ()) -> str:
    """Show *found*, (line, whether it is only a warning) in file order, and what it means."""
    lines = [one_line(text, WIDE) + (" (a warning)" if warning else "") for text, warning in found]
    lines += [one_line(remark, WIDE) for remark in remarks]
    return "\n".join([*lines, verdict(found)]) + "\n"


def verdict(found: Sequence[tuple[str, bool]]) -> str:
    """Give the closing line: `3 errors, 1 warning, nothing loaded`."""
    warnings = sum(warning for _, warning in found)
    errors = len(found) - warnings
    tail = f", {several(warnings, 'warning')}" if warnings else ""
    if errors:
        return f"{several(errors, 'error')}{tail}, nothing loaded"
    return f"valid{tail}"


def found_valid(
    services: int, routes: int, files: int, members: Mapping[str, int] | None = None
) -> str:
    """Say what a configuration without errors amounts to; *members* now, by pattern."""
    counts = [several(services, "service"), several(routes, "route"), several(files, "file")]
    counts += [
        f"{one_line(pattern, 100)} finds {several(number, 'member')} now"
        for pattern, number in (members or {}).items()
    ]
    told = "" if routes else "; nobody will be told: no route is configured"
    return f"{', '.join(counts)}{told}\n"
