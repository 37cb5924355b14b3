"""On hold is ok and named; a group below its min_up stands among the trouble."""

from svwatch.core.lease import Lease
from svwatch.core.ledger import Facts, What
from svwatch.core.level import Level
from svwatch.core.phases import Phase
from svwatch.core.plan import Group, Service, Share
from svwatch.core.seen import Incarnation, Now
from svwatch.core.shortage import group_rows
from svwatch.core.snapshot import RouteSnap, Snapshot, service_snap
from svwatch.core.state import Known, State
from svwatch.view.story import headline
from svwatch.view.to_check import check
from svwatch.view.to_nagios import nagios
from svwatch.view.to_text import status
from tests.view.scene import event

WALL = 1_795_421_640.0  # 2026-11-23 08:14:00 UTC
AT = Now(5000.0, 4000.0)
HELD = State(
    looked=AT,
    seen=True,
    known=Known(Incarnation(4711, 400_000)),
    lease=Lease(AT.mono + 960.0, "ann", "deploy"),
)
STOPPED = State(phase=Phase.WISHED_DOWN, by="operator ann", looked=AT, absent_since=1.0)
GROUP = Group("g", min_up=Share(2))


def snapshot(*states: State) -> Snapshot:
    names = ("one", "two")
    snaps = [
        service_snap(
            Service(name=name, where="f:1", service_dir=f"/sv/{name}", groups=("g",)),
            state,
            AT,
            WALL,
        )
        for name, state in zip(names, states, strict=False)
    ]
    services = (*snaps, *group_rows((GROUP,), snaps))
    return Snapshot(host="web1", wall=WALL, services=services, routes=(RouteSnap(name="ops"),))


def test_on_hold_is_named_with_its_end_and_reason() -> None:
    held = snapshot(HELD, HELD)
    assert int(held.code) == 0
    line = "one (on hold until 08:30 (ann: deploy)) two (on hold until 08:30 (ann: deploy))"
    assert check(held, 0) == f"ok        {line}\n"
    text = status(held, 0)
    assert "2 ON HOLD" in text
    assert "ON HOLD until 08:30 (ann: deploy)" in text
    assert "[OK] one: ON HOLD: ann: deploy" in nagios(held)


def test_below_min_up_is_critical_in_every_view() -> None:
    short = snapshot(STOPPED, STOPPED)
    assert int(short.code) == 2
    said = "BELOW MIN_UP: 0 of 2 up, min_up 2; not: one, two"
    assert f"CRITICAL  group g  {said}" in check(short, 0)
    assert f"CRITICAL  group g  {said}" in status(short, 0)
    assert "[CRITICAL] group g: BELOW MIN_UP" in nagios(short)


def test_what_is_said_of_them() -> None:
    held = event(What.ON_HOLD, Level.WARNING, Facts(reason="ann: deploy", who="ann"))
    assert headline(held) == "is on hold: ann: deploy"
    assert headline(event(What.NOT_WATCHED, Level.WARNING, Facts(who="operator ann"))) == (
        "is not watched: asked for by operator ann"
    )
    few = event(What.TOO_FEW, Level.CRITICAL, Facts(reason="group g: 0 of 2 up, min_up 2"))
    assert headline(few) == "sees too few up: group g: 0 of 2 up, min_up 2"
