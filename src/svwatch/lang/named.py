"""Names inside a rule that must mean something here: users, groups, routes."""

import grp
import pwd

from msgspec.structs import replace

from svwatch.core.plan import Acts, Ident, Test
from svwatch.lang.place import Place
from svwatch.lang.problem import Complaints
from svwatch.lang.tokens import meant


def resolved(test: Test, place: Place, complaints: Complaints) -> Test:
    """Give *test* with the number that a user or group of this host has."""
    if not isinstance(test, Acts):
        return test
    number = int(test.name) if test.name.isdecimal() else _number(test)
    if number is None:
        kind = "group" if test.ident is Ident.GID else "user"
        complaints.error(place, f'there is no {kind} "{test.name}" on this host')
    return replace(test, number=number)


def _number(test: Acts) -> int | None:
    try:
        if test.ident is Ident.GID:
            return grp.getgrnam(test.name).gr_gid
        return pwd.getpwnam(test.name).pw_uid
    except KeyError:
        return None


def known_routes(
    names: tuple[str, ...], routes: frozenset[str] | None, place: Place, complaints: Complaints
) -> tuple[str, ...]:
    """Give *names* after a complaint about each that is no route."""
    for name in names:
        if routes is not None and name not in routes:
            known = f"there is {', '.join(sorted(routes))}" if routes else "there are none"
            hint = meant(name, tuple(routes)) or known
            complaints.error(place, f'there is no route "{name}"', hint)
    return names
