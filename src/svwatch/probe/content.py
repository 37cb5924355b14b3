"""Read a small file at once; what goes wrong is an answer."""

import errno
import os

FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
GONE = frozenset({errno.ENOENT, errno.ESRCH, errno.ENOTDIR})
SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})


def content(path: str, size: int = 65536) -> bytes | None:
    """Read at most *size* bytes of *path*; None where that is not possible."""
    raw = attempt(path, size)
    return raw if isinstance(raw, bytes) else None


def attempt(path: str, size: int = 65536) -> bytes | int:
    """Read at most *size* bytes of *path* with one read(2); the errno where it fails."""
    try:
        fd = os.open(path, FLAGS)
    except OSError as error:
        return error.errno or errno.EIO
    except ValueError:  # a NUL in the path
        return errno.EINVAL
    try:
        return os.read(fd, size)
    except OSError as error:
        return error.errno or errno.EIO
    finally:
        os.close(fd)


def whole(fd: int) -> bytes:
    """Read all of an open /proc file from its start; one read gives a page at most.

    Raises OSError, as pread(2) does.
    """
    raw = os.pread(fd, 4096, 0)
    if len(raw) < 3000:  # a sequence file never splits a record to fill its page (seq_file.c)
        return raw
    parts = [raw]
    offset = len(raw)
    while raw := os.pread(fd, 65536, offset):
        parts.append(raw)
        offset += len(raw)
    return b"".join(parts)
