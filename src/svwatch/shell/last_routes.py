"""The routes of the last good configuration, in a file of their own: their URLs are secrets."""

import os
import stat
from collections.abc import Callable

import msgspec
from msgspec import Struct

from svwatch.core.route import Route
from svwatch.shell import textfile

NAME = "routes.secret"
VERSION = 1  # of the layout; a file of another one counts as none
MODE = 0o600
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
MOST = 1 << 20  # bytes


class Kept(Struct, frozen=True):
    """What the file holds."""

    version: int
    routes: tuple[Route, ...]


class _Stamp(Struct, frozen=True):
    version: int


class LastRoutes:
    """The file in *state_dir*: written when a configuration is taken, read where none loads."""

    def __init__(self, state_dir: str) -> None:
        """Touch nothing yet."""
        self._path = f"{state_dir}/{NAME}"

    def read(self, complain: Callable[[str], None]) -> tuple[Route, ...]:
        """Give the routes; none where there is no file, or none that only we can have written."""
        if not os.path.lexists(self._path):
            return ()
        try:
            return _decoded(self._raw())
        except OSError as error:
            complain(f"{self._path}: {error.strerror}")
        except msgspec.MsgspecError:  # what it says of the file may be a secret
            complain(f"{self._path} is damaged")
        return ()

    def keep(self, routes: tuple[Route, ...]) -> str:
        """Let the file hold *routes*, synced to the disk; "" or why that was not possible."""
        raw = msgspec.json.encode(Kept(VERSION, routes))
        if self._holds(raw):
            return ""
        return textfile.replace(self._path, raw.decode(), mode=MODE, sync=True)

    def _holds(self, raw: bytes) -> bool:
        try:
            return self._raw() == raw
        except OSError:  # of somebody else, or no file at all: ours takes its place
            return False

    def _raw(self) -> bytes:
        fd = os.open(self._path, READ)
        try:
            if why := _foreign(os.fstat(fd)):
                raise OSError(0, why)
            return os.read(fd, MOST)
        finally:
            os.close(fd)


def _decoded(raw: bytes) -> tuple[Route, ...]:
    """Give the routes in *raw*; of another version there are none."""
    known = msgspec.json.decode(raw, type=_Stamp).version == VERSION
    return msgspec.json.decode(raw, type=Kept).routes if known else ()


def _foreign(about: os.stat_result) -> str:
    """Say why the file may be another's, who would have us tell whom they like."""
    if not stat.S_ISREG(about.st_mode):
        return "it is no regular file"
    if about.st_uid not in {0, os.geteuid()}:
        return f"it belongs to uid {about.st_uid}, neither to root nor to us"
    return "others may write to it" if about.st_mode & 0o022 else ""
