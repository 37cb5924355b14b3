"""Workers that want another signal than TERM, or several, or are restarted by others."""

import grp
import os
import pwd
import signal

import pytest

from svwatch.core.ledger import What
from tests.live.rig import Rig, script, status
from tests.live.subject import Subject, alive
from tests.live.waiting import until

pytestmark = pytest.mark.live
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run commands as others")


def names(worker: Subject) -> list[str]:
    """Give the signals that its copies heard, CONT aside, which runsv sends after any order."""
    heard = [words[2].removeprefix("SIG") for words in worker.journal("signal")]
    return [name for name in heard if name != "CONT"]


LIMIT = """
    supervisor: runit
    rules: if totalmem > 60 MB for 2 cycles then restart
"""


def test_every_signal_that_runsv_can_send(rig: Rig) -> None:
    signals = ("QUIT", "INT", "USR1", "USR2", "HUP", "ALRM")
    workers = {name: rig.worker(name.lower(), "--on", name, "--children", "1") for name in signals}
    text = "".join(
        f"  {name.lower()}: {{supervisor: runit, stop_signal: {name}}}\n" for name in signals
    )
    rig.config("services:\n" + text, settle="0.2s")
    rig.up()
    olds = {name: worker.started(1) for name, worker in workers.items()}
    for worker in workers.values():
        until(lambda worker=worker: worker.journal("child"), "its child")  # type: ignore[misc]
    daemon = rig.watch()
    daemon.knows(*(name.lower() for name in signals))
    rig.ask("restart", *(name.lower() for name in signals))
    for name, worker in workers.items():
        assert names(worker) == [name]
        assert not alive(olds[name])
        child = int(worker.journal("child")[0][1])
        assert not alive(child), "what it left behind has the same signal"
        assert (worker.starts, worker.seconds) == (2, 0)
        assert (status(worker.service) or b"")[17:18] == b"u"


def test_a_ladder_under_runit(rig: Rig) -> None:
    worker = rig.worker("one", "--slow", "0.5")
    text = "services: {one: {supervisor: runit, stop_signal: [TSTP 1s, USR1 1s, TERM]}}\n"
    rig.config(text, settle="0.2s")
    rig.up()
    old = worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    rig.ask("restart", "one")
    assert names(worker) == ["TSTP", "USR1", "TERM"]
    assert set(worker.heard(signal.SIGTSTP)) == {old}
    assert (worker.starts, worker.seconds) == (2, 0)
    (event,) = daemon.events("one")
    told = [line.detail for line in event.lines if line.what == "told to end"]
    assert told == [f"TSTP to pid {old}", f"USR1 to pid {old}"]
    assert event.facts.stopped_after is not None
    assert event.facts.stopped_after > 2.4


def test_now_makes_a_ladder_short_and_kills(rig: Rig) -> None:
    worker = rig.worker("one", "--ignore")
    text = f"services:\n  one:{LIMIT}    stop_signal: [TSTP 20s, QUIT]\n"
    rig.config(text, settle="0.2s", stop_timeout="60s")
    rig.up()
    old = worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(80)
    until(lambda: names(worker) == ["TSTP"], "the first signal")
    rig.ask("restart", "one", "--now")
    daemon.event("one", What.RESTART_FIXED)
    assert names(worker) == ["TSTP", "QUIT"]
    assert not alive(old)
    assert (worker.starts, worker.seconds) == (2, 0)


def test_what_ends_at_the_first_signal_is_not_restarted_twice(rig: Rig) -> None:
    worker = rig.worker("one", "--on", "TSTP")
    text = "services: {one: {supervisor: runit, stop_signal: [TSTP 8s, TERM]}}\n"
    rig.config(text, settle="0.2s", stop_timeout="30s")
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    rig.ask("restart", "one")
    assert names(worker) == ["TSTP"]
    assert (worker.starts, worker.seconds) == (2, 0)
    assert [event.what for event in daemon.events("one")] == [What.RESTART_FIXED]


def test_a_ladder_is_gone_on_with_after_a_kill_of_svwatch(rig: Rig) -> None:
    worker = rig.worker("one")
    text = f"services:\n  one:{LIMIT}    stop_signal: [TSTP 3s, QUIT 1s, TERM]\n"
    rig.config(text, settle="0.2s", stop_timeout="30s")
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(80)
    until(lambda: names(worker) == ["TSTP"], "the first signal")
    daemon.end(signal.SIGKILL)
    daemon = rig.watch()
    daemon.event("one", What.RESTART_FIXED)
    assert names(worker) == ["TSTP", "QUIT", "TERM"]
    assert (worker.starts, worker.seconds) == (2, 0)


def test_sv_down_in_the_middle_of_a_ladder_stands(rig: Rig) -> None:
    worker = rig.worker("one")
    text = f"services:\n  one:{LIMIT}    stop_signal: [TSTP 8s, TERM]\n"
    rig.config(text, settle="0.2s", stop_timeout="30s")
    rig.up()
    worker.started(1)
    daemon = rig.watch()
    daemon.knows("one")
    worker.leak(80)
    until(lambda: names(worker) == ["TSTP"], "the first signal")
    rig.sv("down", "one")
    daemon.event("one", What.RESTART_WITHDRAWN)
    until(lambda: "down by hand" in rig.ask("status"), "the wish to be seen")
    assert worker.starts == 1


# --- pidfiles --------------------------------------------------------------------------------


def test_a_pidfile_daemon_without_a_stop_command(rig: Rig) -> None:
    worker = rig.subject("gentle", "--daemon", "--on", "INT")
    rig.config(
        f"services:\n  gentle:\n    pidfile: {worker.place}/pid\n    stop_signal: [USR1 1s, INT]\n"
        f"    start: {' '.join(worker.argv)}\n",
        start_after="0s",
        settle="0.2s",
    )
    daemon = rig.watch()
    old = worker.started(1)
    daemon.knows("gentle")
    daemon.event("gentle", What.START_FIXED)
    rig.ask("restart", "gentle")
    assert [name for name in names(worker) if name != "CONT"] == ["USR1", "INT"]
    assert not alive(old)
    assert (worker.starts, worker.seconds) == (2, 0)


def test_a_restart_command_is_used_and_verified(rig: Rig) -> None:
    worker = rig.subject("gentle", "--daemon", "--slow", "0.5")
    pid, start = worker.place / "pid", " ".join(worker.argv)
    again = script(
        rig.root / "bin/again",
        f"echo $SVWATCH_SERVICE >> {worker.place}/calls\nold=$(cat {pid})\nkill $old\n"
        f"while kill -0 $old 2>/dev/null; do sleep 0.05; done\nexec {start}",
    )
    rig.config(
        f"services:\n  gentle:\n    pidfile: {pid}\n    start: {start}\n    restart: {again}\n",
        start_after="0s",
        settle="0.2s",
    )
    daemon = rig.watch()
    old = worker.started(1)
    daemon.event("gentle", What.START_FIXED)
    rig.ask("restart", "gentle")
    assert (worker.place / "calls").read_text() == "gentle\n"
    assert not alive(old)
    assert (worker.starts, worker.seconds) == (2, 0)
    event = daemon.event("gentle", What.RESTART_FIXED)
    assert any(line.what.endswith("bin/again") for line in event.lines)

    again.write_text("#!/bin/sh\necho cannot >&2; exit 3\n")
    rig.config(
        f"services:\n  gentle:\n    pidfile: {pid}\n    start: {start}\n    restart: {again}\n",
        stop_timeout="1s",
    )
    rig.ask("reload")
    rig.ask("restart", "gentle", code=1)
    event = daemon.event("gentle", What.RESTART_FAILED)
    assert event.facts.exit == 3
    assert "still runs" in (event.facts.reason or "")
    assert any("cannot" in line.detail for line in event.lines)
    assert worker.starts == 2


def test_what_something_else_keeps_up_is_told_to_end_and_awaited(rig: Rig) -> None:
    # its supervisor is a shell, of which svwatch knows nothing
    worker = rig.subject("gentle", "--on", "QUIT")
    pid, argv = worker.place / "pid", " ".join(worker.argv)
    loop = f"while [ ! -e {worker.place}/over ]; do {argv} & echo $! > {pid}; wait $!; done"
    rig.start(str(script(rig.root / "bin/supervisor", loop)))
    rig.config(
        f"services:\n  gentle:\n    supervisor: external\n    pidfile: {pid}\n"
        "    stop_signal: QUIT\n    rules: if totalmem > 60 MB for 2 cycles then restart\n",
        start_after="0s",
        settle="0.2s",
    )
    old = worker.started(1)
    daemon = rig.watch()
    daemon.knows("gentle")
    worker.leak(80)
    event = daemon.event("gentle", What.RESTART_FIXED)
    assert names(worker) == ["QUIT"]
    assert event.facts.old
    assert event.facts.old.pid == old
    assert (worker.starts, worker.seconds) == (2, 0)

    (worker.place / "over").touch()
    worker.kill()
    event = daemon.event("gentle", What.DOWN)
    assert worker.starts == 2
    assert "its own supervisor" in rig.ask("restart", "gentle", code=3)


@AS_ROOT
def test_a_command_runs_with_all_groups_of_its_user(rig: Rig) -> None:
    found = with_groups()
    if found is None:
        pytest.skip("nobody on this host is in a supplementary group")
    user, groups = found
    place = rig.root / "run"
    place.mkdir()
    os.chown(place, user.pw_uid, user.pw_gid)
    start = script(
        rig.root / "bin/start",
        f"id -u > {place}/id; id -G >> {place}/id; echo $HOME $USER $MARK >> {place}/id\n"
        f"setsid sleep 600 >/dev/null 2>&1 </dev/null & echo $! > {place}/pid",
    )
    rig.config(
        f"services:\n  gentle:\n    pidfile: {place}/pid\n    as: {user.pw_name}\n"
        f"    env: {{MARK: mine}}\n    start: {start}\n",
        start_after="0s",
        settle="0.2s",
    )
    daemon = rig.watch()
    daemon.event("gentle", What.START_FIXED)
    uid, gids, environment = (place / "id").read_text().splitlines()
    assert int(uid) == user.pw_uid
    assert set(map(int, gids.split())) == groups
    assert environment.split() == [user.pw_dir, user.pw_name, "mine"]


def with_groups() -> tuple[pwd.struct_passwd, set[int]] | None:
    """Give a user who is in more than one group, and his groups."""
    for user in pwd.getpwall():
        groups = set(os.getgrouplist(user.pw_name, user.pw_gid))
        if user.pw_uid and len(groups) > 1 and grp.getgrgid(user.pw_gid):
            return user, groups
    return None
