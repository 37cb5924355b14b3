"""Real children: what they are given, how they end, and that they need nobody to end well."""

import os
import resource
import select
import signal
import sys
from pathlib import Path

import pytest

from svwatch.shell.newborn import AT_START
from svwatch.shell.signals import start_of
from svwatch.shell.spawn import Child, Ending, Failed, abandon, reap, spawn

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")


def ended(child: Child | Failed) -> Ending:
    assert isinstance(child, Child), child
    assert child.pidfd is not None
    assert select.select([child.pidfd], [], [], 20)[0], "the child did not end"
    ending = reap(child)
    assert ending is not None
    return ending


def say(tmp_path: Path, script: str, **kind: object) -> str:
    out = tmp_path / "out"
    child = spawn([sys.executable, "-Sc", script], output_path=str(out), **kind)  # type: ignore[arg-type]
    assert ended(child) == Ending(0), out.read_text()
    return out.read_text().strip()


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", -9), ("kill -15 $$", -15)]
)
def test_exit_codes_and_signals_are_told_apart(script: str, code: int) -> None:
    assert ended(spawn(["/bin/sh", "-c", script])) == Ending(code)


def test_a_child_is_known_by_pid_and_start() -> None:
    read, write = os.pipe()
    child = spawn(["/bin/cat"], stdin=read)
    assert isinstance(child, Child)
    start = start_of(child.pid)
    assert start is not None
    assert child.incarnation.ticks == start.ticks > 0
    assert reap(child) is None, "it lives: it waits for its stdin"
    os.close(write)
    os.close(read)
    assert ended(child) == Ending(0)


def test_what_cannot_be_run_says_why(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("echo hi\n")
    cases: list[tuple[list[str], dict[str, str], str]] = [
        (["/nonexistent/x"], {}, "cannot run /nonexistent/x: "),
        (["no-such-program-anywhere"], {}, "No such file or directory"),
        ([str(plain)], {}, "Permission denied"),
        (["true"], {"cwd": "/nonexistent"}, "/nonexistent: No such file or directory"),
        (["true"], {"user": "nobody-of-that-name"}, "there is no user 'nobody-of-that-name'"),
        (["true", "a\0b"], {}, "null byte"),
    ]
    for argv, kind, why in cases:
        ending = ended(spawn(argv, **kind))  # type: ignore[arg-type]
        assert ending.exit == 127
        assert why in ending.error


def test_no_output_file_no_child(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path in (tmp_path / "no" / "dir", tmp_path / "link"):
        failed = spawn(["true"], output_path=str(path))
        assert isinstance(failed, Failed)
        assert str(path) in failed.why
    assert not (tmp_path / "elsewhere").exists()


def test_the_environment_is_fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    told = say(tmp_path, "import os; print(sorted(os.environ))", env={"RAILS_ENV": "production"})
    fixed = ["HOME", "LANG", "LOGNAME", "PATH", "RAILS_ENV", "SHELL", "USER"]
    assert told == repr(fixed)


def test_signals_are_default_and_unblocked(tmp_path: Path) -> None:
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    try:
        child = spawn(["/bin/cat", "/proc/self/status"], output_path=str(tmp_path / "out"))
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == {signal.SIGUSR1}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGHUP, old)
    assert ended(child) == Ending(0)
    status = dict(line.split(":\t", 1) for line in (tmp_path / "out").read_text().splitlines())
    # 32 and 33 are the C library's own: below make, which uses posix_spawn, they come ignored
    masks = [int(status[key], 16) & ~(3 << 31) for key in ("SigBlk", "SigIgn", "SigCgt")]
    assert masks == [0, 0, 0]


def test_session_umask_directory_and_stdin(tmp_path: Path) -> None:
    script = (
        "import os; print(os.getsid(0) == os.getpid(), oct(os.umask(0)), os.getcwd(),"
        "os.readlink('/proc/self/fd/0'))"
    )
    old = os.umask(0o077)
    told = say(tmp_path, script, cwd="/usr")
    os.umask(old)
    assert told == "True 0o22 /usr /dev/null"
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600


def test_no_descriptor_leaks_into_the_child(tmp_path: Path) -> None:
    leak = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(leak, True)
    child = spawn(["/bin/ls", "/proc/self/fd"], output_path=str(tmp_path / "out"))
    assert ended(child) == Ending(0)
    os.close(leak)
    # 3 is the directory that ls itself reads
    assert (tmp_path / "out").read_text().split() == ["0", "1", "2", "3"]


def test_no_descriptor_stays_with_us() -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    ended(spawn(["true"]))
    ended(spawn(["/nonexistent"]))
    assert isinstance(spawn(["true"], output_path="/nonexistent/x"), Failed)
    assert count() == before


def test_limits_are_those_of_our_own_start(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    adjustment = Path("/proc/self/oom_score_adj")
    was = adjustment.read_text()
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[0] - 1, limits[1]))
        adjustment.write_text(str(min(1000, int(was) + 7)))
        told = say(
            tmp_path,
            "import resource as r; print(r.getrlimit(r.RLIMIT_NOFILE)[0],"
            "open('/proc/self/oom_score_adj').read())",
        )
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        if os.geteuid() == 0:
            adjustment.write_text(was)
    expected = was if os.geteuid() == 0 else adjustment.read_text()
    assert told.split() == [str(AT_START.nofile), expected.strip()]


@as_root
def test_a_user_comes_with_uid_gid_and_groups(tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = "grep -E '^(Uid|Gid|Groups)' /proc/self/status; echo $HOME $USER"
    child = spawn(["/bin/sh", "-c", script], user="nobody", output_path=str(out))
    assert ended(child) == Ending(0)
    group = "65534"
    told = ["Uid:", *[group] * 4, "Gid:", *[group] * 4, "Groups:", group]
    assert out.read_text().split() == [*told, "/nonexistent", "nobody"]


@as_root
def test_only_root_may_become_somebody_else(tmp_path: Path) -> None:
    # A helper that has become nobody tries to become root again.
    script = (
        "from svwatch.shell.spawn import *; import os\n"
        "os.setresuid(65534, 65534, 65534)\n"
        "child = spawn(['true'], user='root')\n"
        "os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)\n"
        "print(reap(child))"
    )
    read, write = os.pipe()
    child = spawn([sys.executable, "-c", script], stdout=write)
    os.close(write)
    assert ended(child) == Ending(0)
    told = os.read(read, 4096).decode()
    os.close(read)
    assert "cannot run true as root: Operation not permitted" in told


def test_stdin_and_stdout_can_be_pipes() -> None:
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    child = spawn(["/bin/cat"], stdin=to_read, stdout=from_write)
    os.close(to_read)
    os.close(from_write)
    os.write(to_write, b"hello\n")
    os.close(to_write)
    assert ended(child) == Ending(0)
    assert os.read(from_read, 100) == b"hello\n"
    assert os.read(from_read, 100) == b"", "nobody else holds the write end"
    os.close(from_read)


def test_a_command_survives_the_death_of_its_spawner(tmp_path: Path) -> None:
    """Kill -9 of svwatch must not keep a stop program from finishing its work."""
    gate, out = tmp_path / "gate", tmp_path / "out"
    os.mkfifo(gate)
    work = f"echo begun; read line < {gate}; echo still here; echo done > {tmp_path}/done"
    script = (
        "import os, signal\nfrom svwatch.shell.spawn import spawn\n"
        f"child = spawn(['/bin/sh', '-c', {work!r}], output_path={str(out)!r})\n"
        "print(child.pid, flush=True)\n"
        "signal.pause()\n"
    )
    read, write = os.pipe()
    spawner = spawn([sys.executable, "-c", script], stdout=write)
    os.close(write)
    assert isinstance(spawner, Child)
    pid = int(os.read(read, 100))
    os.close(read)
    watch = os.pidfd_open(pid)
    assert spawner.pidfd is not None
    signal.pidfd_send_signal(spawner.pidfd, signal.SIGKILL)
    assert ended(spawner) == Ending(-9)
    gate.write_text("go\n")  # the open waits until the command reads: it lives
    assert select.select([watch], [], [], 20)[0]
    os.close(watch)
    assert (tmp_path / "done").read_text() == "done\n"
    assert out.read_text() == "begun\nstill here\n"


def test_signals_do_not_reach_the_daemon_through_its_child(tmp_path: Path) -> None:
    """A child that is told to end before it became its program must not tell us to end."""
    read, write = os.pipe2(os.O_NONBLOCK)
    old = signal.signal(signal.SIGTERM, lambda *_: None)
    previous = signal.set_wakeup_fd(write)
    try:
        for _ in range(20):
            child = spawn(["/bin/sleep", "20"])
            assert isinstance(child, Child)
            assert child.pidfd is not None
            signal.pidfd_send_signal(child.pidfd, signal.SIGTERM)
            assert ended(child) == Ending(-15)
        with pytest.raises(BlockingIOError):
            os.read(read, 1)
    finally:
        signal.set_wakeup_fd(previous)
        signal.signal(signal.SIGTERM, old)
        os.close(read)
        os.close(write)


def test_an_abandoned_child_goes_on() -> None:
    read, write = os.pipe()
    child = spawn(["/bin/cat"], stdin=read)
    os.close(read)
    assert isinstance(child, Child)
    abandon(child)
    os.close(write)
    result = os.waitid(os.P_PID, child.pid, os.WEXITED)
    assert result is not None
    assert result.si_status == 0
