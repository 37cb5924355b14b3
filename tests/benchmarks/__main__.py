"""What svwatch costs beside Debian's monit in the same run: printed, not judged."""

import argparse
import os
import platform
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.bench import PARTS
from tests.benchmarks.figures import FULL, QUICK, Row, show


def ended(number: int, _frame: object) -> None:
    """End, and what was started as well: every part cleans up on its way out, in its own time."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(143)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {' '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="less of everything, rough figures")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts).difference(PARTS):
        parser.error(f"no such part: {' '.join(sorted(unknown))}")
    if missing := [name for name in ("runsvdir", "monit") if not shutil.which(name)]:
        parser.error(f"not installed: {' '.join(missing)}")
    signal.signal(signal.SIGTERM, ended)
    rows: list[Row] = []
    for name in chosen.parts or PARTS:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="svwatch-bench-") as root:
            rows += PARTS[name](Path(root), QUICK if chosen.quick else FULL)
    host = f"Linux {platform.release()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
    print(f"{host}; intervals of 1 s; monit and svwatch side by side\n\n{show(rows)}")


if __name__ == "__main__":
    main()
