"""Somebody waits for the verdict of what they asked for."""

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.core.phases import Phase
from svwatch.core.plan import Service
from svwatch.core.request import Request, Verb
from svwatch.core.state import Goal, Intent, State
from svwatch.core.units import age, show_duration, show_size
from svwatch.core.verdict import CASCADE
from svwatch.shell.ward import Ward
from svwatch.shell.wire import Reply

DONE = {
    Verb.RESTART: {What.RESTART_FIXED, What.START_FIXED},
    Verb.START: {What.START_FIXED, What.RESTART_FIXED},
    Verb.STOP: {What.STOPPED},
}
REFUSED = {What.RESTART_WITHDRAWN}
OK, FAILED, USAGE, NOT_TAKEN = 0, 1, 2, 3  # exit codes of the verbs
PLAIN = (
    "sv ",
    "pid ",
    "settled",
    "down",
    "nothing runs",
    "dependants first",
)  # lines that the verdict sums up
NOW = 5.0  # seconds until `--now` ends it by KILL (DESIGN 6)

Say = Callable[[Reply, bool], bool]
Clock = Callable[[float], str]


class Errand(Struct, frozen=True):
    """What is asked for: the request, whether its end is waited for, all at once or in turn."""

    request: Request
    wait: bool = True
    parallel: bool = False


class Vigil:
    """One `svwatch VERB NAME...`, until each service has its verdict.

    Several are admitted one after the other, as their groups allow; after a failure those that
    still wait for their turn are not begun. *say* gets the replies, and whether it is the last
    one. Nobody needs to listen: what was asked for goes on. *clock* shows a CLOCK_MONOTONIC
    instant to people.
    """

    def __init__(self, names: tuple[str, ...], errand: Errand, *, say: Say, clock: Clock) -> None:
        """Wait for *names*."""
        self.over = False
        self.withdrawn: list[str] = []  # services whose turn need not come any more
        rolling = len(names) > 1 and not errand.parallel
        self._request = replace(errand.request, rolling=rolling, beside=names)
        self._errand = errand
        self._many = len(names) > 1
        self._serials: dict[str, int | None] = dict.fromkeys(names)
        self._bids: set[str] = set()
        self._shown = 0  # lines of the event that were told
        self._code = OK
        self._say = say
        self._clock = clock

    @property
    def names(self) -> tuple[str, ...]:
        """The services that have no verdict yet."""
        return tuple(self._serials)

    def ask(self, wards: Iterable[Ward]) -> None:
        """Hand in the requests."""
        for ward in wards:
            ward.inputs.append(self._request)

    # --- what comes of it --------------------------------------------------------------------

    def looked(self, ward: Ward, unrecorded: str) -> None:
        """See what became of the request when *ward* had its turn."""
        name = ward.name
        if self.over or self._serials.get(name, 0) is not None:
            return
        if unrecorded:
            ward.inputs[:] = [one for one in ward.inputs if one != self._request]
            self._end(name, FAILED, f"not begun, nothing can be recorded: {unrecorded}")
        elif self._request in ward.inputs:
            return
        elif ward.refused and name not in self._bids:
            self._end(name, NOT_TAKEN, f"refused, {ward.refused}{self._until(ward)}")
        elif ward.trouble:
            self._end(name, FAILED, f"internal error: {ward.trouble}")
        else:
            self._taken(ward)

    def _taken(self, ward: Ward) -> None:
        name, state = ward.name, ward.state
        if self._request.verb is not Verb.STOP and _cascaded(state):
            return  # it comes back with what it depends on, and that is awaited
        if state.intent is not None and self._request.verb in DONE:
            self._begun(ward, state.intent)
        elif state.bid is not None and state.bid.who and self._request.verb in DONE:
            self._bids.add(name)
            if not self._errand.wait:
                self._end(name, OK, "asked for, its turn comes")
        elif ward.answer:
            self._end(name, OK, f"{ward.answer}{self._until(ward)}")
        else:
            self._end(name, NOT_TAKEN, "refused, it was withdrawn meanwhile")

    def _until(self, ward: Ward) -> str:
        """Say until when, where it is on hold or not watched for a while."""
        verb, state = self._request.verb, ward.state
        if state.lease is not None and ward.refused.startswith("on hold"):
            return f" until {self._clock(state.lease.until)}"
        if state.lease is not None and verb is Verb.HOLD:
            return f" until {self._clock(state.lease.until)} ({state.lease.says})"
        if verb is Verb.UNMONITOR and state.until is not None:
            return f" until {self._clock(state.until)}"
        return ""

    def _begun(self, ward: Ward, intent: Intent) -> None:
        self._serials[ward.name] = intent.serial
        if not self._errand.wait:
            self._end(ward.name, OK, "begun")
        elif not self._many:
            boot = ward.seen.at.boot if ward.seen is not None else 0.0
            first = "dependants first; " if ward.state.ties.above else ""
            self._tell(f"{ward.name}: {first}{begun(ward.service, intent, boot)}")

    def heard(self, event: Event) -> None:
        """Tell what is new in *event*, and the verdict if this is it."""
        serial = self._serials.get(event.service)
        if self.over or serial is None or event.serial != serial:
            return
        if not self._many:
            for line in event.lines[self._shown :]:
                if not line.what.startswith(PLAIN):
                    self._tell(f"{event.service}: {line.what}: {line.detail}".removesuffix(": "))
            self._shown = len(event.lines)
        if event.closed:
            good = event.what in DONE[self._request.verb]
            code = OK if good else NOT_TAKEN if event.what in REFUSED else FAILED
            text = verdict(event) if not good else done(event, short=self._many)
            self._end(event.service, code, text)

    def gone(self, name: str) -> None:
        """Say that *name* is watched no more."""
        self._end(name, FAILED, "it left the configuration")

    # --- what is said ------------------------------------------------------------------------

    def _tell(self, text: str) -> None:
        self._say(Reply("progress", text=text), False)

    def _end(self, name: str, code: int, text: str) -> None:
        del self._serials[name]
        self._code = max(self._code, code)
        said = f"{name}: {text}"
        if code == FAILED and self._request.rolling:
            self._stop_rolling(name)
        if self._serials:
            self._tell(said)
            return
        self.over = True
        self._say(Reply("result", code=self._code, text=said), True)

    def _stop_rolling(self, failed: str) -> None:
        """Begin no more of them: what made one fail may make all fail."""
        for name in [name for name in self._bids if self._serials.get(name, 0) is None]:
            self.withdrawn.append(name)
            self._serials.pop(name)
            self._tell(f"{name}: not begun, {failed} failed")


def _cascaded(state: State) -> bool:
    """Whether it is down, or on its way, because of a service that it depends on."""
    intent = state.intent
    if intent is not None:
        return intent.goal is Goal.STOP and intent.who.startswith(CASCADE)
    return state.phase is Phase.WISHED_DOWN and state.by.startswith(CASCADE)


def begun(service: Service, intent: Intent, boot: float) -> str:
    """Say what was begun, and how long it may take: the first line of a verb that waits."""
    leaves = "Ctrl-C leaves it running"
    if intent.goal is Goal.START or intent.victim is None or intent.gone is not None:
        limit = show_duration(service.start_timeout + service.settle)
        return f"is being started (at most {limit}, {leaves})"
    patience = NOW if intent.now else service.stop_timeout
    first = service.final if intent.now else service.ladder[0].name
    told = f"{first} sent to" if service.stop is None else "told to end: pid"
    old = age(intent.victim.age(boot))
    limit = f"at most {show_duration(patience)}, {leaves}"
    return f"{told} {intent.victim.pid}, {old} old; waiting for its job ({limit})"


def done(event: Event, *, short: bool) -> str:
    """Say that it is done: `gone after 41.2s; started 6012; settled: 39 MB. done`."""
    facts = event.facts
    size = show_size(facts.after) if facts.after is not None else ""
    took = "" if facts.stopped_after is None else seconds(facts.stopped_after)
    if short:
        return ", ".join(part for part in (f"done {took}".rstrip(), size) if part)
    parts = (
        f"gone after {took}" if took else "",
        f"started {facts.new.pid}" if facts.new is not None else "",
        f"settled{f': {size}' if size else ''}" if event.what is not What.STOPPED else "",
        f"it stays down until svwatch start {event.service}" if event.what is What.STOPPED else "",
    )
    return "; ".join(part for part in parts if part) + ". done"


def seconds(span: float) -> str:
    """Show how long it took: `41.2s`, `3m 20s`."""
    return f"{span:.1f}s" if span < 60 else age(span)


def verdict(event: Event) -> str:
    """Say how *event* ended, and by which number to ask for more."""
    reason = f": {event.facts.reason}" if event.facts.reason else ""
    return f"{event.what.value}{reason}  (svwatch why {event.number})"
