"""What is open, as a place that groups and silences wants to know it: Alertmanager's view of us."""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.ledger import What
from svwatch.core.level import Level
from svwatch.core.plan import Service
from svwatch.core.route import Word
from svwatch.core.state import Incident
from svwatch.core.words import WORDS

Ident = tuple[str, What, Level, str, tuple[str, ...], bool]


class Firing(Struct, frozen=True, kw_only=True):
    """One thing that is open, or was until *closed*. Instants are wall time, unix seconds.

    *rule*: the sentence behind it, "" for what svwatch sees by itself. *summary*: one line,
    *description*: several; both may change while it is open. *observed*: nothing is done about
    it (`mode: observe`). *number* is that of its event (0: unknown).
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


def of_incident(service: Service, key: str, incident: Incident, mono_to_wall: float) -> Firing:
    """Give what is open as *incident* of *service*; its words are still to be found."""
    return Firing(
        service=service.name,
        what=incident.what,
        level=incident.level,
        since=incident.raised + mono_to_wall,
        word=WORDS[incident.what],
        rule=key if key.startswith("if ") else "",
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
