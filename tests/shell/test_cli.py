"""Words on the command line, exit codes, and that nobody ever sees a traceback."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from svwatch.cli import Surprise
from svwatch.commands import run
from svwatch.core.event import Event, WallLine
from svwatch.core.lease import Lease
from svwatch.core.ledger import Facts, What
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Incarnation
from svwatch.core.state import Bid, Goal, Intent, Known, State
from svwatch.shell import gap
from svwatch.shell.compile import Compiled, decoded
from svwatch.shell.compiler import Compiler
from svwatch.shell.moment import parse_since
from svwatch.shell.own import Own
from svwatch.shell.reach import Place
from svwatch.shell.spawn import spawn
from svwatch.shell.vigil import Errand, Vigil
from svwatch.shell.wire import Reply
from tests.shell.fakes import Clock, Ground, content, mind, plan, process, service

ENV = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def svwatch(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "svwatch", *words]
    return subprocess.run(argv, env=ENV | env, capture_output=True, text=True, check=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "svwatch.yaml"
    path.write_text(f"control_socket: {tmp_path}/control\nservices: {{one: {{pidfile: /run/one}}}}")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--version"], 0),
        (["--help"], 0),
        ([], 2),
        (["dance"], 2),
        (["status", "--dance"], 2),
        (["restart"], 2),
        (["events", "--since", "yesterday-ish"], 2),
        (["check", "--dance"], 3),
        (["--check", "--dance"], 3),
        (["check", "--format", "pdf"], 3),
    ],
)
def test_exit_codes_of_words(words: list[str], code: int) -> None:
    done = svwatch(*words)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["status"], 3, "no daemon answers, and nothing is on record"),
        (["status", "--exit-code"], 3, "no daemon answers"),
        (["status", "--exit-code", "-q"], 3, ""),
        (["events"], 1, "no daemon answers"),
        (["why", "one"], 2, "no daemon answers"),
        (["reload"], 1, "no daemon answers"),
    ],
)
def test_without_a_daemon(config: Path, words: list[str], code: int, said: str) -> None:
    state = config.parent / "state"
    done = svwatch(words[0], "-c", str(config), "--state-dir", str(state), *words[1:])
    assert said in done.stderr
    assert done.returncode == code
    assert not state.exists()


def test_an_order_without_a_daemon_is_done_here(config: Path) -> None:
    state = config.parent / "state"
    done = svwatch("restart", "-c", str(config), "--state-dir", str(state), "one")
    assert done.stdout == "one: refused, it has no start command\n"
    assert done.returncode == 3
    done = svwatch("restart", "-c", str(config), "--state-dir", str(state), "two")
    assert "there is no service 'two'" in done.stderr
    assert done.returncode == 2


def test_the_flag_check_is_the_verb_check(config: Path) -> None:
    state = str(config.parent / "state")
    done = svwatch("-c", str(config), "--check", "--state-dir", state)
    assert done.stdout.startswith("WARNING   one")
    assert done.returncode == 1


def test_validate_says_all_that_is_wrong(config: Path) -> None:
    assert svwatch("validate", "-c", str(config)).returncode == 0
    config.write_text("intervall: 1s\nservices: {one: {pidfil: x}}\n")
    done = svwatch("validate", str(config))
    assert done.returncode == 1
    assert 'unknown key "intervall"' in done.stdout
    assert 'unknown key "pidfil"' in done.stdout


@pytest.mark.parametrize(("kind", "code"), [(LookupError, 3), (KeyboardInterrupt, 130)])
def test_a_bug_is_a_sentence_and_no_traceback(kind: type[BaseException], code: int) -> None:
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        Surprise(3)(kind, kind("x"), None)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == code


def test_a_bug_names_what_to_send_us() -> None:
    words = "import sys; from svwatch.cli import Surprise; sys.excepthook = Surprise(1); 1 / 0"
    done = subprocess.run(
        [sys.executable, "-c", words], env=ENV, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("svwatch: internal error: ZeroDivisionError: division by zero\n")
    assert "Traceback" not in done.stderr


def test_a_reader_that_left_is_no_bug(config: Path) -> None:
    argv = f"{sys.executable} -m svwatch --help | head -1"
    done = subprocess.run(
        ["/bin/sh", "-c", argv], env=ENV, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert run(["validate", str(config)], 2) == 0


# --- compiling -------------------------------------------------------------------------------


def compiled(compiler: Compiler) -> Compiled:
    assert compiler.begin(0.0) == ""
    assert compiler.begin(0.0) == "a configuration is being read already"
    for _ in range(400):
        select.select(compiler.filenos(), [], [], 1.0)
        if (answer := compiler.readable()) is not None:
            assert compiler.filenos() == ()
            return answer
    pytest.fail("it never answered")


def test_a_child_reads_the_configuration(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", ENV["PYTHONPATH"])
    compiler = Compiler(str(config), str(config.parent))
    answer = compiled(compiler)
    assert answer.plan is not None
    assert [one.name for one in answer.plan.services] == ["one"]
    config.write_text("nonsense: 1")
    assert compiled(compiler).plan is None
    assert compiled(compiler).errors[0].startswith("svwatch.yaml:1:1: ")


def test_a_child_that_crashes_is_an_error_with_its_last_words(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    answer = compiled(Compiler(str(config), str(config.parent)))
    assert answer.plan is None
    assert answer.errors[0].startswith("the configuration could not be read: ")


def test_a_child_that_takes_too_long_is_ended(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Compiler, "_spawn", hang)
    compiler = Compiler(str(config), str(config.parent))
    assert compiler.begin(0.0) == ""
    compiler.overdue(59.0)
    compiler.overdue(61.0)
    os.waitid(os.P_PIDFD, compiler.filenos()[-1], os.WEXITED | os.WNOWAIT)
    answer = compiler.readable()
    assert answer is not None
    assert "it took over 60 s" in answer.errors[0]


def hang(_self: Compiler, stdout: int) -> object:
    return spawn(("/bin/sleep", "1000"), stdout=stdout)


def test_an_answer_that_makes_no_sense_is_an_error() -> None:
    assert decoded(b"\xc1", "").errors == ("the configuration could not be read: no answer",)


# --- somebody waits for a verdict ------------------------------------------------------------


class Ear:
    """Collects replies."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int, str, bool]] = []

    def __call__(self, reply: Reply, last: bool) -> bool:
        self.heard.append((reply.kind, reply.code, reply.text, last))
        return True


def event(what: What, *lines: str, closed: bool = False) -> Event:
    return Event(
        number=5, service="one", serial=1, at=0.0, updated=0.0, what=what, facts=Facts(),
        lines=tuple(WallLine(0.0, line) for line in lines), closed=closed,
    )  # fmt: skip


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    made = Ground(tmp_path, mind(content))
    made.roster.adopt(plan(service(), service("two")))
    return made


ANN = Request(Verb.RESTART, who="ann")


def vigil(ear: Ear, *names: str, asks: Request = ANN, **how: bool) -> Vigil:
    return Vigil(names, Errand(asks, **how), say=ear, clock=lambda mono: f"at {mono:g}")


@pytest.mark.parametrize(
    ("what", "code"),
    [(What.RESTART_FIXED, 0), (What.RESTART_FAILED, 1), (What.RESTART_WITHDRAWN, 3)],
)
def test_a_vigil_tells_what_is_out_of_the_ordinary_and_the_verdict(
    ground: Ground, what: What, code: int
) -> None:
    ear, ward = Ear(), ground.roster.wards["one"]
    waits = vigil(ear, "one")
    waits.ask([ward])
    assert ward.inputs == [replace(ANN, beside=("one",))]
    ward.inputs.clear()
    victim = Incarnation(5120, 100)
    ward.state = State(intent=Intent(goal=Goal.RESTART, serial=1, began=0.0, victim=victim))
    waits.looked(ward, "")
    waits.heard(event(What.RESTART_BEGUN, "sv down one"))
    waits.heard(event(what, "sv down one", "survivors told to end", "pid 5120 gone", closed=True))
    began, odd, end = [text for _, _, text, _ in ear.heard]
    assert began.startswith("one: TERM sent to 5120, ")
    assert began.endswith("; waiting for its job (at most 30s, Ctrl-C leaves it running)")
    assert odd == "one: survivors told to end"
    assert end.startswith("one: ")
    assert ear.heard[2][:2] == ("result", code)
    assert [last for *_, last in ear.heard] == [False, False, True]
    assert waits.over


@pytest.mark.parametrize(
    ("refused", "unrecorded", "code"), [("mode: observe", "", 3), ("", "the disk is full", 1)]
)
def test_a_vigil_ends_where_nothing_begins(
    ground: Ground, refused: str, unrecorded: str, code: int
) -> None:
    ear, ward = Ear(), ground.roster.wards["one"]
    waits = vigil(ear, "one")
    waits.ask([ward])
    if not unrecorded:
        ward.inputs.clear()
    ward.refused = refused
    waits.looked(ward, unrecorded)
    assert ear.heard[-1][:2] == ("result", code)
    assert ward.inputs == []


def test_a_vigil_over_many_reports_each_and_the_worst(ground: Ground) -> None:
    ear, ward = Ear(), ground.roster.wards["one"]
    waits = vigil(ear, "one", "two")
    waits.ask(ground.roster.wards.values())
    assert all(
        one.inputs == [replace(ANN, rolling=True, beside=("one", "two"))]
        for one in ground.roster.wards.values()
    )
    ward.inputs.clear()
    ward.refused = "on hold by bob"
    ward.state = State(lease=Lease(99.0, "bob"))
    waits.looked(ward, "")
    assert ear.heard == [("progress", 0, "one: refused, on hold by bob until at 99", False)]
    waits.gone("two")
    assert ear.heard[-1] == ("result", 3, "two: it left the configuration", True)


def test_a_failure_ends_what_still_waits_for_its_turn(ground: Ground) -> None:
    ear, wards = Ear(), ground.roster.wards
    waits = vigil(ear, "one", "two")
    waits.ask(wards.values())
    for ward in wards.values():
        ward.inputs.clear()
    wards["one"].state = State(intent=Intent(goal=Goal.RESTART, serial=1, began=0.0))
    wards["two"].state = State(bid=Bid("", 1.0, 0.0, who="operator ann"))
    for ward in wards.values():
        waits.looked(ward, "")
    assert ear.heard == []
    waits.heard(event(What.RESTART_FAILED, closed=True))
    assert waits.withdrawn == ["two"]
    assert [text for _, _, text, _ in ear.heard] == [
        "two: not begun, one failed",
        "one: restart: failed  (svwatch why 5)",
    ]
    assert ear.heard[-1][:2] == ("result", 1)


def test_who_does_not_wait_hears_that_it_was_asked_for(ground: Ground) -> None:
    ear, ward = Ear(), ground.roster.wards["one"]
    waits = vigil(ear, "one", wait=False)
    ward.state = State(intent=Intent(goal=Goal.RESTART, serial=1, began=0.0))
    waits.looked(ward, "")
    assert ear.heard == [("result", 0, "one: begun", True)]


# --- times and gaps --------------------------------------------------------------------------


NOON = time.mktime((2026, 11, 23, 12, 0, 0, 0, 0, -1))


@pytest.mark.parametrize(
    ("words", "since"),
    [
        ("11:30", NOON - 1800),
        ("12:30", NOON + 1800 - 86400),
        ("2h", NOON - 7200),
        ("2h ago", NOON - 7200),
        ("2026-11-22", NOON - 36 * 3600),
        ("2026-11-23 11:00", NOON - 3600),
    ],
)
def test_since(words: str, since: float) -> None:
    assert parse_since(words, NOON) == since


def test_no_time_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="'soon' is no time"):
        parse_since("soon", NOON)


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (State(seen=True), "1 service changed meanwhile"),
        (State(), "1 service changed meanwhile"),
    ],
)
def test_a_gap_says_what_changed(now: State, says: str) -> None:
    known = State(seen=True, known=Known(process(7)[0].incarnation))
    own = Own(State())
    before = gap.after(7200.0, {"one": known, "two": known})
    assert before is not None
    gap.tell(before, {"one": now, "two": known}, own, Clock()())
    record, notice = own.owed
    assert says in str(record)
    assert "was up, is down" in str(record)
    assert notice


def test_a_short_absence_is_no_gap() -> None:
    assert gap.after(10.0, {"one": State(seen=True)}) is None


def test_nothing_changed_is_on_record_and_told_to_nobody() -> None:
    own = Own(State())
    before = gap.after(7200.0, {"one": State(seen=True)})
    assert before is not None
    gap.tell(before, {"one": State(seen=True)}, own, Clock()())
    assert len(own.owed) == 1


def test_a_place_that_names_a_directory_trusts_its_own_socket_only(tmp_path: Path) -> None:
    place = Place(str(tmp_path / "x.yaml"), str(tmp_path / "state"))
    assert place._first() is None
    assert place.state_dir == str(tmp_path / "state")
