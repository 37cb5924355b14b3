"""Tells once a day what rules did quietly: one event of our own, through the outbox."""

from svwatch.core import daily
from svwatch.core.event import Event
from svwatch.core.ledger import Facts, Line, What
from svwatch.core.seen import Now
from svwatch.core.state import Daily
from svwatch.shell.letters import offset_at
from svwatch.shell.watch import Watch

AT_ONCE = 200  # events that are read at once: a day of them must not make us larger


class Morning:
    """Knows whether the word of today was said: that is one commit with the word itself."""

    def __init__(self, watch: Watch) -> None:
        """Speak as *watch* does of itself."""
        self._watch = watch

    def look(self, now: Now) -> tuple[Event, ...]:
        """Say what there is to say if it is time; give what was written.

        Raises StoreFailed where the ledger cannot be read.
        """
        last, wall = self._watch.own.state.daily, self._watch.wall()
        offset, store = offset_at(wall), self._watch.store
        if last is None:
            after = daily.first(wall, offset, store.newest_number())
        elif (back := daily.turned_back(last, wall, offset)) is not None:
            after = back
        elif daily.due(last, wall, offset):
            newest = store.newest_number()
            self._say(last, newest, now, wall)
            after = Daily(daily.day_of(wall, offset), wall, newest)
        else:
            return ()
        self._watch.own.remember(after)
        return self._watch.keep_own(now)

    def _say(self, last: Daily, newest: int, now: Now, wall: float) -> None:
        from svwatch.core import quiet  # noqa: PLC0415  once a day
        from svwatch.view import to_daily  # noqa: PLC0415

        found: dict[str, quiet.Quiet] = {}
        after = last.number
        while events := self._watch.store.quiet(after, newest, AT_ONCE):
            found = quiet.gathered(found, events)
            after = events[-1].number
        if not found:
            return
        to_wall, seconds = wall - now.mono, wall - last.wall
        lines = tuple(
            Line(since - to_wall, name, said) for since, name, said in to_daily.rows(found.values())
        )
        facts = Facts(reason=to_daily.reason(found.values(), seconds), span=seconds)
        self._watch.own.record(now, What.QUIETLY, facts=facts, lines=lines, told=True)
