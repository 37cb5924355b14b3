"""Whether the host goes down: then nothing is done and nobody is told."""

import os
import stat
import struct

STOPIT = ("/run/runit.stopit", "/etc/runit/stopit")
UTMP = "/run/utmp"
RECORD = struct.Struct("=hxxi376x")  # struct utmp, x86-64 and arm64 (utmp(5)): type, pid, ...
RUN_LVL = 1  # utmp(5)
HALT, REBOOT = "0", "6"


def going_down(stopit: tuple[str, ...] = STOPIT, utmp: str = UTMP) -> bool:
    """Say whether a shutdown is under way, after runit's stopit or the runlevel in utmp."""
    return any(_executable(path) for path in stopit) or runlevel(_read(utmp)) in {HALT, REBOOT}


def runlevel(raw: bytes) -> str | None:
    """Find the last runlevel written to *raw*, the bytes of utmp; None without a record."""
    whole = len(raw) - len(raw) % RECORD.size
    level = None
    for kind, pid in RECORD.iter_unpack(raw[:whole]):
        if kind == RUN_LVL:
            level = chr(pid & 0x7F)  # runlevel + 256 * previous one (utmp(5))
    return level


def _executable(path: str) -> bool:
    """Say whether runit was asked to stop: stage 1 makes the file with mode 0 (runit(8))."""
    try:
        return bool(os.stat(path).st_mode & stat.S_IXUSR)
    except OSError:
        return False


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(1 << 20)
    except OSError:
        return b""
