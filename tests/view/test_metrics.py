"""What Prometheus reads: the format to the letter, every service in it, no number made up."""

import math
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from svwatch.core.kinds import Code, Kind
from svwatch.core.snapshot import RouteSnap, Snapshot
from svwatch.core.totals import Count, Total
from svwatch.view.to_json import printable
from svwatch.view.to_metrics import STATES, farewell, metrics
from tests.view.golden import check
from tests.view.metrics_text import Family, parse
from tests.view.scene import EMPTY, SERVICES, SNAPSHOT, at, snap

TOTALS = (
    Total("mailer-1", Count.RESTARTS, "memory", 41),
    Total("mailer-1", Count.ACTIONS, "restart fixed", 41),
    Total("mailer-3", Count.RESTARTS, "crash", 681),
    Total("mailer-3", Count.RESTARTS, 'file "/run/x\\y" older', 2),
    Total("mailer-3", Count.ACTIONS, "restart failed", 1),
    Total("mailer-3", Count.ACTIONS, "stop done", 3),
    Total("long gone", Count.RESTARTS, "crash", 7),
)
LOOKED = at(11, 59, 58.25)


def told(snapshot: Snapshot, *totals: Total) -> dict[str, Family]:
    return parse(metrics(snapshot, totals, version="1.2.3", looked=LOOKED))


def test_a_host_on_a_monday() -> None:
    text = metrics(SNAPSHOT, TOTALS, version="1.2.3", looked=LOOKED)
    parse(text)
    check("metrics.prom", text)


def test_every_service_is_in_every_family() -> None:
    found = told(SNAPSHOT)
    names = {one.name for one in SERVICES}
    families = [name for name in found if name.startswith("svwatch_service_")]
    assert len(families) == 8
    for name in set(families) - {
        "svwatch_service_memory_proportional_bytes",
        "svwatch_service_memory_limit_bytes",
    }:
        assert {labels[0][1] for labels in found[name].samples} == names, name


@pytest.mark.parametrize("kind", STATES)
def test_one_state_at_a_time(kind: Kind) -> None:
    samples = told(replace(EMPTY, services=(snap("a", kind, Code.OK),)))["svwatch_service_state"]
    states = {dict(labels)["state"]: value for labels, value in samples.samples.items()}
    assert len(states) == len(STATES)
    assert [state for state, value in states.items() if value] == [kind.name.lower()]


def test_what_is_not_known_is_no_number() -> None:
    blind = snap("a", Kind.CANNOT_MEASURE, Code.UNKNOWN)
    down = snap("b", Kind.DOWN, Code.CRITICAL)
    found = told(replace(EMPTY, services=(blind, down)))
    service = {name: (("service", name),) for name in ("a", "b")}
    up, memory = (
        found[f"svwatch_service_{name}"].samples for name in ("up", "memory_resident_bytes")
    )
    assert math.isnan(up[service["a"]])
    assert math.isnan(memory[service["a"]])
    assert (up[service["b"]], memory[service["b"]]) == (0, 0)
    begun = found["svwatch_service_start_time_seconds"].samples
    assert all(math.isnan(value) for value in begun.values())
    assert "svwatch_service_memory_limit_bytes" not in found


def test_counters_are_there_before_anything_is_counted() -> None:
    one = replace(EMPTY, services=SERVICES[:1])
    restarts = told(one)["svwatch_service_restarts_total"].samples
    assert (("service", "mailer-1"), ("cause", "memory")) in restarts
    assert not any(restarts.values())
    assert told(one, *TOTALS)["svwatch_service_restarts_total"].samples.keys() == restarts.keys()


def test_a_host_without_services_and_the_end() -> None:
    assert "svwatch_service_up" not in told(EMPTY)
    left = parse(farewell(version="1", looked=None))
    assert left["svwatch_up"].samples == {(): 0.0}
    assert math.isnan(left["svwatch_last_look_timestamp_seconds"].samples[()])
    assert told(EMPTY)["svwatch_up"].samples == {(): 1.0}
    rejected = told(replace(EMPTY, rejected="no"))["svwatch_config_rejected"]
    assert rejected.samples == {(): 1.0}


TEXT = st.text(st.characters(codec=None), min_size=1) | st.text('"\\\n{}=, a', min_size=1)


@given(name=TEXT, cause=TEXT, route=TEXT)
def test_any_name_comes_out_as_it_went_in(name: str, cause: str, route: str) -> None:
    one = replace(
        EMPTY,
        services=(snap(name, Kind.OK, Code.OK),),
        routes=(RouteSnap(name=route, target=name, waiting=3),),
    )
    found = told(one, Total(name, Count.RESTARTS, cause, 9))
    shown, why, where = (
        printable(text).replace("\0", "\N{REPLACEMENT CHARACTER}") for text in (name, cause, route)
    )
    assert found["svwatch_service_up"].samples.keys() == {(("service", shown),)}
    restarts = found["svwatch_service_restarts_total"].samples
    assert restarts[("service", shown), ("cause", why)] == 9
    lane = (("route", where), ("target", shown))
    assert found["svwatch_outbox_waiting"].samples == {lane: 3.0}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_takes_it() -> None:
    hostile = replace(SNAPSHOT, services=(*SERVICES, snap('a"b\\c\nd{}é', Kind.OK, Code.OK)))
    for text in (
        metrics(hostile, TOTALS, version="1.2.3", looked=LOOKED),
        metrics(EMPTY, (), version="1.2.3", looked=None),
        farewell(version="1.2.3", looked=LOOKED),
    ):
        done = subprocess.run(
            ["promtool", "check", "metrics"], input=text.encode(), capture_output=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
