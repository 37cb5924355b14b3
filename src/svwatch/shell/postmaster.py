"""What people ask of the outbox: what is in it, again, no more. The same with a daemon and without.

Nothing here sends: who has a courier lets it know.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from svwatch.core.ledger import Facts, Line, What
from svwatch.core.letters import OPEN, Fate, LetterSnap, OutboxSnap, Said
from svwatch.core.plan import Plan
from svwatch.core.seen import Now
from svwatch.core.snapshot import Snapshot
from svwatch.shell.own import Own
from svwatch.shell.portrait import Painter
from svwatch.shell.store import Store
from svwatch.view import when

USAGE, REFUSED = 2, 3
ALL = "all"
MOST = 100  # letters that are named in the ledger


class Meant(Struct, frozen=True):
    """The *letters* that words stand for, and what is to be *said* of those that mean none."""

    letters: tuple[LetterSnap, ...]
    said: tuple[Said, ...]


class Postmaster:
    """Looks into the outbox of *store*. *plan*: the routes that there are, None: not known."""

    def __init__(self, store: Store, host: str, plan: Plan | None, offset: int) -> None:
        """Show times *offset* seconds ahead of UTC."""
        self._letters = store.dead_letters()
        self._painter = Painter(store, host)
        self._host = host
        self._plan = plan
        self._offset = offset
        self._known = (
            None
            if plan is None
            else frozenset(
                (route.name, target.to) for route in plan.routes for target in route.targets
            )
        )

    def outbox(self, wall: float, *, everything: bool = False) -> OutboxSnap:
        """Show what waits and what was given up; *everything*: and what went out lately."""
        plan = self._plan or Plan(source="")
        routes, pulse = self._painter.routes(plan), self._painter.pulse(plan)
        page = Snapshot(host=self._host, wall=wall, routes=routes, pulse=pulse)
        return OutboxSnap(
            page=page, letters=self._letters.listed(wall, everything=everything), all=everything
        )

    def retry(self, words: Sequence[str], wall: float, *, now: str) -> tuple[Said, ...]:
        """Have what *words* mean sent once more; *now* says when that will be."""
        meant = self._meant(words, wall)
        orphans = {one.number for one in meant.letters if self._is_orphan(one)}
        again = [one for one in meant.letters if one.number not in orphans]
        self._letters.retry(one.number for one in again)
        gone = "refused: its route is not configured any more"
        return meant.said + tuple(
            Said(number=one.number, code=REFUSED, text=f"{_about(one)}: {gone}")
            if one.number in orphans
            else Said(number=one.number, text=f"{_about(one)}: {now}")
            for one in meant.letters
        )

    def _is_orphan(self, letter: LetterSnap) -> bool:
        return self._known is not None and (letter.route, letter.target) not in self._known

    def drop(
        self, words: Sequence[str], who: str, own: Own, now: Now, wall: float
    ) -> tuple[tuple[Said, ...], int | None]:
        """Have *own* put it on record that *who* drops what *words* mean, and drop it with that.

        Gives what is true then, and the serial of the event; None: there is nothing to drop.
        """
        meant = self._meant(words, wall)
        if not meant.letters:
            return meant.said, None
        facts = Facts(who=who, count=len(meant.letters), reason=_counted(meant.letters, who))
        lines = tuple(
            Line(now.mono, f"letter {one.number} dropped", _about(one))
            for one in meant.letters[:MOST]
        )
        serial = own.record(now, What.ALERTS_DROPPED, facts=facts, lines=lines)
        own.discard(tuple(one.number for one in meant.letters))
        said = (Said(number=one.number, text=f"{_about(one)}: dropped") for one in meant.letters)
        return meant.said + tuple(said), serial

    # --- who is meant ------------------------------------------------------------------------

    def _meant(self, words: Sequence[str], wall: float) -> Meant:
        """Find what *words* mean: numbers of letters, routes, recipients, or all."""
        left = self._letters.left()
        letters: dict[int, LetterSnap] = {}
        said: list[Said] = []
        for word in words:
            found = [one for one in left if _is_meant(one, word)]
            letters |= {one.number: one for one in found}
            if not found:
                said.append(self._nothing(word, left, wall))
        return Meant(tuple(letters[number] for number in sorted(letters)), tuple(said))

    def _nothing(self, word: str, left: Iterable[LetterSnap], wall: float) -> Said:
        """Say why *word* means no letter that is left."""
        if word == ALL:
            return Said(word=word, text="nothing waits and nothing was given up")
        letter = self._letters.letter(int(word)) if _is_number(word) else None
        if letter is not None:
            return Said(number=letter.number, code=REFUSED, text=self._done(letter, wall))
        names = {one.route for one in left} | {name for name, _ in self._known or ()}
        if word in names:
            return Said(word=word, text="nothing waits and nothing was given up")
        if _is_number(word):
            return Said(word=word, code=USAGE, text=f"there is no letter {word}")
        return Said(word=word, code=USAGE, text=unknown(word, names))

    def _done(self, letter: LetterSnap, wall: float) -> str:
        at = "" if letter.finished is None else when.exact(letter.finished, wall, self._offset)
        match letter.fate:
            case Fate.FOLDED:
                became = f"went into letter {letter.digest}"
            case Fate.DROPPED:
                became = f"was dropped {at}".rstrip()
            case _:
                became = f"was sent {at}".rstrip()
        return f"{_about(letter)}: refused: it {became}"


def unknown(word: str, names: Iterable[str]) -> str:
    """Say that no route is called *word*, and what was perhaps meant."""
    from difflib import get_close_matches  # noqa: PLC0415  only for those who mistype

    near = get_close_matches(word, sorted(names), 1)
    return f"there is no route {word!r}" + (f": did you mean {near[0]!r}?" if near else "")


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) < len(str(1 << 63))


def _is_meant(letter: LetterSnap, word: str) -> bool:
    named = word in {ALL, letter.route, letter.target} and bool(word)
    return letter.fate in OPEN and (named or (_is_number(word) and letter.number == int(word)))


def _about(letter: LetterSnap) -> str:
    to = f"{letter.route} {letter.target}".rstrip()
    return f"{to}: {letter.title}"


def _counted(letters: Sequence[LetterSnap], who: str) -> str:
    """Say how many of each route: `2 for ops, 1 for chat; ann said so`."""
    number: dict[str, int] = {}
    for letter in letters:
        number[letter.route] = number.get(letter.route, 0) + 1
    counted = ", ".join(f"{count} for {route}" for route, count in number.items())
    return f"{counted}; {who} said so"
