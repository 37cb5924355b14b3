"""Say who could make a path name another file: everybody but root who may write on the way."""

import grp
import os
import pwd
import stat

from msgspec import Struct

DEEPEST = 40  # links that are followed, as the kernel does (path_resolution(7))


class Writer(Struct, frozen=True):
    """Somebody besides root who may change what a path names.

    *uid* is None where a whole group, or everybody, may. *mend* takes the right away.
    """

    uid: int | None
    mend: str


def writers(path: str) -> tuple[Writer, ...]:
    """Name everybody but root who could replace or rewrite the file at *path*.

    The file and each directory on its path count, links' own directories too. In a sticky
    directory only owners may replace files, so its mode does not count, its owner does.
    """
    found: list[Writer] = []
    for directory in directories(path):
        found += _who(directory, is_dir=True)
    found += _who(os.path.realpath(path), is_dir=False)
    unique = {writer.uid: writer for writer in reversed(found)}
    return tuple(unique[uid] for uid in sorted(unique, key=lambda uid: -1 if uid is None else uid))


def directories(path: str) -> tuple[str, ...]:
    """Name every directory that is passed on the way to *path*, links followed by hand."""
    left = os.path.abspath(path).split("/")[1:]
    passed, here, links = ["/"], "", 0
    while left:
        step = f"{here}/{left.pop(0)}"
        target = _link(step) if links < DEEPEST else None
        if target is not None:
            links += 1
            here = "" if target.startswith("/") else here
            left = [part for part in target.split("/") if part] + left
        elif step.endswith("/.."):
            here = os.path.dirname(here)
        elif not step.endswith("/."):
            here = step
            if left:
                passed.append(here)
    return tuple(dict.fromkeys(passed))


def _link(path: str) -> str | None:
    """Give what the link at *path* says; None where it is no link."""
    try:
        return os.readlink(path)
    except OSError:
        return None


def _who(path: str, *, is_dir: bool) -> list[Writer]:
    """Name who besides root may write *path* itself."""
    try:
        about = os.stat(path)
    except OSError:
        return []  # what is not there was judged when it was opened
    mode = about.st_mode
    found = []
    if about.st_uid != 0:
        found.append(Writer(about.st_uid, f"chown root {path}"))
    if is_dir and mode & stat.S_ISVTX:
        return found
    if mode & stat.S_IWOTH:
        found.append(Writer(None, f"chmod o-w {path}"))
    if mode & stat.S_IWGRP and about.st_gid != 0 and not _private(about.st_gid, about.st_uid):
        found.append(Writer(None, f"chmod g-w {path}"))
    return found


def _private(gid: int, uid: int) -> bool:
    """Say whether the group is the owner's own (Debian's USERGROUPS, adduser.conf(5))."""
    try:
        group, owner = grp.getgrgid(gid), pwd.getpwuid(uid)
    except KeyError:
        return False
    return uid != 0 and group.gr_name == owner.pw_name and set(group.gr_mem) <= {owner.pw_name}
