"""The control socket over real connections: who is let in, and that nobody holds it up."""

import os
import resource
import select
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from svwatch.shell.client import _await, _Patience, _send, ask
from svwatch.shell.control import MOST, Control, NoSocket, listen
from svwatch.shell.peer import Peer, group_id, may_speak
from svwatch.shell.spawn import Child, Ending, reap, spawn
from svwatch.shell.wire import LONGEST, Bad, Call, Reply, read_reply, to_line

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "run/control")


def opened(path: str, group: str | None = None) -> Control:
    control = listen(path, group)
    assert isinstance(control, Control), control
    return control


@pytest.fixture
def control(path: str) -> Iterator[Control]:
    control = opened(path)
    yield control
    control.close()


def dial(path: str) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.connect(path)
    line.settimeout(20)
    return line


def turn(control: Control) -> list[tuple[Peer, Call]]:
    """Do what the loop does until nothing is left to do; give what was asked."""
    asked: list[tuple[Peer, Call]] = []
    while True:
        readable, writable, _ = select.select(control.filenos(), control.blocked(), [], 0)
        if not readable and not writable:
            return asked
        for fd in readable:
            asked += control.readable(fd)
        for fd in writable:
            control.writable(fd)


def hear(line: socket.socket) -> list[Reply]:
    """Read to the end, or as much as was sent."""
    line.setblocking(False)
    heard = b""
    try:
        while received := line.recv(1 << 20):
            heard += received
    except BlockingIOError:
        line.settimeout(20)
    replies = [read_reply(text) for text in heard.splitlines()]
    assert not any(isinstance(reply, Bad) for reply in replies), replies
    return [reply for reply in replies if isinstance(reply, Reply)]


def test_a_call_comes_with_its_caller_and_gets_its_answers(control: Control, path: str) -> None:
    with dial(path) as line:
        line.sendall(to_line(Call("restart", ("dj",), {"wait": True})))
        ((peer, call),) = turn(control)
        assert call == Call("restart", ("dj",), {"wait": True})
        assert (peer.pid, peer.uid) == (os.getpid(), os.geteuid())
        assert control.reply(peer.conn, Reply("progress", text="stopping"), last=False)
        assert control.reply(peer.conn, Reply("result", text="done"))
        assert [reply.text for reply in hear(line)] == ["stopping", "done"]


def test_the_socket_is_closed_to_others(control: Control, path: str) -> None:
    mode = Path(path).lstat().st_mode
    assert stat.S_ISSOCK(mode)
    assert mode & 0o777 == 0o600


def test_closing_takes_the_socket_away(path: str) -> None:
    opened(path).close()
    assert not Path(path).exists()


def test_a_socket_in_use_is_left_alone(control: Control, path: str) -> None:
    second = listen(path)
    assert second == NoSocket(f"{path}: another svwatch listens there")
    with dial(path) as line:
        line.sendall(to_line(Call("status")))
        assert len(turn(control)) == 1


def test_a_stale_socket_is_replaced(path: str) -> None:
    Path(path).parent.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(path)
    opened(path).close()


def test_nothing_but_a_socket_is_ever_removed(path: str) -> None:
    Path(path).parent.mkdir()
    Path(path).write_text("precious")
    assert listen(path) == NoSocket(f"{path} is there and is not a socket")
    assert Path(path).read_text() == "precious"


def test_anothers_socket_is_not_taken_away(path: str) -> None:
    first = opened(path)
    Path(path).unlink()
    second = opened(path)
    first.close()
    assert Path(path).exists()
    second.close()


def test_places_that_will_not_do(tmp_path: Path) -> None:
    long = listen(f"{tmp_path}/{'x' * 120}")
    assert isinstance(long, NoSocket)
    assert "107 are possible" in long.why
    assert listen(f"{tmp_path}/s", "no-such-group-here") == NoSocket(
        "control_group: there is no group 'no-such-group-here'"
    )
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    shared = listen(f"{tmp_path}/open/s")
    assert isinstance(shared, NoSocket)
    assert "chmod go-w" in shared.why


@pytest.mark.parametrize(
    "line", [b"restart dj", b"{}", b"[" * 5000, b'{"verb":1}', b"\xff\xfe", b'{"verb":"x"']
)
def test_a_malformed_request_is_answered_and_handed_to_nobody(
    control: Control, path: str, line: bytes
) -> None:
    with dial(path) as caller:
        caller.sendall(line + b"\n" + to_line(Call("status")))
        ((_, call),) = turn(control)
        assert call.verb == "status", "the line behind it is read"
        (reply,) = hear(caller)
        assert (reply.kind, reply.code) == ("error", 2)
        assert reply.text.startswith("not a request: ")


def test_an_endless_request_is_answered_and_hung_up_on(control: Control, path: str) -> None:
    with dial(path) as caller:
        caller.sendall(b"x" * (LONGEST + 1))
        assert turn(control) == []
        assert [reply.text for reply in hear(caller)] == ["a request of more than 65536 bytes"]
        with pytest.raises(BrokenPipeError):
            caller.sendall(b"x")
        assert len(control.filenos()) == 1


def test_the_end_of_input_ends_the_last_line(control: Control, path: str) -> None:
    """`printf '{"verb":"status"}' | nc -U` has no newline, and still wants its answer."""
    with dial(path) as caller:
        caller.sendall(b'{"verb":"status"}')
        caller.shutdown(socket.SHUT_WR)
        ((peer, call),) = turn(control)
        assert call == Call("status")
        assert len(control.filenos()) == 1, "its end is read once, not for ever"
        assert control.reply(peer.conn, Reply("result", text="ok"))
        assert [reply.text for reply in hear(caller)] == ["ok"]
        assert caller.recv(1) == b"", "and then we hang up"


def test_a_caller_who_left_is_no_trouble(control: Control, path: str) -> None:
    with dial(path) as caller:
        caller.sendall(to_line(Call("restart", ("dj",))))
        ((peer, _),) = turn(control)
    turn(control)
    assert not control.reply(peer.conn, Reply("result"))
    assert not control.reply(peer.conn, Reply("result"))
    assert len(control.filenos()) == 1


def test_an_answer_never_reaches_a_later_caller(control: Control, path: str) -> None:
    with dial(path) as first:
        first.sendall(to_line(Call("restart")))
        ((old, _),) = turn(control)
    turn(control)
    control.reply(old.conn, Reply("result"))
    with dial(path) as second:
        second.sendall(to_line(Call("status")))
        ((new, _),) = turn(control)
        assert new.conn != old.conn
        control.reply(old.conn, Reply("result", text="not yours"))
        control.reply(new.conn, Reply("result", text="yours"))
        assert [reply.text for reply in hear(second)] == ["yours"]


def test_a_caller_who_does_not_read_is_dropped_not_waited_for(control: Control, path: str) -> None:
    with dial(path) as deaf, dial(path) as other:
        deaf.sendall(to_line(Call("status")))
        ((peer, _),) = turn(control)
        page = Reply("progress", text="x" * 100_000)
        sent = [control.reply(peer.conn, page, last=False) for _ in range(30)]
        assert sent[0]
        assert not sent[-1]
        other.sendall(to_line(Call("status")))
        assert [call.verb for _, call in turn(control)] == ["status"]


def test_a_large_answer_arrives_whole_at_a_slow_reader(control: Control, path: str) -> None:
    with dial(path) as slow:
        slow.sendall(to_line(Call("status")))
        ((peer, _),) = turn(control)
        assert control.reply(peer.conn, Reply("result", text="x" * 3_000_000))
        assert len(control.blocked()) == 1
        heard = b""
        while not heard.endswith(b"\n"):
            heard += slow.recv(1 << 16)
            turn(control)
        assert heard == to_line(Reply("result", text="x" * 3_000_000))


def test_silent_callers_do_not_keep_others_out(control: Control, path: str) -> None:
    silent = [dial(path) for _ in range(MOST)]
    turn(control)
    assert len(control.filenos()) == 1 + MOST
    with dial(path) as caller:
        caller.sendall(to_line(Call("status")))
        assert len(turn(control)) == 1
        assert len(control.filenos()) == 1 + MOST
        assert silent[0].recv(1) == b"", "the oldest made room"
    for line in silent:
        line.close()


def test_callers_who_wait_for_an_answer_keep_their_place(control: Control, path: str) -> None:
    waiting = []
    for _ in range(MOST):
        waiting.append(dial(path))
        waiting[-1].sendall(to_line(Call("restart")))
        assert len(turn(control)) == 1
    with dial(path) as one_too_many:
        assert turn(control) == []
        (reply,) = hear(one_too_many)
        assert (reply.kind, reply.code) == ("error", 3)
        assert reply.text == "too many connections (64)"
    for line in waiting:
        line.close()


def test_without_descriptors_callers_are_turned_away(control: Control, path: str) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    caller = dial(path)
    free = os.dup(0)  # the lowest that is free
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            os.dup(0)
        control.readable(control.filenos()[0])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert caller.recv(1) == b""
    caller.close()
    assert turn(control) == [], "and it does not ring for ever"
    with dial(path) as later:
        later.sendall(to_line(Call("status")))
        assert len(turn(control)) == 1


# --- who may speak ---------------------------------------------------------------------------


def test_groups_are_looked_up() -> None:
    assert group_id("root") == 0
    assert group_id("0") == 0
    assert group_id("no-such-group-here") is None
    assert group_id("99999999999999999999") is None


def test_may_speak() -> None:
    def peer(uid: int, gid: int, user: str) -> Peer:
        return Peer(1, 1, uid, gid, user)

    assert may_speak(peer(0, 0, "root"), None)
    assert may_speak(peer(os.geteuid(), 5, "me"), None)
    assert not may_speak(peer(65534, 0, "nobody"), None)
    assert not may_speak(peer(65534, 0, "nobody"), "root")
    assert not may_speak(peer(65534, 0, "nobody"), "no-such-group-here")
    assert may_speak(peer(65534, 1, "nobody"), "nogroup"), "by primary group"
    assert may_speak(peer(4_000_000, 65534, "4000000"), "nogroup"), "a uid without a name"


STRANGER = """
import os, socket, sys
os.setgroups([]); os.setresgid({gid}, {gid}, {gid}); os.setresuid({uid}, {uid}, {uid})
line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
try:
    line.connect({path!r})
    line.sendall(b'{{"verb":"status"}}\\n')
except (PermissionError, BrokenPipeError) as error:
    print(type(error).__name__)
print(line.recv(1000).decode())
"""


def stranger(control: Control, path: str, uid: int, gid: int) -> tuple[list[Call], str]:
    """Call as somebody else; give what reached us, and what they were told."""
    read, write = os.pipe()
    script = STRANGER.format(path=path, uid=uid, gid=gid)
    child = spawn([sys.executable, "-Sc", script], stdout=write)
    os.close(write)
    assert isinstance(child, Child)
    assert child.pidfd is not None
    asked: list[tuple[Peer, Call]] = []
    while not select.select([child.pidfd], [], [], 0)[0]:
        select.select([child.pidfd, *control.filenos()], [], [], 20)
        for peer, call in turn(control):
            asked.append((peer, call))
            control.reply(peer.conn, Reply("result", text=f"welcome {peer.user}"))
    assert reap(child) is not None
    told = os.read(read, 4096).decode()
    os.close(read)
    return [call for _, call in asked], told


@as_root
def test_a_stranger_is_told_so_and_changes_nothing(control: Control, path: str) -> None:
    for parent in Path(path).parents:
        if parent.stat().st_mode & 0o005 != 0o005:
            parent.chmod(0o755)
    Path(path).chmod(0o666)  # an administrator's mistake
    asked, told = stranger(control, path, 65534, 65534)
    assert asked == []
    assert '"kind":"error","code":3' in told
    assert "nobody may not: root, the user of svwatch may" in told


@as_root
def test_the_group_may_speak_and_others_cannot_even_connect(path: str) -> None:
    control = opened(path, "nogroup")
    for parent in Path(path).parents:
        if parent.stat().st_mode & 0o005 != 0o005:
            parent.chmod(0o755)
    found = Path(path).lstat()
    assert (found.st_mode & 0o777, found.st_gid) == (0o660, 65534)
    asked, told = stranger(control, path, 65534, 65534)
    assert asked == [Call("status")]
    assert "welcome nobody" in told
    asked, told = stranger(control, path, 2, 2)
    assert asked == []
    assert "PermissionError" in told
    control.close()


# --- the client ------------------------------------------------------------------------------

CLIENT = """
from svwatch.shell.client import _await, _send, ask
from svwatch.shell.wire import Call
print(ask({path!r}, Call("restart", ("dj",)), lambda r: print(r.text, flush=True), {timeout!r}))
"""


class Asking:
    """A client in a process of its own."""

    def __init__(self, path: str, timeout: float | None) -> None:
        self._read, write = os.pipe()
        script = CLIENT.format(path=path, timeout=timeout)
        child = spawn([sys.executable, "-c", script], stdout=write)
        os.close(write)
        assert isinstance(child, Child)
        assert child.pidfd is not None
        self.child, self.pidfd = child, child.pidfd

    def line(self) -> str:
        text = b""
        while not text.endswith(b"\n") and (received := os.read(self._read, 1)):
            text += received
        return text.decode().strip()

    def end(self) -> str:
        assert select.select([self.pidfd], [], [], 20)[0]
        text = self.line()
        assert reap(self.child) == Ending(0), text
        os.close(self._read)
        return text


def request(control: Control) -> Peer:
    """Wait for the one request."""
    while True:
        assert select.select(control.filenos(), [], [], 20)[0]
        for peer, _ in turn(control):
            return peer


def test_the_client_hears_progress_and_the_verdict(control: Control, path: str) -> None:
    client = Asking(path, None)
    peer = request(control)
    control.reply(peer.conn, Reply("progress", text="dj: stopping"), last=False)
    assert client.line() == "dj: stopping"
    control.reply(peer.conn, Reply("result", 0, "dj: restarted"))
    assert "kind='result', code=0, text='dj: restarted'" in client.end()


def test_ctrl_c_detaches(control: Control, path: str) -> None:
    client = Asking(path, None)
    peer = request(control)
    control.reply(peer.conn, Reply("progress", text="dj: stopping"), last=False)
    client.line()
    signal.pidfd_send_signal(client.pidfd, signal.SIGINT)
    assert "code=130, text='detached; what was asked goes on'" in client.end()


def test_a_daemon_that_dies_is_told(path: str) -> None:
    control = opened(path)
    client = Asking(path, None)
    request(control)
    control.close()
    assert "code=1, text='svwatch ended before it answered'" in client.end()


def test_no_daemon_is_none(path: str, control: Control) -> None:
    assert ask(f"{path}.none", Call("status")) is None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(f"{path}.dead")
    assert ask(f"{path}.dead", Call("status")) is None


def test_a_silent_daemon_runs_into_the_timeout(control: Control, path: str) -> None:
    reply = ask(path, Call("status"), timeout=0.05)
    assert reply == Reply("error", 5, "no answer within 0.05 s; what was asked goes on")


def test_a_path_too_long_is_explained(tmp_path: Path) -> None:
    reply = ask(f"{tmp_path}/{'x' * 120}", Call("status"))
    assert reply is not None
    assert reply.code == 3
    assert "107 are possible" in reply.text


def test_the_client_reads_why_it_was_turned_away() -> None:
    """Turned away before it spoke: its own write fails, and the reason is there all the same."""
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(to_line(Reply("error", 3, "nobody may not")))
        theirs.close()
        _send(ours, Call("status"))
        assert _await(ours, _Patience(None, None), None).text == "nobody may not"


def test_a_daemon_that_dies_before_it_listened_is_told() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        _send(ours, Call("status"))
        theirs.close()  # with our call unread: that is a reset
        assert _await(ours, _Patience(None, None), None).text == "svwatch ended before it answered"


def test_half_an_answer_is_none() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(b"x" * 1000)
        theirs.close()
        reply = _await(ours, _Patience(None, None), None)
    assert reply == Reply("error", 1, "svwatch ended before it answered")


def test_what_is_not_svwatch_is_told(path: str) -> None:
    Path(path).parent.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen()
        client = Asking(path, 20.0)
        line, _ = listener.accept()
        line.sendall(b"HTTP/1.1 400 Bad Request\r\n")
        assert "not an answer of svwatch" in client.end()
        line.close()
