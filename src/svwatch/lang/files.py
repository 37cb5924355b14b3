"""Files that we are about to trust: read whole, or refused with the command that mends it."""

import os
import pwd
import shlex
import stat

from msgspec import Struct

MOST = 1 << 20  # bytes of one configuration file


class Unread(Struct, frozen=True):
    """Why a file was not read, and what mends it."""

    what: str
    hint: str = ""


def read(path: str, uid: int, most: int = MOST) -> bytes | Unread:
    """Give what is in the regular file *path*, at most *most* bytes.

    Refused when somebody other than root and *uid* could have written it. Never raises.
    """
    try:
        # O_NONBLOCK: a FIFO in its place must not stop us before we see what it is.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        return Unread(f"cannot be read: {getattr(error, 'strerror', None) or error}")
    try:
        status = os.fstat(descriptor)
        distrust = refusal(path, status, uid) or _directory_refusal(path)
        return distrust or _all(descriptor, most)
    finally:
        os.close(descriptor)


def _all(descriptor: int, most: int) -> bytes | Unread:
    chunks, left = [], most + 1
    while left and (chunk := os.read(descriptor, left)):
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks) if left else Unread(f"is larger than {most} bytes")


def refusal(path: str, status: os.stat_result, uid: int) -> Unread | None:
    """Say why a file with *status* is not to be trusted by *uid*, and what mends it; else None."""
    if not stat.S_ISREG(status.st_mode):
        return Unread("is not a regular file")
    quoted = shlex.quote(path)
    if status.st_uid not in (0, uid):
        owner = "root" if uid == 0 else str(uid)
        return Unread(f"belongs to user {status.st_uid}", f"chown {owner} {quoted}")
    if status.st_mode & stat.S_IWOTH:
        return Unread("can be written by everybody", f"chmod o-w {quoted}")
    if status.st_mode & stat.S_IWGRP and status.st_gid not in own_groups(uid):
        return Unread(f"can be written by group {status.st_gid}", f"chmod g-w {quoted}")
    return None


def _directory_refusal(path: str) -> Unread | None:
    directory = os.path.dirname(os.path.realpath(path))
    try:
        mode = os.stat(directory).st_mode
    except OSError as error:
        return Unread(f"is in a directory that cannot be looked at: {error.strerror}")
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        what = "is in a directory that everybody can write"
        return Unread(what, f"chmod o-w {shlex.quote(directory)}")
    return None


def own_groups(uid: int) -> frozenset[int]:
    """Give root's group and the primary one of *uid*, which is nobody else's on most hosts."""
    try:
        return frozenset((0, pwd.getpwuid(uid).pw_gid))
    except KeyError:
        return frozenset((0,))
