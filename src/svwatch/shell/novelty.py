"""What `--check -q` has not printed yet."""

import msgspec
from msgspec import Struct

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.core.snapshot import Snapshot
from svwatch.shell.notes import PRINTED, SAID
from svwatch.shell.own import NAME
from svwatch.shell.store import Store

MOST = 200  # events whose last word is remembered
UNDER_WAY = frozenset({What.RESTART_BEGUN, What.START_BEGUN, What.STOP_BEGUN})


class Printed(Struct, frozen=True):
    """What was printed: states by service, words by number of event, until *wall*."""

    wall: float
    marks: dict[str, str] = {}
    events: dict[int, str] = {}


class Checked(Struct, frozen=True):
    """The answer to `check`. For a quiet one: the *events* that are news, what was *known*."""

    snapshot: Snapshot
    events: tuple[Event, ...] = ()
    known: dict[str, str] = {}


def news(store: Store, snapshot: Snapshot) -> Checked:
    """Find what nobody was told by a quiet check yet, and take it as told from now on.

    What is merely under way is no news: its verdict will be. The first quiet check of all has
    no past to compare with; it tells what is wrong, and not what once happened.
    """
    from svwatch.view.to_check import marks  # noqa: PLC0415  the daemon is asked for this seldom

    before = _printed(store)
    since = snapshot.wall if before is None else before.wall
    known = before or Printed(wall=since)
    amended = [event for event in store.events(since, None, MOST) if _counts(event)]
    events = tuple(event for event in amended if known.events.get(event.number) != event.what)
    words = known.events | {event.number: event.what.value for event in amended}
    kept = {name: mark for name, mark in known.marks.items() if name in snapshot.elsewhere}
    now = Printed(snapshot.wall, kept | marks(snapshot), dict(sorted(words.items())[-MOST:]))
    store.note(PRINTED, msgspec.json.encode(now).decode())
    return Checked(snapshot, events, known.marks)


def _counts(event: Event) -> bool:
    return event.what not in UNDER_WAY and event.service != NAME


def _printed(store: Store) -> Printed | None:
    noted = store.noted(PRINTED)
    try:
        return msgspec.json.decode(noted, type=Printed) if noted else None
    except msgspec.DecodeError:  # of another version
        return None


def unsaid(store: Store, errors: tuple[str, ...]) -> bool:
    """Whether a quiet check has not printed *errors* of the configuration yet; it does now.

    Without errors what it printed is forgotten, so that the same ones are news when they return.
    """
    words = "\n".join(errors)
    if (store.noted(SAID) or "") == words:
        return False
    store.note(SAID, words)
    return bool(words)
