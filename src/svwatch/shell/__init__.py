"""Shell does: the loop, commands, signals, the database, the control socket, delivery."""

import sys

if "msgspec" not in sys.modules and "typing_extensions" not in sys.modules:
    # msgspec prefers typing_extensions where that is installed and does as well without it. It
    # brings inspect, ast, dis and tokenize: 1.4 MB of the daemon's 20 and 15 ms of each --check.
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # import: ImportError
    import msgspec  # noqa: F401

    del sys.modules["typing_extensions"]
