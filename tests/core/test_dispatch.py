"""What goes out when, alone or with others: tables, and lanes that are simulated."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from svwatch.core.dispatch import (
    LATE,
    Decision,
    Fold,
    Policy,
    Send,
    Sent,
    Wait,
    Waiting,
    decide,
)
from svwatch.core.ledger import Why
from svwatch.core.level import Level
from svwatch.core.route import Rate

N, W, C = Level.NOTICE, Level.WARNING, Level.CRITICAL
AT = 1_800_000_000.0
USUAL = Policy()
AT_ONCE = Policy(gather=0.0)


def letter(
    number: int, service: str = "web", level: Level = N, age: float = 10.0, why: Why = Why.RAISED
) -> Waiting:
    return Waiting(number, service, level, why, AT - age)


def sent(*ages: float, service: str = "other", level: Level = N) -> list[Sent]:
    return [Sent(AT - age, service, level) for age in ages]


def others(*ages: float) -> list[Sent]:
    return [Sent(AT - age, f"other-{age}", N) for age in ages]


def said(decision: Decision) -> str:
    """Say it in short: `send 1`, `fold 3`, `wait 5`."""
    match decision:
        case Send(id=number):
            return f"send {number}"
        case Fold(ids=ids, held=held):
            return f"fold {len(ids)}" + ("" if held is None else f" held {held:.0f}")
        case Wait(until=until):
            return f"wait {until - AT:.0f}"
        case None:
            return "nothing"


# --- gathering ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        ((), "nothing"),
        ((letter(1, age=0),), "wait 10"),
        ((letter(1, age=4, level=C),), "wait 6"),
        ((letter(1),), "send 1"),
        ((letter(1), letter(2, age=3)), "fold 2"),  # one service: one message
        ((letter(1), letter(2, "db", age=0)), "fold 2"),
        ((letter(1, age=4), letter(2, "db", age=0)), "wait 6"),  # the first sets the time
        ((letter(1, age=-86_400),), "send 1"),  # the clock was set back
        ((letter(1, age=-5),), "send 1"),
    ],
)
def test_what_happens_at_the_same_time_goes_together(
    waiting: tuple[Waiting, ...], expected: str
) -> None:
    assert said(decide(USUAL, waiting, (), AT)) == expected


def test_without_gathering_each_letter_is_a_message() -> None:
    waiting = (letter(1, "a", age=0), letter(2, "b", age=0), letter(3, "c", age=0))
    assert said(decide(AT_ONCE, waiting, (), AT)) == "send 1"


def test_who_will_not_be_here_later_gathers_nothing() -> None:
    waiting = (letter(1, age=0), letter(2, "db", age=0))
    assert said(decide(USUAL, waiting[:1], (), AT, flush=True)) == "send 1"
    assert said(decide(USUAL, waiting, (), AT, flush=True)) == "fold 2"
    assert said(decide(USUAL, waiting, sent(30, service=""), AT, flush=True)) == "wait 90"


@pytest.mark.parametrize("change", [{"attempts": 1}, {"digest": True}])
def test_what_somebody_may_have_already_stays_what_it_is(change: dict[str, int]) -> None:
    head = replace(letter(1, age=1), **change)
    assert said(decide(USUAL, (head, letter(2, "db")), (), AT)) == "send 1"
    full = others(*range(1, 11))
    assert said(decide(USUAL, (head,), full, AT)) == "wait 590"


# --- bursts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digests", "before", "level", "expected"),
    [
        ((30,), (), N, "wait 90"),
        ((30,), (), C, "wait 30"),
        ((120,), (), W, "send 1"),
        ((60,), (), C, "send 1"),
        ((150, 270), (), N, "wait 450"),  # ten minutes since the last
        ((150, 270), (), C, "wait 330"),  # since the one before: two in ten minutes
        ((610, 700), (), N, "send 1"),
        ((100, 701), (), N, "wait 20"),  # two, but not within ten minutes
        ((150,), (170,), N, "wait 450"),  # it began with one that went alone
        ((150,), (220,), N, "send 1"),
    ],
)
def test_after_a_digest_of_several_services_there_is_a_pause(
    digests: tuple[float, ...], before: tuple[float, ...], level: Level, expected: str
) -> None:
    past = sent(*digests, service="") + others(*before)
    told = decide(USUAL, (letter(1, level=level),), past, AT)
    assert said(told) == expected


def test_what_was_held_goes_together_and_says_how_long() -> None:
    waiting = (letter(1, "a", age=115), letter(2, "b", age=70), letter(3, "c", age=0))
    assert said(decide(USUAL, waiting, sent(120, service=""), AT)) == "fold 3 held 115"


# --- the share of a service --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ages", "level", "why", "age", "expected"),
    [
        ((100,), N, Why.RAISED, 10, "send 1"),
        ((100, 200), N, Why.RAISED, 10, "wait 400"),
        ((100, 200), W, Why.WORSENED, 10, "wait 400"),
        ((100, 601), N, Why.RAISED, 10, "send 1"),
        ((100, 200), C, Why.RAISED, 10, "send 1"),  # the third is for what is urgent,
        ((100, 200), N, Why.CLEARED, 60, "send 1"),  # and for the end, once it is one
        ((100, 200), N, Why.CLEARED, 10, "wait 50"),
        ((100, 200), N, Why.VERDICT, 60, "send 1"),
        ((100, 200, 300), C, Why.RAISED, 10, "wait 300"),
        ((100, 200, 300), N, Why.CLEARED, 99, "wait 300"),
    ],
)
def test_a_service_has_a_share(
    ages: tuple[float, ...], level: Level, why: Why, age: float, expected: str
) -> None:
    past = sent(*ages, service="web")
    assert said(decide(USUAL, (letter(1, "web", level, age, why),), past, AT)) == expected


def test_what_was_told_as_critical_is_urgent_no_more() -> None:
    past = sent(100, 200, service="web", level=C)
    fresh = letter(1, "web", C, 10)
    assert said(decide(USUAL, (fresh,), past, AT)) == "wait 50", "unless it is the last word"


def test_a_digest_is_about_everybody() -> None:
    past = sent(500, service="") + sent(300, service="web")
    assert said(decide(USUAL, (letter(1, "web"),), past, AT)) == "wait 100"
    assert said(decide(USUAL, (letter(1, "db"),), past, AT)) == "send 1"


def test_who_is_due_takes_along_who_is_not() -> None:
    past = sent(100, 200, service="web")
    waiting = (letter(1, "web", age=30), letter(2, "db"))
    assert said(decide(USUAL, waiting, past, AT)) == "fold 2"
    full = sent(100, 200, 300, service="web")
    assert said(decide(USUAL, waiting, full, AT)) == "wait 300"
    urgent = (letter(1, "web", age=30), letter(2, "db", C))
    assert said(decide(USUAL, urgent, full, AT)) == "fold 2"


# --- the rate ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "count", "level", "expected"),
    [
        (10, 7, N, "send 1"),
        (10, 8, N, "wait 591"),  # the last two are not for everybody,
        (10, 8, C, "send 1"),
        (10, 9, C, "wait 59"),  # the last one gathers,
        (10, 10, C, "wait 600"),  # and then there is none
        (3, 2, N, "wait 591"),
        (3, 1, N, "send 1"),
        (2, 0, N, "send 1"),
        (2, 1, C, "wait 59"),
        (1, 0, N, "send 1"),
        (1, 1, C, "wait 600"),
    ],
)
def test_the_last_slots_of_a_rate_are_kept(
    most: int, count: int, level: Level, expected: str
) -> None:
    policy = Policy(rate=Rate(most, 601.0))
    past = others(*[1 + number / 100 for number in range(count)])
    verb, _, number = said(decide(policy, (letter(1, level=level),), past, AT)).partition(" ")
    wanted, _, about = expected.partition(" ")
    assert verb == wanted
    assert abs(int(number) - int(about)) <= 1


# --- after an outage ---------------------------------------------------------------------------


def test_after_an_outage_what_fits_goes_singly_in_order() -> None:
    waiting = tuple(letter(number, f"s{number}", age=3600 - number) for number in range(8))
    assert said(decide(USUAL, waiting, (), AT)) == "send 0"
    past = [Sent(AT, f"s{number}", N) for number in range(4)]
    assert said(decide(USUAL, waiting[4:], past, AT)) == "send 4"


def test_after_an_outage_what_does_not_fit_goes_together() -> None:
    waiting = tuple(letter(number, f"s{number}", age=3600 - number) for number in range(9))
    assert said(decide(USUAL, waiting, (), AT)) == "fold 9 held 3600"
    same = tuple(letter(number, age=3600 - number) for number in range(3))
    assert said(decide(USUAL, same, (), AT)) == "fold 3 held 3600"


def test_an_attempt_that_takes_long_is_no_outage() -> None:
    waiting = (letter(1, "a", age=60), letter(2, "b", age=60))
    assert said(decide(USUAL, waiting, (), AT)) == "fold 2"
    late = (letter(1, "a", age=11 + LATE), letter(2, "b", age=11 + LATE))
    assert said(decide(USUAL, late, (), AT)) == "send 1"


# --- simulated lanes ---------------------------------------------------------------------------


class Simulated:
    """One lane in time. *down*: when its server takes nothing, as (from, to)."""

    def __init__(self, policy: Policy, down: Iterable[tuple[float, float]] = ()) -> None:
        self.policy = policy
        self.down = tuple(down)
        self.waiting: list[Waiting] = []
        self.folded: dict[int, tuple[int, ...]] = {}
        self.sent: list[Sent] = []
        self.arrived: dict[int, float] = {}  # the letters in the order that people read them
        self.now = 0.0
        self.retry = 0.0
        self.wake: float | None = None
        self.last = 0

    def run(self, letters: Sequence[Waiting]) -> list[Sent]:
        """Let *letters* come at their times, and go on until none waits."""
        coming = sorted(letters, key=lambda one: one.created)
        for _ in range(100 * len(letters) + 10_000):
            while coming and coming[0].created <= self.now:
                self.last = max(self.last, coming[0].id)
                self.waiting.append(coming.pop(0))
            self.kick()
            times = [one for one in (self.wake,) if one is not None]
            times += [coming[0].created] if coming else []
            if not times:
                return self.sent
            assert min(times) > self.now, "it waits for what has passed"
            self.now = min(times)
        raise AssertionError("it comes to no end")

    def kick(self) -> None:
        """Do what is decided until there is something to wait for."""
        self.wake = None
        while self.waiting:
            if self.waiting[0].attempts and self.now < self.retry:
                self.wake = self.retry
                return
            known = [one for one in self.sent if one.at > self.now - self.policy.memory]
            match decide(self.policy, tuple(self.waiting), known, self.now):
                case Wait(until=until):
                    assert until > self.now
                    self.wake = until
                    return
                case Send(id=number):
                    assert number == self.waiting[0].id
                    if not self.attempt():
                        return
                case Fold(ids=ids):
                    self.fold(ids)
                case None:
                    raise AssertionError("something waits")

    def fold(self, ids: tuple[int, ...]) -> None:
        assert ids == tuple(one.id for one in self.waiting)
        self.last += 1_000_000
        services = {one.service for one in self.waiting}
        loudest = max((one.level for one in self.waiting), key=list(Level).index)
        self.folded[self.last] = ids
        named = services.pop() if len(services) == 1 else ""
        digest = Waiting(self.last, named, loudest, Why.RAISED, self.now, digest=True)
        self.waiting = [digest]

    def attempt(self) -> bool:
        head = self.waiting[0]
        if any(begin <= self.now < end for begin, end in self.down):
            self.waiting[0] = replace(head, attempts=head.attempts + 1)
            self.retry = self.wake = self.now + min(600.0, 5.0 * 2**head.attempts)
            return False
        self.sent.append(Sent(self.now, head.service, head.level))
        self.arrived |= dict.fromkeys(self.folded.get(head.id, (head.id,)), self.now)
        del self.waiting[0]
        return True


def most_within(times: Iterable[float], seconds: float) -> int:
    """Give the most of *times* that any window of *seconds* holds."""
    known = sorted(times)
    return max((sum(one <= other < one + seconds for other in known) for one in known), default=0)


def spread(count: int, seconds: float, level: Level, *services: str) -> list[Waiting]:
    """Make *count* letters evenly over *seconds*; of *services* in turn, else of one each."""
    names = services or tuple(f"s{number}" for number in range(count))
    return [
        Waiting(n, names[n % len(names)], level, Why.RAISED, seconds * n / count)
        for n in range(count)
    ]


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("minutes", [0, 0.1, 1, 3, 5, 10])
@pytest.mark.parametrize("gather", [5.0, 10.0, 30.0])
def test_200_services_once_each_are_three_messages(
    minutes: float, level: Level, gather: float
) -> None:
    lane = Simulated(Policy(gather=gather))
    letters = spread(200, minutes * 60, level)
    assert len(lane.run(letters)) <= 3
    assert list(lane.arrived) == list(range(200))


@given(
    st.floats(0, 600),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(Level)), min_size=200, max_size=200),
)
@settings(max_examples=60, deadline=None)
def test_200_services_at_any_level_in_any_rhythm_are_three_messages(
    seconds: float, drawn: list[tuple[float, Level]]
) -> None:
    letters = [
        Waiting(n, f"s{n}", level, Why.RAISED, seconds * (n + shift) / 200)
        for n, (shift, level) in enumerate(drawn)
    ]
    assert len(Simulated(USUAL).run(letters)) <= 3


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("why", Why)
@pytest.mark.parametrize("minutes", [0, 1, 10])
def test_1000_restarts_of_one_service_are_three_messages(
    minutes: float, level: Level, why: Why
) -> None:
    letters = [replace(one, why=why) for one in spread(1000, minutes * 60, level, "web")]
    lane = Simulated(USUAL)
    assert len(lane.run(letters)) <= 3
    assert list(lane.arrived) == list(range(1000))


def test_1000_restarts_beside_another_service_leave_it_its_voice() -> None:
    storm = spread(1000, 600, N, "web")
    other = Waiting(5000, "db", C, Why.RAISED, 301.0)
    lane = Simulated(USUAL)
    lane.run([*storm, other])
    assert [one.service for one in lane.sent] == ["web", "web", "", "web"]
    assert lane.arrived[5000] <= 311.0 + 60
    assert len([one for one in lane.sent if one.at <= 610]) == 3


LETTERS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 1.0, 7.0, 11.0, 45.0, 130.0, 700.0]),
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from(Level),
        st.sampled_from(Why),
    ),
    min_size=1,
    max_size=120,
)
RATES = st.sampled_from([Rate(), Rate(1, 60.0), Rate(2, 600.0), Rate(3, 900.0), Rate(30, 60.0)])
OUTAGES = st.lists(st.tuples(st.floats(0, 5000), st.floats(1, 4000)), max_size=3)


@given(LETTERS, RATES, st.sampled_from([0.0, 10.0, 60.0]), OUTAGES)
@settings(max_examples=300, deadline=None)
def test_nothing_is_lost_or_overtaken_and_no_rate_exceeded(
    drawn: list[tuple[float, str, Level, Why]],
    rate: Rate,
    gather: float,
    outages: list[tuple[float, float]],
) -> None:
    letters, at = [], 0.0
    for number, (pause, service, level, why) in enumerate(drawn):
        at += pause
        letters.append(Waiting(number, service, level, why, at))
    lane = Simulated(Policy(gather, rate), [(begin, begin + length) for begin, length in outages])
    lane.run(letters)
    assert list(lane.arrived) == list(range(len(letters)))
    assert most_within((one.at for one in lane.sent), rate.seconds) <= rate.most
    for service in {one.service for one in lane.sent if one.service}:
        alone = [one.at for one in lane.sent if one.service == service]
        assert most_within(alone, 600.0) <= 3


@given(LETTERS)
@settings(max_examples=100, deadline=None)
def test_nothing_is_held_for_longer_than_its_window(
    drawn: list[tuple[float, str, Level, Why]],
) -> None:
    letters, at = [], 0.0
    for number, (pause, service, level, why) in enumerate(drawn):
        at += pause
        letters.append(Waiting(number, service, level, why, at))
    lane = Simulated(USUAL)
    lane.run(letters)
    assert all(lane.arrived[one.id] - one.created <= 610.1 for one in letters)
