"""What is open, as a place that groups and silences wants to know it: Alertmanager's view of us."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.audience import OWN, Subject, willing
from svwatch.core.helpless import KEY as HELPLESS
from svwatch.core.ledger import Notify, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Service
from svwatch.core.route import Route, Word
from svwatch.core.state import Intent, State
from svwatch.core.verdict import BEGUN
from svwatch.core.words import WORDS

Ident = tuple[str, What, Level, str, tuple[str, ...], bool]


class Firing(Struct, frozen=True, kw_only=True):
    """One thing that is open, or was until *closed*. Instants are wall time, unix seconds.

    *rule*: the sentence behind it, "" for what svwatch sees by itself; where it speaks of itself,
    what that is about: "delivery ops". *summary*: one line, *description*: several; both may
    change while it is open. *observed*: nothing is done about it (`mode: observe`). *number* is
    that of its event (0: unknown).
    """

    service: str
    what: What
    level: Level
    since: float
    word: Word
    rule: str = ""
    groups: tuple[str, ...] = ()
    observed: bool = False
    summary: str = ""
    description: str = ""
    number: int = 0
    closed: float | None = None

    @property
    def ident(self) -> Ident:
        """What makes it another one than the next: whatever goes into its labels."""
        return (self.service, self.what, self.level, self.rule, self.groups, self.observed)


class Condition(Struct, frozen=True, kw_only=True):
    """Something about a service that is so, and that people were told of.

    *serial* names its event (None: nobody knows it), *raised* is CLOCK_MONOTONIC, *rule* a
    Rule.key or a built-in cause, *to* the routes that hear of it (empty: all that want to).
    """

    serial: int | None
    what: What
    level: Level
    raised: float
    rule: str = ""
    to: tuple[str, ...] = ()


def conditions(service: Service, state: State) -> Iterator[Condition]:
    """Give all that is so about *service*; what is kept back from people is kept back here."""
    for key, one in state.incidents.items():
        if one.told is not None:
            yield Condition(
                serial=one.serial, what=one.what, level=one.level, raised=one.raised, rule=key,
                to=one.to,
            )  # fmt: skip
    if state.intent is not None and state.intent.told:
        yield _remediation(service, state.intent)
    if state.phase is Phase.BACKOFF and HELPLESS not in state.incidents:
        yield Condition(
            serial=None, what=What.BACKING_OFF, level=Level.CRITICAL, raised=state.since,
            rule=state.by, to=_to(service, state.by),
        )  # fmt: skip


def _remediation(service: Service, intent: Intent) -> Condition:
    late = intent.overdue
    return Condition(
        serial=intent.serial,
        what=What.WILL_NOT_STOP if late else BEGUN[intent.goal],
        level=Level.CRITICAL if late else Level.NOTICE,
        raised=intent.began,
        rule=intent.rule or "",
        to=_to(service, intent.rule or ""),
    )


def _to(service: Service, key: str) -> tuple[str, ...]:
    return next((rule.to for rule in service.rules if rule.key == key), ())


def concerns(
    route: Route, routes: tuple[Route, ...], service: Service, condition: Condition
) -> bool:
    """Whether *route*, one of *routes*, is told of *condition*."""
    notify = Notify(0, Why.RAISED, condition.level, to=condition.to)
    about = Subject(
        service=service.name, what=condition.what, groups=service.groups, alerts=service.alerts
    )
    return route.name in willing(routes, notify, about)


def firing(service: Service, condition: Condition, mono_to_wall: float) -> Firing:
    """Give what *condition* is to Alertmanager; its words are still to be found."""
    return Firing(
        service=service.name,
        what=condition.what,
        level=condition.level,
        since=condition.raised + mono_to_wall,
        word=WORDS[condition.what],
        rule=condition.rule if condition.rule.startswith("if ") or service.name == OWN else "",
        groups=service.groups,
        observed=service.observe,
    )


def posted(
    before: Mapping[Ident, Firing], now_open: Iterable[Firing], wall: float
) -> dict[Ident, Firing]:
    """Give what is to be posted: all that is open, and what was posted and is open no more.

    What closed keeps its last words, and the instant at which that was seen first.
    """
    fresh = {one.ident: one for one in now_open}
    ended = {
        ident: one if one.closed is not None else replace(one, closed=max(wall, one.since))
        for ident, one in before.items()
        if ident not in fresh
    }
    return fresh | ended
