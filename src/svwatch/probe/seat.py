"""One process on kept-open descriptors of /proc: no path look-up, no mistaken pid.

A descriptor of a dead process answers ESRCH for ever, also when its number is used again.
One exception rules the order of reading: `children` of a dead process reads as empty, without an
error, so a list counts only where a read of `statm` after it succeeds.
"""

import errno
import os

from svwatch.core.seen import Incarnation, Proc
from svwatch.probe.content import GONE, SCARCE, attempt, content, whole
from svwatch.probe.procfile import Stat, parse_children, parse_resident, parse_stat

FLAGS = os.O_RDONLY | os.O_CLOEXEC
NONE = -1
DESCRIPTORS = 4  # of one seat


class Seat:
    """What is kept of one process between looks. Descriptors are -1 while it is not seated."""

    __slots__ = (
        "children",
        "children_fd",
        "incarnation",
        "lineage",
        "proc",
        "root",
        "seen",
        "stat_fd",
        "statm",
        "statm_fd",
        "task",
        "task_fd",
    )

    def __init__(self, stat: Stat, root: str) -> None:
        """Stand beside the process of *stat*; `sit` opens its descriptors."""
        self.incarnation = Incarnation(stat.pid, stat.ticks)
        self.root = root
        self.task = f"{root}/{stat.pid}/task"
        self.stat_fd = self.statm_fd = self.children_fd = self.task_fd = NONE
        self.statm = b""
        self.children = b""
        self.lineage: tuple[int, ...] | None = None  # children by all threads; None: no such file
        self.seen = 0  # samples taken
        self.proc = Proc(self.incarnation, stat.ppid, 0, None, stat.name)

    def sit(self) -> bool:
        """Open the descriptors, and verify that they are this process's.

        Raises OSError where descriptors are scarce or permission lacks; False: it is gone.
        """
        pid = self.incarnation.pid
        try:
            self.stat_fd = os.open(f"{self.root}/{pid}/stat", FLAGS)
            self.statm_fd = os.open(f"{self.root}/{pid}/statm", FLAGS)
            stat = parse_stat(os.pread(self.stat_fd, 1024, 0))
        except OSError as error:
            self.rise()
            if error.errno in GONE:
                return False
            raise
        if stat is None or stat.ticks != self.incarnation.ticks:
            self.rise()
            return False
        try:
            self.task_fd = os.open(self.task, FLAGS | os.O_DIRECTORY)
            self.children_fd = os.open(f"{self.task}/{pid}/children", FLAGS)
        except OSError as error:
            if error.errno in SCARCE:
                self.rise()
                raise
            self.children_fd = NONE  # CONFIG_PROC_CHILDREN is not set, or it has just ended
        return True

    def rise(self) -> None:
        """Give the descriptors back."""
        for fd in (self.stat_fd, self.statm_fd, self.children_fd, self.task_fd):
            if fd != NONE:
                os.close(fd)
        self.stat_fd = self.statm_fd = self.children_fd = self.task_fd = NONE

    def stat(self) -> Stat | None:
        """Read its stat; None where it is dead."""
        try:
            stat = parse_stat(os.pread(self.stat_fd, 1024, 0))
        except OSError:
            return None
        return None if stat is None or stat.dead else stat

    def offspring(self) -> tuple[int, ...] | None:
        """List the pids of the children of all its threads; None: the kernel has no such files.

        A child belongs to the thread that made it. The links of `task/` count the threads.
        """
        if self.children_fd == NONE:
            return None
        try:
            self.children = raw = whole(self.children_fd)
            if os.fstat(self.task_fd).st_nlink > 3:  # 2, and one per thread (proc_task_getattr)
                raw = b" ".join((raw, *self._by_threads()))
        except OSError:
            return ()
        return parse_children(raw)

    def _by_threads(self) -> list[bytes]:
        """Read the lists of all threads but the first."""
        first = str(self.incarnation.pid)
        threads = (name for name in os.listdir(self.task) if name != first)
        return [content(f"{self.task}/{name}/children") or b"" for name in threads]

    def resident(self) -> int | None:
        """Read its resident bytes; None where it is dead.

        A process whose main thread has ended while others live shows zeros and state Z: its
        memory is read from a live thread.
        """
        try:
            self.statm = os.pread(self.statm_fd, 64, 0)
        except OSError as error:
            if error.errno in (errno.ESRCH, errno.ENOENT):
                return None
            raise
        rss = parse_resident(self.statm)
        if rss:
            return rss
        stat = self.stat()
        if stat is None:
            return None
        return self._by_thread() if stat.state in "ZXx" else 0

    def _by_thread(self) -> int:
        """Read resident bytes from whichever thread still has them."""
        try:
            threads = os.listdir(self.task)
        except OSError:
            return 0
        sizes = (parse_resident(content(f"{self.task}/{name}/statm") or b"") for name in threads)
        return max((size for size in sizes if size), default=0)


def seat_of(pid: int, root: str = "/proc") -> Seat | None:
    """Make a seat for the live process *pid*; None where it is dead.

    Raises OSError where that cannot be said: no descriptor is left, or no permission.
    """
    raw = attempt(f"{root}/{pid}/stat", 1024)
    if isinstance(raw, int):
        if raw in GONE:
            return None
        raise OSError(raw, os.strerror(raw))
    stat = parse_stat(raw)
    return None if stat is None or stat.dead else Seat(stat, root)
