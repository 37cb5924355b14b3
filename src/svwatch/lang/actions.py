"""The actions of a rule sentence."""

import shlex

from svwatch.core.level import Level
from svwatch.core.plan import (
    Action,
    Alert,
    Command,
    Exec,
    Restart,
    SendSignal,
    Start,
    Stop,
    Unmonitor,
)
from svwatch.lang.amounts import duration
from svwatch.lang.tokens import Cursor, RefusedError, Sort, Token, meant, shown

KNOWN = ("alert", "restart", "start", "stop", "unmonitor", "timeout", "exec", "signal")
ALL = (
    'alert, restart, restart now, start, stop, stop for 10m, unmonitor, exec "command", signal HUP'
)
LATER = frozenset(("end",))

SIGNALS = frozenset(
    {
        *("ABRT", "ALRM", "CHLD", "CONT", "FPE", "HUP", "ILL", "INT"),
        *("IO", "KILL", "PIPE", "PROF", "PWR", "QUIT", "SEGV", "STOP"),
        *("SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1"),
        *("USR2", "VTALRM", "WINCH", "XCPU", "XFSZ"),
    }
)
"""Names of signals (signal(7)); a number means another one elsewhere."""


def action(cursor: Cursor) -> Action:
    """Take an action. Raises RefusedError."""
    token = cursor.next()
    match token.word if token.sort is Sort.WORD else "":
        case "alert":
            level = cursor.take(*Level)
            return Alert(Level(level.word) if level else None)
        case "restart":
            return Restart(now=cursor.take("now") is not None)
        case "start":
            return Start()
        case "stop":
            return Stop(_span(cursor))
        case "unmonitor":
            return Unmonitor(_span(cursor))
        case "timeout":  # what monit called it before 5.0
            return Unmonitor()
        case "exec" | "execute":
            return Exec(_command(cursor))
        case "signal":
            return SendSignal(_signal(cursor))
        case _:
            raise _unknown(token)


def _unknown(token: Token) -> RefusedError:
    if token.sort is Sort.END:
        return RefusedError(token.column, "an action is missing", f"it can be {ALL}")
    if token.word in LATER:
        what = f'the action "{token.word}" is not in this version'
        return RefusedError(token.column, what, f"it has {ALL}")
    hint = meant(token.word, KNOWN) or f"it can be {ALL}"
    return RefusedError(token.column, f"{shown(token)} is no action", hint)


def _signal(cursor: Cursor) -> str:
    token = cursor.next()
    name = token.word.upper().removeprefix("SIG")
    if name not in SIGNALS:
        hint = meant(name, tuple(SIGNALS)) or "signal HUP"
        raise RefusedError(token.column, f"{shown(token)} is the name of no signal", hint)
    return name


def _span(cursor: Cursor) -> float | None:
    return duration(cursor, least=0.001) if cursor.take("for") else None


def _command(cursor: Cursor) -> Command:
    token = cursor.next()
    if token.sort not in (Sort.STRING, Sort.WORD):
        raise RefusedError(token.column, 'after "exec" comes a command', 'exec "/bin/command"')
    try:
        argv = tuple(shlex.split(token.word))
    except ValueError as error:
        what = "the command has a quote that does not end"
        raise RefusedError(token.column, what) from error
    if not argv or not argv[0]:
        raise RefusedError(token.column, "the command is empty")
    user, timeout = None, Command(()).timeout
    while (option := cursor.take("as", "and", "gid", "timeout")) is not None:
        match option.word:
            case "as":
                user = _user(cursor)
            case "timeout":
                cursor.take("for")
                timeout = duration(cursor, least=0.001)
            case _:
                what = f'"{option.word}" is not in this version after a command'
                raise RefusedError(option.column, what, "groups are those of the user")
    return Command(argv, user, timeout)


def _user(cursor: Cursor) -> str:
    cursor.take("uid")
    token = cursor.next()
    if token.sort not in (Sort.WORD, Sort.STRING) or not token.word:
        raise RefusedError(token.column, f'"as" whom? {shown(token)}', "as deploy")
    return token.word
