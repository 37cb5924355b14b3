"""Reads a configuration in a process of its own, so that no file can hurt the daemon."""

import os
import sys
from collections.abc import Mapping

import msgspec

from svwatch.core.plan import Plan


class Compiled(msgspec.Struct, frozen=True):
    """What came of a configuration: a plan, or the errors (`file:line:column: sentence`).

    *state_dir* is what it says of that, as far as can be seen, also where there is no plan.
    """

    plan: Plan | None = None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    state_dir: str | None = None


def compiled(path: str, environ: Mapping[str, str], uid: int) -> Compiled:
    """Compile the configuration at *path* (a directory or a file); every problem is a value."""
    from svwatch.lang.load import load  # noqa: PLC0415  the daemon imports this module, not YAML
    from svwatch.lang.problem import show  # noqa: PLC0415

    loaded = load(path, environ, uid=uid)
    errors = tuple(show(one) for one in loaded.problems if not one.warning)
    warnings = tuple(show(one) for one in loaded.problems if one.warning)
    return Compiled(None if errors else loaded.plan, errors, warnings, loaded.state_dir)


def main(path: str) -> None:
    """Write what came of *path* to stdout, as msgspec's MessagePack, for the daemon to read."""
    answer = compiled(path, os.environ, os.geteuid())
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))
    sys.stdout.buffer.flush()


def decoded(raw: bytes, detail: str) -> Compiled:
    """Read the answer of a compiling child; *detail* says why there is none, if there is none."""
    try:
        return msgspec.msgpack.decode(raw, type=Compiled)
    except msgspec.DecodeError:
        return Compiled(errors=(f"the configuration could not be read: {detail or 'no answer'}",))
