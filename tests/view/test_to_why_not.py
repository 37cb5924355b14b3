"""Why nothing was done, rule by rule."""

from msgspec.structs import replace

from svwatch.core.ledger import Sample
from svwatch.core.plan import Alert, Lasting, NotExists, Op, Rule, Storm, Times, Unmonitor, Uptime
from svwatch.core.seen import Incarnation, Now
from svwatch.core.snapshot import service_snap
from svwatch.core.state import Finding, Known, Mark, Restarted, State
from svwatch.view.to_why_not import why_nothing
from tests.core.world import MB, limit_rule, runit

AT = Now(boot=50_000.0, mono=40_000.0)
UP = State(
    looked=Now(49_998.0, 39_998.0),
    known=Known(Incarnation(4711, 100), memory=176 * MB),
    seen=True,
)


def said(state: State, *rules: Rule, findings: tuple[Finding, ...] = ()) -> list[str]:
    service = runit(*rules)
    snap = service_snap(service, state, AT, 1.8e9, findings=findings)
    return why_nothing(service, state, AT, snap, findings).splitlines()


def marks(*values: float) -> tuple[Sample, ...]:
    return tuple(
        Sample(AT.mono - 5.0 * (len(values) - at), value * MB, bad=value > 175)
        for at, value in enumerate(values)
    )


def test_a_window_that_fills() -> None:
    rule = limit_rule()
    state = replace(UP, windows={rule.key: marks(170.0, 176.5, 177.0)})
    assert said(state, rule) == [
        "dj ok (2 of 3) (next look in 3s)",
        "  totalmem 177 MB > 175 MB in 2 of the last 3 looks; restart takes 3 in a row",
    ]


def test_other_windows() -> None:
    some = replace(limit_rule(), key="some", window=Times(3, 5))
    slow = replace(limit_rule(), key="slow", window=Lasting(120.0), action=Alert())
    state = replace(UP, windows={"some": marks(177.0), "slow": marks(177.0, 180.0)})
    assert said(state, some, slow)[1:] == [
        "  totalmem 177 MB > 175 MB in 1 of the last 1 look; restart takes 3 of 5",
        "  totalmem 180 MB > 175 MB for 10s of 2m; alert takes 2m",
    ]


def test_what_is_far_from_firing() -> None:
    rule = limit_rule()
    old = Rule(key="old", text="", where="", test=Uptime(Op.GT, 86400.0), action=Alert())
    found = (
        Finding(rule.key, Mark.GOOD, value=40.0 * MB, limit=175.0 * MB),
        Finding("old", Mark.GOOD, value=3600.0, limit=86400.0),
    )
    assert said(UP, rule, old, findings=found)[1:] == [
        "  totalmem 40 MB > 175 MB: no, as of the last look",
        "  uptime 1h > 1d: no, as of the last look",
    ]


def test_what_cannot_be_judged_says_so() -> None:
    rule = limit_rule()
    found = (Finding(rule.key, Mark.UNKNOWN, why="warming up"),)
    assert said(UP, rule, findings=found)[1:] == [f"  {rule.text}: not judged: warming up"]


def test_restarts_counted_so_far() -> None:
    text = "if 3 restarts within 5 minutes then unmonitor"
    storm = Rule(key=text, text=text, where="", test=Storm(3, seconds=300.0), action=Unmonitor())
    state = replace(UP, restarts=(Restarted(AT.mono - 9.0, 1, "crash"),))
    assert said(state, storm)[1:] == [f"  {text}: 1 counted"]
    assert said(UP, storm)[1:] == []


def test_a_service_without_rules() -> None:
    assert said(UP)[1:] == ["  it has no rules: nothing is judged"]
    gone = Rule(key="g", text="", where="", test=NotExists(), action=Alert())
    assert said(State(), gone) == ["dj NOT LOOKED AT"]
