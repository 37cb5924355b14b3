"""What is said of a place that does not answer."""

from msgspec.structs import replace

from svwatch.core.connection import Connection
from svwatch.core.event import Event
from svwatch.core.ledger import Facts, Sample, What, Why
from svwatch.core.level import Level
from svwatch.core.plan import Alert, Restart, Rule, Service, Times
from svwatch.core.seen import Incarnation, Now
from svwatch.core.snapshot import service_snap
from svwatch.core.state import Finding, Incident, Known, Mark, State
from svwatch.view.letter import Letter
from svwatch.view.to_line import run_line
from svwatch.view.to_message import message
from svwatch.view.to_why import why
from svwatch.view.to_why_not import why_nothing

KEY = "if failed port 8080 for 3 cycles then restart"
RULE = Rule(
    key=KEY, text=KEY, where="web.yaml:4", test=Connection(port=8080), window=Times(3, 3),
    action=Restart(),
)  # fmt: skip
SERVICE = Service(name="web", where="web.yaml:1", service_dir="/sv/web", rules=(RULE,))
REASON = "port 8080 of localhost: connection refused"
FACTS = Facts(
    rule=KEY, where="web.yaml:4", test="no answer", reason=REASON, needed="3 of 3",
    cause="no answer", old=Incarnation(7, 100),
)  # fmt: skip
EVENT = Event(
    number=3, service="web", serial=1, at=1_795_000_000.0, updated=1_795_000_000.0,
    what=What.NO_ANSWER, level=Level.WARNING, facts=FACTS, lines=(), closed=False,
    mono_to_wall=0.0,
)  # fmt: skip
LETTER = Letter(host="web1", now=EVENT.at + 60, service=SERVICE)
NOW = Now(1000.0, 1000.0)
STATE = State(
    known=Known(Incarnation(7, 100)),
    looked=NOW,
    windows={KEY: (Sample(990.0, 0.0), Sample(995.0, 0.0))},
)
BAD = Finding(KEY, Mark.BAD, why=REASON, bad=2, asked=3)


def test_an_alert() -> None:
    told = message(EVENT, Why.RAISED, LETTER)
    assert told.subject == f"[web1] WARNING web does not answer: {REASON}, 3 of 3"
    assert "This rule alerts only" in told.body
    assert run_line(EVENT) == f"WARNING web does not answer: {REASON}, 3 of 3  #3"


def test_a_restart() -> None:
    done = replace(EVENT, what=What.RESTART_FIXED, level=Level.NOTICE, closed=True)
    told = message(done, Why.VERDICT, LETTER)
    assert told.subject == f"[web1] web restarted, fixed: {REASON}"
    assert told.body.startswith("web did not answer and was restarted. It is well: up 10s.")
    assert "First restart for no answer on record." in told.body
    assert f"outcome   restarted, fixed: {REASON}" in why(done, LETTER)


def said(finding: Finding, state: State = STATE) -> str:
    snap = service_snap(SERVICE, state, NOW, 0.0, findings=(finding,))
    return why_nothing(SERVICE, state, NOW, snap, (finding,)).splitlines()[1].strip()


def test_why_nothing_was_done() -> None:
    assert said(BAD) == f"{REASON} in 2 of the last 2 looks; restart takes 3 in a row"
    good = Finding(KEY, Mark.GOOD, 0.012, asked=3)
    assert said(good) == "port 8080 of localhost: answered within 12ms"
    unknown = Finding(KEY, Mark.UNKNOWN, why="the service is starting", asked=3)
    assert said(unknown) == f"{KEY}: not judged: the service is starting"


def test_a_place_that_must_not_answer_and_does_not() -> None:
    rule = replace(RULE, test=Connection(port=8080, succeeded=True), action=Alert())
    service = replace(SERVICE, rules=(rule,))
    good = Finding(KEY, Mark.GOOD, asked=3)
    snap = service_snap(service, STATE, NOW, 0.0, findings=(good,))
    assert "port 8080 of localhost: no answer" in why_nothing(service, STATE, NOW, snap, (good,))


def test_a_status_from_the_record_knows_the_place_only() -> None:
    incident = Incident(serial=1, what=What.NO_ANSWER, level=Level.WARNING, raised=900.0)
    state = replace(STATE, incidents={KEY: incident})
    snap = service_snap(SERVICE, state, NOW, 0.0)
    assert snap.status.sentence == "over: port 8080 of localhost: no answer, 3 of 3"
