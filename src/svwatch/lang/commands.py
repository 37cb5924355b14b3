"""Commands: a text, split like a shell would but run without one, or a mapping."""

import os
import pwd
import re
import shlex
import shutil

from msgspec import Struct

from svwatch.core.plan import Command
from svwatch.lang.fields import Fields
from svwatch.lang.fields import fields as fields_of
from svwatch.lang.keys import COMMAND
from svwatch.lang.nodes import Map, Node, Text, kind
from svwatch.lang.place import Place
from svwatch.lang.problem import Complaints
from svwatch.lang.secrets import Outside, expand

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs are looked for; the same for every command, whoever started svwatch."""

Env = tuple[tuple[str, str], ...]


class Usual(Struct, frozen=True):
    """What holds for the commands of a service that do not say otherwise."""

    user: str | None = None
    env: Env = ()


def command(
    given: Fields, key: str, usual: Usual, timeout: float, outside: Outside
) -> Command | None:
    """Give the command under *key*; None where there is none, or after a complaint."""
    node = given.node(key)
    if isinstance(node, Map):
        return _long(given, key, usual, timeout, outside)
    value = given.text(key, "/path/to/program argument")
    argv = None if value is None else split(value, given.where(key), given.complaints)
    return None if argv is None else Command(argv, usual.user, timeout, usual.env)


def _long(
    given: Fields, key: str, usual: Usual, timeout: float, outside: Outside
) -> Command | None:
    long = given.fields(key, COMMAND, key)
    if long is None:
        return None
    if "command" not in long:
        given.complaints.error(long.place, f'"{key}" names no command', f"{key}: {{command: ...}}")
    value = long.text("command")
    argv = None if value is None else split(value, long.where("command"), given.complaints)
    user = user_of(long) or usual.user
    env = merged(usual.env, environment(long, outside))
    seconds = long.duration("timeout", timeout, 0.001)
    return None if argv is None else Command(argv, user, seconds, env)


def long_timeout(given: Fields, key: str, default: float) -> float:
    """Give the timeout inside a command in its long form, without complaining a second time."""
    node = given.node(key)
    if not isinstance(node, Map) or node.get("timeout") is None:
        return default
    silent = fields_of(node, COMMAND, key, Complaints())
    return default if silent is None else silent.duration("timeout", default, 0.001)


def split(value: str, place: Place, complaints: Complaints) -> tuple[str, ...] | None:
    """Give the words of a command, split like a shell does; None after a complaint."""
    try:
        argv = tuple(shlex.split(value))
    except ValueError:
        complaints.error(place, "the command has a quote that does not end")
        return None
    if not argv or not argv[0]:
        complaints.error(place, "the command is empty")
        return None
    check_program(argv, place, complaints)
    return argv


def check_program(argv: tuple[str, ...], place: Place, complaints: Complaints) -> None:
    """Complain where the program of *argv* cannot be run; a warning: it may come later."""
    program = argv[0]
    if "/" in program and not program.startswith("/"):
        complaints.error(place, f'"{program}" is relative to nothing', "give the whole path")
    elif os.path.isdir(program) or shutil.which(program, path=PATH) is None:
        where = "" if program.startswith("/") else f"{PATH} is searched"
        complaints.warn(place, f'there is no program "{program}" now', where)


def user_of(given: Fields) -> str | None:
    """Give the user under `as`; a name that is not known now is warned of."""
    name = given.text("as")
    if name is not None:
        check_user(name, given.where("as"), given.complaints)
    return name


def check_user(name: str, place: Place, complaints: Complaints) -> None:
    """Warn where there is no user *name* now."""
    try:
        pwd.getpwnam(name)
    except (KeyError, ValueError):
        complaints.warn(place, f'there is no user "{name}" now')


def environment(given: Fields, outside: Outside) -> Env:
    """Give the variables under `env`, each with `${NAME}` filled in."""
    node = given.node("env")
    if node is None:
        return ()
    if not isinstance(node, Map):
        what = f'"env" is a mapping, not {kind(node)}'
        given.complaints.error(node.place, what, "env: {RAILS_ENV: production}")
        return ()
    found = []
    for entry in node:
        name, value = entry.key.value, _value(entry.value, outside, given.complaints)
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            given.complaints.error(entry.key.place, "this is no name of a variable")
        elif value is not None:
            found.append((name, value))
    return tuple(found)


def _value(node: Node, outside: Outside, complaints: Complaints) -> str | None:
    if not isinstance(node, Text) or "\0" in node.value:
        complaints.error(node.place, "a variable holds a text")
        return None
    return expand(node.value, node.place, outside, complaints)


def merged(below: Env, above: Env) -> Env:
    """Give both, where *above* wins."""
    return tuple({**dict(below), **dict(above)}.items())
