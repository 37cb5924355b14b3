"""The verbs that change something, as people call them: asked of the daemon, or done here."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from msgspec import Struct

from svwatch.probe.eyes import Eyes
from svwatch.shell.begin import Refused, open_house, raise_limit
from svwatch.shell.lock import Locked
from svwatch.shell.once import Once
from svwatch.shell.peer import user_name
from svwatch.shell.reach import Place
from svwatch.shell.whole import dialled, whole
from svwatch.shell.wire import Call, Option, Reply

# in the environment of `hold ... -- command`: what that command asks for is done
LEAVE = "SVWATCH_HOLD"
FAILED, USAGE, TIMEOUT = 1, 2, 5
PATIENCE = 30.0  # seconds for what needs no waiting


class Ordered(Struct, frozen=True, kw_only=True):
    """What is wanted of whom: *names*, or the members of *group*. *timeout* in seconds."""

    verb: str
    names: tuple[str, ...] = ()
    group: str | None = None
    options: dict[str, Option] = {}
    timeout: float | None = None

    @property
    def call(self) -> Call:
        """The same, as it is sent."""
        options = dict(self.options)
        if self.group is not None:
            options["group"] = self.group
        if token := os.environ.get(LEAVE):
            options.setdefault("token", token)
        if sudo := os.environ.get("SUDO_USER"):
            options.setdefault("sudo", sudo)
        return Call(self.verb, self.names, options)

    @property
    def one(self) -> bool:
        """Whether one service alone is meant."""
        return len(self.names) == 1 and self.group is None and self.names != ("all",)


class Printer:
    """Prints verdicts: each on a line of its own, or those of many beside each other."""

    def __init__(self, *, one: bool) -> None:
        """Print for *one* service, or for many."""
        self._one = one
        self._said = False
        self.code: int | None = None  # of the last answer, once it has come

    def say(self, reply: Reply) -> None:
        """Print *reply*: of many services what came to each, in one line."""
        gap = "\n" if self._one else "   "
        sys.stdout.write(f"{gap if self._said else ''}{reply.text}")
        sys.stdout.flush()
        self._said = True

    def take(self, reply: Reply, last: bool) -> bool:
        """Print a reply, and keep the code of the last one."""
        if last:
            self.code = self.end(reply)
        else:
            self.say(reply)
        return True

    def end(self, reply: Reply) -> int:
        """Print the last answer; give the exit code."""
        if reply.kind != "error" and reply.text:
            self.say(reply)
        if self._said:
            sys.stdout.write("\n")
            sys.stdout.flush()
            self._said = False
        if reply.kind == "error":
            sys.stderr.write(f"svwatch: {reply.text}\n")
        return reply.code


def order(place: Place, wanted: Ordered) -> int:
    """Ask the daemon and wait for the verdict; where none runs, do it ourselves."""
    if not wanted.names and wanted.group is None:
        _complain(f"{wanted.verb} wants the name of a service, -g GROUP, or all")
        return USAGE
    printer = Printer(one=wanted.one)
    reply = place.ask(wanted.call, on_progress=printer.say, timeout=wanted.timeout)
    return _alone(place, wanted, printer) if reply is None else printer.end(reply)


def _alone(place: Place, wanted: Ordered, printer: Printer) -> int:
    """Do it without a daemon, as `--check` would: what is unfinished stays on record."""
    if place.plan is None:
        return _trouble(*place.compiled.errors)
    results = dialled(whole(place), place.plan.check_timeout)
    eyes = Eyes()
    raise_limit(eyes)
    house = open_house(place.state_dir, wanted.verb, _complain, eyes)
    if isinstance(house, Refused):
        return _trouble(house.why)
    try:
        if busy := [name for name in wanted.names if name in house.others]:
            return _trouble(f"{busy[0]}: {Locked(house.others[busy[0]])}; it acts on that now")
        order_ = (wanted.call, user_name(os.getuid()), printer.take)
        once = Once(house, place.plan, _complain, order_, results)
        once.run(wanted.timeout)
    finally:
        house.store.close()
        house.held.release()
    if printer.code is not None:
        return printer.code
    text = "not finished yet: it is on record, the next svwatch goes on with it"
    return printer.end(Reply("error", TIMEOUT, text))


def _complain(sentence: str) -> None:
    sys.stderr.write(f"svwatch: {sentence}\n")


def _trouble(*sentences: str) -> int:
    for sentence in sentences:
        _complain(sentence)
    return FAILED


# --- hold ... -- command ---------------------------------------------------------------------


def hold_for(place: Place, wanted: Ordered, command: Sequence[str]) -> int:
    """Hold, run *command*, release when it has ended; give its exit code.

    The command finds `$SVWATCH_HOLD` in its environment: verbs that it calls are not refused.
    """
    token = f"{os.getpid()}-{time.time_ns()}"
    held = order(place, _with(wanted, token=token))
    if held:
        return held
    try:
        code = _run(command, {**os.environ, LEAVE: token})
    finally:
        order(place, Ordered(verb="release", names=wanted.names, group=wanted.group,
                             options={"token": token}))  # fmt: skip
    return code


def _with(wanted: Ordered, **options: Option) -> Ordered:
    return Ordered(
        verb=wanted.verb,
        names=wanted.names,
        group=wanted.group,
        options={**wanted.options, **options},
        timeout=wanted.timeout,
    )


def _run(command: Sequence[str], env: dict[str, str]) -> int:
    """Run *command* in the foreground; 127 where it cannot be, 128 + N where signal N ended it."""
    try:
        child = subprocess.Popen(list(command), env=env)
    except OSError as error:
        _complain(f"{command[0]}: {error.strerror}")
        return 127
    while True:
        try:
            code = child.wait()
        except KeyboardInterrupt:
            continue  # the terminal told the command as well: it decides
        return code if code >= 0 else 128 - code
