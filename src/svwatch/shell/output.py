"""Keeps what commands print: one bounded file per service."""

import os
from binascii import crc32

LIMIT = 1 << 20  # bytes; a started daemon may hold its file open for ever
TAIL = 2048  # bytes that go into an outcome
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@+:")
_LONGEST = 200  # bytes; a file name may have 255 (NAME_MAX)


def file_name(service: str) -> str:
    """Give the file name for *service*: never a path, never hidden, one for each name."""
    safe = "".join(c if c in _SAFE else "".join(f"%{b:02X}" for b in _bytes(c)) for c in service)
    if not safe or safe.startswith("."):
        safe = f"%2E{safe[1:]}"
    if len(safe) > _LONGEST:
        safe = f"{safe[:_LONGEST]}%{crc32(_bytes(service)):08x}"
    return safe


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


class Outputs:
    """The directory of the output files (0700; the files are 0600)."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def path(self, service: str) -> str:
        """Give the path of the file of *service*."""
        return f"{self._directory}/{file_name(service)}"

    def prepare(self, service: str, *, empty: bool) -> str:
        """Make room for a run of *service*, *empty*: forget the last one; give the path.

        Raises OSError where the directory cannot be made.
        """
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        path = self.path(service)
        if empty:
            _truncate(path)
        return path

    def tail(self, service: str) -> str:
        """Read the last 2 kB as printable lines; "" where nothing was printed. Never raises."""
        try:
            fd = os.open(self.path(service), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return ""
        try:
            size = os.fstat(fd).st_size
            return printable(os.pread(fd, TAIL, max(0, size - TAIL)))
        finally:
            os.close(fd)

    def bound(self, service: str) -> None:
        """Empty the file of *service* once it is over 1 MB; a writer goes on at its start."""
        _bound(self.path(service))

    def bound_all(self) -> None:
        """Bound every file: daemons that were started long ago still write to theirs."""
        try:
            with os.scandir(self._directory) as entries:
                paths = [entry.path for entry in entries]
        except FileNotFoundError:  # nothing was ever run
            return
        for path in paths:
            _bound(path)


def _bound(path: str) -> None:
    try:
        over = os.lstat(path).st_size > LIMIT
    except OSError:  # nothing printed yet, or somebody tidied up
        return
    if over:
        _truncate(path)


def _truncate(path: str) -> None:
    # By descriptor: a link in place of the file must not make us empty something else.
    try:
        fd = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.ftruncate(fd, 0)
    finally:
        os.close(fd)


def printable(raw: bytes) -> str:
    """Decode *raw* for people: lines kept, control and invisible characters dropped."""
    text = raw.decode(errors="replace").replace("\t", " ").lstrip("\ufffd")
    return "".join(c for c in text if c == "\n" or c.isprintable()).strip()
