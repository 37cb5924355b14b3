"""Commands begin, end, run late and are bounded; each gives exactly one outcome to the core."""

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from svwatch.core.plan import Command
from svwatch.core.seen import Incarnation, Kind, Outcome
from svwatch.core.state import Run, Signal
from svwatch.shell.hands import Hands, Report, put_up
from svwatch.shell.output import LIMIT, TAIL, Outputs, file_name, printable
from svwatch.shell.sv import find_sv


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    hands = Hands(str(tmp_path))
    yield hands
    hands.close()


def shell(script: str, kind: Kind = Kind.STOP, timeout: float = 30.0) -> Run:
    return Run(kind, 7, Command(("/bin/sh", "-c", script), timeout=timeout, env=(("A", "1"),)))


def end(hands: Hands, now: float) -> Report:
    """Wait for the one command that runs to end, as the loop would."""
    (fd,) = hands.filenos()
    assert select.select([fd], [], [], 20)[0], "the command did not end"
    report = hands.readable(fd, now)
    assert report is not None
    return report


def begun(hands: Hands, run: Run, now: float = 100.0, service: str = "dj") -> Incarnation:
    who = hands.begin(service, run, 41, now=now, event=9)
    assert isinstance(who, Incarnation), who
    return who


def test_a_command_gives_its_exit_its_output_and_its_time(hands: Hands) -> None:
    who = begun(hands, shell("echo out; echo err >&2; exit 3"))
    assert hands.busy("dj") == (who,)
    assert hands.busy("other") == ()
    report = end(hands, 102.5)
    outcome = Outcome(Kind.STOP, 7, 3, "out\nerr", 2.5)
    assert report == Report("dj", 41, outcome)
    assert hands.busy("dj") == ()
    assert hands.filenos() == ()
    assert hands.due() is None


def test_a_command_knows_whose_it_is(hands: Hands) -> None:
    begun(hands, shell("echo $SVWATCH_SERVICE $SVWATCH_RUN $SVWATCH_EVENT $A; pwd"))
    assert end(hands, 100.0).outcome.detail == "dj 41 9 1\n/"


def test_what_cannot_be_run_is_an_outcome(hands: Hands) -> None:
    begun(hands, Run(Kind.START, 7, Command(("/nonexistent/x",))))
    outcome = end(hands, 100.0).outcome
    assert outcome.exit == 127
    assert outcome.detail.startswith("cannot run /nonexistent/x: ")


def test_no_place_for_output_is_an_outcome(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("a file")
    report = Hands(str(tmp_path)).begin("dj", shell("true"), 41, now=1.0)
    assert isinstance(report, Report)
    assert report.ended
    assert report.outcome.exit == 127
    assert "cannot keep the output of /bin/sh" in report.outcome.detail


def test_output_is_private_and_that_of_the_last_run(hands: Hands, tmp_path: Path) -> None:
    begun(hands, shell("echo first"))
    end(hands, 1.0)
    begun(hands, shell("echo second"))
    assert end(hands, 1.0).outcome.detail == "second"
    assert (tmp_path / "output").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "output/dj").stat().st_mode & 0o777 == 0o600


def test_a_command_beside_another_keeps_its_output(hands: Hands, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    begun(hands, shell(f"echo one; echo >{gate}; read x <{gate}"))
    gate.read_text()
    begun(hands, shell("true", Kind.EXEC))
    assert (tmp_path / "output/dj").read_text() == "one\n"
    gate.write_text("go\n")


@pytest.mark.parametrize("kind", [Kind.STOP, Kind.EXEC, Kind.CHECK])
def test_a_command_over_its_timeout_is_ended_and_told_once(hands: Hands, kind: Kind) -> None:
    begun(hands, shell("exec sleep 600", kind, timeout=5.0), now=100.0)
    assert hands.overdue(104.9) == ()
    (report,) = hands.overdue(105.0)
    assert report.outcome == Outcome(kind, 7, None, "", 5.0, over=True)
    assert (report.ended, report.late) == (False, False)
    assert len(hands.busy("dj")) == 1, "it is not gone before it is seen gone"
    assert hands.overdue(200.0) == ()
    last = end(hands, 105.1)
    assert (last.ended, last.late, last.outcome.exit) == (True, True, -9)


def test_a_start_over_its_timeout_is_left_alone(hands: Hands, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    opened = os.open(gate, os.O_RDWR)  # nobody has to wait for the other end
    who = begun(hands, shell(f"read x <{gate}; echo served", Kind.START, timeout=5.0))
    (report,) = hands.overdue(105.0)
    assert report.outcome == Outcome(Kind.START, 7, None, "", 5.0, over=True)
    assert not report.ended
    assert hands.busy("dj") == (who,)
    os.write(opened, b"go\n")
    last = end(hands, 107.0)
    os.close(opened)
    assert last == Report("dj", 41, Outcome(Kind.START, 7, 0, "served", 7.0), late=True)


def test_due_is_the_next_deadline_or_look_at_the_output(hands: Hands) -> None:
    begun(hands, shell("exec sleep 600", timeout=0.5), now=100.0)
    assert hands.due() == 100.5
    hands.overdue(100.5)
    assert hands.due() == 101.0
    hands.tend(101.0)
    assert hands.due() == 102.0
    end(hands, 101.0)


def test_readable_is_patient_with_foreign_descriptors(hands: Hands) -> None:
    begun(hands, shell("exec sleep 600", timeout=0.0), now=0.0)
    (fd,) = hands.filenos()
    assert hands.readable(fd, 0.0) is None, "it runs"
    assert hands.readable(0, 0.0) is None
    hands.overdue(0.0)
    end(hands, 0.0)


def test_a_flood_of_output_is_bounded(hands: Hands, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    flood = f"head -c {LIMIT + 1} /dev/zero"
    hands.tend(99.9)  # the look at all files that comes once a minute
    begun(hands, shell(f"{flood}; echo >{gate}; read x <{gate}; echo after"), now=100.0)
    gate.read_text()
    path = tmp_path / "output/dj"
    hands.tend(100.5)
    assert path.stat().st_size == LIMIT + 1, "not yet"
    hands.tend(101.0)
    assert path.stat().st_size == 0
    gate.write_text("go\n")
    end(hands, 101.0)
    assert path.read_text() == "after\n", "appended at the new start, no hole before it"


def test_old_daemons_are_bounded_too(hands: Hands, tmp_path: Path) -> None:
    hands.tend(60.0)  # nothing was ever run
    (tmp_path / "output").mkdir()
    old = tmp_path / "output/old"
    old.write_bytes(b"x" * (LIMIT + 1))
    hands.tend(119.0)
    assert old.stat().st_size == LIMIT + 1
    hands.tend(120.0)
    assert old.stat().st_size == 0


def test_hands_signal_the_judged_process_only(hands: Hands) -> None:
    who = begun(hands, shell("exec sleep 600"))
    wrong = Incarnation(who.pid, who.ticks + 1)
    assert "another process" in hands.signal(Signal(wrong, "TERM"))
    assert hands.signal(Signal(who, "TERM")) == ""
    assert end(hands, 1.0).outcome.exit == -15


def test_closing_lets_commands_finish(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    hands = Hands(str(tmp_path))
    who = begun(hands, shell(f"read x <{gate}; echo finished"))
    hands.close()
    assert hands.filenos() == ()
    gate.write_text("go\n")
    os.waitid(os.P_PID, who.pid, os.WEXITED)
    assert (tmp_path / "output/dj").read_text() == "finished\n"


# --- runsv -----------------------------------------------------------------------------------


def test_up_is_one_byte_in_the_fifo(tmp_path: Path) -> None:
    control = tmp_path / "supervise/control"
    control.parent.mkdir()
    assert put_up(str(tmp_path)) == f"{control}: No such file or directory"
    os.mkfifo(control)
    assert put_up(str(tmp_path)) == f"{control}: No such device or address", "no runsv"
    runsv = os.open(control, os.O_RDONLY | os.O_NONBLOCK)
    assert put_up(str(tmp_path)) == ""
    assert os.read(runsv, 10) == b"u"
    os.close(runsv)


def test_up_is_not_written_into_anything_else(tmp_path: Path) -> None:
    control = tmp_path / "supervise/control"
    control.parent.mkdir()
    control.write_text("precious")
    assert put_up(str(tmp_path)) == f"{control}: not a FIFO"
    assert control.read_text() == "precious"


def test_sv_is_found_where_it_is(tmp_path: Path) -> None:
    assert find_sv((str(tmp_path),)) is None
    sv = tmp_path / "sv"
    sv.write_text("#!/bin/sh\n")
    assert find_sv((str(tmp_path),)) is None, "not executable"
    sv.chmod(0o755)
    assert find_sv(("/nonexistent", str(tmp_path))) == str(sv)


# --- output ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("rm-dj-1", "rm-dj-1"),
        ("a.b@c+d:e_f", "a.b@c+d:e_f"),
        ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"),
        (".", "%2E"),
        ("..", "%2E."),
        ("", "%2E"),
        ("a b%", "a%20b%25"),
        ("é\n", "%C3%A9%0A"),
    ],
)
def test_a_service_name_is_never_a_path(service: str, name: str) -> None:
    assert file_name(service) == name


def test_long_names_stay_short_and_apart() -> None:
    one, two = file_name("x" * 300), file_name("x" * 301)
    assert one != two
    assert len(one) < 255


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain\ntwo\n", "plain\ntwo"),
        (b"\x1b[31mred\x1b[0m\a\x00", "[31mred[0m"),
        (b"a\tb\r\n", "a b"),
        (b"\xff ok", "ok"),
        (b"\xa9nd caf\xc3\xa9", "nd café"),
        ("right\u202eleft".encode(), "rightleft"),
    ],
)
def test_output_is_made_harmless(raw: bytes, text: str) -> None:
    assert printable(raw) == text


def test_the_tail_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "dj").write_bytes(b"a" * TAIL + b"b" * TAIL)
    assert Outputs(str(tmp_path)).tail("dj") == "b" * TAIL
    assert Outputs(str(tmp_path)).tail("none") == ""
