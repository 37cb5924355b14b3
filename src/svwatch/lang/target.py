"""Where a service's process is: a runit directory or a pidfile."""

import os
from collections.abc import Mapping

from msgspec import Struct

from svwatch.lang.fields import Fields

ROOTS = ("/etc/service", "/var/service", "/service")
"""Where distributions keep runit's service directories."""

LATER = ("systemd", "external", "docker", "s6", "supervisord", "foreman")

STATUS = 20  # bytes of supervise/status (runsv.c)


class Target(Struct, frozen=True):
    """Exactly one of the two is set."""

    service_dir: str | None = None
    pidfile: str | None = None

    @property
    def real(self) -> str:
        """Give what no other service may have: the real path."""
        return os.path.realpath(self.service_dir or self.pidfile or "")


def service_root(environ: Mapping[str, str]) -> str:
    """Give the first of $SVDIR and the usual places that is a directory."""
    places = (environ.get("SVDIR", ""), *ROOTS)
    return next((place for place in places if os.path.isdir(place)), ROOTS[0])


def target(given: Fields, name: str, root: str) -> Target | None:
    """Give where the process of *name* is; None after a complaint."""
    word = _supervisor(given)
    service_dir, pidfile = given.path("service_dir"), given.path("pidfile")
    bad = {key: given.node(key) for key in ("supervisor", "service_dir", "pidfile")}
    if any(node is not None for node in bad.values()) and not (word or service_dir or pidfile):
        return None
    if pidfile is not None and (above := runit_above(pidfile)) is not None:
        service_dir, pidfile = service_dir or above, None
    if pidfile is not None and (word or service_dir):
        what = "under runit the pidfile is runit's own"
        given.complaints.error(given.where("pidfile"), what, "remove pidfile: or supervisor:")
        return None
    if pidfile is not None:
        return Target(pidfile=pidfile)
    if word or service_dir:
        return Target(service_dir=service_dir or os.path.join(root, name))
    hint = "supervisor: runit, or pidfile: /run/name.pid"
    given.complaints.error(given.place, f'service "{name}": where is its process?', hint)
    return None


def _supervisor(given: Fields) -> str | None:
    said = given.text("supervisor", "runit")
    if said is not None and said in LATER:
        what = f'supervisor: "{said}" is not in this version'
        given.complaints.error(given.where("supervisor"), what, "pidfile: serves instead")
        return None
    return given.word("supervisor", ("runit",))


def runit_above(pidfile: str) -> str | None:
    """Give the service directory of runit that *pidfile* belongs to, if it does."""
    supervise, name = os.path.split(os.path.normpath(pidfile))
    directory, last = os.path.split(supervise)
    if (name, last) != ("pid", "supervise"):
        return None
    try:
        return directory if os.stat(os.path.join(supervise, "status")).st_size == STATUS else None
    except OSError:
        # Before the first runsv there is no status; a ./run says as much.
        return directory if os.path.isfile(os.path.join(directory, "run")) else None
