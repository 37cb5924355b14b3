"""A connection test as its canonical words; parsing them gives the same test."""

from svwatch.core.connection import TIMEOUT, Connection, Http, Send, Transport
from svwatch.core.units import show_duration


def spelled(test: Connection) -> str:
    """Say *test* in one way, what is usual left out."""
    words = ["succeeded" if test.succeeded else "failed"]
    if test.transport is Transport.UNIX:
        words.append(f"unixsocket {quoted(test.path)}")
    else:
        if test.host != "localhost":
            words.append(f"host {quoted(test.host)}")
        words.append(f"port {test.port}")
    if test.transport is Transport.UDP:
        words.append("type udp")
    if test.http is not None:
        words += _http(test.http, tls=test.tls)
    elif test.tls:
        words.append("type tcpssl")
    words += [
        f"send {quoted(step.written)}"
        if isinstance(step, Send)
        else f"expect {quoted(step.pattern)}"
        for step in test.script
    ]
    if test.timeout != TIMEOUT:
        words.append(f"timeout {show_duration(test.timeout)}")
    return " ".join(words)


def _http(http: Http, *, tls: bool) -> list[str]:
    usual = Http()
    words = ["protocol https" if tls else "protocol http"]
    if http.method != usual.method:
        words.append(f"method {http.method}")
    if http.request != usual.request:
        words.append(f"request {quoted(http.request)}")
    if (http.op, http.code) != (usual.op, usual.code):
        words.append(f"status {http.op} {http.code}")
    if http.content is not None:
        words.append(f"content {'!=' if http.absent else '='} {quoted(http.content)}")
    if http.headers:
        listed = ", ".join(f"{name}: {quoted(value)}" for name, value in http.headers)
        words.append(f"http headers [{listed}]")
    return words


def quoted(text: str) -> str:
    """Put *text* into the quotes that it does not contain: a sentence knows no escapes."""
    quote = "'" if '"' in text else '"'
    return f"{quote}{text}{quote}"
