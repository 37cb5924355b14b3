"""The read model: built from what is believed, nothing invented."""

from msgspec.structs import replace

from svwatch.core.kinds import Code, Kind
from svwatch.core.limits import Limit, limit_of
from svwatch.core.phases import Phase
from svwatch.core.plan import Metric, Op, Resource, Service, Size
from svwatch.core.seen import (
    Incarnation,
    Now,
    Observation,
    Proc,
    Running,
    Tree,
    World,
)
from svwatch.core.snapshot import (
    Gone,
    RouteSnap,
    Snapshot,
    counts,
    service_snap,
    troubled,
)
from svwatch.core.state import Exit, Finding, Known, Mark, State
from tests.core.world import MB, limit_rule, runit

AT = Now(boot=50_000.0, mono=40_000.0)
WALL = 1_800_000_000.0
PROCESS = Incarnation(4711, 4_940_000)  # 600 s before AT.boot
UP = State(looked=AT, known=Known(PROCESS, memory=82 * MB), seen=True, since=39_000.0)
TREE = Tree(
    (Proc(PROCESS, 1, 50 * MB, pss=30 * MB), Proc(Incarnation(9, 1), 4711, 32 * MB, pss=4 * MB))
)
SEEN = Observation(
    at=AT, world=World("b", 1), verdict=Running(PROCESS), tree=TREE, memtotal=1000 * MB
)
DJ = runit(limit_rule(175), limit_rule(600), name="dj", groups=("workers",))


def bounded(*limits: tuple[Metric, Op, Size]) -> Service:
    rules = tuple(
        replace(limit_rule(), key=str(number), test=Resource(*limit))
        for number, limit in enumerate(limits)
    )
    return runit(*rules)


def test_a_running_service() -> None:
    one = service_snap(
        DJ, UP, AT, WALL, observation=SEEN, event=7, causes=("oom", "memory", "memory")
    )
    assert (one.name, one.pid, one.up, one.memory) == ("dj", 4711, 600.0, 82 * MB)
    assert one.pss == 34 * MB
    assert one.limit == Limit(Metric.TOTALMEM, 175 * MB)
    assert one.restarts == (("memory", 2), ("oom", 1))
    assert one.since == WALL - 600.0
    assert (one.event, one.groups, one.runit, one.until) == (7, ("workers",), True, None)


def test_a_service_that_ended_has_no_pid_and_no_size() -> None:
    state = replace(UP, phase=Phase.AWAITING, absent_since=39_990.0, exit=Exit(AT, PROCESS))
    one = service_snap(DJ, state, AT, WALL)
    assert (one.pid, one.up, one.memory, one.pss) == (None, None, None, None)
    assert one.status.words == "absent 10s"
    assert one.since == WALL - 1000.0


def test_an_end_is_told_on_the_wall_clock() -> None:
    state = replace(UP, phase=Phase.BACKOFF, until=40_600.0)
    assert service_snap(DJ, state, AT, WALL).until == WALL + 600.0


def test_pss_is_the_whole_tree_or_nothing() -> None:
    half = Tree((TREE.procs[0], replace(TREE.procs[1], pss=None)))
    assert service_snap(DJ, UP, AT, WALL, observation=replace(SEEN, tree=half)).pss is None


def test_the_lowest_upper_limit_is_shown() -> None:
    service = bounded(
        (Metric.TOTALMEM, Op.LT, Size(1)),
        (Metric.PSS, Op.GE, Size(90 * MB)),
        (Metric.MEMORY, Op.GT, Size(percent=20.0)),
    )
    assert limit_of(service, SEEN, ()) == Limit(Metric.PSS, 90 * MB)
    assert limit_of(bounded((Metric.TOTALMEM, Op.LT, Size(1))), SEEN, ()) is None


def test_a_percentage_amounts_to_what_is_known() -> None:
    service = bounded((Metric.MEMORY, Op.GT, Size(percent=20.0)))
    assert limit_of(service, SEEN, ()) == Limit(Metric.MEMORY, 200 * MB, 20.0)
    assert limit_of(service, None, ()) == Limit(Metric.MEMORY, None, 20.0)
    found = Finding("0", Mark.GOOD, limit=300.0 * MB)
    assert limit_of(service, None, (found,)) == Limit(Metric.MEMORY, 300 * MB, 20.0)


def test_causes_are_counted_by_number_then_name() -> None:
    assert counts(["b", "a", "c", "c"]) == (("c", 2), ("a", 1), ("b", 1))
    assert counts([]) == ()


def page(*states: State) -> Snapshot:
    services = tuple(service_snap(DJ, state, AT, WALL) for state in states)
    return Snapshot(host="h", wall=WALL, services=services, routes=(RouteSnap(name="ops"),))


BLIND = replace(UP, phase=Phase.BLIND)
HELD = replace(UP, phase=Phase.HELD, exit=Exit(AT, PROCESS))
IDLE = replace(UP, phase=Phase.UNMONITORED)


def test_the_worst_service_is_the_code_and_comes_first() -> None:
    assert page(UP).code is Code.OK
    assert page(UP, IDLE).code is Code.WARNING
    assert page(IDLE, BLIND).code is Code.UNKNOWN
    assert page(UP, IDLE, BLIND, HELD).code is Code.CRITICAL
    kinds = [one.status.kind for one in troubled(page(UP, IDLE, BLIND, HELD))]
    assert kinds == [Kind.GAVE_UP, Kind.CANNOT_MEASURE, Kind.NOT_WATCHED]


def test_nobody_watching_is_never_ok() -> None:
    well = page(UP)
    assert replace(well, gone=Gone(WALL - 9.0)).code is Code.WARNING
    assert replace(well, rejected="a.yaml:1:1: no").code is Code.WARNING
    assert replace(well, services=()).code is Code.WARNING
    assert replace(well, routes=()).told_nobody
    assert not well.told_nobody
