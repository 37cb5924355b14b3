"""The one inbox: every descriptor that can say something, and every instant that is due."""

import heapq
import selectors
from collections.abc import Hashable, Iterable

Owner = tuple[str, Hashable]  # who is spoken to: ("exit", "rm-dj-1"), ("hands", None), ...

READ = selectors.EVENT_READ
WRITE = selectors.EVENT_WRITE


class Inbox:
    """Descriptors by owner. Epoll where there is one.

    Owners close their descriptors when they like, and the kernel gives the number to the next
    file: an entry is therefore replaced, and forgotten only for the owner that it stands for.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._fds: dict[Owner, set[int]] = {}

    def watch(self, fd: int, owner: Owner, events: int = READ) -> None:
        """Tell *owner* of *events* on *fd*; whoever had this number before is forgotten."""
        if (key := self._selector.get_map().get(fd)) is not None:
            self._selector.unregister(fd)  # survives a number that the kernel dropped by itself
            self._fds[key.data].discard(fd)
        self._selector.register(fd, events, owner)
        self._fds.setdefault(owner, set()).add(fd)

    def forget(self, owner: Owner) -> None:
        """Hear nothing more for *owner*."""
        for fd in self._fds.pop(owner, ()):
            self._selector.unregister(fd)

    def renew(self, owner: Owner, fds: Iterable[int]) -> None:
        """Hear exactly *fds* for *owner*, even if one is a new file under an old number."""
        self.forget(owner)
        for fd in fds:
            self.watch(fd, owner)

    def wait(self, timeout: float | None) -> list[tuple[Owner, int, int]]:
        """Wait at most *timeout* seconds (None: for ever): owner, descriptor, READ and WRITE."""
        ready = self._selector.select(timeout)
        return [(key.data, key.fd, events) for key, events in ready]

    def close(self) -> None:
        """Give the selector back; the descriptors stay their owners'."""
        self._selector.close()


class Timers:
    """Instants (CLOCK_MONOTONIC, seconds) by key; each key has one at most."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Owner]] = []
        self._set: dict[Owner, tuple[float, int]] = {}
        self._count = 0  # breaks ties, so that keys are never compared

    def has(self, key: Owner) -> bool:
        """Say whether *key* waits for an instant."""
        return key in self._set

    def put(self, key: Owner, at: float | None) -> None:
        """Wake *key* at *at*; None: not at all."""
        if at is None:
            self._set.pop(key, None)
        elif self._set.get(key, (None,))[0] != at:
            self._count += 1
            self._set[key] = (at, self._count)
            heapq.heappush(self._heap, (at, self._count, key))

    def next(self) -> float | None:
        """Give the earliest instant, None without any."""
        heap = self._heap
        while heap and self._set.get(heap[0][2]) != heap[0][:2]:
            heapq.heappop(heap)  # it was moved or taken back
        return heap[0][0] if heap else None

    def take(self, now: float) -> list[Owner]:
        """Take out all keys that are due at *now*, the earliest first."""
        due: list[Owner] = []
        while (at := self.next()) is not None and at <= now:
            key = heapq.heappop(self._heap)[2]
            del self._set[key]
            due.append(key)
        return due
