"""Speaks to runsv: by `sv`, or straight into its control FIFO."""

import os
import stat

from svwatch.shell.account import PATH

# GitLab's packages bring a runit of their own that no PATH knows.
_PLACES = (*PATH.split(":"), "/opt/gitlab/embedded/bin")


def find_sv(places: tuple[str, ...] = ()) -> str | None:
    """Give the absolute path of `sv`, or None where runit is not installed.

    Without *places* it is looked for where systems keep it, and then along our own $PATH: runit
    may be unpacked where only its user knows.
    """
    own = tuple(filter(os.path.isabs, os.environ.get("PATH", "").split(":")))
    for place in places or (*_PLACES, *own):
        path = f"{place}/sv"
        if os.access(path, os.X_OK):
            return path
    return None


def put_up(service_dir: str) -> str:
    """Tell the runsv of *service_dir* that its service is wanted up; "" or why it was not told.

    It writes `u` itself and neither forks nor waits (runsv.c reads one byte per command, in
    order; `sv up` right after `sv down` can be lost), so it works while svwatch is being ended.
    """
    path = f"{service_dir}/supervise/control"
    try:
        # Without a reader a blocking open would hang for ever; so it is ENXIO at once.
        fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return f"{path}: {error.strerror}"
    try:
        if not stat.S_ISFIFO(os.fstat(fd).st_mode):
            return f"{path}: not a FIFO"
        os.write(fd, b"u")
    except OSError as error:
        return f"{path}: {error.strerror}"
    finally:
        os.close(fd)
    return ""
