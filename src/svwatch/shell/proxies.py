"""Which proxy a web address is reached by, as the environment says and curl(1) reads it.

urllib.request knows it too, for two megabytes and 20 ms more.
"""

import ipaddress
import os
from urllib.parse import SplitResult, urlsplit


def proxy_for(scheme: str, host: str, port: int) -> SplitResult | None:
    """Give the proxy for *host*, None: there is none. Raises ValueError for one we cannot use."""
    said = named(f"{scheme}_proxy") or named("all_proxy")
    if not said or excused(host, port, named("no_proxy")):
        return None
    proxy = urlsplit(said if "://" in said else f"http://{said}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise ValueError(f"a proxy must be an http URL, {scheme}_proxy names none")
    return proxy


def named(variable: str) -> str:
    """Give the value of *variable*, in small letters or in capitals."""
    return os.environ.get(variable) or os.environ.get(variable.upper()) or ""


def excused(host: str, port: int, names: str) -> bool:
    """Whether *names* (`*`, or domains, addresses and networks) hold *host*."""
    entries = [entry.strip().lower().lstrip(".") for entry in names.split(",")]
    return any(matches(host.lower(), port, entry) for entry in entries if entry)


def matches(host: str, port: int, entry: str) -> bool:
    """Whether one entry of no_proxy is about *host*."""
    name, colon, number = entry.rpartition(":")
    if colon and number.isdecimal() and name.count(":") == 0:
        return port == int(number) and matches(host, port, name)
    if entry == "*" or host == entry.strip("[]") or host.endswith(f".{entry}"):
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:  # names, or families that differ
        return False
