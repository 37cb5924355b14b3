"""The small parts that several views share."""

import subprocess
import sys

import pytest
from msgspec import json
from msgspec.structs import replace

from svwatch.core.ledger import Facts, What, Why
from svwatch.core.level import Level
from svwatch.view import to_json, to_nagios, to_text
from svwatch.view.advice import advice, quoted
from svwatch.view.letter import pause, rhythm
from svwatch.view.limits import limit_words
from svwatch.view.table import table
from svwatch.view.to_events import events
from svwatch.view.to_message import message, subject
from svwatch.view.to_problems import found_valid, problems
from tests.view.scene import EVENTS, FIXED, LETTER, NOBODY, OFFSET, SNAPSHOT, WORKER, at, event


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [("A", "NUMBER", "C"), ("longer", "7", ""), ("b", "12", "x")]
    assert table(rows, frozenset({1})) == [
        "A       NUMBER  C",
        "longer       7",
        "b           12  x",
    ]
    assert table([]) == []


@pytest.mark.parametrize(
    ("word", "shown"),
    [("dj-1", "dj-1"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\"'\"'s'"), ("a\nb", "'a\\nb'")],
)
def test_a_command_can_be_pasted(word: str, shown: str) -> None:
    assert quoted(word) == shown


def test_the_command_that_mends_comes_first() -> None:
    one = event(What.GAVE_UP, Level.CRITICAL, Facts(mend="chown root /run/x.pid"))
    assert advice(one) == (("Mend it", "chown root /run/x.pid"),)


def test_the_verbs_of_svwatch_are_what_people_are_told() -> None:
    one = event(What.GAVE_UP, Level.CRITICAL)
    stop, now = ("Stop it", "svwatch stop mailer-1"), ("Try now", "svwatch monitor mailer-1")
    assert advice(one) == (stop, now)
    assert advice(event(What.DOWN_BY_HAND)) == (("Start it", "svwatch start mailer-1"),)


@pytest.mark.parametrize(
    ("cause", "hour", "said"),
    [
        ("memory", 9, "3rd restart for memory today, one every 3h 55m (before: 9h)"),
        ("crash", 9, "2nd restart after a crash today, one every 1h"),
        ("memory", -30, "First restart for memory on record"),
        ("oom", 9, "First restart after an oom kill on record"),
        ("", 9, ""),
    ],
)
def test_how_often_it_happens(cause: str, hour: int, said: str) -> None:
    assert rhythm(LETTER, at(hour), Facts(cause=cause)) == said


def test_a_pause_needs_two_times() -> None:
    assert pause((1.0,)) is None
    assert pause((1.0, 5.0, 9.0)) == 4.0


def test_a_long_timeline_is_cut_in_the_middle() -> None:
    lines = tuple(replace(FIXED.lines[0], what=f"line {n}") for n in range(40))
    body = message(replace(FIXED, lines=lines), Why.VERDICT, LETTER).body
    assert "... (28 more) ..." in body
    assert "line 0" in body
    assert "line 39" in body
    assert "line 20" not in body


def test_a_kill_that_is_allowed_is_announced() -> None:
    stuck = next(one for one in EVENTS if one.what is What.WILL_NOT_STOP)
    service = replace(WORKER, kill_after=60.0)
    body = message(stuck, Why.RAISED, replace(LETTER, service=service)).body
    assert "killed 1m after its time was over (kill_after)" in body


def test_every_subject_names_host_and_service_and_the_loud_ones_their_level() -> None:
    for one in EVENTS:
        line = subject(one, Why.RAISED, LETTER)
        assert line.startswith("[web7] ")
        assert one.service in line
        assert ("CRITICAL" in line) == (one.level is Level.CRITICAL)
        assert len(line) <= 140


def test_a_subject_is_never_too_long() -> None:
    one = replace(event(What.DOWN, Level.CRITICAL, Facts(reason="x" * 900)), service="y" * 300)
    assert len(subject(one, Why.RAISED, replace(LETTER, host="z" * 300))) == 140


def test_events_of_other_days_show_their_day() -> None:
    old = replace(FIXED, at=at(9) - 2 * 86400)
    rows = events([FIXED, old], at(12), OFFSET).splitlines()
    assert rows[1].startswith("Sat 09:00:00")
    assert rows[2].strip().startswith("09:30:11")
    assert events([], at(12), OFFSET) == "no events\n"


def test_problems_are_counted() -> None:
    found = [("a.yaml:7:7: unknown key", False), ("a.yaml:4:3: no such host", True)]
    assert problems(found) == (
        "a.yaml:7:7: unknown key\na.yaml:4:3: no such host (a warning)\n"
        "1 error, 1 warning, nothing loaded\n"
    )
    assert problems(found[1:]).endswith("valid, 1 warning\n")
    assert problems([], ["a.yaml:9: five cycles are 25s"]) == (
        "a.yaml:9: five cycles are 25s\nvalid\n"
    )
    assert found_valid(0, 1, 1, {"w-*": 12, "x-*": 1}) == (
        "0 services, 1 route, 1 file, w-* finds 12 members now, x-* finds 1 member now\n"
    )
    assert found_valid(4, 0, 2) == (
        "4 services, 0 routes, 2 files; nobody will be told: no route is configured\n"
    )


def test_json_holds_whole_numbers() -> None:
    page = json.decode(to_json.snapshot(SNAPSHOT))
    first = page["services"][0]
    assert (first["memory_bytes"], first["uptime_seconds"]) == (38 * 1024 * 1024, 9000)
    assert page["services"][2]["until"] == at(12, 11)
    assert (page["code"], page["level"]) == (2, "critical")
    assert json.decode(to_json.snapshot(NOBODY))["nobody_since"] == at(3, 12, 44)
    facts = json.decode(to_json.events([FIXED]))["events"][0]["facts"]
    assert facts["old_pid"] == 3101
    assert facts["samples"][0] == {"at": at(9, 30, 1), "value": 169345024, "bad": True}


def test_labels_are_what_every_parser_reads() -> None:
    assert to_nagios.label("it's = a|b") == "it_s___a_b"
    assert to_nagios.label("") == "_"


def test_the_table_shows_the_end_of_a_back_off() -> None:
    assert limit_words(None) == "-"
    line = next(row for row in to_text.status(SNAPSHOT, OFFSET).splitlines() if "retries" in row)
    assert "retries 12:11" in line


def test_what_the_daemon_uses_of_the_views_is_light() -> None:
    program = "import sys, msgspec; before = set(sys.modules)\n"
    program += "import svwatch.view.to_message, svwatch.view.to_line\n"
    program += "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    outside = [name for name in done.stdout.split() if not name.startswith("svwatch")]
    assert outside == []


def test_crashes_that_are_folded_have_a_row_of_their_own() -> None:
    gave_up = replace(
        FIXED, number=2209, what=What.GAVE_UP, closed=False, at=at(13, 41),
        facts=Facts(count=3, span=38.0, crashes=70, crashing=69 * 19.0),
    )  # fmt: skip
    rows = events([gave_up], gave_up.at + 70 * 19.0, OFFSET).splitlines()
    assert "gave up" in rows[1]
    assert rows[2].split("  ")[-1] == "folded: 13:41:00 - now, one every 19s"
    assert [rows[2].split()[1], " ".join(rows[2].split()[3:5])] == ["2209", "70 crashes"]
    later = events([replace(gave_up, closed=True)], gave_up.at + 9000.0, OFFSET).splitlines()
    assert later[2].endswith("folded: 13:41:00 - 14:02:51, one every 19s")
    assert len(events([replace(gave_up, what=What.CRASHING)], at(15), OFFSET).splitlines()) == 2
