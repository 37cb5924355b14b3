"""The tests' end of the keeper: start a program, ask how it ended, end everything."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.live.keeper import descendants
from tests.live.waiting import until

PROGRAM = Path(__file__).with_name("keeper.py")


class Keeper:
    """One keeper process and what lives below it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def start(
        self, argv: Sequence[str], *, output: Path, env: Mapping[str, str], cwd: Path, uid: int = 0
    ) -> int:
        """Start *argv*, both outputs appended to a file, as user *uid*. Give its pid."""
        return int(
            self._ask(argv=list(argv), output=str(output), env=dict(env), cwd=str(cwd), uid=uid)[
                "pid"
            ]
        )

    def code(self, pid: int) -> int | None:
        """Give the exit code of a program that was started, negative for a signal, None: alive."""
        code = self._ask(status=pid)["code"]
        return None if code is None else int(code)

    def alive(self) -> set[int]:
        """Give the pids of everything that lives below."""
        return descendants(self._process.pid)

    def end(self) -> None:
        """Kill whatever is left and see that nothing is."""
        pid = self._process.pid
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()
        until(lambda: not descendants(pid), "the keeper's processes to end")

    def _ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
