"""A pidfile that names the wrong process, or none: no signal, no second copy."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from svwatch.core.ledger import What
from tests.live.daemon import strace
from tests.live.rig import Rig, script
from tests.live.subject import Subject, alive
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start others' processes")
NOBODY = 65534

# Every rule that could tempt it: there is no such process, or it is far over its limit.
RULES = """    rules: |
      if not exist then start
      if totalmem > 100 KB then restart
      if changed pid then restart
"""


class Witness:
    """An innocent process that writes down every signal it gets."""

    def __init__(self, rig: Rig, uid: int = 0) -> None:
        place = rig.root / "witness"
        place.mkdir()
        place.chmod(0o777)  # whoever it runs as
        self.signals = place / "signals"
        words = "HUP INT QUIT USR1 USR2 ALRM TERM CONT PIPE WINCH"
        traps = "\n".join(f"trap 'echo {word} >> {self.signals}' {word}" for word in words.split())
        program = script(place / "run", f"{traps}\n: > {place}/ready\nwhile :; do sleep 0.2; done")
        self.pid = rig.start(str(program), uid=uid)
        until((place / "ready").exists, "the witness")

    def assert_untouched(self) -> None:
        """Fail when it got any signal, KILL and STOP included."""
        stat = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        assert stat[0] in "RS", f"it is in state {stat[0]}"
        assert not self.signals.exists(), self.signals.read_text()


def pidfile_service(rig: Rig, pidfile: Path, more: str = "") -> Path:
    """Describe a service whose commands only write down that they were run; give where."""
    calls = rig.root / "work/calls"
    calls.parent.mkdir(exist_ok=True)
    start = script(rig.root / "bin/start", f"echo start >> {calls}")
    stop = script(rig.root / "bin/stop", f"echo stop >> {calls}")
    rig.config(
        f"services:\n  one:\n    pidfile: {pidfile}\n    start: {start}\n    stop: {stop}\n"
        + more
        + RULES,
        start_after="1s",
    )
    return calls


def pid_one(_rig: Rig, pidfile: Path) -> None:
    pidfile.write_text("1\n")


def a_kernel_thread(_rig: Rig, pidfile: Path) -> None:
    kthreadd = Path("/proc/2/comm")  # in a container there may be another pid 2, or none
    if not kthreadd.exists() or kthreadd.read_text() != "kthreadd\n":
        pytest.skip("no kernel thread can be seen from here")
    pidfile.write_text("2\n")


def an_ancestor(_rig: Rig, pidfile: Path) -> None:
    pidfile.write_text(f"{os.getpid()}\n")


def a_supervisor(rig: Rig, pidfile: Path) -> None:
    rig.up()
    pidfile.write_text(f"{rig.runsvdir}\n")


@pytest.mark.parametrize("names", [pid_one, a_kernel_thread, an_ancestor, a_supervisor])
def test_what_is_forbidden_is_neither_signalled_nor_started(
    rig: Rig, names: Callable[[Rig, Path], None]
) -> None:
    pidfile = rig.root / "pid"
    names(rig, pidfile)
    calls = pidfile_service(rig, pidfile)
    trace = rig.root / "trace"
    daemon = rig.watch(wrap=strace(str(trace)))
    event = daemon.event("one", What.SUSPECT_PID)
    assert event.facts.reason
    throughout(lambda: not calls.exists(), "no command is run", seconds=3)
    assert sent(trace) == []
    rig.ask("check", code=2)


def sent(trace: Path) -> list[str]:
    """Give the system calls by which a signal was sent, signal 0 excepted, which is a question."""
    lines = trace.read_text().splitlines() if trace.exists() else []
    calls = [line for line in lines if "kill(" in line or "pidfd_send_signal(" in line]
    return [line for line in calls if ", 0)" not in line]


@AS_ROOT
@pytest.mark.parametrize("mine", [True, False], ids=["own file", "own directory"])
def test_nobody_can_point_svwatch_at_anothers_process(rig: Rig, *, mine: bool) -> None:
    witness = Witness(rig)
    place = rig.root / "run"
    place.mkdir()
    pidfile = place / "pid"
    pidfile.write_text(f"{witness.pid}\n")
    os.chown(pidfile if mine else place, NOBODY, NOBODY)
    calls = pidfile_service(rig, pidfile)
    daemon = rig.watch()
    event = daemon.event("one", What.SUSPECT_PID)
    assert event.facts.mend is not None
    assert "chown" in event.facts.mend
    throughout(lambda: not calls.exists(), "no command is run", seconds=3)
    witness.assert_untouched()


@AS_ROOT
def test_a_users_own_process_behind_his_own_pidfile_is_fine(rig: Rig) -> None:
    witness = Witness(rig, uid=NOBODY)
    pidfile = rig.root / "pid"
    pidfile.write_text(f"{witness.pid}\n")
    os.chown(pidfile, NOBODY, NOBODY)
    calls = pidfile_service(rig, pidfile)
    daemon = rig.watch()
    daemon.knows("one")
    # and so it is judged: it is over 100 KB, and its stop command is run
    until(lambda: calls.exists() and "stop" in calls.read_text(), "the restart to begin")


def test_a_recycled_pid_is_neither_signalled_nor_started(rig: Rig) -> None:
    witness = Witness(rig)
    pidfile = rig.root / "pid"
    pidfile.write_text(f"{witness.pid}\n")
    hour_ago = time.time() - 3600
    os.utime(pidfile, (hour_ago, hour_ago))  # the process began long after the file was written
    calls = pidfile_service(rig, pidfile)
    daemon = rig.watch()
    event = daemon.event("one", What.SUSPECT_PID)
    assert event.facts.mend is not None
    throughout(lambda: not calls.exists(), "no command is run", seconds=3)
    witness.assert_untouched()
    assert "SUSPECT PID" in rig.ask("status")


def test_a_command_line_tells_a_recycled_pid_for_sure(rig: Rig) -> None:
    witness = Witness(rig)
    pidfile = rig.root / "pid"
    pidfile.write_text(f"{witness.pid}\n")
    calls = pidfile_service(rig, pidfile, "    cmdline: delayed_job\\.0\n")
    rig.watch()
    # it is not running, so it is started; whoever has its number is left alone
    until(lambda: calls.exists() and calls.read_text() == "start\n", "the start")
    throughout(lambda: "stop" not in calls.read_text(), "nobody is stopped", seconds=2)
    witness.assert_untouched()


def test_a_pidfile_that_is_no_pidfile_is_said_to_be_none(rig: Rig) -> None:
    pidfile = rig.root / "pid"
    pidfile.write_text("rm -rf /\n")
    pidfile_service(rig, pidfile)
    daemon = rig.watch()
    until(lambda: "one" in daemon.states(), "a look")
    rig.ask("status")
    assert rig.keeper.code(daemon.pid) is None


# --- a real daemon behind a pidfile ----------------------------------------------------------


def daemon_service(rig: Rig, name: str = "one", rules: str = "") -> tuple[Subject, Path]:
    """Make a daemon that forks twice, and its control script; give both."""
    subject = rig.subject(name, "--daemon")
    pid = subject.place / "pid"
    waits = "while kill -0 $pid 2>/dev/null; do sleep 0.05; done"
    control = script(
        subject.place / "ctl",
        f"case $1 in\nstart) exec {' '.join(subject.argv)};;\n"
        f"stop) pid=$(cat {pid}) || exit 1; kill $pid; {waits}; rm -f {pid};;\nesac",
    )
    rules = rules or "if not exist then start"
    rig.config(
        f"services:\n  {name}:\n    pidfile: {pid}\n    start: {control} start\n"
        f"    stop: {control} stop\n    rules: |\n      {rules}\n"
    )
    return subject, control


def by_hand(rig: Rig, control: Path, verb: str) -> None:
    """Run the control script as an operator would, and wait for it."""
    pid = rig.start(str(control), verb)
    until(lambda: rig.keeper.code(pid) is not None, f"{control} {verb}")


def test_a_daemon_that_ended_is_started_once(rig: Rig) -> None:
    subject, control = daemon_service(rig)
    by_hand(rig, control, "start")
    subject.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    subject.kill()
    event = daemon.event("one", What.START_FIXED)
    assert event.facts.new
    assert event.facts.new.pid == subject.pid
    assert (subject.starts, subject.seconds) == (2, 0)


def test_a_daemon_over_its_limit_is_restarted_with_proof(rig: Rig) -> None:
    subject, control = daemon_service(rig, rules="if totalmem > 60 MB for 2 cycles then restart")
    by_hand(rig, control, "start")
    old = subject.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    subject.leak(80)
    event = daemon.event("one", What.RESTART_FIXED)
    assert event.facts.old
    assert event.facts.new
    assert (event.facts.old.pid, event.facts.new.pid) == (old, subject.pid)
    assert (subject.starts, subject.seconds) == (2, 0)


def test_a_lost_pidfile_gets_no_second_copy(rig: Rig) -> None:
    subject, control = daemon_service(rig)
    by_hand(rig, control, "start")
    subject.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    (subject.place / "pid").unlink()
    daemon.event("one", What.PIDFILE_LOST)
    throughout(lambda: subject.starts == 1 and subject.alive, "one copy", seconds=4)
    assert "PIDFILE LOST" in rig.ask("status")


def test_an_overwritten_pidfile_sends_no_signal(rig: Rig) -> None:
    subject, control = daemon_service(rig, rules="if changed pid then restart")
    by_hand(rig, control, "start")
    subject.started(1)
    witness = Witness(rig)
    daemon = rig.watch()
    daemon.knows("one")
    (subject.place / "pid").write_text(f"{witness.pid}\n")
    daemon.event("one", What.DOUBLED, What.SUSPECT_PID)
    throughout(lambda: subject.starts == 1 and subject.alive, "left alone", seconds=3)
    witness.assert_untouched()
    assert subject.heard() == []


def test_fifty_restarts_by_hand_make_no_second_copy(rig: Rig) -> None:
    subject, control = daemon_service(rig)
    by_hand(rig, control, "start")
    subject.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    chance = random.Random(2010)
    for nth in range(2, 52):
        by_hand(rig, control, "stop")
        time.sleep(chance.uniform(0.2, 0.5))  # the operator's pause; start_after is 2 s
        by_hand(rig, control, "start")
        subject.started(nth)
    # each start was the operator's, and none of the 51 copies ever met another
    throughout(lambda: subject.starts == 51, "svwatch started none", seconds=3)
    assert subject.seconds == 0
    assert subject.alive
    assert rig.keeper.code(daemon.pid) is None
    assert alive(subject.pid)
