"""A small file that others read: replaced whole or not at all, whoever looks meanwhile."""

import os
from contextlib import suppress

OPEN = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
MODE = 0o644  # its readers are other users, whatever our umask


def replace(path: str, text: str, *, mode: int = MODE, sync: bool = False) -> str:
    """Let *path* hold *text*; "" or a sentence that says why that was not possible.

    A link in its place is replaced, never followed. *sync*: when this returns the file survives a
    loss of power; without it the old or the new one does, or none.
    """
    folder, _, name = path.rpartition("/")
    draft = f"{folder}/.{name}.{os.getpid()}"  # no reader looks for such a name
    try:
        with suppress(FileNotFoundError):
            os.unlink(draft)  # of one of us that was killed
        _fill(draft, text.encode("utf-8", "backslashreplace"), mode, sync=sync)
        _move(draft, path)
        if sync:
            _settle(folder)
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""


def _fill(draft: str, raw: bytes, mode: int, *, sync: bool) -> None:
    fd = os.open(draft, OPEN, mode)
    try:
        os.fchmod(fd, mode)
        while raw:
            raw = raw[os.write(fd, raw) :]
        if sync:
            os.fsync(fd)
    except OSError:
        os.unlink(draft)
        raise
    finally:
        os.close(fd)


def _move(draft: str, path: str) -> None:
    try:
        os.rename(draft, path)
    except OSError:
        os.unlink(draft)
        raise


def _settle(folder: str) -> None:
    """Sync the rename itself, which is a change of the directory (fsync(2))."""
    fd = os.open(folder or "/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def remove(path: str) -> str:
    """Take *path* away; "" or why that was not possible."""
    try:
        with suppress(FileNotFoundError):
            os.unlink(path)
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""
