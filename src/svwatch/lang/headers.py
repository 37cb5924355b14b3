"""`http headers [Host: "www.example.com", X-Probe: svwatch]` of a connection test."""

import re

from svwatch.lang.tokens import Cursor, RefusedError

EXAMPLE = 'http headers [Host: "www.example.com"]'
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")  # RFC 9110, 5.6.2
MOST = 16


def headers(cursor: Cursor) -> tuple[tuple[str, str], ...]:
    """Take a list of headers in brackets. Raises RefusedError."""
    first = cursor.peek()
    if not cursor.text[first.column :].startswith("["):
        raise RefusedError(first.column, "a list of headers is missing", EXAMPLE)
    items, end = _split(cursor.text, first.column)
    while cursor.peek().column < end:
        cursor.next()
    if len(items) > MOST:
        raise RefusedError(first.column, f"more than {MOST} headers")
    return tuple(_header(text, column) for text, column in items)


def _split(text: str, start: int) -> tuple[list[tuple[str, int]], int]:
    """Cut what is in brackets at its commas; quotes hold together. Give where it ends, too."""
    items, quote, begin = [], "", start + 1
    for at in range(start + 1, len(text)):
        one = text[at]
        if quote:
            quote = "" if one == quote else quote
        elif one in "\"'":
            quote = one
        elif one in ",]":
            items.append((text[begin:at], begin))
            begin = at + 1
            if one == "]":
                return items, at + 1
    raise RefusedError(start, "the list of headers does not end", EXAMPLE)


def _header(text: str, column: int) -> tuple[str, str]:
    whole = text.strip()
    if whole[:1] in ("'", '"') and whole[-1:] == whole[:1] and ":" in whole.split(whole[0])[1]:
        whole = whole[1:-1]
    name, colon, value = whole.partition(":")
    name, value = name.strip(), value.strip()
    if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
        value = value[1:-1]
    column += len(text) - len(text.lstrip())
    if not colon or not NAME.fullmatch(name):
        raise RefusedError(column, f'"{whole}" is no header', EXAMPLE)
    if not value.isprintable() or not value.isascii() or {"'", '"'} <= set(value):
        raise RefusedError(column, f'the value of "{name}" cannot be sent')
    return name, value
