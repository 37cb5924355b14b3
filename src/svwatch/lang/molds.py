"""Patterns to molds: what every member is, and where members are found."""

import os
import re
from collections.abc import Iterator

from msgspec import Struct

from svwatch.core.family import PART
from svwatch.core.plan import Mold, Service
from svwatch.lang.layers import Layered, Stack
from svwatch.lang.problem import Complaints
from svwatch.lang.service import Common, make


class Where(Struct, frozen=True):
    """A directory, which of its entries are members, and what is below each."""

    directory: str
    entry: str
    tail: str


def molds(stack: Stack, common: Common, complaints: Complaints) -> Iterator[Mold]:
    """Give a mold for every set of patterns that can name a service together."""
    for layered, own in stack.molds():
        made = make(layered, common, own)
        where = None if made is None else _where(layered, made.service, own)
        complaints.of_member(_without_guesses(own))
        if made is not None and where is not None:
            yield Mold(
                patterns=tuple(one.key for one in layered.chain),
                service=made.service,
                directory=where.directory,
                entry=where.entry,
                tail=where.tail,
            )


def _without_guesses(own: Complaints) -> Complaints:
    """Leave out warnings about a program or a user whose name is not known yet."""
    sure = Complaints()
    sure.take(problem for problem in own.problems if not (problem.warning and PART in problem.what))
    sure.remember(own.remarks)
    return sure


def _where(layered: Layered, service: Service, own: Complaints) -> Where | None:
    """Give where members of *service* are found; None after a complaint."""
    path = service.service_dir or service.pidfile or ""
    parts = path.split("/")
    at = next((at for at, part in enumerate(parts) if PART in part), None)
    if at is None:
        key = "pidfile" if service.pidfile else "service_dir"
        node = layered.nodes.get(key)
        place = layered.entry.key.place if node is None else node.place
        what = f'{key}: every member of "{layered.family}" would be {path}'
        own.error(place, what, "put {member} or {name} into it")
        return None
    inner = layered.chain[-1].glob.inner
    before, _, after = parts[at].partition(PART)
    # A part that is written twice must be the same twice.
    after = re.escape(after).replace(re.escape(PART), r"\1")
    return Where(
        directory=os.path.normpath("/".join(parts[:at]) or "/"),
        entry=f"{re.escape(before)}({inner}){after}",
        tail="/".join(parts[at + 1 :]),
    )
