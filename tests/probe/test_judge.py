"""All verdicts, on facts alone: one table, one row per sentence of the design."""

import pytest
from msgspec.structs import replace

from svwatch.core.plan import Service
from svwatch.core.seen import (
    Absent,
    Doubled,
    Forbidden,
    Identity,
    Incarnation,
    Lost,
    Memory,
    Running,
    Suspect,
    SvStatus,
    Unreadable,
    Verdict,
)
from svwatch.probe.judge import Here, judge, judge_sv
from svwatch.probe.owners import Writer
from svwatch.probe.pidfile import Named, Reading
from svwatch.probe.traits import Traits

NEW = Incarnation(500, 100_000)  # began 1000 s after boot
OLD = Incarnation(400, 50_000)
BODY = Traits(
    incarnation=NEW,
    ppid=1,
    session=500,
    name="worker",
    tgid=500,
    uids=(33, 33, 33),
    exe="/usr/bin/ruby",
    argv="delayed_job.0",
)
# The host has run for 5000 s; the file was written 1001 s after boot, at wall time 91001.
HERE = Here(boot=5000.0, wall=95_000.0, family=frozenset({7, 8}))
FILE = Named(500, 91_001.0, 0, 0o644)
LATE = replace(FILE, mtime=90_997.9)  # 2.1 s before the process began
SERVICE = Service(name="dj", where="t:1", pidfile="/run/dj.pid")
FITS = replace(SERVICE, cmdline=r"^delayed_job\.0")
MISFITS = replace(SERVICE, cmdline=r"sidekiq")
NOTHING = Memory()
KIN = Memory(identity=Identity("/usr/bin/ruby", 33))
OTHER_EXE = Memory(identity=Identity("/usr/bin/python3", 33))
OTHER_UID = Memory(identity=Identity("/usr/bin/ruby", 0))
RUNS = Running(NEW, BODY.identity)


def verdict(
    service: Service = SERVICE,
    reading: Reading = FILE,
    body: Traits | Unreadable | None = BODY,
    memory: Memory = NOTHING,
    *,
    here: Here = HERE,
    lives: bool = False,
) -> Verdict:
    return judge(service, reading, body, memory, here, known_lives=lives)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (verdict(), RUNS),
        (verdict(memory=KIN), RUNS),
        (verdict(reading=Absent("no pidfile"), body=None), Absent("no pidfile")),
        (verdict(reading=Absent("empty"), body=None), Absent("empty")),
        (verdict(reading=Absent("garbage"), body=None), Absent("garbage")),
        (verdict(reading=Unreadable("x"), body=None), Unreadable("x")),
        (verdict(body=None), Absent("stale", 500)),
        (verdict(body=Unreadable("hidepid")), Unreadable("hidepid")),
        # two signs, or cmdline alone
        (verdict(reading=LATE, memory=OTHER_EXE), Absent("recycled", 500)),
        (verdict(reading=LATE, memory=OTHER_UID), Absent("recycled", 500)),
        (verdict(service=MISFITS, memory=KIN), Absent("recycled", 500)),
        # one sign
        (
            verdict(reading=LATE),
            Suspect(NEW, "process 500 began 2 s after the pidfile was written"),
        ),
        (
            verdict(memory=OTHER_EXE),
            Suspect(NEW, "process 500 is /usr/bin/ruby; the last one was /usr/bin/python3"),
        ),
        (
            verdict(memory=OTHER_UID),
            Suspect(NEW, "process 500 runs as user 33; the last one ran as user 0"),
        ),
        (verdict(reading=replace(FILE, mtime=90_998.1)), RUNS),  # 1.9 s: the slack
        # what ends a suspicion
        (verdict(service=FITS, reading=LATE, memory=OTHER_EXE), RUNS),
        (verdict(reading=LATE, memory=Memory(adopted=NEW)), RUNS),
        (verdict(reading=LATE, memory=Memory(known=NEW), lives=True), RUNS),
        # adopted is this process, not its number
        (
            verdict(reading=LATE, memory=Memory(adopted=Incarnation(500, 1))),
            Suspect(NEW, "process 500 began 2 s after the pidfile was written"),
        ),
        # the remembered one lives
        (
            verdict(reading=Absent("no pidfile"), body=None, memory=Memory(known=OLD), lives=True),
            Lost(OLD, "/run/dj.pid is gone"),
        ),
        (
            verdict(reading=Absent("empty"), body=None, memory=Memory(known=OLD), lives=True),
            Lost(OLD, "/run/dj.pid is empty"),
        ),
        (
            verdict(reading=Absent("garbage"), body=None, memory=Memory(known=OLD), lives=True),
            Lost(OLD, "/run/dj.pid holds garbage"),
        ),
        (
            verdict(body=None, memory=Memory(known=OLD), lives=True),
            Lost(OLD, "/run/dj.pid names 500, which does not run"),
        ),
        (
            verdict(service=MISFITS, memory=Memory(known=OLD), lives=True),
            Lost(OLD, "/run/dj.pid names 500, which is another process"),
        ),
        (verdict(memory=Memory(known=OLD), lives=True), Doubled(NEW, OLD)),
        (verdict(reading=LATE, memory=Memory(known=OLD), lives=True), Doubled(NEW, OLD)),
        (verdict(memory=Memory(known=OLD), lives=False), RUNS),
        (
            verdict(reading=Unreadable("x"), body=None, memory=Memory(known=OLD), lives=True),
            Unreadable("x"),
        ),
        # cmdline wants to be read
        (
            verdict(service=FITS, body=replace(BODY, argv=None)),
            Unreadable("the command line of process 500 cannot be read"),
        ),
    ],
)
def test_verdicts(seen: Verdict, expected: Verdict) -> None:
    assert seen == expected


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (replace(BODY, kernel=True), "kernel thread"),
        (replace(BODY, incarnation=Incarnation(7, 100_000), tgid=7), "svwatch itself"),
        (replace(BODY, name="runsv"), "supervisor"),
        (replace(BODY, name="x", exe="/usr/bin/runsvdir"), "supervisor"),
        (replace(BODY, tgid=499), "a thread of process 499"),
        (replace(BODY, depth=2), "another pid namespace"),
    ],
)
def test_what_must_never_be_touched(body: Traits, word: str) -> None:
    trusting = replace(FITS, trust_pidfile=True)
    for service in (SERVICE, trusting):
        for memory in (Memory(), Memory(known=OLD), Memory(adopted=body.incarnation)):
            seen = verdict(service, body=body, memory=memory, lives=memory.known is not None)
            assert isinstance(seen, Forbidden)
            assert word in seen.why
            assert seen.mend == "rm /run/dj.pid"


def test_pid_1_is_forbidden_unseen() -> None:
    seen = verdict(reading=replace(FILE, pid=1), body=None)
    assert isinstance(seen, Forbidden)
    assert "pid 1" in seen.why


@pytest.mark.parametrize(
    ("uids", "writer", "allowed"),
    [
        ((33, 33, 33), 33, True),
        ((0, 0, 0), 33, False),
        ((33, 0, 33), 33, False),
        ((33, 33, 0), 33, False),
        ((34, 34, 34), 33, False),
        ((33, 33, 33), None, False),  # a group, or everybody
        (None, 33, False),
    ],
)
def test_who_may_write_the_file_may_only_name_his_own(
    uids: tuple[int, int, int] | None, writer: int | None, allowed: bool
) -> None:
    here = replace(HERE, writers=(Writer(writer, "chown root /run/dj"),))
    seen = verdict(body=replace(BODY, uids=uids), here=here)
    assert isinstance(seen, Running if allowed else Forbidden)
    if isinstance(seen, Forbidden):
        assert seen.mend == "chown root /run/dj"


def test_two_writers_are_nobodys_file() -> None:
    here = replace(HERE, writers=(Writer(33, "a"), Writer(34, "b")))
    assert verdict(here=here) == Forbidden(
        500, "user 34 may change the pidfile, but process 500 runs as user 33", "b"
    )


RUN = SvStatus(pid=500, want="u", state=1)


def sv(
    status: SvStatus,
    body: Traits | Unreadable | None = BODY,
    memory: Memory = NOTHING,
    *,
    lives: bool = False,
    here: Here = HERE,
) -> Verdict:
    return judge_sv("/service/dj", status, body, memory, here, known_lives=lives)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (sv(RUN), RUNS),
        (sv(RUN, memory=OTHER_EXE), RUNS),  # runsv knows its child
        (sv(RUN, memory=Memory(known=NEW), lives=True), RUNS),
        (sv(RUN, None), Absent("ended", 500)),
        (sv(RUN, Unreadable("x")), Unreadable("x")),
        (sv(replace(RUN, state=2)), Absent("finishing", 500, finishing=True)),
        (sv(replace(RUN, state=0, pid=0), None), Absent("down")),
        (sv(replace(RUN, state=0, pid=0, want="d"), None), Absent("down")),
        (
            sv(replace(RUN, alive=False)),
            Unreadable("runsv is not running for /service/dj: its status is stale"),
        ),
        (sv(RUN, memory=Memory(known=OLD), lives=True), Doubled(NEW, OLD)),
        (
            sv(replace(RUN, state=0, pid=0), None, Memory(known=OLD), lives=True),
            Lost(OLD, "runit says down, but process 400 lives"),
        ),
        (
            sv(RUN, here=replace(HERE, writers=(Writer(44, "chown root /service/dj"),))),
            Forbidden(
                500,
                "user 44 may change the pidfile, but process 500 runs as user 33",
                "chown root /service/dj",
            ),
        ),
    ],
)
def test_verdicts_on_runit(seen: Verdict, expected: Verdict) -> None:
    assert seen == expected


def test_a_status_that_names_us_is_not_believed() -> None:
    body = replace(BODY, incarnation=Incarnation(8, 1))
    assert isinstance(sv(replace(RUN, pid=8), body), Forbidden)
