"""The addresses of a host that a connection test names, without asking anybody."""

import socket

from svwatch.core.hosts import LOOPBACK, named

FILE = "/etc/hosts"


def addresses(host: str, file: str = FILE) -> tuple[str, ...]:
    """Give the addresses of *host*: itself, the loopback's, or those of the hosts file."""
    if family(host) is not None:
        return (host,)
    if host.lower() == "localhost":
        return LOOPBACK
    try:
        with open(file, encoding="utf-8", errors="replace") as hosts:
            found = named(hosts.read(), host)
    except OSError:
        return ()
    return tuple(address for address in found if family(address) is not None)


def family(address: str) -> socket.AddressFamily | None:
    """Give what kind of address it is; None: it is none."""
    for kind in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(kind, address)
        except (OSError, ValueError):
            continue
        return kind
    return None
