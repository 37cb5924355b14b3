"""Starts commands that outlive us if need be, and collects their ends."""

import os
import signal
from collections.abc import Mapping, Sequence

from msgspec import Struct

from svwatch.core.seen import Incarnation
from svwatch.shell.newborn import Program, become_program
from svwatch.shell.signals import open_pidfd, start_of


class Child(Struct, frozen=True):
    """A child of ours that was not reaped yet.

    *pidfd* is readable once it has ended; None before Linux 5.3: ask `reap` now and then.
    *ticks* is 0 where /proc could not be read. *errors* is the pipe that tells of a failed exec.
    """

    pid: int
    ticks: int
    pidfd: int | None
    errors: int

    @property
    def incarnation(self) -> Incarnation:
        """Who it is, for ever."""
        return Incarnation(self.pid, self.ticks)


class Failed(Struct, frozen=True):
    """No child was made: out of processes, memory, descriptors or disk. *why* is for people."""

    why: str


class Ending(Struct, frozen=True):
    """How a child ended.

    *exit* is its code, -N where signal N ended it, 127 with *error* where it could not be run at
    all, None where somebody else took its code (SIGCHLD ignored).
    """

    exit: int | None
    error: str = ""


def spawn(
    argv: Sequence[str],
    *,
    user: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str = "/",
    output_path: str | None = None,
    setsid: bool = True,
    stdin: int | None = None,
    stdout: int | None = None,
) -> Child | Failed:
    """Run *argv* without a shell, in a clean state, and do not wait for anything.

    Clean: fixed environment plus *env*, *user* with all groups, own session, default signals,
    umask 022, *cwd*, the limits svwatch was started with. stdout and stderr are appended to
    *output_path* (0600; None: nowhere), never a pipe: a pipe kills what outlives us. *stdin*
    and *stdout* are descriptors that take their place; they stay the caller's. That the program
    could not be run is told by its `Ending`.
    """
    opened: list[int] = []
    try:
        stdio = _stdio(opened, output_path, stdin, stdout)
        program = Program(
            argv=tuple(argv), stdio=stdio, user=user, env=env or {}, cwd=cwd, setsid=setsid
        )
        return _fork(program)
    except OSError as error:
        return Failed(f"cannot start {argv[0]}: {error.filename or 'fork'}: {error.strerror}")
    finally:
        for fd in opened:
            os.close(fd)


def _stdio(
    opened: list[int], output_path: str | None, stdin: int | None, stdout: int | None
) -> tuple[int, int, int]:
    opened.append(os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC))
    null = out = opened[0]
    if output_path is not None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        out = os.open(output_path, flags, 0o600)
        opened.append(out)
    return (null if stdin is None else stdin, out if stdout is None else stdout, out)


def _fork(program: Program) -> Child:
    errors, write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    # Between fork and exec the child shares our handlers and our wake-up pipe.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            become_program(program, write_end)
    except OSError:
        os.close(errors)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(write_end)  # and so there is a descriptor left for the pidfd
    pidfd = open_pidfd(pid)  # nobody but us can reap it: the number is still its own
    start = start_of(pid)
    ticks = 0 if start is None else start.ticks
    return Child(pid, ticks, None if isinstance(pidfd, str) else pidfd, errors)


def reap(child: Child) -> Ending | None:
    """Collect *child* if it has ended, and close its descriptors; None: it lives."""
    try:
        which = (os.P_PID, child.pid) if child.pidfd is None else (os.P_PIDFD, child.pidfd)
        result = os.waitid(*which, os.WEXITED | os.WNOHANG)
    except ChildProcessError:
        return Ending(None, _close(child))
    if result is None:
        return None
    code = result.si_status if result.si_code == os.CLD_EXITED else -result.si_status
    return Ending(code, _close(child))


def _close(child: Child) -> str:
    """Close what *child* kept open; give what its error pipe says."""
    try:
        said = os.read(child.errors, 4096)
    except BlockingIOError:  # its copy of the pipe is still open in nobody that failed
        said = b""
    abandon(child)
    return said.decode(errors="replace")


def abandon(child: Child) -> None:
    """Close the descriptors of *child* without collecting it: it goes on without us."""
    os.close(child.errors)
    if child.pidfd is not None:
        os.close(child.pidfd)
