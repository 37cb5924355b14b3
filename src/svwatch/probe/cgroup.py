"""Ask the control groups: how much memory there is, and whether the kernel killed for want of it.

Documentation/admin-guide/cgroup-v2.rst (`memory.max`, `memory.events`); v1 names its files
`memory.limit_in_bytes` and `memory.oom_control`.
"""

from svwatch.probe.content import content
from svwatch.probe.procfile import parse_memtotal

ROOT = "/sys/fs/cgroup"
LIMITS = ("memory.max", "memory/memory.limit_in_bytes")


def memtotal(proc: str = "/proc", root: str = ROOT) -> int:
    """Give what 100 % of memory is, in bytes: the host's, or the container's where lower.

    0 where the host does not say.
    """
    host = parse_memtotal(content(f"{proc}/meminfo") or b"") or 0
    limits = [parse_limit(content(f"{root}/{name}") or b"") for name in LIMITS]
    return min([host, *(limit for limit in limits if limit)])


def parse_limit(raw: bytes) -> int | None:
    """Give a limit in bytes; None for `max` and what is no number."""
    word = raw.strip()
    return int(word) if word.isdigit() else None


def parse_membership(raw: bytes) -> tuple[tuple[str, str], ...]:
    """Give (controllers, path) per line of /proc/PID/cgroup; controllers are "" in v2."""
    found = []
    for line in raw.decode("utf-8", "surrogateescape").splitlines():
        number, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if number.isdigit() and colon and path.startswith("/"):
            found.append((controllers, path))
    return tuple(found)


def oom_files(raw: bytes, root: str = ROOT) -> tuple[str, ...]:
    """Name the files that may count OOM kills of the process with cgroup text *raw*."""
    files = []
    for controllers, path in parse_membership(raw):
        inside = "" if path == "/" else path
        if not controllers:
            files += [f"{root}{inside}/memory.events", f"{root}/unified{inside}/memory.events"]
        elif "memory" in controllers.split(","):
            files.append(f"{root}/memory{inside}/memory.oom_control")
    return tuple(files)


def own_limit(pid: int, proc: str = "/proc", root: str = ROOT) -> tuple[int | None, str]:
    """Give the memory limit of the control group of *pid* in bytes, or None and why there is none.

    Only its own group counts, not those above it. v1 says "no limit" with a number near 2**63.
    """
    groups = parse_membership(content(f"{proc}/{pid}/cgroup") or b"")
    if not groups:
        return None, f"{proc}/{pid}/cgroup cannot be read"
    for controllers, path in groups:
        inside = "" if path == "/" else path
        if not controllers:
            files = [f"{root}{inside}/memory.max", f"{root}/unified{inside}/memory.max"]
        elif "memory" in controllers.split(","):
            files = [f"{root}/memory{inside}/memory.limit_in_bytes"]
        else:
            continue
        for file in files:
            limit = parse_limit(content(file) or b"")
            if limit is not None and limit < UNLIMITED:
                return limit, ""
    return None, f"its control group has no memory limit ({groups[-1][1]})"


UNLIMITED = 1 << 60


def parse_oom(raw: bytes) -> int | None:
    """Give the count of `oom_kill` in memory.events or memory.oom_control."""
    for line in raw.split(b"\n"):
        words = line.split()
        if len(words) == 2 and words[0] == b"oom_kill" and words[1].isdigit():
            return int(words[1])
    return None


def oom_file(pid: int, proc: str = "/proc", root: str = ROOT) -> str | None:
    """Find the file that counts the OOM kills of process *pid*; None where there is none."""
    for path in oom_files(content(f"{proc}/{pid}/cgroup") or b"", root):
        if oom_kills(path) is not None:
            return path
    return None


def oom_kills(path: str) -> int | None:
    """Read how often the kernel killed in that group; None where it cannot be read."""
    return parse_oom(content(path) or b"")


class OomCount:
    """The OOM kills in the control group of one process, compared between looks."""

    __slots__ = ("_path", "_proc", "_seen")

    def __init__(self, proc: str = "/proc") -> None:
        """Count nothing yet."""
        self._proc = proc
        self._path: str | None = None
        self._seen: int | None = None

    def begin(self, pid: int) -> None:
        """Count for the group of process *pid* from now on."""
        self._path = oom_file(pid, self._proc)
        self.refresh()

    def refresh(self) -> None:
        """Take the present count as what was known before."""
        self._seen = None if self._path is None else oom_kills(self._path)

    def rose(self) -> bool:
        """Say whether the kernel killed somebody of the group since."""
        before = self._seen
        self.refresh()
        return before is not None and self._seen is not None and self._seen > before
