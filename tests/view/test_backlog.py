"""Messages that wait too long or were given up are seen wherever somebody looks."""

import pytest
from msgspec import json
from msgspec.structs import replace

from svwatch.core.kinds import Code
from svwatch.core.letters import OutboxSnap
from svwatch.core.pulse import Pulse
from svwatch.core.snapshot import FAILING_AFTER, RouteSnap, Snapshot
from svwatch.view import to_json, to_nagios, to_text
from svwatch.view.to_alerts import alerts
from svwatch.view.to_check import changes, check, marks
from svwatch.view.to_metrics import metrics
from tests.view.scene import OFFSET, WELL, at

NOW = WELL.wall
FRESH = RouteSnap(name="ops", waiting=1, oldest=NOW - FAILING_AFTER, error="451 4.3.0 later")
STUCK = replace(FRESH, oldest=NOW - FAILING_AFTER - 1)
DEAD = RouteSnap(name="ops", dead=1, died="550 5.7.1 spam")


def page(*routes: RouteSnap) -> Snapshot:
    return replace(WELL, routes=routes)


@pytest.mark.parametrize(
    ("route", "code"),
    [
        (RouteSnap(name="ops"), Code.OK),
        (FRESH, Code.OK),
        (STUCK, Code.WARNING),
        (replace(STUCK, error=""), Code.OK),  # held back by us: gather, rate
        (replace(STUCK, error="", configured=False), Code.WARNING),
        (DEAD, Code.WARNING),
    ],
)
def test_what_somebody_must_see_to_is_a_warning(route: RouteSnap, code: Code) -> None:
    snapshot = page(route)
    assert snapshot.code is code
    assert to_nagios.nagios(snapshot).startswith(f"SVWATCH {code.name} - ")
    assert ("[WARNING] alerts to ops: " in to_nagios.nagios(snapshot)) is bool(code)
    assert ("WARNING   alerts to ops: " in check(snapshot, OFFSET)) is bool(code)
    (told,) = json.decode(to_json.snapshot(snapshot))["routes"]
    assert told["ails"] is bool(code)


def test_the_server_is_quoted_and_a_time_named() -> None:
    told = replace(STUCK, oldest=at(11, 48), retry=at(12, 5, 10))
    words = "1 waiting since 11:48 (451 4.3.0 later, next try 12:05:10)"
    assert f"ALERTS ops: {words}\n" in to_text.status(page(told), OFFSET)
    assert f"WARNING   alerts to ops: {words}\n" in check(page(told), OFFSET)
    words = "1 waiting for 12m (451 4.3.0 later, next try in 5m)"
    assert f"[WARNING] alerts to ops: {words}\n" in to_nagios.nagios(page(told))
    past = page(replace(told, retry=at(11, 59)))
    assert "(451 4.3.0 later)\n" in to_text.status(past, OFFSET)
    assert "(451 4.3.0 later)\n" in to_nagios.nagios(past)


def test_what_was_given_up_says_how_to_see_it() -> None:
    words = "1 given up for good (550 5.7.1 spam): svwatch alerts list"
    assert f"ALERTS ops: {words}\n" in to_text.status(page(DEAD), OFFSET)
    assert f"WARNING   alerts to ops: {words}\n" in check(page(DEAD), OFFSET)


def test_recipients_are_told_apart_where_there_are_several() -> None:
    both = (replace(DEAD, target="ann@example.net"), replace(STUCK, target="bob@example.net"))
    said = check(page(*both), OFFSET)
    assert "alerts to ops ann@example.net: 1 given up" in said
    assert "alerts to ops bob@example.net: 1 waiting" in said
    assert "alerts to ops: 1 given up" in check(page(both[0]), OFFSET)


def test_a_reply_of_a_server_cannot_break_a_line() -> None:
    hostile = page(replace(DEAD, died="550 no | \n[OK] \x1b[31mred"))
    assert to_nagios.nagios(hostile).count("|") == 1
    for said in (to_nagios.nagios(hostile), check(hostile, OFFSET), to_text.status(hostile, 0)):
        assert "\x1b" not in said
        assert "\n[OK] \\x1b" not in said


def test_a_quiet_check_tells_when_it_begins_changes_and_ends() -> None:
    well, stuck = page(replace(FRESH, error="")), page(STUCK)
    dead, more = page(DEAD), page(replace(DEAD, dead=2))
    assert changes(well, [], {}, OFFSET) == ""
    assert changes(stuck, [], marks(well), OFFSET).startswith("web7 WARNING alerts to ops: 1 wait")
    assert changes(replace(stuck, wall=NOW + 60), [], marks(stuck), OFFSET) == ""
    assert changes(dead, [], marks(stuck), OFFSET).startswith("web7 WARNING alerts to ops: 1 given")
    assert changes(more, [], marks(dead), OFFSET).startswith("web7 WARNING alerts to ops: 2 given")
    assert changes(more, [], marks(more), OFFSET) == ""
    assert changes(well, [], marks(more), OFFSET) == (
        "web7 alerts to ops: nothing is stuck or given up any more\n"
    )


def test_only_routes_that_are_configured_tell_anybody() -> None:
    left = page(replace(STUCK, configured=False))
    assert left.told_nobody
    assert "nobody will be told: no route is configured\nALERTS ops: 1 " in to_text.status(left, 0)
    assert json.decode(to_json.snapshot(left))["nobody_is_told"] is True


# --- the heartbeat ---------------------------------------------------------------------------

HEARD = replace(WELL, pulse=Pulse("https://hc.example.net/...", beat=NOW - 9))
MISSED = Pulse("https://hc.example.net/...", NOW - 700, at(11, 48), "404 Not Found")
SILENT = replace(WELL, pulse=MISSED)
SOON = replace(WELL, pulse=replace(MISSED, failing=NOW - FAILING_AFTER))


def test_a_heartbeat_that_nobody_hears_is_a_warning_in_the_end() -> None:
    assert (HEARD.code, SOON.code, SILENT.code) == (Code.OK, Code.OK, Code.WARNING)
    words = "not heard since 11:48 (404 Not Found)"
    assert f"HEARTBEAT {words}\n" in to_text.status(SILENT, OFFSET)
    assert "HEARTBEAT not heard since " in to_text.status(SOON, OFFSET)
    assert "HEARTBEAT" not in to_text.status(HEARD, OFFSET)
    assert f"WARNING   the heartbeat is {words}\n" in check(SILENT, OFFSET)
    assert "heartbeat" not in check(SOON, OFFSET)
    words_for = "[WARNING] the heartbeat is not heard for 12m (404 Not Found)\n"
    assert words_for in to_nagios.nagios(SILENT)
    assert f"the heartbeat is {words}\n" in alerts(OutboxSnap(page=SILENT), OFFSET)
    told = json.decode(to_json.snapshot(SILENT))["heartbeat"]
    assert (told["heard"], told["failing_since"]) == (int(NOW - 700), int(at(11, 48)))


def test_a_quiet_check_tells_of_the_heartbeat_once() -> None:
    assert changes(SILENT, [], marks(SOON), OFFSET).startswith("web7 WARNING the heartbeat is not")
    assert changes(SILENT, [], marks(SILENT), OFFSET) == ""
    assert changes(HEARD, [], marks(SILENT), OFFSET) == "web7 the heartbeat is heard again\n"


def test_beats_are_a_number() -> None:
    name = "svwatch_heartbeat_heard_timestamp_seconds"
    assert f"\n{name} {NOW - 9:.0f}\n" in metrics(HEARD, (), version="1", looked=None)
    never = replace(WELL, pulse=Pulse("x"))
    assert f"\n{name} NaN\n" in metrics(never, (), version="1", looked=None)
    assert name not in metrics(WELL, (), version="1", looked=None)
