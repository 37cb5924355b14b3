"""A host on a Monday: services, events and a snapshot for the tests of the views."""

from msgspec.structs import replace

from svwatch.core.event import Event, WallLine
from svwatch.core.kinds import Code, Kind
from svwatch.core.ledger import Facts, Sample, What
from svwatch.core.level import Level
from svwatch.core.limits import Limit
from svwatch.core.plan import Metric, Service
from svwatch.core.seen import Incarnation
from svwatch.core.snapshot import DaemonSnap, Gone, RouteSnap, ServiceSnap, Snapshot
from svwatch.core.status import Status
from svwatch.core.units import MB
from svwatch.view.letter import Letter

OFFSET = 3600  # +0100
NOON = 1_794_826_800.0  # Monday 2026-11-16 12:00:00 +0100
MONO = 500_000.0  # CLOCK_MONOTONIC at NOON
SHIFT = NOON - MONO


def at(hour: int, minute: int = 0, second: float = 0.0) -> float:
    """Give unix seconds of a local time on that Monday."""
    return NOON + (hour - 12) * 3600 + minute * 60 + second


def mono(hour: int, minute: int = 0, second: float = 0.0) -> float:
    return at(hour, minute, second) - SHIFT


WORKER = Service(
    name="mailer-1",
    where="services.d/mailer.yaml:3",
    service_dir="/etc/service/mailer-1",
    stop_timeout=3000.0,
    log="/etc/service/mailer-1/log/main/current",
)
RULE = "if totalmem > 160 MB for 3 cycles then restart"
OVER = Facts(
    rule=RULE,
    where="services.d/mailer.yaml:9",
    test="totalmem",
    op=">",
    unit="bytes",
    measured=171.0 * MB,
    limit=160.0 * MB,
    needed="3 of 3",
    samples=(
        Sample(mono(9, 30, 1), 161.5 * MB),
        Sample(mono(9, 30, 6), 167.25 * MB),
        Sample(mono(9, 30, 11), 171.0 * MB),
    ),
    old=Incarnation(3101, 900),
    old_age=4 * 3600 + 240.0,
    old_memory=171 * MB,
    procs=2,
    cause="memory",
)
STORM = Facts(
    rule="if 3 restarts within 5 minutes then unmonitor for 30 minutes",
    where="services.d/mailer.yaml:12",
    test="restarts",
    count=3,
    span=41.0,
    exact=True,
    until=mono(10, 15),
    cause="storm",
)
FIXED = Event(
    number=311,
    service="mailer-1",
    serial=7,
    at=at(9, 30, 11.25),
    updated=at(9, 30, 25.5),
    what=What.RESTART_FIXED,
    facts=replace(
        OVER, new=Incarnation(3377, 950), after=38 * MB, stopped_after=3.1, down=3.2, exit=0
    ),
    lines=(
        WallLine(at(9, 30, 11.3), "sv down mailer-1", "exit 0"),
        WallLine(at(9, 30, 14.4), "pid 3101 gone", "after 3.10s; nothing of it is left"),
        WallLine(at(9, 30, 14.41), "sv up mailer-1", "exit 0"),
        WallLine(at(9, 30, 14.5), "pid 3377 started"),
        WallLine(at(9, 30, 24.6), "settled 10s", "fixed"),
    ),
    closed=True,
    mono_to_wall=SHIFT,
)


def event(what: What, level: Level = Level.NOTICE, facts: Facts | None = None) -> Event:
    """Give an event of *what* that began at 9:40 and had news at 9:45."""
    return Event(
        number=320,
        service="mailer-1",
        serial=9,
        at=at(9, 40),
        updated=at(9, 45),
        what=what,
        level=level,
        facts=facts if facts is not None else Facts(),
        lines=(WallLine(at(9, 40, 0.125), "seen", "for the first time"),),
        mono_to_wall=SHIFT,
    )


OLD, NEW = Incarnation(3101, 900), Incarnation(3377, 950)
LOUD = Level.CRITICAL
WARN = Level.WARNING
CPU = Facts(
    rule="if cpu > 80% for 2 cycles then alert",
    where="services.d/mailer.yaml:13",
    test="cpu",
    op=">",
    measured=97.25,
    limit=80.0,
    unit="percent",
    needed="2 of 2",
    samples=(Sample(mono(9, 39, 55), 91.5), Sample(mono(9, 40), 97.25)),
    old=OLD,
)
CHILD = Facts(
    rule="if child uss > 120 MB then signal QUIT",
    where="services.d/mailer.yaml:14",
    test="child uss",
    op=">",
    measured=130.0 * MB,
    limit=120.0 * MB,
    unit="bytes",
    old=OLD,
    child=NEW,
    doing="QUIT",
)
SILENT = Facts(
    rule="if log silent for 10m then alert",
    where="services.d/mailer.yaml:15",
    test="log silent",
    op=">",
    measured=720.0,
    limit=600.0,
    unit="seconds",
    old=OLD,
)
BUSY = Facts(
    rule="if disk write > 10 MB/s then exec /bin/true",
    test="disk write",
    op=">",
    measured=12.5 * MB,
    limit=10.0 * MB,
    unit="bytes/s",
)
EVENTS: tuple[Event, ...] = (
    event(What.RESTART_BEGUN, facts=OVER),
    FIXED,
    event(What.RESTART_FAILED, LOUD, replace(OVER, reason="no process lived for 10s", exit=1)),
    event(What.RESTART_WITHDRAWN, facts=OVER),
    event(What.START_BEGUN, facts=Facts(test="not exist", cause="absent", down=12.0)),
    event(
        What.START_FIXED,
        facts=Facts(test="not exist", cause="absent", down=12.0, new=NEW, after=38 * MB),
    ),
    event(What.START_FAILED, LOUD, Facts(reason="it has no start command", exit=127)),
    event(What.STOP_BEGUN, facts=STORM),
    event(What.STOPPED, LOUD, STORM),
    event(What.BACKING_OFF, LOUD, STORM),
    event(What.GAVE_UP, LOUD, STORM),
    event(What.NO_HELP, LOUD, replace(OVER, after=158 * MB, until=mono(10), count=3)),
    event(What.OVER, WARN, replace(OVER, flaps=3)),
    event(What.WILL_NOT_STOP, LOUD, replace(OVER, span=3000.0, reason="alive: 3101")),
    event(
        What.RESTARTED,
        facts=Facts(
            old=OLD,
            new=NEW,
            old_age=7200.0,
            old_memory=90 * MB,
            down=0.009,
            who="runit",
            cause="crash",
            planned=False,
            count=1,
        ),
    ),
    event(
        What.RESTARTED,
        facts=Facts(old=OLD, new=NEW, down=0.5, who="kernel (oom)", cause="oom", planned=False),
    ),
    event(
        What.RESTARTED,
        facts=Facts(old=OLD, new=NEW, who="operator", cause="operator", planned=True),
    ),
    event(What.CRASHING, LOUD, Facts(count=5, span=48.0, exact=False, who="runit", cause="crash")),
    event(What.DOWN, LOUD, Facts(reason="stale", down=31.0)),
    event(What.BACK, facts=Facts(span=180.0, reason="stale")),
    event(What.DOWN_BY_HAND, facts=Facts(who="hand", old=OLD)),
    event(What.OVER, WARN, OVER),
    event(What.RULE, WARN, Facts(rule="if uptime > 7 days then alert", where="a.yaml:4")),
    event(What.WELL, facts=replace(OVER, measured=80.0 * MB, span=1440.0)),
    event(
        What.SUSPECT_PID,
        LOUD,
        Facts(
            new=NEW,
            reason="it began 41s after the pidfile was written",
            mend="svwatch adopt mailer-1",
        ),
    ),
    event(What.PIDFILE_LOST, WARN, Facts(old=OLD, reason="empty")),
    event(What.DOUBLED, LOUD, Facts(old=OLD, new=NEW, reason="two live processes")),
    event(
        What.SOMEONE_ELSE, LOUD, Facts(new=NEW, reason="same executable and arguments: pid 3377")
    ),
    event(
        What.CANNOT_MEASURE, LOUD, Facts(reason="/proc/3101/stat: permission denied", span=310.0)
    ),
    event(What.WOULD, WARN, replace(OVER, doing="restart")),
    event(What.EXEC, facts=Facts(rule="if uptime > 1 day then exec /bin/true", exit=0)),
    event(What.OVER, WARN, CPU),
    event(What.SIGNALLED, WARN, CHILD),
    event(What.RULE, WARN, SILENT),
    event(What.EXEC, WARN, BUSY),
    event(
        What.CANNOT_MEASURE,
        WARN,
        Facts(rule="if uss > 9 MB then alert", where="a.yaml:5", reason="it is not ours to read"),
    ),
    event(What.MONITORED, facts=replace(STORM, span=1800.0)),
    replace(
        event(
            What.CONFIG_REJECTED,
            LOUD,
            Facts(reason='services.d/mailer.yaml:7:7: unknown key "stop_timout"'),
        ),
        service="svwatch",
    ),
    replace(event(What.CONFIG_LOADED, facts=Facts(reason="4 services")), service="svwatch"),
    replace(event(What.DAEMON_STARTED, facts=Facts(reason="4 services")), service="svwatch"),
    replace(event(What.DAEMON_ENDED, facts=Facts(reason="SIGTERM")), service="svwatch"),
    replace(
        event(
            What.DAEMON_BACK,
            WARN,
            Facts(span=39060.0, reason="mailer-1: new pid, 1 restart at least"),
        ),
        service="svwatch",
    ),
    replace(
        event(What.OUR_BUG, LOUD, Facts(reason="KeyError: 'x' while looking at mailer-1")),
        service="svwatch",
    ),
)
LETTER = Letter(
    host="web7",
    now=at(12),
    offset=OFFSET,
    service=WORKER,
    history=(
        (at(1, 10), "memory"),
        (at(5, 20), "memory"),
        (at(5, 20) - 86400, "memory"),
        (at(14, 20) - 86400, "memory"),
        (at(8, 0), "crash"),
    ),
    log=("2026-11-16_08:30:10 job 4711 began", "2026-11-16_08:30:14 job 4711 ended"),
    log_path="/etc/service/mailer-1/log/main/current",
)


def snap(name: str, kind: Kind, code: Code, sentence: str = "", **more: object) -> ServiceSnap:
    """Give the snapshot of one service."""
    words = str(more.pop("words", kind.value))
    status = Status(kind=kind, words=words, code=code, sentence=sentence or words)
    base = ServiceSnap(name=name, status=status, runit=True)
    return replace(base, **more)


CAP = Limit(Metric.TOTALMEM, 160 * MB)
SERVICES = (
    snap(
        "mailer-1",
        Kind.OK,
        Code.OK,
        pid=3377,
        up=9000.0,
        memory=38 * MB,
        limit=CAP,
        restarts=(("memory", 3),),
        since=at(9, 30),
        event=311,
    ),
    snap(
        "mailer-2",
        Kind.OK,
        Code.OK,
        words="ok (2 of 3)",
        pid=3102,
        up=400_000.0,
        memory=165 * MB,
        limit=CAP,
        since=at(12) - 400_000,
    ),
    snap(
        "mailer-3",
        Kind.GAVE_UP,
        Code.CRITICAL,
        "GAVE UP after 3 restarts in 41s; still crashing under runit",
        limit=CAP,
        restarts=(("crash", 68), ("memory", 1)),
        since=at(11, 41),
        until=at(12, 11),
        event=320,
    ),
    snap(
        "mailer-4",
        Kind.WILL_NOT_STOP,
        Code.CRITICAL,
        "WILL NOT STOP: told to end 50m ago, pid 3104 alive; no second copy started",
        pid=3104,
        up=270_000.0,
        memory=301 * MB,
        limit=CAP,
        since=at(11, 10),
        event=321,
    ),
    snap(
        "search",
        Kind.STOPPING,
        Code.WARNING,
        "STOPPING 12s of 30s: restarting, total pss 412 MB > 400 MB",
        words="STOPPING 12s of 30s",
        pid=991,
        up=60_000.0,
        memory=700 * MB,
        pss=412 * MB,
        limit=Limit(Metric.TOTAL_PSS, 400 * MB),
        since=at(11, 59, 48),
        event=322,
    ),
    snap(
        "ledger",
        Kind.CANNOT_MEASURE,
        Code.UNKNOWN,
        "CANNOT MEASURE: no runsv serves /etc/service/ledger",
        since=at(11, 58),
        limit=Limit(Metric.MEMORY, None, 20.0),
    ),
    snap(
        "cache",
        Kind.DOWN_BY_HAND,
        Code.OK,
        "down by hand: sv down; svwatch leaves it",
        since=at(8) - 40 * 86400,
        limit=Limit(Metric.MEMORY, 800 * MB, 10.0),
    ),
)
DAEMON = DaemonSnap(pid=811, started=at(8) - 12 * 86400, looked=at(11, 59, 58), config=at(9, 14))
SNAPSHOT = Snapshot(
    host="web7",
    wall=at(12),
    services=SERVICES,
    daemon=DAEMON,
    routes=(
        RouteSnap(name="ops", target="ann@example.net"),
        RouteSnap(name="ops", target="bob@example.net", dead=1, died="550 5.1.1 no such user"),
        RouteSnap(
            name="chat",
            waiting=2,
            oldest=at(11, 48),
            attempts=4,
            error="server answered 429",
            retry=at(12, 5, 10),
        ),
        RouteSnap(name="pager", waiting=1, oldest=at(11, 59, 50)),
        RouteSnap(name="old", waiting=3, oldest=at(11, 49), configured=False),
    ),
)
WELL = replace(SNAPSHOT, services=SERVICES[:1], routes=(RouteSnap(name="ops"),))
REJECTED = replace(WELL, rejected="services.d/mailer.yaml:7:7: no\nsuch key", rejected_at=at(11, 2))
OBSERVING = replace(
    WELL,
    observing=at(9, 14),
    services=(
        snap("mailer-1", Kind.OBSERVING, Code.OK, pid=3377, up=9000.0, memory=38 * MB, limit=CAP),
        snap(
            "mailer-2",
            Kind.WOULD_ACT,
            Code.WARNING,
            "would restart: totalmem 171 MB > 160 MB, 3 of 3",
            words="would restart",
            pid=3102,
            up=400.0,
            memory=171 * MB,
            limit=CAP,
            event=330,
        ),
    ),
)
NOBODY = replace(SNAPSHOT, daemon=None, gone=Gone(at(3, 12, 44), 811), routes=WELL.routes)
EMPTY = Snapshot(host="web7", wall=at(12))
