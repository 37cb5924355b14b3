"""The state table, row by row; and never ok where nobody watches."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from svwatch.core.kinds import CAUSES, HELD_BY, TABLE, WORST, Code, Kind, worst
from svwatch.core.lease import Lease
from svwatch.core.ledger import Sample, What
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import (
    Alert,
    Exists,
    Lasting,
    Metric,
    NotExists,
    Op,
    Resource,
    Rule,
    Service,
    Size,
    Storm,
    Times,
    Unmonitor,
    Uptime,
)
from svwatch.core.seen import Granted, Incarnation, Now
from svwatch.core.standing import serving
from svwatch.core.state import (
    Bid,
    Exit,
    Finding,
    Goal,
    Incident,
    Intent,
    Known,
    Mark,
    Restarted,
    State,
)
from svwatch.core.status import status_of
from svwatch.core.units import DAY
from svwatch.core.vanish import Moment, vanished
from tests.core.world import MB, Sim, built_in, limit_rule, runit

AT = Now(boot=50_000.0, mono=40_000.0)
LIMIT = limit_rule()
ALERT = limit_rule(150, 1, action=Alert(), key="if totalmem > 150 MB then alert")
SHOUT = replace(ALERT, key="if totalmem > 600 MB then alert critical")
GONE = Rule(key="if not exist then alert", text="", where="", test=NotExists(), action=Alert())
STORM = Rule(
    key="if 3 restarts within 5 minutes then unmonitor",
    text="",
    where="",
    test=Storm(3, seconds=300.0),
    action=Unmonitor(),
)
DJ = runit(LIMIT, ALERT, SHOUT, GONE, STORM, stop_timeout=3000.0)
PLAIN = Service(name="dj", where="f:1", pidfile="/run/dj.pid", rules=(built_in(),))
OBSERVED = replace(DJ, observe=True)
EXPECTED = replace(DJ, expect_up=True)
PROCESS = Incarnation(4711, 100)
UP = State(
    looked=AT,
    known=Known(PROCESS, memory=182 * MB),
    seen=True,
    since=AT.mono - 60.0,
)
NONE = replace(UP, phase=Phase.AWAITING, absent_since=AT.mono - 3.0)
LONG = replace(NONE, absent_since=AT.mono - 90.0)
FULL = tuple(Sample(AT.mono - 5.0 * back, (180 + back) * MB) for back in (2, 1, 0))
LEASE = Lease(AT.mono + 600.0, "ann", "deploy")
INTENT = Intent(
    goal=Goal.RESTART,
    serial=1,
    began=AT.mono - 13.0,
    stop_sent=AT.mono - 12.0,
    rule=LIMIT.key,
    victim=PROCESS,
)
STOPPING = replace(UP, phase=Phase.STOPPING, intent=INTENT, windows={LIMIT.key: FULL})
OPERATOR = replace(STOPPING, intent=replace(INTENT, rule=None, who="operator ann"))
STUCK = replace(
    UP,
    phase=Phase.STUCK,
    intent=replace(INTENT, overdue=True, stop_sent=AT.mono - 3001.0),
)
SETTLING = replace(
    UP,
    phase=Phase.SETTLING,
    intent=replace(INTENT, gone=1.0, appeared=AT.mono - 4.0, successor=Incarnation(5120, 7)),
)
HUSHED = replace(NONE, phase=Phase.STARTING, intent=replace(INTENT, gone=1.0, hush=True))
CRASHES = tuple(Restarted(AT.mono - 60.0 - back, 1, "crash") for back in (38.0, 19.0, 0.0))
LATER = (
    Restarted(AT.mono - 5.0, 1, "crash"),
    Restarted(AT.mono - 1.0, 1, "operator", planned=True),
)
HELD = replace(UP, phase=Phase.HELD, by=STORM.key, restarts=(*CRASHES, *LATER))
UNTIL = AT.mono + 600.0
BACKOFF = replace(HELD, phase=Phase.BACKOFF, until=UNTIL, holding=True)
WISHED = replace(NONE, phase=Phase.WISHED_DOWN, by="hand")
BLIND = replace(UP, phase=Phase.BLIND, doubt="no runsv serves /sv/dj")


def raised(state: State, cause: str, what: What, level: Level = Level.WARNING) -> State:
    """Give *state* with one incident."""
    incident = Incident(serial=1, what=what, level=level, raised=AT.mono - 110.0, value=163.0 * MB)
    return replace(state, incidents={**state.incidents, cause: incident})


def fluttering(state: State) -> State:
    """Give *state* with what comes and goes gone for the moment."""
    quiet = {
        key: replace(one, flaps=7, quiet=AT.mono - 40.0) for key, one in state.incidents.items()
    }
    return replace(state, incidents=quiet)


def doubted(cause: str, what: What, doubt: str) -> State:
    return replace(raised(BLIND, cause, what, Level.CRITICAL), doubt=doubt)


def gone(state: State) -> State:
    return replace(state, absent_since=AT.mono - 3.0, exit=Exit(AT, PROCESS))


LOUD = Level.CRITICAL
WAITS = replace(UP, bid=Bid(LIMIT.key, 1.1, 1.0, ("dj-2", "dj-3")), windows={LIMIT.key: FULL})
CRASHING = raised(replace(UP, restarts=(*CRASHES, *LATER)), "restarted", What.CRASHING, LOUD)
UNCHANGED = "nothing is signalled, nothing is started"

# One row is service, state, words, level, exit code and sentence.
ROWS: list[tuple[Service, State, str, str, int, str]] = [
    (
        replace(DJ, name="dj-4", service_dir="/service/dj-4"),
        vanished(DJ, UP, Moment(AT, 1_795_000_000.0)).state,
        "GONE",
        "warning",
        1,
        "GONE: /service/dj-4 is not there any more; svwatch forget dj-4 if that is meant",
    ),
    (
        replace(DJ, name="dj-4", service_dir="/service/dj-4"),
        vanished(DJ, replace(UP, phase=Phase.HELD, until=None), Moment(AT, 1.0)).state,
        "GONE",
        "warning",
        1,
        "GONE: /service/dj-4 is not there any more; svwatch forget dj-4 if that is meant",
    ),
    (DJ, UP, "ok", "ok", 0, "ok"),
    (DJ, replace(UP, windows={LIMIT.key: FULL[1:]}), "ok (2 of 3)", "ok", 0, "ok (2 of 3)"),
    (DJ, raised(UP, "restarted", What.RESTARTED, Level.NOTICE), "ok", "ok", 0, "ok"),
    (DJ, raised(UP, GONE.key, What.DOWN, LOUD), "ok", "ok", 0, "ok"),
    (
        DJ,
        fluttering(raised(UP, ALERT.key, What.OVER)),
        "flapping",
        "warning",
        1,
        "flapping: totalmem > 150 MB came and went 7 times; well for 40s",
    ),
    (
        DJ,
        fluttering(raised(UP, "suspect", What.SUSPECT_PID, LOUD)),
        "flapping",
        "warning",
        1,
        "flapping: suspect pid came and went 7 times; well for 40s",
    ),
    (
        DJ,
        raised(UP, ALERT.key, What.OVER),
        "over",
        "warning",
        1,
        "over: totalmem 163 MB > 150 MB",
    ),
    (
        DJ,
        raised(UP, SHOUT.key, What.OVER, LOUD),
        "over",
        "critical",
        2,
        "over: totalmem 163 MB > 150 MB",
    ),
    (
        DJ,
        raised(UP, "if a rule that a reload took out", What.RULE),
        "over",
        "warning",
        1,
        "over: rule",
    ),
    (
        DJ,
        WAITS,
        "WAITING",
        "warning",
        1,
        "WAITING: totalmem 180 MB > 175 MB, 3 of 3; its turn comes after dj-2, dj-3",
    ),
    (
        DJ,
        STOPPING,
        "STOPPING 12s of 50m",
        "warning",
        1,
        "STOPPING 12s of 50m: restarting, totalmem 180 MB > 175 MB, 3 of 3",
    ),
    (
        DJ,
        OPERATOR,
        "STOPPING 12s of 50m",
        "warning",
        1,
        "STOPPING 12s of 50m: restarting for operator ann",
    ),
    (
        DJ,
        replace(OPERATOR, intent=replace(INTENT, rule=None, who="operator ann", now=True)),
        "STOPPING 12s of 5s",
        "warning",
        1,
        "STOPPING 12s of 5s: restarting for operator ann",
    ),
    (
        DJ,
        replace(OPERATOR, phase=Phase.LEAVING, leaving=True),
        "STOPPING 12s of 50m",
        "warning",
        1,
        "STOPPING 12s of 50m: restarting for operator ann; leaving the configuration",
    ),
    (
        DJ,
        SETTLING,
        "STARTING",
        "warning",
        1,
        "STARTING: restarting, totalmem > 175 MB, 3 of 3; pid 5120 runs for 4s of 10s",
    ),
    (
        DJ,
        STUCK,
        "WILL NOT STOP",
        "critical",
        2,
        "WILL NOT STOP: told to end 50m ago, pid 4711 alive; no second copy started",
    ),
    (DJ, NONE, "absent 3s", "warning", 1, "absent 3s: a successor is awaited"),
    (
        DJ,
        replace(NONE, absent_since=None, exit=Exit(AT, PROCESS), seen=False),
        "absent 0s",
        "warning",
        1,
        "absent 0s: never seen yet",
    ),
    (
        DJ,
        raised(LONG, "down", What.DOWN, LOUD),
        "DOWN",
        "critical",
        2,
        "DOWN: no process for 1m 30s",
    ),
    (
        DJ,
        raised(LONG, GONE.key, What.DOWN, LOUD),
        "DOWN",
        "critical",
        2,
        "DOWN: no process for 1m 30s",
    ),
    (
        DJ,
        HUSHED,
        "DOWN",
        "critical",
        2,
        "DOWN: someone else seems to have started it; no second copy is started",
    ),
    (
        PLAIN,
        replace(LONG, failed=2),
        "RESTART FAILED",
        "critical",
        2,
        "RESTART FAILED: 2 attempts without a process",
    ),
    (
        DJ,
        CRASHING,
        "CRASHING",
        "critical",
        2,
        "CRASHING: 4 restarts in 1m 33s; runit restarts it",
    ),
    (
        DJ,
        gone(HELD),
        "GAVE UP",
        "critical",
        2,
        "GAVE UP after 3 restarts in 38s; still crashing under runit",
    ),
    (
        DJ,
        HELD,
        "GAVE UP",
        "warning",
        1,
        "GAVE UP after 3 restarts in 38s; pid 4711 runs and is left alone",
    ),
    (
        PLAIN,
        gone(replace(HELD, by="")),
        "GAVE UP",
        "critical",
        2,
        "GAVE UP after 3 restarts in 38s; not running",
    ),
    (
        DJ,
        replace(HELD, by=LIMIT.key),
        "GAVE UP",
        "warning",
        1,
        "GAVE UP: totalmem > 175 MB; pid 4711 runs and is left alone",
    ),
    (
        DJ,
        gone(BACKOFF),
        "BACKING OFF",
        "critical",
        2,
        "BACKING OFF after 3 restarts in 38s; held down, started again later",
    ),
    (
        DJ,
        replace(BACKOFF, by=LIMIT.key, holding=False),
        "BACKING OFF",
        "warning",
        1,
        "BACKING OFF: totalmem > 175 MB; pid 4711 runs and is left alone",
    ),
    (DJ, replace(WISHED, by="rule"), "STOPPED", "critical", 2, "STOPPED: by a rule"),
    (
        DJ,
        replace(WISHED, by="operator ann"),
        "STOPPED",
        "warning",
        1,
        "STOPPED: by operator ann",
    ),
    (
        DJ,
        replace(WISHED, by="cascade restart redis"),
        "STOPPED",
        "warning",
        1,
        "STOPPED: because of redis",
    ),
    (DJ, replace(UP, lease=LEASE), "ON HOLD", "ok", 0, "ON HOLD: ann: deploy"),
    (DJ, replace(LONG, lease=LEASE), "ON HOLD", "ok", 0, "ON HOLD: ann: deploy"),
    (
        DJ,
        replace(UP, lease=replace(LEASE, until=AT.mono)),
        "ok",
        "ok",
        0,
        "ok",
    ),
    (
        DJ,
        replace(UP, lease=LEASE, phase=Phase.UNMONITORED, by="operator ann"),
        "NOT WATCHED",
        "warning",
        1,
        "NOT WATCHED: svwatch unmonitor, operator ann",
    ),
    (
        DJ,
        replace(UP, bid=Bid("", 1.0, 0.0, ("dj-2",), who="operator ann")),
        "WAITING",
        "warning",
        1,
        "WAITING: restarting for operator ann; its turn comes after dj-2",
    ),
    (DJ, WISHED, "down by hand", "ok", 0, "down by hand: sv down; svwatch leaves it"),
    (
        DJ,
        replace(WISHED, absent_since=None),
        "down by hand",
        "ok",
        0,
        "down by hand: sv down; it is still ending",
    ),
    (
        DJ,
        replace(WISHED, since=AT.mono - DAY),
        "down by hand",
        "warning",
        1,
        "down by hand: sv down; svwatch leaves it",
    ),
    (
        EXPECTED,
        WISHED,
        "down by hand",
        "critical",
        2,
        "down by hand: sv down; svwatch leaves it",
    ),
    (
        DJ,
        replace(UP, phase=Phase.UNMONITORED),
        "NOT WATCHED",
        "warning",
        1,
        "NOT WATCHED: svwatch unmonitor",
    ),
    (OBSERVED, UP, "OBSERVING", "ok", 0, "OBSERVING: nothing is restarted"),
    (
        OBSERVED,
        raised(replace(UP, windows={LIMIT.key: FULL}), LIMIT.key, What.WOULD),
        "would restart",
        "warning",
        1,
        "would restart: totalmem 180 MB > 175 MB, 3 of 3",
    ),
    (
        OBSERVED,
        raised(LONG, "down", What.DOWN, LOUD),
        "DOWN",
        "critical",
        2,
        "DOWN: no process for 1m 30s",
    ),
    (
        PLAIN,
        doubted("suspect", What.SUSPECT_PID, "it began 41s after the pidfile was written"),
        "SUSPECT PID",
        "critical",
        2,
        f"SUSPECT PID: it began 41s after the pidfile was written; {UNCHANGED}",
    ),
    (
        PLAIN,
        doubted("forbidden", What.SUSPECT_PID, "pid 1 is init"),
        "FORBIDDEN PID",
        "critical",
        2,
        f"FORBIDDEN PID: pid 1 is init; {UNCHANGED}",
    ),
    (
        PLAIN,
        raised(UP, "lost", What.PIDFILE_LOST),
        "PIDFILE LOST",
        "warning",
        1,
        "PIDFILE LOST: pid 4711 lives; it stays watched, nothing is started",
    ),
    (
        PLAIN,
        doubted("doubled", What.DOUBLED, "the pidfile names 9, 4711 lives"),
        "TWO COPIES",
        "critical",
        2,
        f"TWO COPIES: the pidfile names 9, 4711 lives; {UNCHANGED}",
    ),
    (
        DJ,
        BLIND,
        "CANNOT MEASURE",
        "unknown",
        3,
        "CANNOT MEASURE: no runsv serves /sv/dj",
    ),
    (
        DJ,
        raised(replace(BLIND, doubt=""), "blind", What.CANNOT_MEASURE, LOUD),
        "CANNOT MEASURE",
        "unknown",
        3,
        "CANNOT MEASURE: nothing could be read",
    ),
    (
        DJ,
        raised(UP, "unjudged: if uss > 9 MB then alert", What.CANNOT_MEASURE),
        "RULE NOT JUDGED",
        "warning",
        1,
        "RULE NOT JUDGED: if uss > 9 MB then alert",
    ),
    (DJ, State(), "NOT LOOKED AT", "unknown", 3, "NOT LOOKED AT"),
]


@pytest.mark.parametrize(("service", "state", "words", "level", "code", "sentence"), ROWS)
def test_every_row_of_the_table(  # noqa: PLR0917  # the columns of the table
    service: Service, state: State, words: str, level: str, code: int, sentence: str
) -> None:
    one = status_of(service, state, AT)
    assert (one.words, one.level, int(one.code), one.sentence) == (words, level, code, sentence)


OF_MANY = {Kind.TOO_FEW, Kind.BELOW}  # of patterns and groups


def test_every_kind_has_a_row_and_a_case_above() -> None:
    assert set(TABLE) == set(Kind)
    shown = {status_of(service, state, AT).kind for service, state, *_ in ROWS}
    assert set(Kind) - shown - OF_MANY == {Kind.ABSENT_OK}
    assert set(CAUSES.values()) | set(HELD_BY.values()) <= set(TABLE)


def test_absence_is_well_where_existence_is_the_fault() -> None:
    rule = Rule(key="if exist then alert", text="", where="", test=Exists(), action=Alert())
    forbidden = replace(PLAIN, rules=(rule,))
    one = status_of(forbidden, LONG, AT)
    assert (one.words, one.code) == ("ok (absent)", Code.OK)
    assert status_of(replace(PLAIN, rules=(rule, GONE)), LONG, AT).code is Code.WARNING


def test_the_worst_incident_decides() -> None:
    state = raised(raised(UP, ALERT.key, What.OVER), "lost", What.PIDFILE_LOST)
    assert status_of(DJ, state, AT).kind is Kind.OVER
    state = raised(state, "restarted", What.CRASHING, LOUD)
    assert status_of(DJ, state, AT).kind is Kind.CRASHING


def test_a_fresh_finding_beats_what_was_told() -> None:
    found = Finding(ALERT.key, Mark.BAD, value=190.0 * MB, limit=150.0 * MB)
    one = status_of(DJ, raised(UP, ALERT.key, What.OVER), AT, (found,))
    assert one.sentence == "over: totalmem 190 MB > 150 MB"


def test_a_percentage_shows_what_it_amounts_to() -> None:
    rule = replace(ALERT, test=Resource(Metric.TOTALMEM, Op.GT, Size(percent=12.5)))
    state = raised(UP, rule.key, What.OVER)
    service = runit(rule)
    found = Finding(rule.key, Mark.BAD, value=1100.0 * MB, limit=1024.0 * MB)
    assert status_of(service, state, AT, (found,)).sentence == (
        "over: totalmem 1100 MB > 1 GB (12.5%)"
    )
    assert status_of(service, state, AT).sentence == "over: totalmem 163 MB > 12.5%"


def test_the_fullest_window_is_on_its_way() -> None:
    slow = replace(LIMIT, key="slow", window=Lasting(120.0))
    some = replace(LIMIT, key="some", window=Times(4, 6))
    old = replace(LIMIT, key="old", test=Uptime(Op.GT, 60.0), window=Times(1, 1))
    service = runit(slow, some, old)
    marks = (Sample(AT.mono - 90.0, 1.0), Sample(AT.mono - 52.0, 1.0))
    three = {"slow": marks, "some": (FULL[0],), "old": (FULL[0],)}
    assert status_of(service, replace(UP, windows=three), AT).words == "ok (1m 30s of 2m)"
    good = Sample(AT.mono - 60.0, 1.0, bad=False)
    less = {"slow": (marks[0], good, marks[1]), "some": FULL}
    assert status_of(service, replace(UP, windows=less), AT).words == "ok (3 of 4 within 6)"


def test_the_story_of_a_restart() -> None:
    sim = Sim(runit(limit_rule()))
    sim.stop_takes = 7.0
    kinds: list[Kind] = []
    for tick in range(100):
        if tick == 10:
            sim.rss = 182 * MB
        sim.run(0.5)
        kinds.append(status_of(sim.service, sim.state, sim.now).kind)
        if sim.state.bid is not None:
            sim.look(Granted(), scheduled=False)
    assert [kind for kind, _ in groupby(kinds)] == [
        Kind.NOT_LOOKED,
        Kind.OK,
        Kind.WAITING,
        Kind.STOPPING,
        Kind.STARTING,
        Kind.OK,
    ]


def test_worst_of_several() -> None:
    assert WORST == (Code.CRITICAL, Code.UNKNOWN, Code.WARNING, Code.OK)
    assert worst(()) is Code.OK
    assert worst((Code.OK, Code.WARNING, Code.UNKNOWN)) is Code.UNKNOWN
    assert worst((Code.UNKNOWN, Code.CRITICAL)) is Code.CRITICAL


# --- I6: no reachable state is both unwatched and reported as ok -----------------------------

CLOCKS = st.none() | st.floats(min_value=0.0, max_value=AT.mono)
INCIDENTS = st.builds(
    Incident,
    serial=st.just(1),
    what=st.sampled_from(list(What)),
    level=st.sampled_from(list(Level)),
    raised=st.just(AT.mono - 10.0),
)
KEYS = st.sampled_from([*CAUSES, "restarted", "if x", *(rule.key for rule in DJ.rules)])
INTENTS = st.builds(
    Intent,
    goal=st.sampled_from(list(Goal)),
    serial=st.just(1),
    began=st.just(AT.mono - 10.0),
    overdue=st.booleans(),
    hush=st.booleans(),
    now=st.booleans(),
    gone=CLOCKS,
    appeared=CLOCKS,
    stop_sent=CLOCKS,
    victim=st.sampled_from([None, PROCESS]),
    successor=st.sampled_from([None, PROCESS]),
)
STATES = st.builds(
    State,
    phase=st.sampled_from(list(Phase)),
    looked=st.sampled_from([None, AT]),
    known=st.sampled_from([None, UP.known]),
    seen=st.booleans(),
    exit=st.sampled_from([None, Exit(AT, PROCESS)]),
    absent_since=CLOCKS,
    blind_looks=st.integers(min_value=0, max_value=4),
    doubt=st.text(max_size=5),
    incidents=st.dictionaries(KEYS, INCIDENTS, max_size=3),
    intent=st.none() | INTENTS,
    bid=st.sampled_from([None, Bid("x", 1.0, 1.0)]),
    until=CLOCKS,
    since=st.floats(min_value=0.0, max_value=AT.mono),
    by=st.sampled_from(["", "hand", "rule", "operator ann"]),
    holding=st.booleans(),
    failed=st.integers(min_value=0, max_value=3),
    leaving=st.booleans(),
)
UNWATCHED = frozenset(
    {Phase.UNMONITORED, Phase.BLIND, Phase.HELD, Phase.BACKOFF, Phase.STUCK, Phase.LEAVING}
)


@given(st.sampled_from([DJ, PLAIN, OBSERVED, EXPECTED]), STATES)
def test_nothing_unwatched_is_ok(service: Service, state: State) -> None:
    one = status_of(service, state, AT)
    assert one.sentence.startswith(one.words)
    if one.code is not Code.OK:
        assert one.kind is not Kind.OK
        return
    assert state.phase not in UNWATCHED
    if state.phase is Phase.WISHED_DOWN:
        assert one.kind is Kind.DOWN_BY_HAND
        assert state.by == "hand"
        return
    # what is called ok: a process that runs, was looked at, and is judged
    assert serving(state)
    assert state.looked is not None
    assert state.blind_looks < 2
    assert state.bid is None
    assert state.intent is None
