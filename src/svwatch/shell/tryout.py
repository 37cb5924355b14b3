"""The trying child: makes of each URL what a delivery would, sends nothing, asks for its host.

It is a process of its own for the same reasons as the delivering child.
"""

import logging
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Sequence
from difflib import get_close_matches
from urllib.parse import urlsplit

import msgspec

from svwatch.core.route import Form
from svwatch.shell.by_apprise import instantiate, shapes
from svwatch.shell.proxies import proxy_for
from svwatch.shell.trials import Trial, Verdict, hushed

PATIENCE = 3.0  # seconds for all names together
OURS = frozenset({Form.JSON, Form.ALERTMANAGER})
WITH_HOST = frozenset({"json", "jsons", "xml", "xmls", "form", "forms"})
NO_REASON = re.compile(r"Unparseable .*URL|Could not load .*URL|no reason given")
PORTS = range(1, 65536)


def main() -> None:
    """Read Trials from stdin and write Verdicts to stdout, one in each line, as they come."""
    trials = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[Trial, ...])
    hosts = []
    for at, trial in enumerate(trials):
        verdict, host = tried(at, trial)
        say(verdict)
        hosts.append(host)
    missing = unknown(frozenset(hosts) - {""}, PATIENCE)
    for at, host in enumerate(hosts):
        if host in missing:
            say(Verdict(at, host=host))
    os._exit(0)  # a look-up that hangs would hold us


def say(verdict: Verdict) -> None:
    """Write *verdict* at once: the next URL may be the last that we see."""
    os.write(1, b"\n" + msgspec.json.encode(verdict) + b"\n")


def tried(at: int, trial: Trial) -> tuple[Verdict, str]:
    """Give what is wrong with *trial*, and the host that it goes to where it has one."""
    if trial.form in OURS:
        return ours(at, trial.url)
    heard = Heard()
    logger = logging.getLogger("apprise")
    logger.addHandler(heard)
    service, _ = instantiate(trial.url)
    logger.removeHandler(heard)
    said = tuple(dict.fromkeys(hushed(one, trial.url) for one in heard.said))
    reasons = tuple(one for one in said if not NO_REASON.match(one))
    if service is None:
        return refused(at, trial.url, reasons), ""
    port = getattr(service, "port", None)
    if isinstance(port, int) and port not in PORTS:
        return Verdict(at, f"there is no port {port}", "1 to 65535 are possible"), ""
    return Verdict(at, doubts=reasons), host_of(service, trial.url)


def ours(at: int, url: str) -> tuple[Verdict, str]:
    """Give what is wrong with the *url* of a request that we make ourselves, and its host."""
    try:
        return Verdict(at), web_host(url)
    except ValueError as error:
        return Verdict(at, f"this is no web address: {hushed(str(error), url)}"), ""


class Heard(logging.Handler):
    """What apprise says besides yes or no."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one sentence."""
        self.said.append(record.getMessage().strip().rstrip("."))


def refused(at: int, url: str, reasons: Sequence[str]) -> Verdict:
    """Say why apprise makes nothing of *url*, as well as that can be known."""
    scheme = url.partition("://")[0].lower()
    known = shapes()
    if scheme in {"http", "https"}:
        what = "no service that apprise knows has an address like this"
        return Verdict(at, what, "webhook: URL posts our own document there")
    if scheme not in known:
        near = get_close_matches(scheme, known, 1, 0.6)
        hint = f'did you mean "{near[0]}://"?' if near else "svwatch sends what apprise can send"
        return Verdict(at, f'apprise knows nothing called "{scheme}://"', hint)
    why = f": {'; '.join(reasons)}" if reasons else ""
    return Verdict(at, f"apprise does not take this URL{why}", shape(known[scheme]))


def shape(template: str) -> str:
    """Show what a URL looks like."""
    return f"it looks like {template}" if "{" in template else ""


# --- hosts -----------------------------------------------------------------------------------


def web_host(url: str) -> str:
    """Give the host of a web address; "" where a proxy asks for it. Raises ValueError."""
    place = urlsplit(url)
    host = place.hostname or ""
    return "" if by_proxy(place.scheme, host, place.port or 0) else host


def by_proxy(scheme: str, host: str, port: int) -> bool:
    """Whether a proxy looks for *host*, and not we."""
    try:
        return proxy_for(scheme, host, port) is not None
    except ValueError:  # one that we cannot use: whoever sends complains of it
        return True


def host_of(service: object, url: str) -> str:
    """Give the host that *service* talks to, where that can be known and is no secret."""
    scheme = url.partition("://")[0].lower()
    if scheme in {"http", "https"}:
        return web_host(url)
    if scheme in {"mailto", "mailtos"}:
        return str(getattr(service, "smtp_host", None) or "")
    host = str(getattr(service, "host", None) or "")
    tokens = getattr(service, "template_tokens", {})
    # A name without a dot may be a topic or a token in its place.
    named = scheme in WITH_HOST or ("host" in tokens and "." in host)
    return host if named and not by_proxy("https", host, 443) else ""


def unknown(hosts: frozenset[str], patience: float) -> frozenset[str]:
    """Give those of *hosts* that have no address, or none within *patience* seconds."""
    good: set[str] = set()

    def ask(host: str) -> None:
        try:
            socket.getaddrinfo(host, None)
        except (OSError, UnicodeError):
            return
        good.add(host)

    asking = [threading.Thread(target=ask, args=(host,), daemon=True) for host in hosts]
    for one in asking:
        one.start()
    end = time.monotonic() + patience
    for one in asking:
        one.join(max(0.0, end - time.monotonic()))
    return hosts - good


if __name__ == "__main__":
    main()
