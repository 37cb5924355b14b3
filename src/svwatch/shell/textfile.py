"""A small file that others read: replaced whole or not at all, whoever looks meanwhile."""

import os
from contextlib import suppress

OPEN = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
MODE = 0o644  # its readers are other users, whatever our umask


def replace(path: str, text: str) -> str:
    """Let *path* hold *text*; "" or a sentence that says why that was not possible.

    A link in its place is replaced, never followed. Nothing is synced: after a loss of power the
    file is written anew, soon.
    """
    folder, _, name = path.rpartition("/")
    draft = f"{folder}/.{name}.{os.getpid()}"  # no reader looks for such a name
    try:
        with suppress(FileNotFoundError):
            os.unlink(draft)  # of one of us that was killed
        _fill(draft, text.encode("utf-8", "backslashreplace"))
        _move(draft, path)
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""


def _fill(draft: str, raw: bytes) -> None:
    fd = os.open(draft, OPEN, MODE)
    try:
        os.fchmod(fd, MODE)
        while raw:
            raw = raw[os.write(fd, raw) :]
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


def remove(path: str) -> str:
    """Take *path* away; "" or why that was not possible."""
    try:
        with suppress(FileNotFoundError):
            os.unlink(path)
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""
