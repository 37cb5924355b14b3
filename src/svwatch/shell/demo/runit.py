"""Where runit's programs are: installed, or unpacked for the while of the demo."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from svwatch.shell.demo.told import NotSeenError

_NEEDED = ("runsvdir", "runsv", "sv", "svlogd")


class Runit(NamedTuple):
    """The directories with runit's programs, and where they come from, in words."""

    path: tuple[str, ...]
    origin: str


def find(root: Path) -> Runit:
    """Find runit, or unpack Debian's package below *root*; raise NotSeenError where neither goes.

    Installing the package comes last: the demo leaves nothing behind where that can be helped.
    """
    if path := _places(None):
        return Runit(path, "installed")
    if shutil.which("apt-get") and shutil.which("dpkg-deb"):
        if _download(root) and (found := _unpacked(root)):
            return found
        if os.geteuid() == 0 and _run(root, "apt-get", "-qy", "install", "runit"):
            return Runit(_places(None), "installed with apt-get just now; it stays")
    raise NotSeenError("runit is neither installed nor to be had by apt-get; see runit.log")


def _download(root: Path) -> bool:
    """Fetch the package; with lists of our own where the host has none (needs no root)."""
    if _run(root, "apt-get", "download", "runit"):
        return True
    for name in ("state/lists/partial", "cache/archives/partial"):
        (root / "apt" / name).mkdir(parents=True)
    own = (
        *("-o", f"Dir::State={root}/apt/state"),
        *("-o", f"Dir::Cache={root}/apt/cache"),
        *("-o", "Dir::State::status=/var/lib/dpkg/status"),
    )
    return _run(root, "apt-get", *own, "update") and _run(
        root, "apt-get", *own, "download", "runit"
    )


def _unpacked(root: Path) -> Runit | None:
    for package in root.glob("runit_*.deb"):
        if _run(root, "dpkg-deb", "-x", str(package), str(root / "runit")):
            where = ":".join(
                f"{root}/runit/{place}" for place in ("usr/bin", "bin", "usr/sbin", "sbin")
            )
            if path := _places(where):
                return Runit(path, f"{package.name}, unpacked here, not installed")
    return None


def _places(where: str | None) -> tuple[str, ...]:
    """Give the directories of runit's programs along the path *where* ($PATH); () if one misses."""
    found = [shutil.which(name, path=where) for name in _NEEDED]
    return () if None in found else tuple(dict.fromkeys(os.path.dirname(str(f)) for f in found))


def _run(root: Path, *argv: str) -> bool:
    """Run *argv* in *root*, output to runit.log; whether it ended well."""
    with (root / "runit.log").open("ab") as log:
        ran = subprocess.run(
            argv, cwd=root, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
        )
    return ran.returncode == 0
