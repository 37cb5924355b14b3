"""Puts around an event what a message about it needs: host, history, the end of the log."""

import time
from collections.abc import Callable

from svwatch.core.event import Event
from svwatch.core.ledger import Why
from svwatch.core.plan import Service
from svwatch.core.route import Route
from svwatch.shell.store import Store
from svwatch.view.letter import Letter, Message
from svwatch.view.to_message import WITH_LOG, message

DAYS = 8 * 86400.0  # seconds of history that a rhythm is told from


def offset_at(wall: float) -> int:
    """Give the seconds that local time is ahead of UTC at *wall* (unix seconds)."""
    return time.localtime(wall).tm_gmtoff


class Letters:
    """Composes messages; *service_of* finds a definition, *wall* is the clock on the wall."""

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
        """Write the message that tells *event*; all routes get the same words."""
        del route
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
        )
        return message(event, why, letter)

    def plain(self, event: Event) -> Message:
        """Say the least that can be said, where a bug of ours kept us from saying more."""
        subject = f"[{self._host}] {event.level.upper()} {event.service} {event.what}"
        return Message(subject, f"{event.facts.reason or subject}\nsvwatch why {event.number}\n")
