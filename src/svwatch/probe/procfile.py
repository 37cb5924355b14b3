"""Understand the texts of /proc: pure functions on bytes, None where they make no sense.

Formats: proc(5), Documentation/filesystems/proc.rst. A process chooses its own name, so names
are hostile: they hold blanks, parentheses and newlines.
"""

import os

from msgspec import Struct

PAGE = os.sysconf("SC_PAGESIZE")
KERNEL_THREAD = 0x00200000  # PF_KTHREAD, include/linux/sched.h
ARGV_SHOWN = 1024  # characters of a command line that are kept


class Stat(Struct, frozen=True):
    """What svwatch uses of /proc/PID/stat. *ticks* is field 22, in USER_HZ since boot.

    *used* is the processor time of all its threads in USER_HZ (fields 14 and 15).
    """

    pid: int
    name: str
    state: str
    ppid: int
    session: int
    flags: int
    threads: int
    ticks: int
    used: int = 0

    @property
    def dead(self) -> bool:
        """Whether nothing of it runs: a zombie whose main thread was the last one."""
        return self.state in "ZXx" and self.threads <= 1

    @property
    def kernel(self) -> bool:
        """Whether it is a thread of the kernel."""
        return bool(self.flags & KERNEL_THREAD)


class Ids(Struct, frozen=True):
    """What svwatch uses of /proc/PID/status.

    *uids* are real, effective and saved, *gid* is the real group; *depth* counts the pid
    namespaces from ours down.
    """

    tgid: int
    uids: tuple[int, int, int]
    depth: int = 1
    gid: int | None = None


def parse_stat(raw: bytes) -> Stat | None:
    """Understand /proc/PID/stat; the name ends at the *last* parenthesis."""
    opened, closed = raw.find(b"("), raw.rfind(b")")
    if opened < 0 or closed < opened:
        return None
    rest = raw[closed + 1 :].split()
    try:
        return Stat(
            pid=int(raw[:opened]),
            name=readable(raw[opened + 1 : closed]),
            state=rest[0].decode("ascii"),
            ppid=int(rest[1]),
            session=int(rest[3]),
            flags=int(rest[6]),
            threads=int(rest[17]),
            ticks=int(rest[19]),
            used=int(rest[11]) + int(rest[12]),
        )
    except (ValueError, IndexError):
        return None


def parse_resident(raw: bytes) -> int | None:
    """Give resident bytes from /proc/PID/statm (field 2, pages)."""
    try:
        return int(raw.split(None, 2)[1]) * PAGE
    except (ValueError, IndexError):
        return None


def parse_children(raw: bytes) -> tuple[int, ...]:
    """Give the pids of /proc/PID/task/TID/children."""
    return tuple(int(word) for word in raw.split() if word.isdigit())


def parse_ids(raw: bytes) -> Ids | None:
    """Understand /proc/PID/status. The kernel escapes newlines in Name, so lines are lines."""
    found: dict[bytes, list[bytes]] = {}
    for line in raw.split(b"\n"):
        key, colon, value = line.partition(b":")
        if colon and key in {b"Tgid", b"Uid", b"Gid", b"NSpid"}:
            found.setdefault(key, value.split())
    try:
        real, effective, saved = (int(word) for word in found[b"Uid"][:3])
        depth = len(found.get(b"NSpid", [b"1"]))
        gid = int(found[b"Gid"][0]) if b"Gid" in found else None
        return Ids(int(found[b"Tgid"][0]), (real, effective, saved), depth, gid)
    except (KeyError, ValueError, IndexError):
        return None


def parse_rollup(raw: bytes) -> tuple[int | None, int | None]:
    """Give the proportional and the private set in bytes from /proc/PID/smaps_rollup."""
    private = [_kilobytes(raw, label) for label in PRIVATE]
    some = [size for size in private if size is not None]
    return _kilobytes(raw, b"Pss:"), sum(some) if some else None


PRIVATE = (b"Private_Clean:", b"Private_Dirty:", b"Private_Hugetlb:")


def parse_swap(raw: bytes) -> int | None:
    """Give what lies in swap, in bytes, from /proc/PID/status (`VmSwap:`; no shared memory)."""
    return _kilobytes(raw, b"VmSwap:")


def parse_io(raw: bytes) -> tuple[int | None, int | None]:
    """Give the bytes that were fetched from and sent to disks, from /proc/PID/io."""
    found = dict(line.split(b":", 1) for line in raw.splitlines() if b":" in line)
    moved = [found.get(key, b"").strip() for key in (b"read_bytes", b"write_bytes")]
    read, written = (int(word) if word.isdigit() else None for word in moved)
    return read, written


def parse_memtotal(raw: bytes) -> int | None:
    """Give the memory of the host in bytes from /proc/meminfo."""
    return _kilobytes(raw, b"MemTotal:")


def parse_last_pid(raw: bytes) -> bytes:
    """Give the fifth word of /proc/loadavg: the pid made last; empty where there is none."""
    return raw[raw.rfind(b" ") + 1 :].strip()


def parse_argv(raw: bytes) -> str:
    """Give a command line as one string: NULs are blanks, padding is dropped."""
    return readable(raw.rstrip(b"\0 ").replace(b"\0", b" "))[:ARGV_SHOWN]


def marker(environ: bytes, name: str) -> str | None:
    """Give the value of variable *name* in /proc/PID/environ."""
    wanted = name.encode() + b"="
    for entry in environ.split(b"\0"):
        if entry.startswith(wanted):
            return readable(entry[len(wanted) :])
    return None


def readable(raw: bytes) -> str:
    """Decode what a stranger wrote, without control characters, fit for a terminal."""
    text = raw.decode("utf-8", "replace")
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def _kilobytes(raw: bytes, label: bytes) -> int | None:
    """Give the number of kB on the line that begins with *label*, in bytes."""
    for line in raw.split(b"\n"):
        if line.startswith(label):
            words = line[len(label) :].split()
            return int(words[0]) * 1024 if words and words[0].isdigit() else None
    return None
