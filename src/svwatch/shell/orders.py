"""Takes the verbs that change something: who is meant, what is asked, who waits for it."""

from collections.abc import Iterable

from svwatch.core.event import Event
from svwatch.core.lease import LONGEST
from svwatch.core.request import Request, Verb
from svwatch.shell.agenda import Agenda
from svwatch.shell.letters import offset_at
from svwatch.shell.vigil import USAGE, Errand, Say, Vigil
from svwatch.shell.watch import Watch
from svwatch.shell.wire import Call, Option, Reply
from svwatch.view import when

VERBS = frozenset(
    {"start", "stop", "restart", "monitor", "unmonitor", "adopt", "hold", "release"},
)


class Orders:
    """The vigils of all who wait, and the requests that they handed in."""

    def __init__(self, watch: Watch, agenda: Agenda) -> None:
        """Hand requests to the wards of *watch*, and have them looked at by *agenda*."""
        self._watch = watch
        self._agenda = agenda
        self._vigils: list[Vigil] = []

    def take(self, call: Call, who: str, say: Say) -> Reply | None:
        """Take an order; None where the answer follows through *say*."""
        names = self._named(call)
        if isinstance(names, Reply):
            return names
        errand = errand_of(call, who)
        if isinstance(errand, str):
            return Reply("error", code=USAGE, text=errand)
        vigil = Vigil(names, errand, say=say, clock=self._clock)
        vigil.ask(self._watch.roster.wards[name] for name in names)
        self._vigils.append(vigil)
        self._agenda.look(names)
        return None

    def _named(self, call: Call) -> tuple[str, ...] | Reply:
        """Give the services that are meant, in the order of the configuration."""
        wards, plan = self._watch.roster.wards, self._watch.roster.plan
        group = call.options.get("group")
        known = [one.name for one in plan.services if one.name in wards]
        if group:
            groups = {one.name: one.groups for one in plan.services}
            found = tuple(name for name in known if group in groups[name])
            text = f"there is no service in group {group!r}"
            return found or Reply("error", code=USAGE, text=text)
        if call.names == ("all",):
            return tuple(known)
        for name in call.names:
            if name not in wards:
                return Reply("error", code=USAGE, text=unknown(name, list(wards)))
        text = f"{call.verb} wants the name of a service, -g GROUP, or all"
        return tuple(dict.fromkeys(call.names)) or Reply("error", code=USAGE, text=text)

    def _clock(self, mono: float) -> str:
        watch = self._watch
        wall = watch.wall()
        return when.moment(wall + mono - watch.clock().mono, wall, offset_at(wall))

    @property
    def names(self) -> frozenset[str]:
        """The services whose verdict somebody waits for."""
        return frozenset(name for vigil in self._vigils for name in vigil.names)

    @property
    def waiting(self) -> bool:
        """Whether somebody still waits for a verdict."""
        return bool(self._vigils)

    def looked(self, names: Iterable[str]) -> None:
        """See what became of requests to services that had their turn."""
        for name in names:
            ward = self._watch.roster.wards.get(name)
            for vigil in self._vigils:
                if ward is not None:
                    vigil.looked(ward, self._watch.unrecorded)
        self._tidy()

    def told(self, events: Iterable[Event]) -> None:
        """Tell those who wait for a verdict what happened."""
        for event in events:
            for vigil in self._vigils:
                vigil.heard(event)
        self._tidy()

    def _tidy(self) -> None:
        wards = self._watch.roster.wards
        for vigil in self._vigils:
            for name in [name for name in vigil.names if name not in wards]:
                vigil.gone(name)
            for name in vigil.withdrawn:
                if name in wards:
                    wards[name].inputs.append(Request(Verb.WITHDRAW))
                    self._agenda.look([name])
            vigil.withdrawn.clear()
        self._vigils = [vigil for vigil in self._vigils if not vigil.over]


def unknown(name: str, known: list[str]) -> str:
    """Say that nothing is called *name*, and what was perhaps meant."""
    from difflib import get_close_matches  # noqa: PLC0415  only for those who mistype

    near = get_close_matches(name, known, 1)
    return f"there is no service {name!r}" + (f": did you mean {near[0]!r}?" if near else "")


def errand_of(call: Call, who: str) -> Errand | str:
    """Read what *call* wants, or say what is wrong with it."""
    options = call.options
    seconds = _seconds(options.get("seconds"))
    if call.verb == "hold" and (seconds is None or not 0 < seconds <= LONGEST):
        return "a hold must have an end: --for 15m (24h at most)"
    request = Request(
        Verb(call.verb),
        who=str(options.get("sudo") or who) if who == "root" else who,
        now=bool(options.get("now")),
        seconds=seconds,
        reason=str(options.get("reason") or ""),
        token=str(options.get("token") or ""),
    )
    # Only remediations are admitted in turn; the rest is done at once.
    at_once = call.verb not in {"start", "stop", "restart"}
    return Errand(
        request,
        wait=not options.get("no_wait"),
        parallel=at_once or bool(options.get("parallel")),
    )


def _seconds(value: Option | None) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except ValueError:
        return None
