"""The store: what was committed is there, as it was; nothing else is."""

import os
import stat
from pathlib import Path

import pytest

from svwatch.core.event import FIRST_LINES, MOST_LINES
from svwatch.core.ledger import Facts, Line, Notify, Record, Sample, What, Why
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Alert, Command, Exec, Exists, Rule, Service
from svwatch.core.route import single
from svwatch.core.seen import Incarnation, Kind, Now
from svwatch.core.state import Incident, Restarted, Run, Signal, State
from svwatch.shell.database import prepare
from svwatch.shell.store import Store, Turn
from tests.shell.pages import AT, WALL, alert, commit, compose, record

SECRET = "hunter2-hunter2"


@pytest.fixture
def state_dir(tmp_path: Path) -> str:
    return str(tmp_path / "state")


def everything(state_dir: str) -> bytes:
    """Give every byte that is on disk."""
    return b"".join(path.read_bytes() for path in Path(state_dir).iterdir())


def test_a_state_comes_back_as_it_was(state_dir: str) -> None:
    state = State(
        phase=Phase.STOPPING,
        serial=7,
        windows={"if totalmem > 1 MB then alert": (Sample(1.5, 2.5), Sample(2.5, 1.0, bad=False))},
        incidents={"x": Incident(serial=7, what=What.OVER, level=Level.WARNING, raised=1.0)},
        restarts=(Restarted(3.0, 4, "memory", planned=True),),
    )
    store = Store.open(state_dir)
    commit(store, state=state)
    store.close()
    saved = Store.open(state_dir).states()["web"]
    assert saved.state == state
    assert saved.service == Service(name="web", where="web.yaml:1")


def test_no_secret_reaches_the_disk(state_dir: str) -> None:
    command = Command(("/bin/true",), env=(("PASSWORD", SECRET),))
    rule = Rule(key="k", text="t", where="w", test=Exists(), action=Exec(command))
    plain = Rule(key="p", text="t", where="w", test=Exists(), action=Alert())
    service = Service(name="web", where="w", start=command, stop=command, rules=(rule, plain))
    route = single("ops", f"mailto://user:{SECRET}@127.0.0.1/")
    effects = (
        record(1),
        Notify(1, Why.RAISED, Level.CRITICAL),
        Run(Kind.START, 1, command),
    )
    store = Store.open(state_dir)
    turn = Turn(service=service, state=State(), effects=effects)
    done = store.commit((turn,), compose, (route,), WALL, AT)
    assert done.runs[0][1].command == command  # what is performed still has it
    saved = store.states()["web"].service
    assert saved.start == Command(("/bin/true",))
    assert [one.key for one in saved.rules] == ["k", "p"]
    assert SECRET.encode() not in everything(state_dir)


def mode(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_files_are_closed_to_others_whatever_the_umask(state_dir: str) -> None:
    nested = os.path.join(state_dir, "deep")
    mask = os.umask(0)
    try:
        store = Store.open(nested)
        commit(store, record(1))
        modes = {path.name: mode(path) for path in Path(nested).iterdir()}
        assert modes == dict.fromkeys(("svwatch.db", "svwatch.db-wal", "svwatch.db-shm"), 0o600)
        assert (mode(nested), mode(state_dir)) == (0o700, 0o700)
        assert os.umask(0) == 0, "the caller's umask is his"
    finally:
        os.umask(mask)


def test_a_file_that_others_could_read_is_closed(state_dir: str) -> None:
    Store.open(state_dir).close()
    path = Path(state_dir, "svwatch.db")
    path.chmod(0o644)
    Store.open(state_dir).close()
    assert mode(path) == 0o600


def test_an_event_is_written_once_and_then_amended(state_dir: str) -> None:
    store = Store.open(state_dir)
    first = commit(store, record(1, What.RESTART_BEGUN, measured=5.0, limit=4.0)).events[0]
    later = Now(130.0, 130.0)
    fixed = record(1, What.RESTART_FIXED, at=later, after=3)
    second = commit(store, fixed, wall=WALL + 30, now=later).events[0]
    assert first.number == second.number == store.number_of("web", 1) == 1
    assert (second.at, second.updated) == (WALL, WALL + 30)
    assert (second.what, second.level) == (What.RESTART_FIXED, Level.NOTICE)
    assert second.facts == Facts(measured=5.0, limit=4.0, after=3)
    assert [(line.at, line.detail) for line in second.lines] == [
        (WALL, "restart: begun"),
        (WALL + 30, "restart: fixed"),
    ]
    assert store.event(1) == store.newest("web") == second
    assert store.events() == (second,)


def test_instants_keep_their_wall_time_when_the_axis_moves(state_dir: str) -> None:
    store = Store.open(state_dir)
    commit(store, record(1, samples=(Sample(90.0, 5.0),), until=160.0))
    booted = Now(3.0, 3.0)
    event = commit(store, record(1, at=booted), wall=WALL + 60, now=booted).events[0]
    assert event.facts.samples is not None
    assert event.facts.until is not None
    assert event.facts.samples[0].at + event.mono_to_wall == pytest.approx(WALL - 10, abs=0.01)
    assert event.facts.until + event.mono_to_wall == pytest.approx(WALL + 60, abs=0.01)


def test_a_timeline_stays_bounded(state_dir: str) -> None:
    store = Store.open(state_dir)
    lines = tuple(Line(float(at), str(at)) for at in range(150))
    for _ in range(2):
        commit(store, Record(serial=1, at=AT, what=What.CRASHING, lines=lines))
    event = store.event(1)
    assert event is not None
    kept = [line.what for line in event.lines]
    assert len(kept) == MOST_LINES
    assert kept[:FIRST_LINES] == [str(at) for at in range(FIRST_LINES)]
    assert kept[-1] == "149"


def test_effects_come_back_with_their_rows(state_dir: str) -> None:
    store = Store.open(state_dir)
    run = Run(Kind.STOP, 1, Command(("sv", "down", "web")))
    signal = Signal(Incarnation(5, 6), "TERM")
    done = commit(store, record(1), run, signal)
    assert done.runs == (("web", run, 1),)
    assert done.signals == (("web", signal),)
    (opened,) = store.open_commands()
    assert (opened.run_id, opened.service, opened.serial, opened.kind) == (1, "web", 1, Kind.STOP)
    assert (opened.pid, opened.began) == (None, WALL)
    assert opened.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    store.command_began(1, 77, 88)
    assert [(one.pid, one.ticks) for one in store.open_commands()] == [(77, 88)]
    store.command_ended(1, None, "lost")
    assert store.open_commands() == ()


def test_nothing_to_write_is_no_transaction(state_dir: str) -> None:
    store = Store.open(state_dir)
    assert commit(store).owed == ()
    assert store.states() == {}


def test_a_route_hears_from_its_level_on(state_dir: str) -> None:
    store = Store.open(state_dir)
    routes = tuple(single(level.value, "json://h", level) for level in Level)
    heard = {}
    for level in Level:
        letters = alert(store, "x", level=level, routes=routes).owed
        rows = (store.outbox.letter(letter) for letter in letters)
        heard[level] = [row.route for row in rows if row]
    assert heard == {
        Level.NOTICE: ["notice"],
        Level.WARNING: ["notice", "warning"],
        Level.CRITICAL: ["notice", "warning", "critical"],
    }


def test_the_oldest_letters_go_first(state_dir: str) -> None:
    store = Store.open(state_dir)
    for word, name in enumerate("zay"):
        alert(store, str(word), serial=word, routes=(single(name, "json://h"),))
    assert [head.route for head in store.outbox.heads()] == ["z", "a", "y"]


def test_a_letter_tells_of_the_event_as_it_is_after_the_turn(state_dir: str) -> None:
    store = Store.open(state_dir)
    told = Notify(1, Why.RAISED, Level.CRITICAL)
    commit(store, told, record(1, reason="leaking"))  # in whatever order they come
    (letter,) = store.owed(WALL)
    assert letter.subject == "web leaking raised"
    assert letter.body == "to ops"


def test_a_removed_service_begins_a_new_story_when_it_returns(state_dir: str) -> None:
    store = Store.open(state_dir)
    commit(store, record(1, reason="old"), state=State(serial=1))
    commit(store, record(2), removed=True)
    assert store.states() == {}
    new = commit(store, record(1, reason="new"), state=State(serial=1)).events[0]
    assert (new.number, new.facts.reason) == (3, "new")
    assert [event.facts.reason for event in store.events()] == ["old", None, "new"]


def spoil(store: Store, statement: str, value: str) -> None:
    """Write what this version cannot read, as another version might have."""
    with store._db.writing():
        store._db.change(statement, (value,))
    store.close()


def test_a_state_that_cannot_be_read_is_dropped_with_a_reason(state_dir: str) -> None:
    store = Store.open(state_dir)
    commit(store, record(1, reason="old"), state=State(serial=1))
    commit(store, name="other", state=State())
    spoil(store, "UPDATE service SET state = ? WHERE name = 'web'", '{"phase":"odd"}')
    store = Store.open(state_dir)
    assert list(store.states()) == ["other"]
    assert len(store.dropped) == 1
    assert store.dropped[0].startswith("what was known of web cannot be read: ")
    event = commit(store, record(1, reason="new"), state=State(serial=1)).events[0]
    assert (event.number, event.facts.reason) == (2, "new"), "its serials begin anew"


def test_an_event_that_cannot_be_read_is_left_alone(state_dir: str) -> None:
    store = Store.open(state_dir)
    commit(store, record(1, reason="old"), state=State(serial=1))
    spoil(store, "UPDATE event SET what = ?", "odd")
    store = Store.open(state_dir)
    assert (store.event(1), store.newest("web"), store.events()) == (None, None, ())
    event = commit(store, record(1, reason="new"), state=State(serial=1)).events[0]
    assert (event.number, event.facts.reason) == (2, "new")


def test_a_reminder_of_a_lost_event_still_goes_out(state_dir: str) -> None:
    store = Store.open(state_dir)
    raised = Incident(serial=9, what=What.DOWN, level=Level.CRITICAL, raised=1.0)
    reminder = Notify(9, Why.REMINDER, Level.CRITICAL)
    commit(store, reminder, state=State(serial=9, incidents={"down": raised}))
    (letter,) = store.owed(WALL)
    event = store.event(letter.number)
    assert event is not None
    assert (event.what, event.serial) == (What.DOWN, 9)


def test_restarts_are_counted_from_the_ledger(state_dir: str) -> None:
    store = Store.open(state_dir)
    instants = [Now(100.0 + serial, 100.0 + serial) for serial in range(5)]
    commit(store, record(1, What.RESTART_FIXED, at=instants[1], cause="memory"))
    commit(store, record(2, What.NO_HELP, at=instants[2], count=3, cause="memory"))
    commit(store, record(3, What.CRASHING, at=instants[3], count=3, cause="crash"))
    commit(store, record(4, What.RESTARTED, at=instants[4], who="runit"))
    for what, times in ((What.GAVE_UP, 3), (What.WELL, None)):  # whatever came of them
        commit(store, record(5, what, at=Now(90.0, 90.0), crashes=times, cause="oom"))
    assert store.restarts("web", WALL - 20)[:3] == ((WALL - 10, "oom"),) * 3
    crashes = ((WALL + 3, "crash"),) * 3
    assert store.restarts("web", WALL) == ((WALL + 1, "memory"), *crashes, (WALL + 4, "runit"))
    assert store.restarts("web", WALL + 3.5) == ((WALL + 4, "runit"),)


def test_crashes_of_one_event_are_spread_over_their_time(state_dir: str) -> None:
    store, end = Store.open(state_dir), Now(150.0, 150.0)
    commit(store, record(1, What.RESTARTED, cause="crash", crashes=1))
    commit(store, record(1, What.CRASHING, at=end, crashes=5, crashing=40.0, cause="crash"))
    every = tuple((WALL + 10.0 * nth, "crash") for nth in range(5))
    assert store.restarts("web", WALL - 1) == every
    assert store.restarts("web", WALL + 25.0) == every[3:]  # it began before that


def test_events_are_chosen_by_time_and_service(state_dir: str) -> None:
    store = Store.open(state_dir)
    for number in range(6):
        at = Now(100.0 + number, 100.0 + number)
        commit(store, record(number, at=at), name=("web", "db")[number % 2])
    assert [event.number for event in store.events()] == [1, 2, 3, 4, 5, 6]
    assert [event.number for event in store.events(limit=2)] == [5, 6]
    assert [event.number for event in store.events(since=WALL + 3)] == [4, 5, 6]
    assert [event.number for event in store.events(service="web")] == [1, 3, 5]
    newest = store.newest("web")
    assert newest is not None
    assert newest.number == 5


def test_a_minute_keeps_its_maximum_for_eight_days(state_dir: str) -> None:
    store = Store.open(state_dir)
    store.minute([("web", 61, 5), ("db", 61, 1)])
    store.minute([("web", 61, 9)], [("looked", "12")])
    store.minute([("web", 61, 7)])
    assert store.minutes("web", 0) == ((61, 9),)
    assert store.noted("looked") == "12"
    hour = 61 + 8 * 24 * 60 + 59
    assert hour % 60 == 0
    store.minute([("other", hour, 1)])
    assert (store.minutes("web", 0), store.minutes("db", 0)) == ((), ())
    assert store.minutes("other", 0) == ((hour, 1),)


def test_a_note_is_kept_and_replaced(state_dir: str) -> None:
    store = Store.open(state_dir)
    assert store.noted("daemon") is None
    store.note("daemon", "1")
    store.note("daemon", "2")
    store.close()
    assert Store.open(state_dir).noted("daemon") == "2"


def test_old_letters_and_runs_are_tidied_and_owed_ones_are_not(state_dir: str) -> None:
    store = Store.open(state_dir)
    alert(store, "sent")
    alert(store, "owed")
    store.sent(1, "accepted", WALL)
    commit(store, Run(Kind.STOP, 1, Command(("x",))), Run(Kind.START, 1, Command(("x",))))
    store.command_ended(1, 0, "")
    with store._db.writing():
        for table in ("outbox", "run", "event"):
            store._db.change("UPDATE sqlite_sequence SET seq = 50000 WHERE name = ?", (table,))
    alert(store, "new", serial=2)
    commit(store, Run(Kind.STOP, 2, Command(("x",))))
    store.minute([("web", 60, 1)])
    assert store.outbox.letter(1) is None
    assert [letter.id for letter in store.owed(WALL)] == [2]
    assert [one.run_id for one in store.open_commands()] == [2, 50001]
    assert [event.number for event in store.events()] == [50001]


def test_a_file_without_tables_yet_is_none(tmp_path: Path) -> None:
    """Another process has just begun to make it."""
    prepare(str(tmp_path))
    assert Store.open_readonly(str(tmp_path)) is None
