"""`--check -q`: what changed since the last run, once, and nothing else."""

from msgspec.structs import replace

from svwatch.core.kinds import Code, Kind
from svwatch.core.snapshot import OtherRun
from svwatch.view import when
from svwatch.view.to_check import changes, check, marks
from tests.view.scene import FIXED, OFFSET, SERVICES, SNAPSHOT, WELL


def test_nothing_new_prints_nothing() -> None:
    assert changes(SNAPSHOT, [], marks(SNAPSHOT), OFFSET) == ""
    assert changes(WELL, [], {}, OFFSET) == ""


def test_numbers_alone_are_no_news() -> None:
    stopping = SERVICES[4]
    later = replace(stopping, status=replace(stopping.status, words="STOPPING 19s of 30s"))
    page = replace(SNAPSHOT, services=(later,))
    assert changes(page, [], marks(replace(SNAPSHOT, services=(stopping,))), OFFSET) == ""


def test_an_event_is_news_and_says_it_all() -> None:
    assert changes(WELL, [FIXED], {}, OFFSET) == (
        "web7 mailer-1 restarted, fixed: totalmem 171 MB > 160 MB; 38 MB now, down 3.2s  #311\n"
    )


def test_a_change_without_an_event_is_news_in_both_directions() -> None:
    page = replace(SNAPSHOT, services=SERVICES[5:6], routes=WELL.routes)
    well = {"ledger": f"{Code.OK.value} {Kind.OK.value}"}
    assert changes(page, [], well, OFFSET) == (
        "web7 UNKNOWN ledger CANNOT MEASURE: no runsv serves /etc/service/ledger\n"
    )
    back = {"mailer-1": f"{Code.UNKNOWN.value} {Kind.CANNOT_MEASURE.value}"}
    assert changes(WELL, [], back, OFFSET) == "web7 mailer-1 ok\n"


def test_colour_only_where_it_is_asked_for() -> None:
    assert "\x1b" not in check(SNAPSHOT, OFFSET)
    bright = check(SNAPSHOT, OFFSET, color=True)
    assert "\x1b[1;31mCRITICAL\x1b[0m" in bright
    assert bright.replace("\x1b[0m", "").count("\x1b[") == 5


def test_what_another_run_acts_on_is_told_from_the_record() -> None:
    stopping = SERVICES[4]
    since = SNAPSHOT.wall - 91
    page = replace(
        WELL,
        services=(*WELL.services, replace(stopping, name="dj-9")),
        elsewhere={"dj-9": OtherRun("check", since)},
    )
    at = when.exact(since, page.wall, OFFSET)
    said = check(page, OFFSET)
    assert said.startswith("WARNING   dj-9  stopping for ")
    assert said.endswith(f" (check of {at}, on record); 1 other service looked at\n")
    assert said.count("\n") == 1
    assert marks(page) == marks(WELL), "who acts on it tells of it"
    assert changes(page, [], {}, OFFSET) == ""


def test_a_run_without_a_name_is_no_obstacle() -> None:
    stopping = SERVICES[4]
    page = replace(
        SNAPSHOT, services=(stopping,), elsewhere={stopping.name: OtherRun("another run")}
    )
    assert "(another run, on record); 0 other services looked at" in check(page, OFFSET)
