"""Without pidfd_open (before Linux 5.3, or filtered) commands still end, and nothing is signalled.

A seccomp filter makes a real kernel old: pidfd_open is system call 434 everywhere (it came after
the numbers were unified) and answers ENOSYS or EPERM.
"""

import errno
import os
import select
import sys
from pathlib import Path

import pytest

from svwatch.shell.spawn import Child, reap, spawn

FILTER = """
import ctypes, os, struct, sys
def grow_old(error):
    # load the number; 434 -> fail with error; else allow (seccomp(2), linux/filter.h)
    code = b"".join(struct.pack("HBBI", *line) for line in (
        (0x20, 0, 0, 0), (0x15, 0, 1, 434), (0x06, 0, 0, 0x00050000 | error),
        (0x06, 0, 0, 0x7FFF0000)))
    keep = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", 4, ctypes.addressof(keep))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
    assert libc.prctl(22, 2, program, 0, 0) == 0, os.strerror(ctypes.get_errno())
"""

SCRIPT = """
import os, sys
from svwatch.core.plan import Command
from svwatch.core.seen import Incarnation, Kind
from svwatch.core.state import Run, Signal
from svwatch.shell.hands import Hands
grow_old(int(sys.argv[1]))
gate = sys.argv[2]
os.mkfifo(gate)
hands = Hands(sys.argv[3])
work = Command(("/bin/sh", "-c", f"read line <{gate}; echo over; exit 3"), timeout=5.0)
who = hands.begin("dj", Run(Kind.STOP, 7, work), 41, now=100.0)
assert isinstance(who, Incarnation), who
assert hands.filenos() == ()
assert hands.due() == 100.1
assert hands.overdue(100.1) == ()
assert hands.due() == 100.1 + 0.1
said = hands.signal(Signal(who, "TERM"))
assert said.startswith("no pidfd on this kernel: "), said
(late,) = hands.overdue(105.0)
assert late.outcome.over and not late.ended
assert late.outcome.detail == "not ended: no pidfd on this kernel", late
with open(gate, "w") as line:
    line.write("go\\n")
os.waitid(os.P_PID, who.pid, os.WEXITED | os.WNOWAIT)
(last,) = hands.overdue(106.0)
assert (last.ended, last.late, last.outcome.exit, last.outcome.detail) == (True, True, 3, "over")
assert hands.busy("dj") == ()
assert hands.due() is None
print("all of it")
"""


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EPERM])
def test_an_old_kernel(tmp_path: Path, error: int) -> None:
    out = tmp_path / "out"
    argv = [sys.executable, "-c", FILTER + SCRIPT, str(error), str(tmp_path / "gate")]
    child = spawn([*argv, str(tmp_path)], output_path=str(out))
    assert isinstance(child, Child)
    assert child.pidfd is not None
    assert select.select([child.pidfd], [], [], 20)[0]
    ending = reap(child)
    assert ending is not None
    if "prctl" in out.read_text():
        pytest.skip("seccomp is not to be had here")
    assert (ending.exit, out.read_text()) == (0, "all of it\n")
    assert os.listdir(tmp_path / "output") == ["dj"]
