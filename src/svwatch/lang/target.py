"""Where a service's process is: a runit directory or a pidfile."""

import os
from collections.abc import Mapping

from msgspec import Struct

from svwatch.lang.fields import Fields

ROOTS = ("/etc/service", "/var/service", "/service")
"""Where distributions keep runit's service directories."""

OTHERS = ("systemd", "docker", "s6", "supervisord", "supervisor", "foreman", "daemontools")

STATUS = 20  # bytes of supervise/status (runsv.c)


class Target(Struct, frozen=True):
    """Exactly one of the two is set. *external*: something else starts what has ended."""

    service_dir: str | None = None
    pidfile: str | None = None
    external: bool = False

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
    if word == "external":
        return _external(given, service_dir, pidfile)
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


def _external(given: Fields, service_dir: str | None, pidfile: str | None) -> Target | None:
    """Take a process that something else keeps up: its pidfile is all there is."""
    if service_dir is not None:
        what = "service_dir is runit's"
        given.complaints.error(given.where("service_dir"), what, "supervisor: runit, or a pidfile:")
    elif pidfile is None:
        what = "supervisor: external needs a pidfile: how else is the process found?"
        given.complaints.error(given.where("supervisor"), what, "pidfile: /run/name.pid")
    elif runit_above(pidfile) is not None:
        what = "this pidfile is runit's own"
        given.complaints.error(given.where("pidfile"), what, "supervisor: runit")
    else:
        return Target(pidfile=pidfile, external=True)
    return None


def _supervisor(given: Fields) -> str | None:
    said = given.text("supervisor", "runit")
    if said in OTHERS:
        what = f'supervisor: "{said}" is one of those that svwatch only knows as external'
        hint = "supervisor: external, and its pidfile:"
        given.complaints.error(given.where("supervisor"), what, hint)
        return None
    return given.word("supervisor", ("runit", "external"))


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
