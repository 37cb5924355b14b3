"""The parent of everything that one live test starts: nothing can escape it.

It is a subreaper (prctl(2)), so whatever loses its parent below it, daemons that fork twice
included, becomes its child. It reaps them all, as an init does. Requests are JSON lines on stdin:

    {"argv": [...], "env": {...}, "cwd": "/", "output": "/path", "uid": 0}  -> {"pid": 123}
    {"status": 123}                                    -> {"code": null}, or a wait status

When stdin ends, which it also does when the tests are killed, all descendants are killed.
"""

import ctypes
import json
import os
import select
import signal
from typing import Any

SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, linux/prctl.h


def descendants(root: int) -> set[int]:
    """Give the pids below *root*, zombies excepted."""
    below: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := stat(int(name))) and fields[0] != "Z":
            below.setdefault(int(fields[1]), []).append(int(name))
    found: set[int] = set()
    rest = [root]
    while rest:
        children = below.get(rest.pop(), [])
        found.update(children)
        rest += children
    return found


def stat(pid: int) -> list[str]:
    """Give the fields of proc(5) `stat` from the state on; none where there is no process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def start(request: dict[str, Any]) -> int:
    """Start a program in a session of its own."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for name in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        nothing = os.open("/dev/null", os.O_RDONLY)
        for source, target in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(source, target)
        os.chdir(request.get("cwd", "/"))
        if uid := request.get("uid", 0):
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        os.execvpe(request["argv"][0], request["argv"], request["env"])
    except OSError as error:
        os.write(2, f"keeper: {request['argv'][0]}: {error}\n".encode())
    os._exit(127)


def reap(codes: dict[int, int]) -> bool:
    """Note what has ended; say whether children are left."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        codes[pid] = os.waitstatus_to_exitcode(status)


def answer(request: dict[str, Any], codes: dict[int, int]) -> dict[str, int | None]:
    """Do what is asked."""
    if "argv" in request:
        return {"pid": start(request)}
    return {"code": codes.get(request["status"])}


def end(codes: dict[int, int]) -> None:
    """Kill what is left until nothing is; a process may fork while it is looked for."""
    while reap(codes):
        for pid in descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        select.select([], [], [], 0.005)


def main() -> None:
    """Serve until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the tests decide when it is over
    signal.signal(signal.SIGCHLD, lambda *_: None)
    ctypes.CDLL(None, use_errno=True).prctl(SUBREAPER, 1, 0, 0, 0)
    wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    codes: dict[int, int] = {}
    buffer = b""
    while True:
        ready, _, _ = select.select([0, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
        reap(codes)
        if 0 not in ready:
            continue
        if not (data := os.read(0, 65536)):
            break
        *lines, buffer = (buffer + data).split(b"\n")
        for line in lines:
            reply = answer(json.loads(line), codes)
            os.write(1, json.dumps(reply).encode() + b"\n")
    end(codes)


if __name__ == "__main__":
    main()
