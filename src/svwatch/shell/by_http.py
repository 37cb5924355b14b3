"""Sends our own documents and beats: one request, one answer, nothing imported for more."""

import http.client
import re
import ssl
import time
from base64 import b64encode
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from svwatch import __version__
from svwatch.core.route import Form
from svwatch.shell.parcel import Answer, Kind, Parcel
from svwatch.shell.proxies import proxy_for
from svwatch.shell.replies import Reply, answered, from_trouble, from_web

CONNECT = 15.0  # seconds for a connection, with TLS
MOST = 4096  # bytes of an answer that are read
REDIRECTS = 3
MOVED = frozenset({301, 302, 303, 307, 308})
KEEPS_METHOD = frozenset({307, 308})  # RFC 9110, 15.4: the others would turn a POST into a GET
PORTS = {"http": 80, "https": 443}
SAFE = "/%:=&?~#+!$,;'@()*[]"  # of RFC 3986: what else stands in a URL is escaped
ALERTS = "/api/v2/alerts"  # of Alertmanager, below the URL that people know


def send(parcel: Parcel) -> Answer:
    """Send *parcel* to an http or https URL. Whatever fails is an answer."""
    url, body = parcel.url, parcel.body.encode()
    if parcel.form is Form.ALERTMANAGER and parcel.kind is Kind.POST:
        url = url.rstrip("/") + ALERTS
    method, headers = "POST", {"Content-Type": "application/json"}
    if parcel.kind is Kind.BEAT:
        method, body, headers = "GET", b"", {}
    elif parcel.message_id and parcel.form is Form.JSON:
        headers["Idempotency-Key"] = parcel.message_id  # the same at every attempt
    try:
        reply = follow(method, url, headers, body, parcel.timeout)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reply = from_trouble(error, host_of(url))
    ok = reply.verdict.value == "taken"
    return answered((reply,), ok=ok, otherwise="")


def follow(method: str, url: str, headers: dict[str, str], body: bytes, timeout: float) -> Reply:
    """Ask *url*, and where its own host says it is to be found now, but no other host."""
    place = urlsplit(url)
    for _ in range(REDIRECTS + 1):
        status, reply, target = ask(method, place, headers, body, timeout)
        if status not in MOVED or not target:
            return reply
        there = urlsplit(urljoin(place.geturl(), target))
        if not same_host(place, there) or (method == "POST" and status not in KEEPS_METHOD):
            return reply
        place = there._replace(netloc=credentials(place) + there.netloc.rpartition("@")[2])
    return reply


def ask(
    method: str, place: SplitResult, headers: dict[str, str], body: bytes, timeout: float
) -> tuple[int, Reply, str]:
    """Send one request; give the status, what it means, and where else to look."""
    connection, target, more = line_to(place)
    try:
        connection.connect()
        connection.sock.settimeout(timeout)  # the whole exchange is bounded by our caller
        own = {"User-Agent": f"svwatch/{__version__}", "Connection": "close", **headers, **more}
        connection.request(method, target, body or None, own)
        answer = connection.getresponse()
        content = answer.read(MOST)
        reply = from_web(answer.status, answer.reason, answer.headers, content, time.time())
        return answer.status, reply, answer.headers.get("Location", "")
    finally:
        connection.close()


def line_to(place: SplitResult) -> tuple[http.client.HTTPConnection, str, dict[str, str]]:
    """Prepare the connection to *place*, what to ask for there, and the headers that go along.

    Raises ValueError for what is no web address.
    """
    host, port = place.hostname, place.port or PORTS.get(place.scheme)
    if not host or port is None:
        raise ValueError("this is no http or https URL")
    target = quote(place._replace(scheme="", netloc="", fragment="").geturl(), SAFE) or "/"
    target = target if target.startswith("/") else f"/{target}"
    headers = basic("Authorization", place)
    proxy = proxy_for(place.scheme, host, port)
    first, at = (host, port) if proxy is None else (proxy.hostname or "", proxy.port or 3128)
    if place.scheme == "https":
        tls = ssl.create_default_context()  # the system's CAs, or $SSL_CERT_FILE
        line = http.client.HTTPSConnection(first, at, timeout=CONNECT, context=tls)
        if proxy is not None:
            line.set_tunnel(host, port, basic("Proxy-Authorization", proxy))
        return line, target, headers
    if proxy is not None:
        headers |= basic("Proxy-Authorization", proxy)
        target = f"http://{place.netloc.rpartition('@')[2]}{target}"
    return http.client.HTTPConnection(first, at, timeout=CONNECT), target, headers


def basic(name: str, place: SplitResult) -> dict[str, str]:
    """Give the header that says who we are (RFC 7617), if *place* says it."""
    if place.username is None:
        return {}
    said = f"{unquote(place.username)}:{unquote(place.password or '')}"
    return {name: "Basic " + b64encode(said.encode()).decode()}


def same_host(here: SplitResult, there: SplitResult) -> bool:
    """Whether *there* may know what *here* may: the same host and port, or its TLS port."""
    if here.hostname != there.hostname or there.scheme not in PORTS:
        return False
    if here.scheme == there.scheme:
        return (here.port or PORTS[here.scheme]) == (there.port or PORTS[there.scheme])
    return there.scheme == "https" and there.port in {None, 443}


def credentials(place: SplitResult) -> str:
    """Give `user:password@` of *place*, if it has one."""
    user, at, _ = place.netloc.rpartition("@")
    return user + at


def host_of(url: str) -> str:
    """Give the host and port of *url* as they may be shown."""
    return re.split(r"[/?#]", url.partition("://")[2].rpartition("@")[2])[0]
