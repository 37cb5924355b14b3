"""Turns a freshly forked copy of svwatch into the command it was forked for."""

import fcntl
import os
import resource
import signal
from collections.abc import Mapping
from typing import NoReturn

from msgspec import Struct

from svwatch.shell.account import account, become

_ERRORS = 3  # where the error pipe is put, right above the three that every program knows
_MOST_FDS = 1 << 20  # fs.nr_open as shipped: no descriptor is above it
_OOM = "/proc/self/oom_score_adj"


class Limits(Struct, frozen=True):
    """What svwatch was given and changes for itself: soft RLIMIT_NOFILE, oom_score_adj."""

    nofile: int
    oom_score_adj: bytes


def limits() -> Limits:
    """Read our own limits; an unreadable oom_score_adj is b""."""
    try:
        fd = os.open(_OOM, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # no /proc
        return Limits(resource.getrlimit(resource.RLIMIT_NOFILE)[0], b"")
    adjustment = os.read(fd, 16).strip()
    os.close(fd)
    return Limits(resource.getrlimit(resource.RLIMIT_NOFILE)[0], adjustment)


AT_START = limits()  # as found when this module was imported: before the daemon raises anything


class Program(Struct, frozen=True, kw_only=True):
    """What a child is to become. *stdio* are three descriptors of ours, *env* is added."""

    argv: tuple[str, ...]
    stdio: tuple[int, int, int]
    user: str | None = None
    env: Mapping[str, str] = {}
    cwd: str = "/"
    setsid: bool = True
    limits: Limits = AT_START


def become_program(program: Program, errors: int) -> NoReturn:
    """Become *program*, or write why not into *errors* and exit 127. Never returns.

    It is called between fork and exec with all signals blocked; whatever happens, it must not
    unwind into the stack of the daemon.
    """
    trouble = "internal error before exec"
    try:
        errors = _arrange(program, errors)
        _default_signals()
        _restore(program.limits)
        _exec(program)
    except (OSError, LookupError, ValueError) as error:
        trouble = _sentence(program, error)
    finally:
        os.write(errors, trouble.encode(errors="replace")[:4000])
        os._exit(127)  # the shell's "could not be run"


def _arrange(program: Program, errors: int) -> int:
    """Put stdin, stdout, stderr and the error pipe at 0..3, close the rest; give the pipe's."""
    # First above 3, so that no source is overwritten before it was copied.
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 4) for fd in (*program.stdio, errors)]
    for place, fd in enumerate(high[:3]):
        os.dup2(fd, place)
    os.dup2(high[3], _ERRORS, inheritable=False)
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    os.closerange(_ERRORS + 1, min(soft, _MOST_FDS) if soft >= 0 else _MOST_FDS)
    return _ERRORS


def _default_signals() -> None:
    # All before the mask is lifted: what arrived meanwhile must end us, not run a handler of the
    # daemon's that writes into the wake-up pipe which we share with it.
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)  # exec would keep what is ignored: SIGPIPE, SIGXFSZ
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _restore(wanted: Limits) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted.nofile, hard))
    if wanted.oom_score_adj != limits().oom_score_adj:
        fd = os.open(_OOM, os.O_WRONLY | os.O_CLOEXEC)
        os.write(fd, wanted.oom_score_adj)
        os.close(fd)


def _exec(program: Program) -> NoReturn:
    if program.setsid:
        os.setsid()
    os.umask(0o022)
    who = account(program.user)
    env = who.environment() | dict(program.env)
    if program.user is not None:
        become(who)
    os.chdir(program.cwd)  # as the user: what he may not enter, we must not enter for him
    os.execvpe(program.argv[0], program.argv, env)  # noqa: S606  # argv, no shell: that is the point


def _sentence(program: Program, error: Exception) -> str:
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        who = f" as {program.user}" if program.user else ""
        return f"cannot run {program.argv[0]}{who}: {where}{error.strerror}"
    return f"cannot run {program.argv[0]}: {error}"
