"""What people were told of ends: over random histories, and daemons that come and go."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from svwatch.core.ledger import Notify, What, Why
from svwatch.core.level import Level
from svwatch.core.plan import Alert, Service, Stop, Unmonitor
from svwatch.core.seen import Granted, Input, Lost, Removed
from svwatch.core.state import State, Step
from tests.core.test_invariants import FATE, SERVICES, Watched
from tests.core.test_remedy import storm_rule
from tests.core.world import daemon, limit_rule, runit

QUIET = replace(limit_rule(), quietly=True)
TOLD: dict[str, Service] = SERVICES | {
    "alerts": runit(limit_rule(150, 1, action=Alert()), limit_rule(175, 2)),
    "stops at last": runit(limit_rule(), storm_rule(Stop(), 4)),
    "quiet": daemon(QUIET, storm_rule(Unmonitor(60.0), 4)),
    "expected up": runit(limit_rule(), expect_up=True, remind=1800.0),
}
THEMES = {
    "crashes": ["crashes", "crashes", "fat", "die", "spawn", "monitor", "restart", "stop"],
    "stops": [
        "grows", "grows", "slim", "stops for long", "never stops", "stops at once", "daemon",
        "restart", "stop", "down by hand", "up by hand", "removed",
    ],
    "starts": ["die", "die", "start fails", "start works", "start", "spawn", "daemon", "restart"],
    "holds": ["crashes", "grows", "hold", "release", "die", "start", "unmonitor", "monitor"],
}  # fmt: skip
TIMES = st.one_of(st.floats(0.1, 40.0), st.sampled_from([45.0, 90.0, 650.0]))


def histories(fates: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, float]]]:
    return st.lists(st.tuples(fates, TIMES), max_size=14)


HISTORY = st.one_of(
    histories(FATE), *(histories(st.sampled_from(fates)) for fates in THEMES.values())
)


class Heard(Watched):
    """A simulation that knows what people heard, of which event, and what was so then."""

    def suffer(self, fate: str) -> None:
        match fate:
            case "daemon":  # another one goes on from what is on record
                self.state = msgspec.json.decode(msgspec.json.encode(self.state), type=State)
                self.inbox.clear()
            case "crashes":
                for _ in range(3):
                    super().suffer("crash")
                    self.run(1.0)
            case "grows":
                super().suffer("fat")
                self.run(20.0)
            case "stops for long":
                self.stop_takes = 45.0
            case "removed":
                self.look(Removed(), scheduled=False)
            case _:
                super().suffer(fate)

    def look(self, *inputs: Input, scheduled: bool = True) -> Step:
        """Look, and let a restart that is due begin at once, as the daemon does."""
        if self.last is not None and self.last.closed:  # nobody looks at it any more
            self.last = replace(self.last, due=None)
            return self.last
        if isinstance(self.verdict, Lost) and self.verdict.incarnation != self.main:
            self.verdict = None
        done = super().look(*inputs, scheduled=scheduled)
        if self.state.bid is not None and Granted() not in inputs:
            done = super().look(Granted(), scheduled=False)
        return done

    def perform(self, effect: object) -> None:
        if isinstance(effect, Notify):
            self.check(effect)
        super().perform(effect)

    def check(self, note: Notify) -> None:
        before = self.whys(note.serial)
        assert Why.CLEARED not in before, "more about what is over"
        match note.why:
            case Why.RAISED:
                assert not before, "raised twice"
                lease = self.state.lease
                held = lease is not None and self.now.mono < lease.until
                assert not held or self.mine(note), "told on hold"
            case Why.BEGUN:
                assert Why.BEGUN not in before, "begun twice"
            case Why.CLEARED:
                assert before, "the end of what nobody knew of"
            case Why.VERDICT:
                assert Why.VERDICT not in before, "two verdicts"
            case _:
                pass

    def mine(self, note: Notify) -> bool:
        """Whether it is about a remediation that was begun before."""
        intent = self.state.intent
        return intent is not None and intent.serial == note.serial

    def whys(self, serial: int) -> list[Why]:
        return [note.why for note in self.notes if note.serial == serial]

    def settled(self) -> None:
        """What people heard the beginning of has had its end, or goes on."""
        going_on = {one.serial for one in self.state.incidents.values()}
        if self.last is not None and self.last.closed:
            going_on.clear()
        if self.state.intent is not None:
            going_on.add(self.state.intent.serial)
        for serial in {note.serial for note in self.notes} - going_on:
            whys = set(self.whys(serial))
            last = [one.what for one in self.records if one.serial == serial and not one.aside][-1]
            # a restart that came alone is told, and over with that
            over = last is What.RESTARTED or {Why.CLEARED, Why.VERDICT} & whys
            assert over, (serial, last, self.said)

    def once(self) -> None:
        """One incident, one beginning."""
        for key, one in self.state.incidents.items():
            whys = self.whys(one.serial)
            assert whys.count(Why.RAISED) <= 1, key
            heard = one.told is not None and key != "unwatched"
            assert heard is bool(whys) or one.held, (key, one, whys)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(sorted(TOLD)), HISTORY)
def test_whoever_hears_the_beginning_hears_the_end(
    kind: str, history: list[tuple[str, float]]
) -> None:
    sim = Heard(TOLD[kind])
    sim.look()
    for fate, seconds in history:
        sim.suffer(fate)
        sim.run(seconds)
        sim.settled()
        sim.once()
        if sim.last is not None and sim.last.closed:
            return
    assert all(note.level is not Level.NOTICE or note.why is not Why.WORSENED for note in sim.notes)
