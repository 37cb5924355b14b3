"""Where svwatch keeps its things (file-hierarchy(7), XDG Base Directory)."""

import os
import stat
from collections.abc import Mapping

_SUN_PATH = 107  # bytes; sockaddr_un has 108 and the last one is NUL (unix(7))
SOCKET = "control"
_SYSTEM = "/etc/svwatch"
_CONFIG = "svwatch.yaml"


def state_dir(environ: Mapping[str, str], uid: int, wanted: str | None = None) -> str:
    """Give the directory of the database, the lock and the outputs.

    *wanted* (`--state-dir`, or the configuration) goes first, then what systemd made for us, then
    /var/lib/svwatch for root and the user's own state for others.
    """
    if wanted or environ.get("STATE_DIRECTORY"):
        return wanted or _first(environ["STATE_DIRECTORY"])
    if uid == 0:
        return "/var/lib/svwatch"
    return f"{_xdg(environ, 'XDG_STATE_HOME', '.local/state')}/svwatch"


def socket_path(environ: Mapping[str, str], uid: int, wanted: str | None = None) -> str:
    """Give the path of the control socket; *wanted* is `--socket`, or the configuration's."""
    if wanted:
        return wanted
    return f"{_runtime_dir(environ, uid)}/{SOCKET}"


def _runtime_dir(environ: Mapping[str, str], uid: int) -> str:
    if environ.get("RUNTIME_DIRECTORY"):
        return _first(environ["RUNTIME_DIRECTORY"])
    if uid == 0:
        return "/run/svwatch"
    if os.path.isabs(environ.get("XDG_RUNTIME_DIR", "")):
        return f"{environ['XDG_RUNTIME_DIR']}/svwatch"
    # No login session. The name is fixed so that clients find it; `make_dir` looks who owns it.
    return f"/tmp/svwatch-{uid}"  # noqa: S108


def config_path(environ: Mapping[str, str], uid: int, wanted: str | None = None) -> str:
    """Give the file of the configuration; *wanted* is `-c`: a file, or a directory of one.

    For users the system's own goes first where it exists: they ask about the same services.
    """
    given = wanted or environ.get("SVWATCH_CONFIG")
    if given:
        return f"{given.rstrip('/')}/{_CONFIG}" if _is_dir(given) else given
    if uid == 0 or os.path.exists(_SYSTEM):
        return f"{_SYSTEM}/{_CONFIG}"
    return f"{_xdg(environ, 'XDG_CONFIG_HOME', '.config')}/svwatch/{_CONFIG}"


def _is_dir(path: str) -> bool:
    return path.endswith("/") or os.path.isdir(path)


def _first(paths: str) -> str:
    """Give the first of systemd's colon-separated directories (systemd.exec(5))."""
    return paths.partition(":")[0]


def _xdg(environ: Mapping[str, str], key: str, default: str) -> str:
    # The XDG specification wants relative paths ignored.
    if os.path.isabs(environ.get(key, "")):
        return environ[key].rstrip("/")
    return f"{environ.get('HOME', '/').rstrip('/')}/{default}"


def make_dir(path: str, mode: int, uid: int) -> str:
    """Make sure *path* is a directory that nobody but *uid* and root can write; "" or why not.

    A new one gets *mode* (0o700, or 0o755 where others may connect). One that was there stays as
    it is, and is refused where it belongs to a third person or can be written by others.
    """
    mask = os.umask(0o022)
    try:
        os.makedirs(path, mode, exist_ok=True)
        return _owned(path, uid)
    except OSError as error:
        return f"{error.filename or path}: {error.strerror}"
    finally:
        os.umask(mask)


def _owned(path: str, uid: int) -> str:
    link = os.lstat(path)
    # A link is as trustworthy as who put it there: in /tmp that may be anybody.
    found = os.stat(path) if link.st_uid in {0, uid} else link
    if found.st_uid not in {0, uid}:
        return f"{path} belongs to uid {found.st_uid}, neither to root nor to us"
    # In a sticky directory (/tmp) others can add, but cannot replace what is ours.
    if found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX:
        return f"{path} can be written by others; mend it with: chmod go-w {path}"
    return ""


def too_long(socket: str) -> str:
    """Say that the path of *socket* does not fit into a socket address; "" where it does."""
    size = len(os.fsencode(socket))
    if size <= _SUN_PATH:
        return ""
    return (
        f"the path of the control socket has {size} bytes, {_SUN_PATH} are possible: {socket}; "
        "set control_socket (or --socket) to a shorter one"
    )
