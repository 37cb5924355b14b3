"""Puts around an event what a message about it needs: host, history, the end of the log."""

import time
from collections.abc import Callable

from svwatch.core.event import Event
from svwatch.core.ledger import Why
from svwatch.core.level import Level
from svwatch.core.plan import Service
from svwatch.core.route import Form, Route
from svwatch.shell.owed import Owed
from svwatch.shell.store import Store
from svwatch.view.letter import Item, Letter, Message

DAYS = 8 * 86400.0  # seconds of history that a rhythm is told from


def offset_at(wall: float) -> int:
    """Give the seconds that local time is ahead of UTC at *wall* (unix seconds)."""
    return time.localtime(wall).tm_gmtoff


class Letters:
    """Composes messages; *service_of* finds a definition, *wall* is the clock on the wall.

    All forms of all messages are a quarter of a megabyte of code: imported when there is news.
    """

    def __init__(
        self,
        store: Store,
        host: str,
        service_of: Callable[[str], Service | None],
        wall: Callable[[], float],
    ) -> None:
        """Take history from *store*; *host* is how we are called."""
        self._store = store
        self._host = host
        self._service_of = service_of
        self._wall = wall

    def compose(self, event: Event, why: Why, route: Route) -> Message:
        """Write the message that tells *event*, in the form of *route*."""
        from svwatch.view.compose import compose  # noqa: PLC0415
        from svwatch.view.to_message import WITH_LOG  # noqa: PLC0415

        now = self._wall()
        service = self._service_of(event.service)
        path = service.log if service is not None and event.what in WITH_LOG else None
        letter = Letter(
            host=self._host,
            now=now,
            offset=offset_at(now),
            service=service,
            history=self._store.restarts(event.service, now - DAYS),
            log=event.facts.log or (),
            log_path=path or "",
            remind=route.remind,
        )
        return compose(route.form, event, why, letter)

    def digest(
        self, items: tuple[Item, ...], last: Owed, route: Route, held: float | None
    ) -> Message:
        """Make one message of *items*, the newest of which is the letter *last*.

        About one service it is that letter, with the earlier ones named below it.
        """
        from svwatch.view.to_digest import digest, with_earlier  # noqa: PLC0415

        if any(one.service != last.service for one in items):
            return digest(items, self._now(), route.form, held=held)
        newest = Message(last.subject, last.body, last.brief)
        return with_earlier(newest, items[:-1], self._now(), route.form)

    def late(self, letter: Owed, route: Route) -> str:
        """Give the body of *letter* with words that say why it comes only now."""
        from svwatch.view.to_digest import late  # noqa: PLC0415

        return late(letter.body, letter.created, self._now(), letter.answer, form=route.form)

    def _now(self) -> Letter:
        now = self._wall()
        return Letter(host=self._host, now=now, offset=offset_at(now))

    def plain(self, event: Event, route: Route) -> Message:
        """Say the least that can be said, where a bug of ours kept us from saying more."""
        said = f"{event.service} {event.what}"
        text = f"{event.facts.reason or said}\nsvwatch why {event.number}\n"
        return self.bare(said, text, event.level, route)

    def bare(self, said: str, text: str, level: Level, route: Route) -> Message:
        """Write what is no event: a headline and *text*."""
        from svwatch.view.compose import bare  # noqa: PLC0415

        return bare(route.form, said, text, level, self._now())


class Plainly:
    """Says the least that can be said, where nobody can, or a bug of ours kept him from more."""

    def digest(
        self, items: tuple[Item, ...], last: Owed, route: Route, held: float | None
    ) -> Message:
        """Name all *items*, one to a line."""
        del held
        said = f"{len(items)} alerts"
        text = "".join(f"{one.service} {one.brief}\n" for one in items)
        if route.form is Form.JSON:  # that one is a document, and says what is the case now
            text = last.body
        return Message("" if not last.subject else said, text, said)

    def late(self, letter: Owed, route: Route) -> str:
        """Give the body as it is."""
        del route
        return letter.body

    def bare(self, said: str, text: str, level: Level, route: Route) -> Message:
        """Give the words as they are."""
        del level, route
        return Message(said, text, said)


class Guarded:
    """Lets *letters* write; what they fail to write is written plainly.

    *guard* calls, and gives None after a bug of ours.
    """

    def __init__(self, letters: Letters, guard: Callable[..., Message | str | None]) -> None:
        self._letters = letters
        self._guard = guard
        self._plainly = Plainly()

    def digest(
        self, items: tuple[Item, ...], last: Owed, route: Route, held: float | None
    ) -> Message:
        """Make one message of *items*."""
        written = self._guard(self._letters.digest, items, last, route, held)
        if isinstance(written, Message):
            return written
        return self._plainly.digest(items, last, route, held)

    def late(self, letter: Owed, route: Route) -> str:
        """Give the body of *letter* with words that say why it comes only now."""
        written = self._guard(self._letters.late, letter, route)
        return written if isinstance(written, str) else letter.body

    def bare(self, said: str, text: str, level: Level, route: Route) -> Message:
        """Write what is no event."""
        written = self._guard(self._letters.bare, said, text, level, route)
        if isinstance(written, Message):
            return written
        return self._plainly.bare(said, text, level, route)
