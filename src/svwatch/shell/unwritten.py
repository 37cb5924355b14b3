"""Letters that could not be put on record: told from memory while the store fails."""

from msgspec.structs import replace

from svwatch.core.ledger import Why
from svwatch.core.level import Level
from svwatch.core.route import Route
from svwatch.shell.outbox import Head, Owed, admits

MOST = 20  # per route: a full disk says the same thing again and again


class Unwritten:
    """An outbox in memory. Its letters have negative numbers; a crash loses them."""

    def __init__(self) -> None:
        self._letters: dict[int, Owed] = {}
        self._retry: dict[int, float] = {}
        self._last = 0

    def owe(self, route: Route, subject: str, body: str, level: Level, wall: float) -> None:
        """Owe a letter to *route* if it wants to hear of *level* and is owed few already."""
        held = sum(letter.route == route.name for letter in self._letters.values())
        if not admits(route, level) or held >= MOST:
            return
        self._last -= 1
        name = f"<svwatch.unwritten.{wall * 1000:.0f}.{-self._last}@localhost>"
        self._letters[self._last] = Owed(
            id=self._last, route=route.name, number=0, service="svwatch", why=Why.RAISED,
            level=level, subject=subject, body=body, created=wall, message_id=name, thread=name,
        )  # fmt: skip
        self._retry[self._last] = 0.0

    def heads(self) -> tuple[Head, ...]:
        """Give the oldest letter of each route."""
        oldest: dict[str, Owed] = {}
        for letter in self._letters.values():
            oldest.setdefault(letter.route, letter)
        return tuple(
            Head(one.id, one.route, self._retry[one.id], one.created) for one in oldest.values()
        )

    def letter(self, number: int) -> Owed | None:
        """Give letter *number*."""
        return self._letters.get(number)

    def sent(self, letter: int, receipt: str, wall: float) -> None:  # noqa: ARG002
        """Forget it: people have it."""
        self._letters.pop(letter, None)

    def dead(self, letter: int, error: str, wall: float) -> None:  # noqa: ARG002
        """Forget it: nobody will have it."""
        self._letters.pop(letter, None)

    def failed(
        self,
        letter: int,
        error: str,  # noqa: ARG002
        retry_at: float,
        *,
        refused: bool = False,
        reached: tuple[str, ...] = (),
    ) -> None:
        """Try it again at wall time *retry_at*."""
        known = self._letters[letter]
        self._retry[letter] = retry_at
        self._letters[letter] = replace(
            known,
            attempts=known.attempts + 1,
            refusals=known.refusals + refused,
            reached=reached,
        )
