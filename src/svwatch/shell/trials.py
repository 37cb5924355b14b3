"""URLs tried in a child, so that no plugin can hurt who asks; and what it says of them."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from svwatch.core.route import Form
from svwatch.lang.outlets import Outlet
from svwatch.lang.place import Place
from svwatch.lang.problem import Problem
from svwatch.shell.mask import HIDDEN, mask, unquoted

COMMAND = (sys.executable, "-P", "-m", "svwatch.shell.tryout")
PATIENCE = 20.0  # seconds for all URLs of one child, their hosts included

SHORTEST = 3  # characters of what could be a secret


class Trial(Struct, frozen=True):
    """One URL, which is a secret, and how messages go there."""

    url: str
    form: Form

    def __repr__(self) -> str:
        return f"Trial({self.form})"


class Verdict(Struct, frozen=True):
    """What is wrong with the URL number *at*, without its secrets.

    *refused*, and what to write instead: it cannot work. *doubts*: parts of it that apprise left
    out. *host*: it has no address now.
    """

    at: int
    refused: str = ""
    hint: str = ""
    doubts: tuple[str, ...] = ()
    host: str = ""


def problems(outlets: Sequence[Outlet]) -> tuple[Problem, ...]:
    """Give what is wrong with the URLs of *outlets*: an error where nobody would be told."""
    found = []
    for one in tried([Trial(outlet.url, outlet.form) for outlet in outlets]):
        outlet = outlets[one.at]
        found += [
            _problem(outlet.value, f"{outlet.name}: {text}", "", warning=True)
            for text in one.doubts
        ]
        if one.refused:
            found.append(_problem(outlet.value, f"{outlet.name}: {one.refused}", one.hint))
        if one.host:
            what = f"{outlet.name}: no such host is reachable now"
            found.append(_problem(outlet.key, what, one.host, warning=True))
    return tuple(found)


def _problem(place: Place, what: str, hint: str, *, warning: bool = False) -> Problem:
    return Problem(place.file, place.line, place.column, what, hint, warning)


def tried(
    trials: Sequence[Trial], command: tuple[str, ...] = COMMAND, patience: float = PATIENCE
) -> tuple[Verdict, ...]:
    """Give the verdicts, one or two for each of *trials*, after at most *patience* s for each."""
    left = dict(enumerate(trials))
    found: list[Verdict] = []
    while left:
        said, how = _ask(tuple(left.values()), command, patience)
        numbers = tuple(left)
        verdicts = [msgspec.structs.replace(one, at=numbers[one.at]) for one in said]
        for one in verdicts:
            left.pop(one.at, None)
        found += verdicts
        if left:  # it did not come back from the next one
            at = next(iter(left))
            del left[at]
            found.append(Verdict(at, f"apprise does not survive this URL: {how}"))
    return tuple(found)


def _ask(
    trials: tuple[Trial, ...], command: tuple[str, ...], patience: float
) -> tuple[tuple[Verdict, ...], str]:
    """Run one child; give what it said, and how it ended."""
    try:
        done = subprocess.run(
            command,
            input=msgspec.json.encode(trials),
            capture_output=True,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return tuple(_verdicts(late.stdout or b"")), f"no end after {patience:.3g}s"
    words = done.stderr.decode(errors="replace").strip().splitlines()
    how = f"exit code {done.returncode}" + (f", {words[-1]}" if words else "")
    return tuple(_verdicts(done.stdout)), hushed(how, *(trial.url for trial in trials))


def hushed(text: str, *urls: str) -> str:
    """Give *text* without any part of *urls*, but for the schemes and the addresses of mail.

    What is no URL yet has its secrets where nobody looks for them: a token for a host.
    """
    parts = {
        part
        for url in urls
        if not url.startswith("mail")
        for part in re.split(r"[^\w.-]+", unquoted(url.partition("://")[2]))
        if len(part) >= SHORTEST
    }
    text = mask(text, *urls)
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, HIDDEN)
    return text


def _verdicts(said: bytes) -> Iterator[Verdict]:
    """Give the verdicts among the lines of a child: plugins may print, too."""
    for line in said.splitlines():
        try:
            yield msgspec.json.decode(line, type=Verdict)
        except msgspec.MsgspecError:
            continue
