"""Whatever happens in whatever order, no owed alert is lost, doubled on record or overtaken."""

import shutil
import tempfile

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from svwatch.core.level import Level
from svwatch.core.route import single
from svwatch.shell.outbox import Owed
from svwatch.shell.patience import FIRST_WAIT, LONGEST_WAIT, back_off
from svwatch.shell.store import Store
from tests.shell.pages import WALL, alert

ROUTES = (single("a", "json://h/"), single("b", "json://h/", Level.WARNING))
WHICH = st.sampled_from([route.name for route in ROUTES])


class OwedLetters(RuleBasedStateMachine):
    """Commits, attempts and crashes at random; *owed* is what must be there, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.state_dir = tempfile.mkdtemp()
        self.store = Store.open(self.state_dir)
        self.owed: dict[str, list[str]] = {route.name: [] for route in ROUTES}
        self.sent: dict[str, int] = {route.name: 0 for route in ROUTES}
        self.serial = 0
        self.wall = WALL

    @rule(level=st.sampled_from(Level))
    def decide(self, level: Level) -> None:
        self.serial += 1
        word = str(self.serial)
        alert(self.store, word, serial=self.serial, level=level, routes=ROUTES, wall=self.wall)
        for route in ROUTES:
            if route.name == "a" or level != Level.NOTICE:
                self.owed[route.name].append(f"web {word} raised")

    def head(self, route: str) -> Owed | None:
        found = [letter for letter in self.store.owed(self.wall) if letter.route == route]
        assert len(found) <= 1
        return found[0] if found else None

    @rule(route=WHICH)
    def send(self, route: str) -> None:
        letter = self.head(route)
        if letter is not None:
            assert letter.subject == self.owed[route].pop(0)
            self.store.sent(letter.id, "accepted", self.wall)

    @rule(route=WHICH, jitter=st.floats(0, 1), refused=st.booleans())
    def fail(self, route: str, jitter: float, refused: bool) -> None:
        letter = self.head(route)
        if letter is not None:
            assert letter.subject == self.owed[route][0]
            wait = back_off(letter.attempts + 1, jitter)
            assert FIRST_WAIT <= wait <= LONGEST_WAIT
            self.store.failed(letter.id, "no", self.wall + wait, refused=refused)
            again = self.store.outbox.letter(letter.id)
            assert again is not None
            assert again.attempts == letter.attempts + 1
            assert again.refusals == letter.refusals + refused
            assert again.message_id == letter.message_id
            assert self.head(route) is None, "a later letter must not overtake it"

    @rule(route=WHICH)
    def give_up(self, route: str) -> None:
        letter = self.head(route)
        if letter is not None:
            assert letter.subject == self.owed[route].pop(0)
            self.store.dead(letter.id, "three days", self.wall)

    @rule(seconds=st.floats(0.1, 700))
    def wait(self, seconds: float) -> None:
        self.wall += seconds

    @rule(close=st.booleans())
    def restart(self, close: bool) -> None:
        if close:
            self.store.close()
        self.store = Store.open(self.state_dir)

    @invariant()
    def all_are_there(self) -> None:
        waiting = {one.route: one.waiting for one in self.store.waiting()}
        for route in ROUTES:
            assert waiting.get(route.name, 0) == len(self.owed[route.name])

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.state_dir)


OwedLetters.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestOwedLetters = OwedLetters.TestCase
