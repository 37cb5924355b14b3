"""Where runit and the other programs are that the live tests run against."""

import os
import shutil

RUNIT = ("runsvdir", "runsv", "sv", "svlogd", "chpst")
CI = os.environ.get("CI", "") not in {"", "0", "false"}


def missing(*programs: str) -> list[str]:
    """Give those of *programs* that are not on PATH."""
    return [name for name in programs if shutil.which(name) is None]


def libfaketime() -> str | None:
    """Give the path of libfaketime, which changes what one process takes for the time."""
    places = (
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib",
        "/usr/local/lib",
    )
    for place in places:
        path = f"{place}/faketime/libfaketime.so.1"
        if os.path.exists(path):
            return path
    return None
