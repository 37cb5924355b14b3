"""Every number of a process, measured on a real one, and what a rule does about it."""

import os
import signal
import sys
from pathlib import Path

import pytest

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.core.units import MB
from tests.live.daemon import Daemon
from tests.live.post import Post
from tests.live.rig import Rig, free_port
from tests.live.subject import Subject
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live

BUSY = Path(__file__).with_name("subjects") / "busy.py"


class Busy(Subject):
    """A process that is given orders."""

    def order(self, *lines: str) -> None:
        """Give orders and wait until they are done."""
        with (self.place / "orders").open("a") as orders:
            orders.writelines(f"{line}\n" for line in lines)
        number = len((self.place / "orders").read_text().splitlines())
        until(lambda: ["done", str(number)] in self.journal("done"), f"{lines} to be done")

    @property
    def pid(self) -> int:
        """The pid of the last copy."""
        return int(self.journal("start")[-1][1])

    def children(self) -> list[int]:
        """Give the pids of its children, in order."""
        return [int(words[1]) for words in self.journal("child")]


def busy(rig: Rig, name: str = "one") -> Busy:
    """Make a service of it."""
    place = rig.root / "work" / name
    place.mkdir(parents=True)
    argv = (sys.executable, "-I", "-S", str(BUSY), str(place))
    rig.service(name, f"exec {' '.join(argv)}")
    return Busy(name, place, argv, rig.services / name)


def begin(rig: Rig, rules: str, *, port: int | None = None, more: str = "") -> tuple[Busy, Daemon]:
    """Watch one busy process by *rules*."""
    one = busy(rig)
    lines = "".join(f"      {line}\n" for line in rules.strip().splitlines())
    text = f"services:\n  one:\n    supervisor: runit\n{more}    rules: |\n{lines}"
    rig.config(text, port=port)
    rig.up()
    one.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    return one, daemon


def about(daemon: Daemon, test: str, *, seconds: float = 15.0) -> Event:
    """Wait for the event about *test*."""

    def look() -> list[Event]:
        return [event for event in daemon.events("one") if event.facts.test == test]

    return until(look, f"an event about {test}", seconds=seconds)[0]


def measured(event: Event) -> float:
    """Give what was measured."""
    assert event.what is What.OVER
    assert event.facts.measured is not None
    return event.facts.measured


def test_processor_threads_children_and_descriptors(rig: Rig) -> None:
    one, daemon = begin(
        rig,
        """
        if cpu > 60% for 2 cycles then alert
        if total cpu > 60% for 2 cycles then alert
        if cores > 0.6 for 2 cycles then alert
        if threads > 3 then alert
        if children > 1 then alert
        if filedescriptors > 20 then alert
        """,
    )
    throughout(lambda: daemon.events() == [], "nothing is wrong yet", seconds=2)
    one.order("open 30")
    assert measured(about(daemon, "filedescriptors")) > 30
    one.order("fork 1", "fork 1")
    assert measured(about(daemon, "children")) == 2
    one.order("burn")
    assert 60 < measured(about(daemon, "cpu")) <= 100
    assert 60 < measured(about(daemon, "total cpu")) <= 100
    assert 0.6 < measured(about(daemon, "cores")) < 1.5
    one.order("rest", "threads 4")
    assert measured(about(daemon, "threads")) == 5
    one.order("close")
    fds = about(daemon, "filedescriptors").number
    until(lambda: any(one.number == fds and one.closed for one in daemon.events()), "well again")


def test_private_memory_and_no_less_of_it(rig: Rig) -> None:
    one, daemon = begin(
        rig,
        """
        if uss > 20 MB then alert
        if total uss > 60 MB for 2 cycles then alert
        if total swap > 100 GB then alert
        """,
    )
    one.order("fork 40", "fork 40")
    assert 80 * MB < measured(about(daemon, "total uss")) < 110 * MB
    assert [event.facts.test for event in daemon.events()] == ["total uss"]


def written() -> int:
    """Give the bytes that we had written to disks (proc(5), io)."""
    words = Path("/proc/self/io").read_text().split()
    return int(words[words.index("write_bytes:") + 1])


def test_what_is_written_per_second(rig: Rig) -> None:
    one, daemon = begin(
        rig,
        """
        if disk write > 1 MB/s for 2 cycles then alert
        if disk read > 1 GB/s then alert
        """,
    )
    before = written()
    with (rig.root / "probe").open("wb") as file:
        file.write(b"x" * MB)
        file.flush()
        os.fsync(file.fileno())
    if written() == before:
        pytest.skip("this directory is on no disk")
    one.order(f"pour {rig.root}/water")
    assert MB < measured(about(daemon, "disk write")) < 100 * MB
    assert [event.facts.unit for event in daemon.events()] == ["bytes/s"]


def test_each_heavy_child_has_its_signal_and_no_other(rig: Rig) -> None:
    one, daemon = begin(rig, "if child uss > 30 MB for 2 cycles then signal QUIT")
    one.order("fork 5", "fork 50", "fork 5", "fork 60")
    small, heavy, other, heavier = one.children()
    event = daemon.event("one", What.SIGNALLED)
    until(lambda: len(one.heard(signal.SIGQUIT)) == 2, "both were signalled")
    assert set(one.heard(signal.SIGQUIT)) == {heavy, heavier}
    assert event.facts.child is not None
    assert event.facts.child.pid == heavier
    daemon.event("one", What.WELL)
    throughout(lambda: len(one.heard(signal.SIGQUIT)) == 2, "nobody else was", seconds=1)
    assert all(os.path.exists(f"/proc/{pid}") for pid in (one.pid, small, other))
    (event,) = daemon.events()
    said = [line.detail for line in event.lines if line.what == "signal"]
    assert sorted(said) == sorted(f"QUIT sent to pid {pid}" for pid in (heavy, heavier))


def test_a_signal_goes_to_the_main_process_and_comes_again(rig: Rig) -> None:
    one, daemon = begin(
        rig,
        """
        if filedescriptors > 20 then signal HUP
        if filedescriptors > 20 then signal USR1 repeat every 2 cycles
        """,
    )
    one.order("open 30")
    until(lambda: len(one.heard(signal.SIGUSR1)) >= 3, "three of them")
    assert one.heard(signal.SIGHUP) == [one.pid]
    assert daemon.whats() == [What.SIGNALLED, What.SIGNALLED]


def test_a_log_that_falls_silent_and_speaks_again(rig: Rig) -> None:
    marker = rig.root / "done"
    one, daemon = begin(
        rig,
        f"if log silent for 3s then alert else if succeeded then exec 'touch {marker}'\n"
        "if log silent for 3s then exec '/bin/echo where is it' repeat every 100 cycles",
    )
    one.order("say")
    event = daemon.event("one", What.RULE)
    assert event.facts.test == "log silent"
    assert 3.0 < (event.facts.measured or 0) < 6.0
    ran = daemon.event("one", What.EXEC)
    until(lambda: "exit 0: where is it" in told(daemon, ran.number), "its output")
    assert not marker.exists()
    until(lambda: speaks(one) and marker.exists(), "else", seconds=10)


def speaks(one: Busy) -> bool:
    """Have it print a line."""
    one.order("say")
    return True


def told(daemon: Daemon, number: int) -> list[str]:
    """Give the details of an event's lines."""
    return [line.detail for one in daemon.events() if one.number == number for line in one.lines]


def test_a_beat_that_stops_restarts_once_and_the_successor_has_its_time(rig: Rig) -> None:
    beat = rig.root / "beat"
    one, daemon = begin(rig, f'if file "{beat}" older than 4s then restart')
    one.order(f"beat {beat}")
    throughout(lambda: daemon.events() == [], "it beats", seconds=5)
    one.order("still")
    daemon.event("one", What.RESTART_FIXED)
    one.started(2)
    one.order(f"beat {beat}")
    throughout(lambda: len(one.journal("start")) == 2, "restarted once", seconds=5)


def test_whom_it_acts_for_and_percent_of_no_group(rig: Rig) -> None:
    _one, daemon = begin(
        rig,
        """
        if failed uid nobody then alert
        if failed euid root then alert
        if gid == 0 then alert
        if memory > 1% of cgroup then alert
        """,
    )
    event = daemon.event("one", What.RULE)
    daemon.event("one", What.RULE, nth=2)
    assert {event.facts.test for event in daemon.events()} >= {"uid", "gid"}
    assert "euid" not in {event.facts.test for event in daemon.events()}
    assert event.facts.measured == 0.0
    said = rig.ask("status")
    assert "a rule" in said or "over" in said


def test_another_parent_is_seen_once_it_has_settled(rig: Rig) -> None:
    place = rig.root / "work" / "one"
    place.mkdir(parents=True)
    one = Busy("one", place, (sys.executable, "-I", "-S", str(BUSY), str(place)), rig.services)
    pidfile = rig.root / "pid"
    rig.config(
        f"services:\n  one:\n    pidfile: {pidfile}\n    rules: if changed ppid then alert\n"
    )
    shell = f"{' '.join(one.argv)} & echo $! > {pidfile}; wait"
    parent = rig.start("sh", "-c", shell)
    one.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    throughout(lambda: daemon.events() == [], "it has settled", seconds=3)
    os.kill(parent, signal.SIGKILL)
    event = daemon.event("one", What.RULE)
    assert event.facts.test == "changed ppid"
    assert event.facts.reason is not None
    assert one.alive


def test_a_planned_restart_counts_among_any(rig: Rig) -> None:
    one, daemon = begin(
        rig,
        """
        if 2 any restarts within 1 minute then alert
        if 2 restarts within 1 minute then stop
        """,
    )
    for times in (2, 3):
        rig.sv("restart", str(one.service))
        one.started(times)
        daemon.event("one", What.RESTARTED, nth=times - 1)
    event = daemon.event("one", What.RULE)
    assert event.facts.rule == "if 2 any restarts within 1 minute then alert"
    throughout(lambda: What.STOPPED not in daemon.whats(), "planned ones are no storm", seconds=1)
    assert one.alive


def memory_group(limit: int) -> Path | None:
    """Make a control group with a memory limit in bytes; None where that is not possible."""
    for root, name in (("memory", "memory.limit_in_bytes"), ("", "memory.max")):
        group = Path("/sys/fs/cgroup") / root / f"svl-{os.getpid()}"
        try:
            group.mkdir()
            (group / name).write_text(f"{limit}\n")
        except OSError:
            continue
        return group
    return None


def test_percent_of_the_limit_of_its_own_group(rig: Rig) -> None:
    group = memory_group(200 * MB)
    if group is None:
        pytest.skip("no control group with a memory limit can be made here")
    one, daemon = begin(
        rig,
        """
        if memory > 3% of cgroup then alert
        if memory > 90% of cgroup then alert
        """,
    )
    throughout(lambda: daemon.events() == [], "no limit yet, nothing to judge", seconds=1)
    (group / "cgroup.procs").write_text(f"{one.pid}\n")
    try:
        event = daemon.event("one", What.OVER)
        assert event.facts.limit == 6 * MB
        assert event.facts.percent == 3.0
        assert len(daemon.events()) == 1
    finally:
        home = group.parent / "cgroup.procs"
        home.write_text(f"{one.pid}\n")
        group.rmdir()


def test_only_the_route_that_is_named_hears_of_it(rig: Rig, post: Post) -> None:
    other = Post(free_port())
    other.open()
    post.open()
    one = busy(rig)
    away = f"to: b@example.net, from: a@example.net, server: 127.0.0.1, port: {other.port}"
    route = f"  quiet: {{mail: {{{away}}}, level: critical, gather: 0s}}\n"
    rules = "      if filedescriptors > 20 then alert to quiet\n      if threads > 3 then alert\n"
    text = f"{route}services:\n  one:\n    supervisor: runit\n"
    rig.config(f"{text}    rules: |\n{rules}", port=post.port)
    rig.up()
    one.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    one.order("open 30")
    until(lambda: len(other.mails) == 1, "the named route")
    one.order("threads 5")
    until(lambda: len(post.mails) == 1, "the other route")
    assert "filedescriptors" in other.subjects[0]
    assert "threads" in post.subjects[0]
    assert len(other.mails) == 1
    other.close()


def test_rates_from_cron(rig: Rig) -> None:
    one = busy(rig)
    rules = "    rules: |\n      if cpu > 50% for 2 cycles then alert\n"
    rig.config(f"services:\n  one:\n    supervisor: runit\n{rules}")
    rig.up()
    one.started(1)
    one.order("burn")
    first = rig.ask("check", "--standalone", "-c", str(rig.root / "svwatch.yaml"))
    assert "ok" in first
    until(lambda: "over" in rig.ask("check", "-c", str(rig.root / "svwatch.yaml"), code=None), "it")
