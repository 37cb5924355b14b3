"""One delivering child: spawned, awaited by its pidfd, ended when it is late."""

import os
import signal
import sys

import msgspec
from msgspec import Struct

from svwatch.shell.mask import mask
from svwatch.shell.parcel import Answer, Parcel

# -P: a daemon's working directory is no place to import from
COMMAND = (sys.executable, "-P", "-m", "svwatch.shell.deliver")
MOST = 65_536  # bytes of output that are looked at
RESET = (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


class Mailman(Struct, frozen=True, kw_only=True):
    """A child on its way with one letter. *output* is a file in memory that it writes to."""

    pid: int
    pidfd: int
    output: int
    url: str

    def __repr__(self) -> str:
        return f"Mailman(pid={self.pid})"


def send_out(parcel: Parcel, command: tuple[str, ...] = COMMAND) -> Mailman:
    """Spawn a child with *parcel* on stdin. Raises OSError; never blocks.

    Its stdin and its output are files in memory (memfd_create(2)): unlike pipes they never
    fill up, so neither side can wait for the other, and the URL is in no argument or environment.
    """
    letter = os.memfd_create("letter", os.MFD_CLOEXEC)
    output = os.memfd_create("answer", os.MFD_CLOEXEC)
    try:
        os.write(letter, msgspec.json.encode(parcel) + b"\n")
        os.lseek(letter, 0, os.SEEK_SET)
        pid = os.posix_spawn(
            command[0],
            command,
            os.environ,  # proxies and certificates are named there
            file_actions=[
                (os.POSIX_SPAWN_DUP2, letter, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ],
            setpgroup=0,  # a Ctrl-C meant for the daemon is not meant for it
            setsigmask=(),
            setsigdef=RESET,
        )
    except OSError:
        os.close(output)
        raise
    finally:
        os.close(letter)
    return Mailman(pid=pid, pidfd=os.pidfd_open(pid), output=output, url=parcel.url)


def end(mailman: Mailman) -> None:
    """Kill it; its pidfd becomes readable. It is our child and not yet reaped: no other can die."""
    signal.pidfd_send_signal(mailman.pidfd, signal.SIGKILL)


def fetch(mailman: Mailman, late: str = "") -> Answer | None:
    """Take the answer of one that ended and close it; None: it has not ended.

    One that ended without an answer failed; *late* is the reason where it was ended for that.
    """
    try:
        ended = os.waitid(os.P_PIDFD, mailman.pidfd, os.WEXITED | os.WNOHANG)
    except ChildProcessError:  # somebody else reaped it; what it said still holds
        how = "it ended, nobody knows how"
    else:
        if ended is None:
            return None
        how = manner(ended.si_code, ended.si_status)
    size = os.fstat(mailman.output).st_size
    said = os.pread(mailman.output, MOST, max(0, size - MOST))
    os.close(mailman.output)
    os.close(mailman.pidfd)
    return answer_of(said, late or how, mailman.url)


def answer_of(said: bytes, how: str, url: str) -> Answer:
    """Find the answer in what a child wrote; without one, its last words are the reason."""
    words = ""
    for line in reversed(said.splitlines()):
        try:
            return msgspec.json.decode(line, type=Answer)
        except msgspec.MsgspecError:
            words = words or line.decode(errors="replace").strip()
    detail = f"the delivering process gave no answer: {how}"
    return Answer(ok=False, detail=mask(f"{detail}: {words}" if words else detail, url))


def manner(code: int, status: int) -> str:
    """Say how a child ended (waitid(2))."""
    if code == os.CLD_EXITED:
        return f"exit code {status}"
    return f"ended by {signal.Signals(status).name}"
