"""Has the connection tests of the services made, and hands the results to their wards."""

from collections.abc import Mapping

from svwatch.core.connection import Answer, Connection, Dialled
from svwatch.core.phases import Phase
from svwatch.core.plan import Service
from svwatch.shell.inbox import Inbox
from svwatch.shell.switchboard import Switchboard, line_of
from svwatch.shell.ward import Ward
from svwatch.shell.watch import Watch

UNJUDGED = frozenset({Phase.UNMONITORED, Phase.WISHED_DOWN, Phase.LEAVING})


def endpoints(service: Service) -> tuple[Connection, ...]:
    """Give what the rules of *service* want dialled."""
    return tuple(rule.test.endpoint for rule in service.rules if isinstance(rule.test, Connection))


class Calls:
    """One round of dials per scheduled look: the next look judges what came of it."""

    def __init__(self, watch: Watch, inbox: Inbox) -> None:
        """Dial for the wards of *watch*."""
        self._watch = watch
        self.board = Switchboard(inbox)

    def begin(self, names: Mapping[str, bool]) -> None:
        """Dial for those of *names* whose scheduled look is just over, and who run."""
        for name, scheduled in names.items():
            ward = self._watch.roster.wards.get(name)
            if scheduled and ward is not None and (places := places_of(ward)) and _answers(ward):
                self.board.call(name, places)

    def ready(self, who: object, mono: float) -> None:
        """Go on with the dial that owns a ready descriptor."""
        self.board.ready(line_of(who), mono)
        self._hand_out()

    def overdue(self, mono: float) -> None:
        """End the dials whose time is over."""
        self.board.overdue(mono)
        self._hand_out()

    def renew(self, mono: float) -> float | None:
        """Begin what waits; give when to come back (CLOCK_MONOTONIC)."""
        self.board.pump(mono)
        self._hand_out()
        return self.board.due()

    def _hand_out(self) -> None:
        for name, result in self.board.take():
            ward = self._watch.roster.wards.get(name)
            if ward is not None:
                hear(ward, result)


def places_of(ward: Ward) -> tuple[Connection, ...]:
    """Give the endpoints of its service, found once: most have none, and all are asked often."""
    if ward.places is None or ward.places[0] is not ward.service:
        ward.places = (ward.service, endpoints(ward.service))
    return ward.places[1]


def _answers(ward: Ward) -> bool:
    """Whether it is worth asking: a process runs, and somebody judges."""
    quiet = ward.state.intent is not None or ward.state.phase in UNJUDGED
    return ward.believed is not None and not quiet


def hear(ward: Ward, result: Dialled) -> None:
    """Keep *result* for the next look; one that is not plainly good makes that a thorough one."""
    asked = places_of(ward)
    if result.endpoint not in asked:  # a reload took it out meanwhile
        return
    kept = (one for one in ward.dialled if one.endpoint in asked)
    ward.dialled = (result, *(one for one in kept if one.endpoint != result.endpoint))
    ward.news = ward.news or result.answer is not Answer.OK or _inverted(ward.service)


def _inverted(service: Service) -> bool:
    tests = (rule.test for rule in service.rules)
    return any(isinstance(test, Connection) and test.succeeded for test in tests)
