"""The rig itself, against runit alone: what the other live tests rest on must be true."""

import os
import signal
import smtplib

import pytest

from tests.live.keeper import descendants
from tests.live.post import Post, body
from tests.live.rig import Rig, leftovers, script, status
from tests.live.subject import alive
from tests.live.waiting import TooLateError, throughout, until

pytestmark = pytest.mark.live


def test_a_worker_lives_and_ends_under_runit(rig: Rig) -> None:
    worker = rig.worker("one", "--children", "2")
    rig.up()
    first = worker.started(1)
    until(lambda: len(worker.journal("child")) == 2, "two children")
    raw = status(worker.service)
    assert raw is not None
    assert int.from_bytes(raw[12:16], "little") == first
    worker.kill()
    second = worker.started(2)
    assert first != second
    assert not alive(first)
    assert worker.seconds == 0


def test_a_second_copy_is_noticed(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.up()
    worker.started(1)
    rig.start(*worker.argv)
    until(lambda: worker.seconds == 1, "the second copy to notice")
    assert worker.starts == 2


def test_a_worker_can_ignore_and_be_slow(rig: Rig) -> None:
    deaf, slow = rig.worker("deaf", "--ignore"), rig.worker("slow", "--slow", "1")
    rig.up()
    deaf.started(1)
    slow.started(1)
    rig.sv("down", "deaf", "slow")
    until(lambda: deaf.heard() == [deaf.pid], "TERM to arrive")
    until(lambda: slow.journal("end"), "the slow one to end")
    assert deaf.alive


def test_a_leak_is_memory(rig: Rig) -> None:
    worker = rig.worker("one")
    rig.up()
    pid = worker.started(1)

    def resident() -> int:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    assert resident() < 30 << 20
    worker.leak(60)
    until(lambda: resident() > 60 << 20, "60 MB to be taken")
    worker.kill()
    pid = worker.started(2)
    throughout(lambda: resident() < 30 << 20, "a new copy begins small", seconds=0.3)


def test_daemons_cannot_escape(rig: Rig) -> None:
    daemon = rig.subject("gone", "--daemon")
    starter = rig.start(*daemon.argv)
    daemon.started(1)
    until(lambda: rig.keeper.code(starter) == 0, "the starter to end")
    assert daemon.pid in rig.keeper.alive()
    assert int((daemon.place / "pid").read_text()) == daemon.pid
    assert leftovers(rig.root) != []
    rig.keeper.end()
    assert not alive(daemon.pid)


def test_teardown_ends_what_does_not_want_to_end(rig: Rig) -> None:
    deaf = rig.worker("deaf", "--ignore", "--children", "3")
    rig.up()
    deaf.started(1)
    until(lambda: len(deaf.journal("child")) == 3, "three children")
    pids = rig.keeper.alive()
    rig.keeper.end()
    assert not any(alive(pid) for pid in pids)
    assert leftovers(rig.root) == []


def test_output_and_exit_codes_come_back(rig: Rig) -> None:
    path = script(rig.root / "bin/talk", "echo hello\nexit 7")
    pid = rig.start(str(path))
    until(lambda: rig.keeper.code(pid) is not None, "the script to end")
    assert rig.keeper.code(pid) == 7
    assert (rig.root / "out/talk").read_text() == "hello\n"
    pid = rig.start("sleep", "60")
    os.kill(pid, signal.SIGKILL)
    until(lambda: rig.keeper.code(pid) == -signal.SIGKILL, "the sleeper to be killed")
    assert pid not in descendants(os.getpid())


def test_mail_arrives_and_an_outage_refuses_it(post: Post) -> None:
    def send(text: str) -> None:
        with smtplib.SMTP("127.0.0.1", post.port, timeout=5) as client:
            client.sendmail("a@example.net", ["b@example.net"], text)

    with pytest.raises(ConnectionRefusedError):
        send("")
    for number in ("one", "two"):
        post.open()
        send(f"Subject: {number}\r\n\r\ntext\r\n")
        post.close()
    assert post.subjects == ["one", "two"]
    assert body(post.mails[0]).strip() == "text"


def test_waiting_ends() -> None:
    with pytest.raises(TooLateError, match=r"waited 0\.05 s for the moon"):
        until(lambda: False, "the moon", seconds=0.05)
    with pytest.raises(AssertionError, match="never"):
        throughout(lambda: False, "never", seconds=0.05)
