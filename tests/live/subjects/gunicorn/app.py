"""A web application that keeps what it should not: /leak?MB takes memory, any answer is a pid."""

import os
from collections.abc import Callable, Iterable

PRELOADED = os.urandom(20 << 20)  # shared with the master: counted once per worker by RSS
KEPT: list[bytes] = []


def app(
    environ: dict[str, str], start: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answer with the pid of the worker (PEP 3333)."""
    if environ["PATH_INFO"] == "/leak":
        KEPT.append(os.urandom(int(environ["QUERY_STRING"]) << 20))
    start("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
