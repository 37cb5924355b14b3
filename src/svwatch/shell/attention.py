"""Stays with those who were looked at: hears their end, plans the next extra look."""

from collections.abc import Iterable

from svwatch.shell.agenda import Agenda
from svwatch.shell.inbox import Inbox, Owner
from svwatch.shell.ward import Ward
from svwatch.shell.watch import Watch

EXIT = "exit"  # owner of the pidfd of a main process


class Attention:
    """Keeps *inbox* and *agenda* in step with what *watch* believes."""

    def __init__(self, watch: Watch, agenda: Agenda, inbox: Inbox) -> None:
        """Attend to the wards of *watch*."""
        self._watch = watch
        self._agenda = agenda
        self._inbox = inbox

    def attend(self, names: Iterable[str]) -> None:
        """See to *names* after their turn."""
        mono = self._watch.clock().mono
        for name in names:
            ward = self._watch.roster.wards.get(name)
            if ward is None or ward.state.gone is not None:
                self._agenda.forget(name)
                self._inbox.forget((EXIT, name))
                continue
            if ward.seen is not ward.attended:
                self._hear_end(ward)
            self._agenda.wake(ward, mono)

    def _hear_end(self, ward: Ward) -> None:
        """Hear the end of the process that this look believed in, unless it was heard."""
        ward.attended = ward.seen
        fd = ward.looker.pidfd()
        alive = ward.believed is not None and ward.believed != ward.spent
        self._inbox.renew((EXIT, ward.name), [fd] if alive and fd is not None else [])

    def ended(self, owner: Owner) -> None:
        """Look at a service whose main process died: it is told once, its successor is sought."""
        self._inbox.forget(owner)
        ward = self._watch.roster.wards.get(str(owner[1]))
        if ward is not None:
            ward.ended(self._watch.clock().mono)
            self._agenda.look([ward.name])
