"""The command line: words into one verb and an exit code."""

import os
import sys
from types import TracebackType

INTERNAL, UNKNOWN, INTERRUPTED = 1, 3, 130


def main() -> None:
    """Run one verb, and end with its exit code."""
    words = sys.argv[1:]
    if "--check" in words:  # `svwatch --check` is what crontabs say
        words.remove("--check")
        words.insert(0, "check")
    checking = words[:1] == ["check"]
    sys.excepthook = Surprise(UNKNOWN if checking else INTERNAL)
    if words[:1] == ["compile"] and len(words) == 3:  # the daemon's child: no click, no YAML twice
        from svwatch.shell.compile import main as compile_

        compile_(words[2])
        return
    if checking:  # each minute, on every host: without what it does not need
        from svwatch import quick

        if (code := quick.check(words[1:])) is not None:
            sys.exit(code)
    from svwatch.commands import run

    sys.exit(run(words, UNKNOWN if checking else 2))


class Surprise:
    """What people see of a bug of ours: a sentence, where to report it, no traceback.

    `$SVWATCH_TRACEBACK` shows the traceback to who wants to report it.
    """

    def __init__(self, code: int) -> None:
        """End with *code* after a bug."""
        self._code = code

    def __call__(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Say it and end."""
        if issubclass(kind, KeyboardInterrupt):
            self._end(INTERRUPTED)
        if issubclass(kind, BrokenPipeError):  # `svwatch events | head`
            self._end(self._code)
        if os.environ.get("SVWATCH_TRACEBACK"):
            sys.__excepthook__(kind, error, trace)
        words = f"svwatch: internal error: {kind.__name__}: {error}\n"
        hint = "this is our bug; report it (README.md: where) with what SVWATCH_TRACEBACK=1 shows"
        sys.stderr.write(f"{words}svwatch: {hint}\n")
        self._end(self._code)

    def _end(self, code: int) -> None:
        """End now: Python's own end would make 1 of it, and complain about a broken pipe."""
        sys.stderr.flush()
        os._exit(code)
