"""Every kind of event, with the reasons for which it is told: a night on one host."""

from msgspec.structs import replace

from svwatch.core.event import Event, WallLine
from svwatch.core.ledger import Facts, ProcLine, What, Why
from svwatch.core.level import Level
from svwatch.core.seen import Incarnation
from svwatch.core.units import MB
from svwatch.view.letter import Letter
from tests.view.scene import EVENTS, LETTER, LOUD, OLD, OVER, WARN, WORKER, at, event, mono

JOBS = replace(WORKER, groups=("delayed_job",))
NIGHT = replace(LETTER, service=JOBS)
"""What surrounds them: a worker that a KILL would cost a job."""

TREE = (
    ProcLine(3101, "/usr/bin/ruby /srv/shop/bin/rake jobs:work", 4 * 3600 + 240.0, 171 * MB, "S"),
    ProcLine(6120, "sh -c pg_dump shop | gzip > /backup/`date +%F`.gz", 2940.0, 4 * MB, "S", 1),
    ProcLine(6121, "pg_dump shop", 2940.0, 9 * MB, "D", 2, late=True),
)
RAKE = replace(OVER, command="rake jobs:work")
ENDED = Facts(span=1440.0, was=What.CRASHING.value, count=76, exact=True)


def ours(what: What, level: Level = Level.NOTICE, facts: Facts | None = None) -> Event:
    """Give an event of svwatch itself."""
    return replace(event(what, level, facts), service="svwatch")


MORE: tuple[Event, ...] = (
    event(What.WILL_NOT_STOP, LOUD, replace(RAKE, span=3000.0, tree=TREE)),
    event(
        What.RESTARTED,
        facts=Facts(
            old=OLD,
            new=Incarnation(3377, 950),
            old_age=7200.0,
            old_memory=168 * MB,
            down=0.009,
            who="kernel (oom)",
            cause="oom",
            planned=False,
            command="delayed_job.2",
        ),
    ),
    event(
        What.RESTART_FIXED,
        facts=replace(RAKE, after=38 * MB, down=2.5, tree=TREE[:2], new=Incarnation(3377, 950)),
    ),
    replace(
        event(What.RESTART_FIXED, facts=replace(RAKE, was="will not stop", down=3020.0)),
        lines=(WallLine(at(9, 40), "killed", "KILL to 3101 6120"),),
    ),
    event(What.NO_ANSWER, WARN, Facts(test="no answer", reason="port 80 of localhost: refused")),
    event(What.GONE, WARN, Facts(reason="/etc/service/mailer-1", mend="svwatch forget mailer-1")),
    event(What.FORGOTTEN, facts=Facts(reason="it was gone, and forgotten by ann")),
    event(What.NOT_WATCHED, WARN, Facts(who="operator ann", until=mono(14))),
    event(What.ON_HOLD, WARN, Facts(who="ann", reason="ann: deploy", until=mono(12, 30))),
    event(What.RELEASED),
    event(What.WELL, facts=ENDED),
    event(What.MONITORED, facts=replace(ENDED, was=What.GAVE_UP.value, count=3)),
    ours(What.TOO_FEW, LOUD, Facts(reason="group dj: 1 of 4 up, min_up 3; not: mailer-1")),
    ours(What.ENOUGH, facts=Facts(reason="group dj: 4 of 4 up", span=240.0)),
    ours(
        What.CONFIG_REJECTED,
        LOUD,
        Facts(reason='a.yaml:7:7: unknown key "stop_timout"; svwatch does not start'),
    ),
    replace(
        ours(What.DAEMON_BACK, facts=Facts(span=39060.0, count=2, reason="nobody watched")),
        lines=(
            WallLine(at(9, 40), "mailer-1", "new pid, 1 restart at least"),
            WallLine(at(9, 40), "cache", "was up, is down by hand"),
        ),
    ),
    ours(
        What.NOT_DELIVERED,
        WARN,
        Facts(who="slack", span=720.0, count=3, reason="server answered 429: rate_limited"),
    ),
    ours(
        What.NOT_DELIVERED,
        WARN,
        Facts(
            who="ops (ann@example.net)", span=90000.0, count=1, dead=2, reason="550 no such user"
        ),
    ),
    ours(What.NOT_DELIVERED, WARN, Facts(who="the heartbeat", reason="404 Not Found")),
    ours(What.DELIVERED, facts=Facts(who="slack", span=4260.0)),
    ours(What.DELIVERED, facts=Facts(who="slack", span=4260.0, planned=True)),
    ours(What.QUIETLY, facts=Facts(reason="14 restarts of 3 services since Sun 08:00")),
    ours(What.TESTED, facts=Facts(who="ann", reason="ann asked for it, nothing has happened")),
    ours(What.ALERTS_DROPPED, facts=Facts(who="ann", count=2, reason="2 alerts for slack by ann")),
)

BEGUN = (Why.BEGUN,)
VERDICT = (Why.VERDICT,)
CLEARED = (Why.CLEARED,)
REPEATED = (Why.RAISED, Why.REMINDER)
GROWING = (Why.RAISED, Why.WORSENED, Why.REMINDER)
REASONS: dict[What, tuple[Why, ...]] = {
    What.RESTART_BEGUN: BEGUN,
    What.START_BEGUN: BEGUN,
    What.STOP_BEGUN: BEGUN,
    What.RESTART_FIXED: VERDICT,
    What.START_FIXED: VERDICT,
    What.RESTART_FAILED: VERDICT,
    What.START_FAILED: VERDICT,
    What.BACKING_OFF: VERDICT,
    What.STOPPED: (Why.VERDICT, Why.REMINDER),
    What.OVER: GROWING,
    What.CRASHING: (Why.WORSENED, Why.REMINDER),
    What.CANNOT_MEASURE: (Why.WORSENED, Why.REMINDER),
    What.NOT_WATCHED: (Why.REMINDER,),
    What.WELL: CLEARED,
    What.BACK: CLEARED,
    What.MONITORED: CLEARED,
    What.ENOUGH: CLEARED,
    What.DELIVERED: CLEARED,
    What.FORGOTTEN: CLEARED,
} | dict.fromkeys(
    (
        What.GAVE_UP,
        What.NO_HELP,
        What.WILL_NOT_STOP,
        What.DOWN,
        What.DOWN_BY_HAND,
        What.NO_ANSWER,
        What.RULE,
        What.SUSPECT_PID,
        What.PIDFILE_LOST,
        What.DOUBLED,
        What.SOMEONE_ELSE,
        What.GONE,
        What.TOO_FEW,
        What.CONFIG_REJECTED,
        What.NOT_DELIVERED,
    ),
    REPEATED,
)
"""Why each kind is told; what is not named here is told once."""

TOLD: tuple[tuple[Event, Why], ...] = tuple(
    (one, why) for one in (*EVENTS, *MORE) for why in REASONS.get(one.what, (Why.RAISED,))
)


def letter_of(one: Event, why: Why = Why.RAISED) -> Letter:
    """Give what surrounds *one*: svwatch itself is no service, and has no log."""
    now = at(9, 46) if one.updated < at(12) and why is not Why.REMINDER else at(12)
    if one.service == "svwatch":
        return replace(LETTER, now=now, service=None, log=(), log_path="", history=())
    return replace(NIGHT, now=now)
