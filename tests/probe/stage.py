"""Real processes for the probe to look at, led through pipes: nothing here waits by the clock."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable

from svwatch.core.plan import Service

ACTOR = r"""
import ctypes, os, platform, signal, sys, threading, time

kept = []
me = os.getpid()

def idle():
    signal.pause()
    os._exit(0)

def child():
    pid = os.fork()
    if pid == 0:
        idle()
    return pid

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\n").encode())

def in_thread():
    say(child())
    threading.Event().wait()

def leave():
    block = bytearray(os.urandom(1) * (32 << 20))
    say("left")
    threading.Event().wait()
    kept.append(block)

def last_words():
    exit_thread = {"x86_64": 60, "aarch64": 93}[platform.machine()]
    ctypes.CDLL(None).syscall(exit_thread, 0)

say("ready")
for line in sys.stdin:
    word, *rest = line.split()
    if word == "fork":
        say(child())
    elif word == "nest":
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(writer, str(child()).encode())
            idle()
        say(pid, os.read(reader, 16).decode())
    elif word == "reap":
        os.kill(int(rest[0]), signal.SIGKILL)
        os.waitpid(int(rest[0]), 0)
        say("reaped")
    elif word == "zombie":
        os.kill(int(rest[0]), signal.SIGKILL)
        os.waitid(os.P_PID, int(rest[0]), os.WEXITED | os.WNOWAIT)
        say("undead")
    elif word == "grow":
        kept.append(bytearray(b"x" * (int(rest[0]) << 20)))
        say("grown")
    elif word == "thread":
        threading.Thread(target=in_thread, daemon=True).start()
    elif word == "burn":
        end = time.process_time() + float(rest[0])
        while time.process_time() < end:
            pass
        say("burnt")
    elif word == "open":
        kept += [os.open("/dev/null", os.O_RDONLY) for _ in range(int(rest[0]))]
        say("opened")
    elif word == "write":
        with open(rest[0], "wb") as file:
            file.write(b"x" * (1 << 20))
            file.flush()
            os.fsync(file.fileno())
        say("written")
    elif word == "leave":
        threading.Thread(target=leave, daemon=True).start()
    elif word == "last":
        say("bye")
        last_words()
    elif word == "exec":
        os.set_inheritable(1, False)  # the other side reads the end when execve closes it
        os.execv("/bin/sleep", ["sleep", "1000"])
"""


class Actor:
    """A process that does what it is told, and answers."""

    def __init__(self, *, env: dict[str, str] | None = None, session: bool = False) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", ACTOR],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            start_new_session=session,
        )
        self.pid = self.process.pid
        self.others: list[int] = []
        assert self._answer() == ["ready"]

    def ask(self, words: str) -> list[str]:
        """Give an order, wait for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(words.encode() + b"\n")
        self.process.stdin.flush()
        return self._answer()

    def pids(self, words: str) -> list[int]:
        """Give an order that makes processes; their pids."""
        made = [int(word) for word in self.ask(words)]
        self.others += made
        return made

    def kill(self) -> None:
        """End it and see it off; its children live on."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End everybody."""
        for pid in self.others:
            kill(pid)
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def _answer(self) -> list[str]:
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode().split()


def kill(pid: int) -> None:
    """End a process of ours by its pid and wait for its end, whoever its parent is."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    signal.pidfd_send_signal(fd, signal.SIGKILL)
    select.select([fd], [], [], 10)
    os.close(fd)


Stage = Callable[..., Actor]
Casting = Callable[..., Service]
