"""Letters that could not be put on record: told from memory while the store fails."""

from msgspec.structs import replace

from svwatch.core.audience import Lane, admits
from svwatch.core.ledger import What, Why
from svwatch.core.level import Level
from svwatch.core.route import Form, Route
from svwatch.shell.outbox import Head, Owed

MOST = 20  # per lane: a full disk says the same thing again and again


class Unwritten:
    """An outbox in memory. Its letters have negative numbers; a crash loses them."""

    def __init__(self) -> None:
        self._letters: dict[int, Owed] = {}
        self._retry: dict[int, float] = {}
        self._last = 0

    def owe(self, route: Route, subject: str, body: str, level: Level, wall: float) -> None:
        """Owe a letter to all targets of *route* if it wants to hear of *level*."""
        if admits(route, level) and route.form is not Form.ALERTMANAGER:
            for target in route.targets:
                self._owe((route.name, target.to), subject, body, level, wall)

    def _owe(self, lane: Lane, subject: str, body: str, level: Level, wall: float) -> None:
        """Owe it, unless so much is owed already."""
        if sum(letter.lane == lane for letter in self._letters.values()) >= MOST:
            return
        self._last -= 1
        name = f"<svwatch.unwritten.{wall * 1000:.0f}.{-self._last}@localhost>"
        self._letters[self._last] = Owed(
            id=self._last, route=lane[0], target=lane[1], number=0, service="svwatch",
            what=What.OUR_BUG.value, why=Why.RAISED, level=level, subject=subject, body=body,
            brief=subject, created=wall, message_id=name,
        )  # fmt: skip
        self._retry[self._last] = 0.0

    def heads(self) -> tuple[Head, ...]:
        """Give the oldest letter of each lane."""
        oldest: dict[Lane, Owed] = {}
        for letter in self._letters.values():
            oldest.setdefault(letter.lane, letter)
        return tuple(
            Head(one.id, one.route, one.target, self._retry[one.id], one.created, one.attempts)
            for one in oldest.values()
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
        error: str,
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
            answer=error,
        )
