"""The rule sentence: what it takes, what it refuses and where, and that it never raises."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from svwatch.core.level import Level
from svwatch.core.plan import (
    Action,
    Acts,
    Alert,
    ChangedPid,
    ChangedPpid,
    ChildOver,
    Command,
    Exec,
    Exists,
    Gauge,
    Gauged,
    Ident,
    Lasting,
    Metric,
    NotExists,
    Older,
    Op,
    Resource,
    Restart,
    SendSignal,
    Silent,
    Size,
    Start,
    Stop,
    Storm,
    Test,
    Times,
    Unmonitor,
    Uptime,
    Window,
)
from svwatch.lang.canonical import Tail, canonical
from svwatch.lang.rules import Misread, Sentence, parse_rule

MB = 1024 * 1024


def read(text: str) -> Sentence:
    sentence = parse_rule(text)
    assert isinstance(sentence, Sentence), sentence
    return sentence


def over(metric: Metric, size: int) -> Resource:
    return Resource(metric, Op.GT, Size(size))


@pytest.mark.parametrize(
    ("words", "test"),
    [
        ("exist", Exists()),
        ("exists", Exists()),
        ("not exist", NotExists()),
        ("does not exist", NotExists()),
        ("changed pid", ChangedPid()),
        ("has changed pid", ChangedPid()),
        ("memory > 1 MB", over(Metric.MEMORY, MB)),
        ("mem usage > 1 MB", over(Metric.MEMORY, MB)),
        ("totalmem > 1.5 MB", over(Metric.TOTALMEM, MB * 3 // 2)),
        ("totalmemory>1MB", over(Metric.TOTALMEM, MB)),
        ("total mem is greater than 1M", over(Metric.TOTALMEM, MB)),
        ("total memory usage gt 1 MiB", over(Metric.TOTALMEM, MB)),
        ("pss more than 1024 kilobyte", over(Metric.PSS, MB)),
        ("(total pss > 1 megabytes),", over(Metric.TOTAL_PSS, MB)),
        ("memory < 0 B", Resource(Metric.MEMORY, Op.LT, Size(0))),
        ("memory = 1 B", Resource(Metric.MEMORY, Op.EQ, Size(1))),
        ("memory notequal 1 B", Resource(Metric.MEMORY, Op.NE, Size(1))),
        ("memory >= 1 B", Resource(Metric.MEMORY, Op.GE, Size(1))),
        ("memory le 1 B", Resource(Metric.MEMORY, Op.LE, Size(1))),
        ("totalmem > 20%", Resource(Metric.TOTALMEM, Op.GT, Size(percent=20.0))),
        ("totalmem > 12.5 percent", Resource(Metric.TOTALMEM, Op.GT, Size(percent=12.5))),
        ("uptime > 3 days", Uptime(Op.GT, 259200.0)),
        ("uptime less than 1h30m", Uptime(Op.LT, 5400.0)),
        ("3 restarts within 5 cycles", Storm(3, cycles=5)),
        ("3 restarts with 5 cycles", Storm(3, cycles=5)),
        ("1 restart in 1 cycle", Storm(1, cycles=1)),
        ("5 restarts 100 cycles", Storm(5, cycles=100)),
        ("3 restarts within 5 minutes", Storm(3, seconds=300.0)),
        ("3 any restarts within 5 minutes", Storm(3, seconds=300.0, planned=True)),
        ("any 3 restarts within 5 cycles", Storm(3, cycles=5, planned=True)),
        ("changed ppid", ChangedPpid()),
        ("uss > 1 MB", over(Metric.USS, MB)),
        ("total uss > 1 MB", over(Metric.TOTAL_USS, MB)),
        ("swap > 1 MB", over(Metric.SWAP, MB)),
        ("totalswap > 1 MB", over(Metric.TOTAL_SWAP, MB)),
        ("memory > 80% of cgroup", Resource(Metric.MEMORY, Op.GT, Size(0, 80.0, cgroup=True))),
        ("child memory > 1 MB", ChildOver(Metric.MEMORY, Op.GT, Size(MB))),
        ("child pss > 1 MB", ChildOver(Metric.PSS, Op.GT, Size(MB))),
        ("child uss usage > 10%", ChildOver(Metric.USS, Op.GT, Size(0, 10.0))),
        ("cpu > 80%", Gauged(Gauge.CPU, Op.GT, 80.0)),
        ("cpu usage is greater than 80.5 percent", Gauged(Gauge.CPU, Op.GT, 80.5)),
        ("total cpu > 300%", Gauged(Gauge.TOTAL_CPU, Op.GT, 300.0)),
        ("totalcpu usage < 1%", Gauged(Gauge.TOTAL_CPU, Op.LT, 1.0)),
        ("cores > 1.5", Gauged(Gauge.CORES, Op.GT, 1.5)),
        ("threads > 100", Gauged(Gauge.THREADS, Op.GT, 100.0)),
        ("child > 5", Gauged(Gauge.CHILDREN, Op.GT, 5.0)),
        ("children = 0", Gauged(Gauge.CHILDREN, Op.EQ, 0.0)),
        ("filedescriptors >= 900", Gauged(Gauge.DESCRIPTORS, Op.GE, 900.0)),
        ("disk read rate > 2 MB/s", Gauged(Gauge.READ, Op.GT, 2.0 * MB)),
        ("disk write > 2MB/s", Gauged(Gauge.WRITE, Op.GT, 2.0 * MB)),
        ("disk write > 2 MB per second", Gauged(Gauge.WRITE, Op.GT, 2.0 * MB)),
        ("log silent for 10 minutes", Silent(600.0)),
        ("log silent 90s", Silent(90.0)),
        ("failed uid 33", Acts(Ident.UID, Op.NE, "33")),
        ('euid == "33"', Acts(Ident.EUID, Op.EQ, "33")),
        ("gid != 33", Acts(Ident.GID, Op.NE, "33")),
    ],
)
def test_a_test_is_read(words: str, test: Test) -> None:
    assert read(f"if {words} then alert").test == test
    assert read(f"IF {words.upper()} THEN ALERT").test == test


def test_the_age_of_a_file_is_read() -> None:
    older = Older("/run/a.beat", 600.0)
    assert read('if file "/run/a.beat" older than 10m then alert').test == older
    assert read("if file /run/a.beat older 10 minutes then alert").test == older


@pytest.mark.parametrize(
    ("words", "window"),
    [
        ("", Times(1, 1)),
        ("for 3 cycles", Times(3, 3)),
        ("for 1 cycle", Times(1, 1)),
        ("3 cycles", Times(3, 3)),
        ("within 3 cycles", Times(3, 3)),
        ("for 2 times within 5 cycles", Times(2, 5)),
        ("2 times within 5 cycles", Times(2, 5)),
        ("2 within 64 cycles", Times(2, 64)),
        ("for 2 minutes", Lasting(120.0)),
        ("for the last 90s", Lasting(90.0)),
    ],
)
def test_a_window_is_read(words: str, window: Window) -> None:
    assert read(f"if memory > 1 MB {words} then alert").window == window


@pytest.mark.parametrize(
    ("words", "action"),
    [
        ("alert", Alert()),
        ("alert critical", Alert(Level.CRITICAL)),
        ("restart", Restart()),
        ("restart now", Restart(now=True)),
        ("start", Start()),
        ("stop", Stop()),
        ("stop for 10 minutes", Stop(600.0)),
        ("unmonitor", Unmonitor()),
        ("unmonitor for 2h", Unmonitor(7200.0)),
        ("timeout", Unmonitor()),
        ("signal HUP", SendSignal("HUP")),
        ("signal sigusr1", SendSignal("USR1")),
        ("exec '/bin/x a  b'", Exec(Command(("/bin/x", "a", "b")))),
        ("exec /bin/X", Exec(Command(("/bin/X",)))),
        (
            "exec \"/bin/sh -c 'echo a # b'\" as uid deploy with timeout 10 seconds # why",
            Exec(Command(("/bin/sh", "-c", "echo a # b"), "deploy", 10.0)),
        ),
        ('exec "/bin/x" timeout 1m as "x y"', Exec(Command(("/bin/x",), "x y", 60.0))),
    ],
)
def test_an_action_is_read(words: str, action: Action) -> None:
    sentence = read(f"if exist then {words}")
    assert (sentence.action, sentence.tail) == (action, Tail())


def test_quietly_is_read() -> None:
    assert read("if memory > 1 MB then restart quietly").tail.quietly


@pytest.mark.parametrize(
    ("words", "tail"),
    [
        ("alert repeat every 3 cycles", Tail(repeat=3)),
        ("alert to ops", Tail(to=("ops",))),
        ("alert to Ops, 'on call' and slack", Tail(to=("Ops", "on call", "slack"))),
        ("signal HUP repeat every 1 cycle quietly", Tail(quietly=True, repeat=1)),
        ("restart else alert", Tail(otherwise=Alert())),
        ("alert to ops else if succeeded then alert", Tail(otherwise=Alert(), to=("ops",))),
        (
            "alert else if passed for 2 cycles then exec /bin/x",
            Tail(otherwise=Exec(Command(("/bin/x",))), well=Times(2, 2)),
        ),
        ("alert else if recovered for 2m alert", Tail(otherwise=Alert(), well=Lasting(120.0))),
    ],
)
def test_what_follows_the_action_is_read(words: str, tail: Tail) -> None:
    assert read(f"if memory > 1 MB then {words}").tail == tail


def test_the_text_is_kept_without_its_comment() -> None:
    sentence = read("  IF  totalmem > 1 MB   then  restart  # eating up memory?")
    assert sentence.text == "IF  totalmem > 1 MB   then  restart"
    assert sentence.key == "if totalmem > 1 MB then restart"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (
            "if total memory gt 1048576 B for 3 times within 3 cycles then timeout",
            "if totalmem > 1 MB for 3 cycles then unmonitor",
        ),
        (
            "if mem = 20.50 percent 1 times within 1 cycle then stop for 90 s quietly",
            "if memory == 20.5% then stop for 1m 30s quietly",
        ),
        (
            "if 3 restart 5 cycle then exec '/bin/x \"a\"  b' timeout 30s as x",
            'if 3 restarts within 5 cycles then exec "/bin/x a b" as "x"',
        ),
        (
            "if pss > 1.5 GB 2 times within 3 cycles then exec /x timeout 1m",
            'if pss > 1536 MB 2 times within 3 cycles then exec "/x" timeout 1m',
        ),
    ],
)
def test_a_rule_has_one_canonical_sentence(text: str, key: str) -> None:
    assert read(text).key == key


@pytest.mark.parametrize("text", ["", "   ", "# nothing", " ;,()  # x"])
def test_nothing_is_no_rule_and_no_mistake(text: str) -> None:
    assert parse_rule(text) is None


@pytest.mark.parametrize(
    ("text", "at", "what", "hint"),
    [
        (
            "if memory > 175 then alert",
            "175",
            "a limit needs a unit",
            '"memory > 175": 175 MB? 175 KB?',
        ),
        ("if memory > 175 for 3 cycles then alert", "175", "a limit needs a unit", "175 MB?"),
        ("if memory > 175 megs then alert", "175", '"megs" is no unit of size', ""),
        ("if memory > then alert", "then", "a limit is missing", "175 MB"),
        ("if memory 175 MB then alert", "175", "a comparison is missing", "memory > 175 MB"),
        ("if memory above 175 MB then alert", "above", '"above" is no comparison', "memory > ..."),
        ("if memory > 20000% then alert", "20000", "20000% of memory is never there", ""),
        ("if uptime > 5 then alert", "5", "a duration needs a unit", ""),
        ("if uptime > then alert", "then", "a duration is missing", "10m"),
        ("if uptime then alert", "then", '"then" is no comparison', "uptime > ..."),
        (
            "if memory > 1 MB and pss > 1 MB then alert",
            "and",
            '"and" between two tests',
            "write two rules",
        ),
        ("if memory > 1 MB or pss > 1 MB then alert", "or", '"or" between two tests', "two rules"),
        ("if memory > 1 MB for 65 cycles then alert", "65", "65 cycles", "1 to 64"),
        ("if memory > 1 MB for 0 cycles then alert", "0", "0 cycles", "1 to 64"),
        ("if memory > 1 MB for 2.5 cycles then alert", "2.5", "is not a whole number", ""),
        ("if memory > 1 MB for 3 times then alert", "3", "3 times within what?", "for 3 cycles"),
        ("if memory > 1 MB for 3 then alert", "3", '"3" of what?', "for 3 cycles"),
        ("if memory > 1 MB for ever then alert", "ever", '"for" what?', "for 3 cycles"),
        ("if memory > 1 MB for 0s then alert", "0", "0s is too short", ""),
        ("if memory > 1 MB 3 times within 2 cycles then alert", "3", "can never be", ""),
        ("if memory > 1 MB 3 times within 5m then alert", "5m", "counted within cycles", ""),
        ("if memory > 1 MB 3 times within 65 cycles then alert", "65", "65 cycles", "1 to 64"),
        ("if 3 restarts then alert", "then", "within which time?", "3 restarts within 5 minutes"),
        ("if 0 restarts within 5m then alert", "0", "0 restarts", "1 to"),
        ("if 3 crashes within 5m then alert", "crashes", '"3" of what?', "3 restarts within"),
        ("if 3 restarts within 5m for 2 cycles then stop", "for", "within one span only", ""),
        ("if totlmem > 1 MB then alert", "totlmem", "is no test", 'did you mean "totalmem"?'),
        ("if total_mem > 1 MB then alert", "total_mem", "is no test", 'did you mean "totalmem"?'),
        ("if pid changed then alert", "pid", "is no test", 'write "changed pid"'),
        ("if not running then alert", "running", 'after "not" comes "exist"', ""),
        ("if changed uid then alert", "uid", '"changed" of what?', "changed pid"),
        ("if strays > 0 then alert", "strays", '"strays" is not in this version', ""),
        ("if failed port 80 retry 3 then alert", "retry", '"retry" is not in this version', ""),
        ("if cpu > 80 then alert", "80", "cpu is in percent", '"cpu > 80%"'),
        ("if cpu 80% then alert", "80", "a comparison is missing", "cpu > 80%"),
        ("if threads > 2.5 then alert", "2.5", "is not a whole number", ""),
        ("if children > x then alert", "x", "a limit is missing", "children > 10"),
        ("if disk read > 10 MB then alert", "10", "is in bytes per second", "10 MB/s"),
        ("if disk space > 10 MB then alert", "disk", '"disk space" is no test', ""),
        ("if log quiet for 3m then alert", "quiet", '"log" what?', "log silent"),
        ("if log silent then alert", "then", "a duration is missing", ""),
        ('if file "x" older than 3m then alert', '"x"', "is no absolute path", "older than"),
        ('if file "/x" is 3m then alert', "3m", 'comes "older than"', ""),
        ("if uid > deploy then alert", "deploy", "uid is equal or not", "uid != deploy"),
        ("if failed uid then alert", "then", "uid of whom?", "deploy"),
        ("if child swap > 1 MB then alert", "swap", '"child swap" is no test', "child uss"),
        ("if then alert", "then", "a test is missing", "it can be exist"),
        ("if memory > 1 MB restart", "restart", '"then" is missing', 'write "then restart"'),
        ("if memory > 1 MB", "", '"then" is missing', "a rule ends with"),
        ("if memory > 1 MB twice then alert", "twice", "is not understood here", 'expected "then"'),
        ("if exist then", "", "an action is missing", "it can be alert"),
        ("if exist then restrat", "restrat", "is no action", 'did you mean "restart"?'),
        ("if exist then signal HUB", "HUB", "is the name of no signal", "HUP"),
        ("if not exist then signal HUP", "", "nobody to signal", "exec"),
        ("if exist then restart repeat every 3 cycles", "repeat", "is for alert, exec", ""),
        ("if exist then alert repeat every 3m", "repeat", "repeat every what?", ""),
        ("if exist then alert to", "to", '"to" whom?', "to ops"),
        ("if exist then restart quietly to ops", "", "quietly is to nobody", ""),
        ("if exist then alert else restart", "restart", "only alert and exec", ""),
        ("if exist then alert else if failed then alert", "failed", '"else if" what?', ""),
        ("if changed pid then alert else alert", "else", "has no end", ""),
        ("if exist then exec", "", 'after "exec" comes a command', ""),
        ('if exist then exec ""', '""', "the command is empty", ""),
        ('if exist then exec "x \'y"', '"x', "a quote that does not end", ""),
        ('if exist then exec "x', '"x', "a quote that does not end", ""),
        ('if exist then exec "x" y', "y", "is not understood here", "the rule is over"),
        ('if exist then exec "x" as', "", '"as" whom?', "as deploy"),
        ('if exist then exec "x" as a and gid b', "and", "is not in this version", ""),
        ("if exist then stop for 10", "10", "a duration needs a unit", ""),
        ("if exist then alert quietly", "quietly", "an alert cannot be quiet", ""),
        ("if exist then alert and stop", "and", "a second action", "two rules"),
        ("if exist then alert if exist then stop", "if exist then s", "a second rule", ""),
        ("if exist then alert for 3 cycles", "for", '"for" after the action', "before then"),
        ("when exist then alert", "when", 'a rule begins with "if"', ""),
        ("fi exist then alert", "fi", 'a rule begins with "if"', ""),
        ("if exist\x00then alert", "\x00", "a character that cannot be seen", ""),
    ],
)
def test_what_is_no_rule_is_refused_where_it_goes_wrong(
    text: str, at: str, what: str, hint: str
) -> None:
    misread = parse_rule(text)
    assert isinstance(misread, Misread), misread
    assert misread.column == (text.rindex(at) if at else len(text))
    assert what in misread.what
    assert hint in misread.hint


WORDS = """
if then exist not changed pid memory totalmem total pss uptime 3 70 1.5 MB % > < = for within
times cycles restarts minutes 5m alert restart now start stop unmonitor exec 'x "/bin/x" as root
timeout quietly else and # ; ( ' "
"""


@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS.split()), max_size=14).map(" ".join)))
@example("if memory > 1 MB for 99999999999999999999 cycles then alert")
@example("if uptime > 1 m 2 h then alert")
def test_any_text_is_a_rule_or_a_mistake_inside_it(text: str) -> None:
    match parse_rule(text):
        case Misread(column=column, what=what):
            assert 0 <= column <= len(text)
            assert what
        case Sentence(key=key, text=said):
            assert said in text
            assert read(key).key == key
        case None:
            assert not text.partition("#")[0].strip(" \t;,()")


letters = st.characters(exclude_categories=["C", "Z"], exclude_characters="'\"")
seconds = st.integers(1, 10**10).map(lambda ms: ms / 1000)
sizes = st.one_of(
    st.builds(Size, bytes=st.integers(0, 2**50)),
    st.builds(Size, percent=st.integers(0, 1000_000).map(lambda n: n / 1000)),
)
sizes = st.one_of(
    sizes,
    st.builds(Size, percent=st.integers(0, 1000_000).map(lambda n: n / 1000), cgroup=st.just(True)),
)
paths = st.text(letters, max_size=9).map(lambda rest: f"/{rest}")
tests = st.one_of(
    st.sampled_from([Exists(), NotExists(), ChangedPid(), ChangedPpid()]),
    st.builds(
        ChildOver,
        st.sampled_from([Metric.MEMORY, Metric.PSS, Metric.USS]),
        st.sampled_from(Op),
        sizes,
    ),
    st.builds(
        Gauged,
        st.sampled_from([Gauge.CPU, Gauge.TOTAL_CPU, Gauge.CORES]),
        st.sampled_from(Op),
        st.integers(0, 10**6).map(lambda n: n / 1000),
    ),
    st.builds(
        Gauged,
        st.sampled_from(sorted(set(Gauge) - {Gauge.CPU, Gauge.TOTAL_CPU, Gauge.CORES})),
        st.sampled_from(Op),
        st.integers(0, 10**8).map(float),
    ),
    st.builds(Silent, seconds),
    st.builds(Older, paths, seconds),
    st.builds(
        Acts, st.sampled_from(Ident), st.sampled_from([Op.EQ, Op.NE]), st.text(letters, min_size=1)
    ),
    st.builds(Resource, st.sampled_from(Metric), st.sampled_from(Op), sizes),
    st.builds(Uptime, st.sampled_from(Op), seconds),
)
storms = st.one_of(
    st.builds(Storm, st.integers(1, 10_000), cycles=st.integers(1, 10_000), planned=st.booleans()),
    st.builds(Storm, st.integers(1, 10_000), seconds=seconds, planned=st.booleans()),
)
windows = st.one_of(
    st.tuples(st.integers(1, 64), st.integers(1, 64)).map(lambda two: Times(min(two), max(two))),
    st.builds(Lasting, seconds),
)
argv = st.lists(st.text(st.one_of(letters, st.just(" "))), max_size=4)


def quoted(one: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Words of which some contain the quote *one*; the other would end the sentence's own."""
    word = st.text(st.one_of(letters, st.sampled_from([" ", one, "\\"])))
    return st.tuples(st.text(letters, min_size=1), word, word)


commands = st.builds(
    Command,
    st.one_of(
        argv.map(lambda rest: ("/bin/x", *rest)),
        quoted("'"),
        quoted('"'),
    ),
    st.one_of(st.none(), st.just("deploy")),
    seconds,
)
actions = st.one_of(
    st.builds(Alert, st.one_of(st.none(), st.sampled_from(Level))),
    st.builds(Restart, now=st.booleans()),
    st.just(Start()),
    st.builds(Stop, st.one_of(st.none(), seconds)),
    st.builds(Unmonitor, st.one_of(st.none(), seconds)),
    st.builds(Exec, commands),
    st.sampled_from([SendSignal("HUP"), SendSignal("QUIT")]),
)


tails = st.builds(
    Tail,
    quietly=st.booleans(),
    repeat=st.one_of(st.none(), st.integers(1, 10_000)),
    otherwise=st.one_of(st.none(), st.just(Alert()), st.builds(Exec, commands)),
    well=st.one_of(st.none(), windows.filter(lambda one: one != Times())),
    to=st.lists(st.text(letters, min_size=1), max_size=3, unique=True).map(tuple),
)


def possible(test: Test, action: Action, tail: Tail) -> Tail:
    """Give *tail* without what makes no sense beside the rest."""
    beside = isinstance(action, Alert | Exec | SendSignal)
    endless = tail.otherwise is None or isinstance(test, ChangedPid | Storm)
    return Tail(
        quietly=tail.quietly and not isinstance(action, Alert) and not tail.to,
        repeat=tail.repeat if beside else None,
        otherwise=None if endless else tail.otherwise,
        well=None if endless else tail.well,
        to=tail.to,
    )


@given(
    st.one_of(st.tuples(tests, windows), st.tuples(storms, st.just(Times()))),
    actions,
    tails,
)
def test_the_canonical_sentence_means_the_same_rule(
    asked: tuple[Test, Window], action: Action, tail: Tail
) -> None:
    if isinstance(action, SendSignal) and isinstance(asked[0], NotExists | Storm):
        action = Restart()
    tail = possible(asked[0], action, tail)
    key = canonical(*asked, action, tail)
    sentence = read(key)
    assert (sentence.test, sentence.window) == asked
    assert (sentence.action, sentence.tail) == (action, tail)
    assert sentence.key == key
