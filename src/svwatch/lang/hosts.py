"""Which hosts a connection test may name: asking a name server could hold the daemon up."""

import ipaddress

from svwatch.core.hosts import named

FILE = "/etc/hosts"


def known_host(host: str, file: str = FILE) -> str:
    """Say why *host* cannot be dialled; "" where it can."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "" if host.lower() == "localhost" or _listed(host, file) else _unknown(host, file)
    return f"{host} is the address of nobody" if address.is_multicast else ""


def _listed(host: str, file: str) -> bool:
    try:
        with open(file, encoding="utf-8", errors="replace") as hosts:
            return bool(named(hosts.read(), host))
    except OSError:
        return False


def _unknown(host: str, file: str) -> str:
    return f'"{host}" is neither an address nor in {file}; no name server is asked'
