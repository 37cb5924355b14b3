"""Connection tests of a rule sentence: `failed port 8080 protocol http request "/health"`.

failed|succeeded ([host H] port N | unixsocket PATH) then in any order
   [type tcp|udp|tcpssl] [timeout T] [send "..."] [expect "regex"] ...
   [protocol http|https [method M] [request "/path"] [status < 400] [content = "regex"]
      [hostheader "x"] [http headers [Name: value, ...]]]
"""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.connection import Connection, Expect, Http, Send, Transport, unescaped
from svwatch.lang.amounts import OPERATORS, duration
from svwatch.lang.headers import headers
from svwatch.lang.hosts import known_host
from svwatch.lang.pattern import check
from svwatch.lang.tokens import Cursor, RefusedError, Sort, Token, meant, shown

FORMS = '"failed port 8080 for 3 cycles" or "failed unixsocket /run/x.sock"'
LONGEST = 60.0  # seconds of a timeout
LONGEST_PATH = 107  # bytes of the address of a unix socket, unix(7)
MOST_STEPS = 16  # sends and expects

EQUIVALENT = {
    "ssh": 'expect "^SSH-"',
    "smtp": 'expect "^220 "',
    "lmtp": 'expect "^220 "',
    "ftp": 'expect "^220"',
    "imap": r'expect "^\* OK"',
    "pop": r'expect "^\+OK"',
    "redis": r'send "PING\r\n" expect "^\+PONG"',
    "memcache": r'send "version\r\n" expect "^VERSION"',
    "clamav": r'send "PING\r\n" expect "^PONG"',
    "fail2ban": "without a protocol it is asked whether it can be reached",
    "mysql": r'expect "mysql|MariaDB|\." or no protocol at all',
    "pgsql": "without a protocol it is asked whether it can be reached",
    "tcp": "that is what is done without a protocol",
    "udp": '"type udp"',
}
"""What to write for protocols that we do not speak."""

LATER = {
    "address": "the source address is the system's choice",
    "ipv4": "write the address as host",
    "ipv6": "write the address as host",
    "retry": "a window does that: for 3 cycles",
    "url": 'write host, port, protocol and request: host a port 80 protocol http request "/"',
    "ping": "only connections are tested",
    "icmp": "only connections are tested",
    "certificate": "certificates are not looked at",
    "username": 'write http headers [Authorization: "Basic ..."]',
    "password": 'write http headers [Authorization: "Basic ..."]',
    "checksum": 'write content = "..."',
}
"""What monit has here and we have not, and what there is instead."""


class Draft(Struct):
    """What has been read of one test."""

    cursor: Cursor
    test: Connection
    http: Http | None = None
    ended: bool = False


def connection(cursor: Cursor, first: Token) -> Connection:
    """Take what follows `failed` or `succeeded` (*first*). Raises RefusedError."""
    draft = Draft(cursor, Connection(succeeded=first.word == "succeeded"))
    _place(draft)
    while _option(draft):
        cursor.take("and")
    return _whole(draft, first)


def _place(draft: Draft) -> None:
    cursor = draft.cursor
    if cursor.take("unixsocket", "unix"):
        draft.test = replace(draft.test, path=_path(cursor), transport=Transport.UNIX)
        return
    if cursor.take("host"):
        draft.test = replace(draft.test, host=_host(cursor))
    token = cursor.peek()
    if not cursor.take("port"):
        if token.word in LATER:
            raise _later(token)
        raise RefusedError(token.column, f"failed what? {shown(token)}", FORMS)
    draft.test = replace(draft.test, port=_port(cursor))
    if cursor.take("host"):  # monit takes it in front only
        draft.test = replace(draft.test, host=_host(cursor))


def _port(cursor: Cursor) -> int:
    token = cursor.next()
    number = token.word if token.sort is Sort.END else _glued(cursor, token)
    if not number.isdecimal() or len(number) > 9 or not 0 < int(number) < 65536:
        said = f'"{number}"' if number else "the end"
        raise RefusedError(token.column, f"{said} is no number of a port", "port 8080")
    return int(number)


def _path(cursor: Cursor) -> str:
    token = cursor.next()
    path = token.word if token.sort is Sort.STRING else _glued(cursor, token)
    if not path.startswith("/") or {"'", '"'} <= set(path):
        what = f"{shown(token)} is no absolute path"
        raise RefusedError(token.column, what, "unixsocket /run/x.sock")
    if len(path.encode()) > LONGEST_PATH:
        what = f"the path of a socket has {LONGEST_PATH} bytes at most"
        raise RefusedError(token.column, what)
    return path


def _host(cursor: Cursor) -> str:
    token = cursor.next()
    if token.sort is Sort.END or token.word == "port":
        raise RefusedError(token.column, "a host is missing", "host localhost")
    host = token.word if token.sort is Sort.STRING else _glued(cursor, token)
    if why := known_host(host):
        raise RefusedError(token.column, why, "write its address, or put it into /etc/hosts")
    return host


def _glued(cursor: Cursor, token: Token) -> str:
    """Give the text of *token* and of all that follows it without a blank: `10.0.0.1`."""
    end = token.end
    while cursor.peek().column == end and cursor.peek().sort is not Sort.END:
        end = cursor.next().end
    return cursor.text[token.column : end]


def _option(draft: Draft) -> bool:
    """Take one option; say whether there was one."""
    token = draft.cursor.peek()
    if token.sort is not Sort.WORD:
        return False
    take = OPTIONS.get(token.word)
    if take is not None:
        draft.cursor.next()
        take(draft, token)
        return True
    if token.word in LATER:
        raise _later(token)
    if token.word not in AFTER and (hint := meant(token.word, tuple(OPTIONS))):
        raise RefusedError(token.column, f"{shown(token)} is not understood here", hint)
    return False


AFTER = frozenset(("then", "for", "within", "and", "or"))


def _later(token: Token) -> RefusedError:
    what = f'"{token.word}" is not in this version'
    return RefusedError(token.column, what, LATER[token.word])


def _type(draft: Draft, first: Token) -> None:
    cursor = draft.cursor
    token = cursor.next()
    if draft.test.transport is Transport.UNIX:
        raise RefusedError(first.column, "a unix socket has no type")
    match token.word:
        case "tcp":
            return
        case "udp":
            draft.test = replace(draft.test, transport=Transport.UDP)
        case "tcpssl":
            cursor.take("auto", "sslauto", "tlsv1", "tlsv11", "tlsv12", "tlsv13")
            draft.test = replace(draft.test, tls=True)
        case _:
            hint = meant(token.word, ("tcpssl",)) or "it can be tcp, udp or tcpssl"
            raise RefusedError(token.column, f'"type" of what? {shown(token)}', hint)


def _ssl(draft: Draft, _first: Token) -> None:
    draft.test = replace(draft.test, tls=True)


def _timeout(draft: Draft, _first: Token) -> None:
    at = draft.cursor.peek()
    seconds = duration(draft.cursor, least=0.001)
    if seconds > LONGEST:
        raise RefusedError(at.column, "a timeout of more than 60 s", "for 3 cycles waits longer")
    draft.test = replace(draft.test, timeout=seconds)


def _protocol(draft: Draft, _first: Token) -> None:
    token = draft.cursor.next()
    word = token.word.lower()
    if word in ("http", "https"):
        draft.http = draft.http or Http()
        if word == "https":
            draft.test = replace(draft.test, tls=True)
    elif word in EQUIVALENT:
        what = f'"protocol {word}" is not in this version'
        raise RefusedError(token.column, what, f"write {EQUIVALENT[word]}")
    else:
        hint = meant(word, ("http", "https")) or "it can be http or https; or use send and expect"
        raise RefusedError(token.column, f'"{token.word}" is no protocol', hint)


def _http(draft: Draft, first: Token) -> Http:
    if draft.http is None:
        what = f'"{first.word}" belongs to HTTP'
        raise RefusedError(first.column, what, f"write protocol http {first.word}")
    return draft.http


def _request(draft: Draft, first: Token) -> None:
    http, token = _http(draft, first), draft.cursor.next()
    request = token.word if token.sort is Sort.STRING else _glued(draft.cursor, token)
    if not request.startswith("/") or not request.isascii() or set(request) & set(" '\""):
        what = f"{shown(token)} is no path of a request"
        raise RefusedError(token.column, what, 'request "/health"')
    draft.http = replace(http, request=request)


def _method(draft: Draft, first: Token) -> None:
    http, token = _http(draft, first), draft.cursor.next()
    if token.word.upper() not in ("GET", "HEAD"):
        what = f"{shown(token)} is no method that only asks"
        raise RefusedError(token.column, what, "it can be GET or HEAD")
    draft.http = replace(http, method=token.word.upper())


def _status(draft: Draft, first: Token) -> None:
    http, op = _http(draft, first), _operator(draft.cursor)
    code = draft.cursor.whole("status", 100, 999, draft.cursor.next())
    draft.http = replace(http, op=op, code=code)


def _operator(cursor: Cursor) -> str:
    """Take a comparison; none is "equal", as in monit."""
    token = cursor.peek()
    if token.sort not in (Sort.OPERATOR, Sort.WORD) or token.word not in OPERATORS:
        return "=="
    return str(OPERATORS[cursor.next().word])


def _content(draft: Draft, first: Token) -> None:
    http, op = _http(draft, first), draft.cursor.peek()
    said = _operator(draft.cursor)
    if said not in ("==", "!="):
        what = f'"{op.word}" does not compare a content'
        raise RefusedError(op.column, what, 'content = "ok"')
    pattern = check(_string(draft.cursor, 'content = "ok"'))
    draft.http = replace(http, content=pattern, absent=said == "!=")


def _hostheader(draft: Draft, first: Token) -> None:
    http, token = _http(draft, first), draft.cursor.peek()
    host = _string(draft.cursor, 'hostheader "www.example.com"').word
    if not host.isascii() or not host.isprintable() or not host.strip():
        raise RefusedError(token.column, f"{shown(token)} is no name of a host")
    draft.http = replace(http, headers=(*http.headers, ("Host", host.strip())))


def _headers(draft: Draft, first: Token) -> None:
    http = _http(draft, first)
    if not draft.cursor.take("headers", "header"):
        token = draft.cursor.peek()
        raise RefusedError(token.column, '"http" what?', 'http headers [Host: "example.com"]')
    draft.http = replace(http, headers=(*http.headers, *headers(draft.cursor)))


def _send(draft: Draft, _first: Token) -> None:
    token = _string(draft.cursor, r'send "PING\r\n"')
    try:
        unescaped(token.word)
    except ValueError as error:
        hint = r"it can be \r \n \t \\ or \0x1F"
        raise RefusedError(token.column, str(error), hint) from error
    _step(draft, token, Send(token.word))


def _expect(draft: Draft, _first: Token) -> None:
    token = _string(draft.cursor, 'expect "PONG"')
    _step(draft, token, Expect(check(token)))


def _step(draft: Draft, token: Token, step: Send | Expect) -> None:
    if len(draft.test.script) == MOST_STEPS:
        raise RefusedError(token.column, f"more than {MOST_STEPS} sends and expects")
    draft.test = replace(draft.test, script=(*draft.test.script, step))


def _string(cursor: Cursor, example: str) -> Token:
    token = cursor.next()
    if token.sort is not Sort.STRING or not token.word:
        raise RefusedError(token.column, f"{shown(token)} is no text in quotes", example)
    return token


OPTIONS: dict[str, Callable[[Draft, Token], None]] = {
    "type": _type,
    "ssl": _ssl,
    "tls": _ssl,
    "timeout": _timeout,
    "protocol": _protocol,
    "proto": _protocol,
    "request": _request,
    "method": _method,
    "status": _status,
    "content": _content,
    "hostheader": _hostheader,
    "http": _headers,
    "send": _send,
    "expect": _expect,
}


def _whole(draft: Draft, first: Token) -> Connection:
    """Put it together; refuse what does not go together."""
    test = replace(draft.test, http=draft.http)
    if test.http is not None and test.script:
        what = "protocol http beside send and expect"
        raise RefusedError(first.column, what, "one or the other")
    if test.transport is Transport.UDP and (test.http is not None or test.tls):
        raise RefusedError(first.column, "HTTP and TLS need type tcp")
    if test.transport is Transport.UNIX and test.tls:
        raise RefusedError(first.column, "no TLS over a unix socket")
    if test.http is not None and test.http.method == "HEAD" and test.http.content is not None:
        raise RefusedError(first.column, "the answer to HEAD has no content")
    return test
