"""The parts of the benchmark; each yields rows of one table."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import ground
from tests.benchmarks.figures import Row, Scale, median, megabytes, milliseconds, p99
from tests.benchmarks.ledger import Ledger, log_latency
from tests.benchmarks.soaker import read
from tests.benchmarks.watchdogs import (
    SOAKED,
    Target,
    cpu,
    descriptors,
    environment,
    monit,
    rss,
    svwatch,
    under_runit,
    write_svwatch,
)


class Spent(NamedTuple):
    """CPU seconds per cycle, resident MB and open descriptors, of both."""

    svwatch: float
    monit: float
    svwatch_rss: float
    monit_rss: float
    svwatch_fds: int
    monit_fds: int


def beside(root: Path, targets: Sequence[Target], scale: Scale) -> Spent:
    """Run both on *targets* at the same time, with cycles of one second."""
    with ExitStack() as stack:
        ours = stack.enter_context(svwatch(root, targets))
        theirs = stack.enter_context(monit(root, targets))
        ground.pause(scale.warm)
        before, began = (cpu(ours), cpu(theirs)), time.monotonic()
        ground.pause(scale.cycles)
        used = (cpu(ours) - before[0], cpu(theirs) - before[1])
        seconds = time.monotonic() - began
        # monit sleeps a second between cycles, so that its cycles are longer by what they cost
        share = used[1] / seconds
        return Spent(
            used[0] / seconds,
            share / (1 - share),
            *(rss(ours), rss(theirs)),
            *(descriptors(ours), descriptors(theirs)),
        )


def four(root: Path, scale: Scale) -> Iterator[Row]:
    """CPU per cycle and memory with 4 runit services on a host with many idle processes."""
    with ground.runit_services(root, 4) as directories, ground.crowd(scale.idle):
        spent = beside(root, under_runit(directories), scale)
    yield Row(
        f"CPU per cycle, 4 runit services beside {scale.idle:,} idle processes",
        milliseconds(spent.svwatch),
        milliseconds(spent.monit),
        f"1/{spent.monit / spent.svwatch:.0f}",
        "1/200, goal 1/300",
    )
    memory = megabytes(spent.svwatch_rss), megabytes(spent.monit_rss)
    yield Row(f"  resident after {scale.warm + scale.cycles} cycles", *memory, budget="20 MB")


def scale_up(root: Path, scale: Scale) -> Iterator[Row]:
    """CPU per cycle with ever more distinct watched processes behind pidfiles."""
    for number in scale.watched:
        here = root / str(number)
        yield from _distinct(here, number, scale)


def _distinct(root: Path, number: int, scale: Scale) -> Iterator[Row]:
    pidfiles = root / "pids"
    pidfiles.mkdir(parents=True)
    targets = [Target(f"w-{i}", pidfiles / f"{i}.pid") for i in range(number)]
    with ground.crowd(number, pidfiles):
        spent = beside(root, targets, scale)
    yield Row(
        f"CPU per cycle, {number:,} distinct watched processes",
        milliseconds(spent.svwatch),
        milliseconds(spent.monit),
        f"1/{spent.monit / spent.svwatch:.1f}",
        "1/3" if number == 1000 else "-",
    )
    memory = megabytes(spent.svwatch_rss), megabytes(spent.monit_rss)
    yield Row(f"  resident after {scale.warm + scale.cycles} cycles", *memory)
    yield Row("  open descriptors", str(spent.svwatch_fds), str(spent.monit_fds))


def soak(root: Path, scale: Scale) -> Iterator[Row]:
    """Memory and descriptors of the daemon's loop, as fast as it goes, with restarts between."""
    with ground.runit_services(root, 4) as directories:
        write_svwatch(root, under_runit(directories), SOAKED, settle="1s")
        places = [str(root / name) for name in ("svwatch.yaml", "state", "sock")]
        argv = [sys.executable, "-m", "tests.benchmarks.soaker", *places, *map(str, scale.marks)]
        ran = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True)
    for mark in read(ran.stdout):
        cause = f"{mark.kills} kills, {mark.requests} requests"
        yield Row(f"soak: {mark.cycles:,} cycles, {cause}", megabytes(mark.resident / (1 << 20)))
        yield Row("  open descriptors", str(mark.descriptors))


def exits(root: Path, scale: Scale) -> Iterator[Row]:
    """Time from a kill to its event, committed and synced; one kill per service."""
    with ground.runit_services(root, scale.kills) as directories:
        targets = under_runit(directories)
        with svwatch(root, targets):
            ground.pause(3)
            with Ledger(root / "state") as ledger:
                ours = [ledger.latency(directory) for directory in directories]
        ground.pause(1.1)  # runsv waits a second before it restarts what lived for less
        with monit(root, targets):
            ground.pause(3)
            theirs = [log_latency(root / "monit.log", directory) for directory in directories]
    syncs = ground.fsync_cost(root / "state", 400)
    exits_, events = [one.exit for one in ours], [one.event for one in ours]
    kills, one, tail = f"{scale.kills} kills", median(syncs), p99(syncs)
    yield Row(f"exit to exit recorded, median of {kills}", median(exits_), budget=f"3 ms + {one}")
    yield Row("  p99", p99(exits_), budget=f"10 ms + {tail} (an fsync on this disk)")
    what = "exit to event with the successor's pid, median"
    yield Row(f"{what} (monit: its log)", median(events), median(theirs))
    yield Row("  p99", p99(events), p99(theirs))


def check(root: Path, scale: Scale) -> Iterator[Row]:
    """Wall time of `svwatch --check` on 4 services, each in a new process, without a daemon."""
    argv = [sys.executable, "-m", "svwatch", "--check"]
    took = []
    with ground.runit_services(root, 4) as directories:
        write_svwatch(root, under_runit(directories))
        for _ in range(scale.calls + 1):  # the first one makes the database
            began = time.perf_counter()
            ran = subprocess.run(argv, env=environment(root), capture_output=True, check=False)
            took.append(time.perf_counter() - began)
            assert ran.returncode == 0, ran
    what = f"svwatch --check, 4 services, median of {scale.calls} new processes"
    yield Row(what, median(took[1:]), budget="150 ms")


PARTS: dict[str, Callable[[Path, Scale], Iterator[Row]]] = {
    "four": four,
    "scale": scale_up,
    "exits": exits,
    "check": check,
    "soak": soak,
}
