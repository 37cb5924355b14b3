"""The ground both watchdogs stand on: idle processes, runit services, temporary files."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# Each child waits for the end of standard input, whose only writer is the benchmark: when that
# ends, however it ends, the crowd ends.
CROWD = """
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for i in range(int(sys.argv[1])):
    if not os.fork():
        if len(sys.argv) > 2:
            with open(f"{sys.argv[2]}/{i}.pid", "w") as file:
                file.write(f"{os.getpid()}\\n")
        break
else:
    print("ready", flush=True)
    os.read(0, 1)
    try:
        os.wait()  # with SIGCHLD ignored: until the last child has ended
    finally:
        os._exit(0)
os.read(0, 1)
os._exit(0)
"""

SLEEPER = "#!/bin/sh\nexec sleep 86400\n"


def pause(seconds: float) -> None:
    select.select((), (), (), seconds)


def until(look: Callable[[], T], seconds: float, every: float = 0.05) -> T:
    """Call *look* until its answer is true; an AssertionError after *seconds*."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"waited {seconds} s in vain for {look}"
        pause(every)
    return found


@contextmanager
def crowd(number: int, pidfiles: Path | None = None) -> Iterator[None]:
    """Keep *number* idle processes, each with a pidfile N.pid in *pidfiles*."""
    argv = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        CROWD,
        str(number),
        *([str(pidfiles)] if pidfiles else []),
    ]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as leader:
        assert leader.stdout
        assert leader.stdout.readline() == b"ready\n"
        if pidfiles:
            until(lambda: len(list(pidfiles.glob("*.pid"))) == number, 30)
            pause(0.5)  # the last of them is written
        yield


@contextmanager
def runit_services(root: Path, number: int) -> Iterator[list[Path]]:
    """Keep *number* services, each one `sleep`, under a runsvdir of their own."""
    directories = [root / "service" / f"w-{i}" for i in range(1, number + 1)]
    for directory in directories:
        directory.mkdir(parents=True)
        (directory / "run").write_text(SLEEPER)
        (directory / "run").chmod(0o755)
    supervisor = subprocess.Popen(
        ["runsvdir", "-P", str(root / "service")], stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: all(map(pid_of, directories)), 30)
        pause(1.1)  # runsv waits a second before it restarts what lived for less
        yield directories
    finally:
        pids = [pid for directory in directories if (pid := pid_of(directory))]
        supervisor.send_signal(signal.SIGHUP)  # runsvdir(8): end all services, then exit
        supervisor.wait(20)
        until(lambda: not any(map(alive, pids)), 20)


def pid_of(directory: Path) -> int:
    """Give the pid of the service, 0 while there is none."""
    try:
        return int((directory / "supervise/pid").read_text() or 0)
    except FileNotFoundError:
        return 0


def alive(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def kill(pid: int) -> None:
    """End *pid* with KILL."""
    handle = os.pidfd_open(pid)
    signal.pidfd_send_signal(handle, signal.SIGKILL)
    os.close(handle)


def fsync_cost(directory: Path, times: int) -> list[float]:
    """Give the seconds that each of *times* fsyncs of a fresh 4 kB page took there."""
    took = []
    with (directory / "fsync").open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return took
