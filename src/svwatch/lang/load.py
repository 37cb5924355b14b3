"""A path to a Plan, or to all that is wrong with it: the one door into this room."""

import os
from collections.abc import Iterator, Mapping

from msgspec import Struct

from svwatch.core.plan import Plan
from svwatch.lang.compile import compile_draft
from svwatch.lang.home import home
from svwatch.lang.outlets import Outlet, outlets
from svwatch.lang.problem import Complaints, Problem
from svwatch.lang.secrets import Outside
from svwatch.lang.yaml_file import read_draft


class Loaded(Struct, frozen=True):
    """*plan* is None where any problem is more than a warning; *outlets* are its URLs, or some.

    *state_dir* is what the configuration says of that, as far as can be seen, also without a plan.
    """

    plan: Plan | None
    problems: tuple[Problem, ...] = ()
    outlets: tuple[Outlet, ...] = ()
    state_dir: str | None = None


def load(path: str, environ: Mapping[str, str], *, uid: int, domain: str | None = None) -> Loaded:
    """Read the configuration *path* on behalf of user *uid*.

    *domain* is the full name of this host, for the sender of mail; None: as far as files of this
    host know it. Never raises for what a user can write into a file.
    """
    complaints = Complaints()
    draft = read_draft(path, uid, complaints)
    if draft is None:
        return Loaded(None, complaints.problems, state_dir=home(path, uid))
    name = full_name() if domain is None else domain
    plan = compile_draft(draft, Outside(environ, uid, draft.base, name), complaints)
    fatal = complaints.fatal
    found = outlets(draft, plan)
    return Loaded(None if fatal else plan, complaints.problems, found, plan.state_dir)


def full_name(etc: str = "/etc") -> str:
    """Give the name of this host with its domain, or without where no file knows one.

    The resolver is not asked: without a network it would keep us waiting for seconds.
    """
    host = os.uname().nodename
    if "." in host:
        return host
    for line in _lines(os.path.join(etc, "hosts")):
        names = line.partition("#")[0].split()[1:]
        full = [name for name in names if name.startswith(f"{host}.")]
        if full:
            return full[0]
    mailname = next(_lines(os.path.join(etc, "mailname")), "").strip()
    return mailname if "." in mailname else host


def _lines(path: str) -> Iterator[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            yield from lines
    except OSError:
        return
