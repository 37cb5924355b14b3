"""Members that go and come back: what is kept, what is told."""

from msgspec.structs import replace

from svwatch.core.ledger import Facts, Notify, Record, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Command, Service
from svwatch.core.seen import Incarnation, Now
from svwatch.core.state import Goal, Incident, Intent, Known, Restarted, State
from svwatch.core.vanish import GONE, Moment, came_back, forgotten, may_go, reminder, vanished

AT = Moment(Now(boot=900.0, mono=800.0), 1_795_000_000.0)
LATER = Moment(Now(boot=960.0, mono=860.0), 1_795_000_060.0)
RUNIT = Service(name="w-1", where="f:1", service_dir="/service/w-1", family="w-*")
FILE = Service(name="w-1", where="f:1", pidfile="/run/w-1.pid", family="w-*")
UP = State(serial=3, known=Known(Incarnation(77, 5)), looked=AT.now, seen=True)


def records(effects: tuple[object, ...]) -> list[tuple[int, What, bool]]:
    return [(one.serial, one.what, one.closed) for one in effects if isinstance(one, Record)]


def notes(effects: tuple[object, ...]) -> list[tuple[int, Why]]:
    return [(one.serial, one.why) for one in effects if isinstance(one, Notify)]


def test_a_vanished_member_is_told_once_and_stays_gone() -> None:
    passed = vanished(RUNIT, UP, AT, ("w-2", "w-3"))
    assert passed.state.gone == AT.wall
    assert passed.state.known is None
    assert records(passed.effects) == [(4, What.GONE, False)]
    assert notes(passed.effects) == [(4, Why.RAISED)]
    (record,) = [one for one in passed.effects if isinstance(one, Record)]
    reason = record.facts.reason or ""
    assert "/service/w-1 is not there any more; pid 77 ran when it was last seen" in reason
    assert "gone at the same time: w-2, w-3" in reason
    assert record.facts.mend == "svwatch forget w-1"
    assert record.level is Level.WARNING


def test_of_many_at_once_one_message_speaks() -> None:
    quiet = vanished(RUNIT, UP, AT, tell=False)
    assert notes(quiet.effects) == []
    assert notes(came_back(quiet.state, LATER).effects) == []
    loud = vanished(RUNIT, UP, AT, tuple(f"w-{number}" for number in range(2, 15)))
    record = loud.effects[0]
    assert isinstance(record, Record)
    assert "w-11 and 3 more" in (record.facts.reason or "")


def test_what_was_open_ends_with_it() -> None:
    incident = Incident(serial=2, what=What.OVER, level=Level.WARNING, raised=700.0)
    intent = Intent(goal=Goal.RESTART, serial=3, began=790.0, took_down=True)
    state = replace(UP, incidents={"a rule": incident}, intent=intent, phase=Phase.STOPPING)
    passed = vanished(RUNIT, state, AT)
    assert records(passed.effects) == [
        (2, What.OVER, True),
        (3, What.RESTART_BEGUN, False),
        (4, What.GONE, False),
    ]
    assert set(passed.state.incidents) == {GONE}


def test_what_we_took_down_is_gone_on_with_when_it_is_back() -> None:
    intent = Intent(goal=Goal.RESTART, serial=3, began=790.0, took_down=True)
    state = replace(UP, intent=intent, phase=Phase.STOPPING)
    back = came_back(vanished(RUNIT, state, AT).state, LATER)
    assert (back.state.intent, back.state.phase) == (intent, Phase.STOPPING)
    waits = replace(UP, phase=Phase.BACKOFF, holding=True, until=2000.0)
    kept = came_back(vanished(RUNIT, waits, AT).state, LATER).state
    assert (kept.phase, kept.holding, kept.until) == (Phase.BACKOFF, True, 2000.0)
    over = forgotten(vanished(RUNIT, state, AT).state, LATER, "ann")
    assert records(over.effects)[-1] == (3, What.RESTART_WITHDRAWN, True)


def test_the_storm_and_a_wish_are_kept_for_its_return() -> None:
    storm = (Restarted(790.0, 5, "memory"),)
    state = replace(UP, phase=Phase.HELD, until=2000.0, by="a rule", restarts=storm)
    back = came_back(vanished(RUNIT, state, AT).state, LATER)
    assert (back.state.phase, back.state.until, back.state.by) == (Phase.HELD, 2000.0, "a rule")
    assert back.state.restarts == storm
    assert back.state.gone is None
    assert back.state.incidents == {}
    assert records(back.effects) == [(4, What.BACK, True)]
    assert notes(back.effects) == [(4, Why.CLEARED)]


def test_people_are_reminded_once_a_day_if_they_were_told() -> None:
    gone = vanished(RUNIT, UP, AT).state
    hours = [Moment(Now(0.0, AT.now.mono + hour * 3600.0), AT.wall) for hour in (1, 23, 24, 25, 48)]
    told = []
    for at in hours:
        if (passed := reminder(gone, at)) is not None:
            gone = passed.state
            told.append((at.now.mono, notes(passed.effects)))
    expected = [(hour * 3600.0 + AT.now.mono, [(4, Why.REMINDER)]) for hour in (24, 48)]
    assert told == expected
    assert reminder(vanished(RUNIT, UP, AT, tell=False).state, hours[-1]) is None


def test_after_a_reboot_the_day_begins_anew() -> None:
    gone = vanished(RUNIT, UP, AT).state
    booted = Moment(Now(5.0, 5.0), AT.wall + 100_000)
    passed = reminder(gone, booted)
    assert passed is not None
    assert passed.effects == ()
    assert reminder(passed.state, booted) is None


def test_who_forgets_it_is_on_record_and_nobody_is_woken() -> None:
    passed = forgotten(vanished(RUNIT, UP, AT).state, LATER, "ann")
    assert records(passed.effects) == [(4, What.FORGOTTEN, True)]
    assert notes(passed.effects) == []
    (record,) = passed.effects
    assert isinstance(record, Record)
    assert record.facts == Facts(reason="forgotten by ann", span=60.0)


def test_what_can_be_started_is_down_without_its_pidfile_and_not_gone() -> None:
    absent = State(looked=AT.now, absent_since=700.0)
    assert may_go(FILE, absent)
    assert not may_go(replace(FILE, start=Command(("/bin/true",))), absent)
    assert not may_go(replace(FILE, external=True), absent)
    assert not may_go(FILE, UP)
    assert not may_go(FILE, replace(absent, intent=Intent(goal=Goal.START, serial=1, began=1.0)))
    assert may_go(RUNIT, UP)
