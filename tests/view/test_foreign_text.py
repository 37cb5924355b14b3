"""Whatever a name, a log or a reason holds: no line breaks, no escape, no header more."""

import unicodedata
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from svwatch.core.event import WallLine
from svwatch.core.ledger import Facts, Sample, What, Why
from svwatch.core.level import Level
from svwatch.core.seen import Incarnation
from svwatch.view import to_check, to_json, to_nagios, to_text
from svwatch.view.clean import clean, cut, one_line
from svwatch.view.to_events import events
from svwatch.view.to_line import news_line
from svwatch.view.to_message import SUBJECT, message
from svwatch.view.to_why import why
from tests.view.scene import LETTER, MONO, NOON, OFFSET, SERVICES, SNAPSHOT, event

WILD = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\n\r\t\x00\x1b\x07\x85\u2028\u2029\u202e\ufeff|'=\udc80 "),
    ),
    max_size=60,
)
MAYBE = st.none() | WILD
SIZES = st.none() | st.integers(min_value=0, max_value=2**50)
SECONDS = st.none() | st.floats(min_value=0, max_value=1e8)
PROCESS = st.none() | st.builds(
    Incarnation, st.integers(min_value=1, max_value=4_000_000), st.just(5)
)
FACTS = st.builds(
    Facts,
    rule=MAYBE,
    where=MAYBE,
    test=st.sampled_from([None, "totalmem", "uptime", "changed pid", "restarts", "exist"]),
    op=st.sampled_from([None, ">", "<="]),
    measured=SECONDS,
    limit=SECONDS,
    unit=st.sampled_from([None, "bytes", "seconds"]),
    percent=st.sampled_from([None, 20.0, 12.5]),
    samples=st.none() | st.tuples(st.builds(Sample, st.just(MONO), st.just(5e8))),
    needed=MAYBE,
    old=PROCESS,
    new=PROCESS,
    old_age=SECONDS,
    old_memory=SIZES,
    after=SIZES,
    down=SECONDS,
    span=SECONDS,
    count=st.none() | st.integers(min_value=0, max_value=999),
    who=MAYBE,
    reason=MAYBE,
    mend=MAYBE,
    until=st.none() | st.floats(min_value=0, max_value=1e6),
    doing=MAYBE,
    cause=MAYBE,
)
WHATS, LEVELS, WHYS = (st.sampled_from(list(kind)) for kind in (What, Level, Why))
KINDS = st.tuples(WHATS, LEVELS, WHYS)


def harmless(line: str) -> bool:
    """No character that moves a cursor, turns the direction or ends a line."""
    return not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in line)


def lines_of(text: str) -> list[str]:
    assert text.endswith("\n")
    return text[:-1].split("\n")


@given(WILD)
def test_clean_text_is_one_harmless_line(text: str) -> None:
    assert harmless(clean(text))
    assert harmless(one_line(text, 20))
    assert len(one_line(text, 20)) <= 20


@given(st.text(max_size=30), st.integers(min_value=4, max_value=40))
def test_a_cut_is_shown(text: str, width: int) -> None:
    short = cut(text, width)
    assert len(short) <= width
    assert short == text or short.endswith("...")


@given(KINDS, FACTS, st.tuples(WILD, WILD, WILD), st.lists(WILD, max_size=20))
def test_a_message_of_any_event(
    kinds: tuple[What, Level, Why], facts: Facts, names: tuple[str, str, str], log: list[str]
) -> None:
    what, level, reason = kinds
    name, host, path = names
    lines = tuple(WallLine(NOON, line, line) for line in log)
    one = replace(event(what, level, facts), service=name, lines=lines)
    letter = replace(LETTER, host=host, log=tuple(log), log_path=path)
    told = message(one, reason, letter)
    assert harmless(told.subject)
    assert len(told.subject) <= SUBJECT
    body = lines_of(told.body)
    assert all(harmless(line) and len(line.encode()) < 998 * 2 for line in body)
    assert len(body) <= 40
    assert all(harmless(line) for line in lines_of(why(one, letter)))
    assert harmless(news_line(one, host))
    assert len(lines_of(events([one], NOON, OFFSET))) == 2
    assert json.decode(to_json.events([one]))["schema_version"] == to_json.SCHEMA


@given(WILD, WILD, WILD, WILD)
def test_a_page_of_any_names(host: str, name: str, sentence: str, error: str) -> None:
    bad = SERVICES[2]
    status = replace(bad.status, sentence=sentence)
    service = replace(bad, name=name, status=status, restarts=((sentence, 2),))
    routes = tuple(replace(one, name=name, error=error) for one in SNAPSHOT.routes)
    page = replace(SNAPSHOT, host=host, services=(service,), routes=routes, rejected=error)
    for text in (to_text.status(page, OFFSET), to_check.check(page, OFFSET)):
        assert all(harmless(line) for line in lines_of(text))
    assert len(lines_of(to_text.status(page, OFFSET))) == 12
    output = lines_of(to_nagios.nagios(page))
    assert [line.count("|") for line in output] == [1] + [0] * (len(output) - 1)
    assert len(output) <= 6
    assert json.decode(to_json.snapshot(page))["code"] == 2


def test_the_lines_of_a_page_are_aligned() -> None:
    rows = to_text.status(SNAPSHOT, OFFSET).split("\n\n")[1].splitlines()
    ends = [row.index(word) + len(word) for row, word in ((rows[0], "PID"), (rows[1], "3377"))]
    assert ends[0] == ends[1]
    assert all(one == two for one, two in pairwise(row.find("  ") > 0 for row in rows))
