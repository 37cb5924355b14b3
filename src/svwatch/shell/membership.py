"""Members of patterns, as they come and go: the roster follows the directories, not a reload."""

import os
from collections.abc import Iterable

from msgspec import Struct

from svwatch.core.expand import Expanded, expand
from svwatch.core.family import members_of
from svwatch.core.plan import Mold, Plan
from svwatch.core.vanish import Moment, Passed, came_back, forgotten, may_go, reminder, vanished
from svwatch.probe.listing import Listing, is_ours
from svwatch.probe.traits import ancestors
from svwatch.shell.notes import OURS
from svwatch.shell.store import StoreFailed, Turn
from svwatch.shell.tally import Counted, counted, tally
from svwatch.shell.ward import Ward
from svwatch.shell.watch import Watch

USAGE, REFUSED = 2, 3  # exit codes of the verbs


class Forgot(Struct, frozen=True):
    """What came of `svwatch forget NAME`, with the exit code that it is worth."""

    name: str
    code: int
    text: str


class Membership:
    """Keeps the roster of *watch* in step with what the patterns of a plan find.

    Nothing is read but directories, and these only where their mtime changed.
    """

    def __init__(self, watch: Watch) -> None:
        """Find nobody yet."""
        self._watch = watch
        self._roster = watch.roster
        self._store = watch.store
        self._plan = Plan(source="")
        self._listings: dict[tuple[str, ...], Listing] = {}
        self._here: frozenset[str] = frozenset()
        self._away: set[str] = set()  # neither here nor gone: their absence may be a moment's
        self._changed = False  # who is here: those that went, or are back, are to be found
        self._counted: Counted = ()
        self._told: frozenset[str] = frozenset()  # patterns of which people hear already
        self._asked: set[str] = set()  # directories that were asked whether they are ours
        self._ours: frozenset[str] | None = None  # those in which svwatch itself runs

    @property
    def every(self) -> float | None:
        """How often to look, in seconds; None: there are no patterns."""
        return self._plan.interval if self._plan.molds else None

    def adopt(self, plan: Plan, at: Moment) -> tuple[str, ...]:
        """Watch what *plan* says and finds; give the names that need a look at once."""
        self._plan = plan
        self._listings = {mold.patterns: Listing(mold) for mold in plan.molds}
        self._look(at)
        expanded = self._expanded()
        self._here = expanded.here
        names = self._roster.adopt(expanded.plan)
        self._counted = counted(plan.families, self._roster.wards)
        self._follow(at)
        return names

    def sweep(self, at: Moment) -> tuple[str, ...]:
        """Look again; give the names that came, came back or went."""
        came = self._take_in() if self._look(at) else frozenset()
        moved = self._follow(at) if came or self._changed or self._away else []
        self._changed = False
        self._remind(at)
        self.tally(at)
        return (*came, *moved)

    def _take_in(self) -> frozenset[str]:
        """Watch whom the directories have now; give who is new."""
        before, expanded = frozenset(self._roster.wards), self._expanded()
        self._here, self._changed = expanded.here, True
        if expanded.plan.services != self._roster.plan.services:
            self._roster.adopt(expanded.plan)
            self._counted = counted(self._plan.families, self._roster.wards)
        return frozenset(self._roster.wards) - before

    def tally(self, at: Moment) -> None:
        """Count who is up, and tell where there are too few."""
        told, self._told = self._told, frozenset()
        tally(self._watch.own, self._counted, self._roster.wards, at.now, told)

    # --- who is there ------------------------------------------------------------------------

    def _look(self, at: Moment) -> bool:
        """Look at every directory; say whether any has changed."""
        looks = [one.look(at.now.mono, at.wall) for one in self._listings.values()]
        self._roster.unread = {
            patterns[-1]: one.why for patterns, one in self._listings.items() if one.names is None
        }
        return any(looks)

    def _expanded(self) -> Expanded:
        listed = {
            mold.patterns: self._others(mold, names)
            for mold in self._plan.molds
            if (names := self._listings[mold.patterns].names) is not None
        }
        return expand(self._plan, listed, self._roster.members())

    def _others(self, mold: Mold, entries: Iterable[str]) -> list[str]:
        """Leave out svwatch's own service."""
        if not mold.service.runit:
            return sorted(entries)
        place = os.path.join(mold.directory, "{}", mold.tail).rstrip("/")
        paths = {place.replace("{}", one, 1): one for one in sorted(entries)}
        new = [path for path in paths if path not in self._asked]
        own = ancestors() if new else frozenset[int]()
        ours = self._known_ours() | {path for path in new if is_ours(path, own)}
        self._asked.update(new)
        if ours != self._ours:
            self._ours = ours
            self._keep_ours()
        return [one for path, one in paths.items() if path not in ours]

    def _known_ours(self) -> frozenset[str]:
        """Give what was found to be our own, by us or by the daemon whose place we take."""
        if self._ours is not None:
            return self._ours
        try:
            noted = self._store.noted(OURS)
            return frozenset(noted.split("\n")) if noted else frozenset()
        except StoreFailed:
            return frozenset()

    def _keep_ours(self) -> None:
        words = "\n".join(sorted(self._ours or ()))
        try:
            if words != (self._store.noted(OURS) or ""):
                self._store.note(OURS, words)
        except StoreFailed:
            self._ours = None  # not on record: found again at the next look

    # --- who came and went -------------------------------------------------------------------

    def _follow(self, at: Moment) -> list[str]:
        """Let members go that are gone, take back those that are there again; give who it was."""
        wards = [one for one in self._roster.wards.values() if one.service.family is not None]
        back = [one for one in wards if one.name in self._here and one.state.gone is not None]
        for ward in back:
            self._pass(ward, came_back(ward.state, at))
        missing = [one for one in wards if one.name not in self._here and one.state.gone is None]
        lost = [one for one in missing if self._is_gone(one)]
        self._away = {one.name for one in missing} - {one.name for one in lost}
        told: dict[str, str] = {}
        for ward in lost:
            family = ward.service.family or ""
            tell = family not in told
            told.setdefault(family, ward.name)
            others = _beside(ward, lost) if tell else ()
            self._pass(ward, vanished(ward.service, ward.state, at, others, tell=tell))
        self._told |= frozenset(told)
        return [ward.name for ward in (*back, *lost)]

    def _remind(self, at: Moment) -> None:
        for ward in self._roster.wards.values():
            if ward.state.gone is None or (passed := reminder(ward.state, at)) is None:
                continue
            ward.state = ward.written = passed.state
            turn = Turn(service=ward.service, state=passed.state, effects=passed.effects)
            self._watch.passed.append(turn)

    def _is_gone(self, ward: Ward) -> bool:
        patterns = members_of(self._plan.families, ward.name)
        listing = self._listings.get(patterns)
        sure = listing is not None and listing.names is not None and listing.settled
        return sure and may_go(ward.service, ward.state)

    def _pass(self, ward: Ward, passed: Passed) -> None:
        self._roster.renew(ward, passed.state)
        self._watch.passed.append(
            Turn(service=ward.service, state=passed.state, effects=passed.effects)
        )

    def forget_all(self, names: tuple[str, ...], who: str, at: Moment) -> tuple[Forgot, ...]:
        """Forget *names* (`all`: everybody who is gone) on behalf of *who*."""
        wards = self._roster.wards
        if names == ("all",):
            names = tuple(name for name, ward in wards.items() if ward.state.gone is not None)
            if not names:
                return (Forgot("all", 0, "nobody is gone"),)
        return tuple(self._forgot(name, who, at) for name in names)

    def _forgot(self, name: str, who: str, at: Moment) -> Forgot:
        ward = self._roster.wards.get(name)
        if ward is None:
            return Forgot(name, USAGE, f"there is no service {name!r}")
        why = self._forget(ward, who, at)
        return Forgot(name, REFUSED, f"refused: {why}") if why else Forgot(name, 0, "forgotten")

    def _forget(self, ward: Ward, who: str, at: Moment) -> str:
        """Forget *ward*, or say why not."""
        name = ward.name
        if ward.service.family is None:
            return f"{name} is named in {ward.service.where}: remove it there"
        if name in self._here or (ward.state.gone is None and ward.under_way):
            return f"{name} is there: only what is gone can be forgotten"
        if ward.state.gone is None and ward.believed is not None:
            return f"{name} runs: only what is gone can be forgotten"
        passed = forgotten(ward.state, at, who)
        self._watch.passed.append(Turn(service=ward.service, effects=passed.effects, removed=True))
        self._away.discard(name)
        self._roster.forget(ward)
        return ""


def _beside(ward: Ward, lost: list[Ward]) -> tuple[str, ...]:
    family = ward.service.family
    return tuple(one.name for one in lost if one is not ward and one.service.family == family)


def found_now(plan: Plan, known: Iterable[str], at: Moment) -> Expanded:
    """Give what *plan* means at this instant, for those who only look; *known*: by name."""
    listed: dict[tuple[str, ...], Iterable[str]] = {}
    for mold in plan.molds:
        listing = Listing(mold)
        listing.look(at.now.mono, at.wall)
        if listing.names is not None:
            listed[mold.patterns] = listing.names
    return expand(plan, listed, known)
