"""What a service is ended by: stop_signal, restart:, supervisor: external; right and wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from svwatch.core.ladder import Rung
from svwatch.core.plan import Command, Service
from svwatch.lang.load import Loaded
from svwatch.lang.problem import show

Write = Callable[..., Loaded]

PIDFILE = "services:\n  web:\n    pidfile: /run/web.pid\n"
RUNIT = "services:\n  web:\n    supervisor: runit\n    service_dir: /nowhere/web\n"
EXTERNAL = "services:\n  web:\n    supervisor: external\n    pidfile: /run/web.pid\n"
RESTART = "    rules: if memory > 1 GB then restart\n"


def only(found: Loaded) -> Service:
    assert found.plan is not None, [show(problem) for problem in found.problems]
    (service,) = found.plan.services
    return service


def errors(found: Loaded) -> list[str]:
    return [show(problem) for problem in found.problems if not problem.warning]


@pytest.mark.parametrize(
    ("said", "ladder"),
    [
        ("QUIT", (Rung("QUIT"),)),
        ("sigint", (Rung("INT"),)),
        ("[TSTP 30s, TERM]", (Rung("TSTP", 30.0), Rung("TERM"))),
        ("[USR1 1m, SIGINT 10s, QUIT]", (Rung("USR1", 60.0), Rung("INT", 10.0), Rung("QUIT"))),
    ],
)
def test_one_signal_or_a_ladder(loaded: Write, said: str, ladder: tuple[Rung, ...]) -> None:
    found = loaded(RUNIT + f"    stop_timeout: 5m\n    stop_signal: {said}\n")
    assert only(found).stop_signal == only(found).ladder == ladder
    assert only(found).final == ladder[-1].name


def test_without_a_word_it_is_term(loaded: Write) -> None:
    service = only(loaded(RUNIT))
    assert service.stop_signal == ()
    assert service.ladder == (Rung("TERM"),)


@pytest.mark.parametrize(
    ("said", "what", "hint"),
    [
        ("QIUT", '"QIUT" is not known', 'did you mean "QUIT"?'),
        ("FOO", '"FOO" is not known', "it can be TERM, QUIT, INT, TSTP"),
        ("KILL", "KILL gives it no time to end", "kill_after: 30s"),
        ("TSTP", "TSTP makes a process quiet and ends none", "[TSTP 30s, TERM]"),
        ("TERM 30s", "TERM is the last and waits until stop_timeout", "stop_signal: TERM"),
        ("TSTP 30s, TERM", "several signals are a list", "[TSTP 30s, TERM]"),
        ("[TSTP, TERM]", "how long does TSTP wait before the next signal?", "TSTP 30s"),
        ("[TSTP 0s, TERM]", "how long does TSTP wait before the next signal?", "TSTP 30s"),
        ("[TSTP 30, TERM]", "stop_signal: ", "[TSTP 30s, TERM]"),
        ("[TSTP 10s, TERM 5s]", "TERM is the last and waits until stop_timeout", "TSTP 30s"),
        ("[TERM 10s, TSTP]", "TSTP makes a process quiet and ends none", ""),
        ("[TSTP 30s, TERM]", "TERM comes after 30s, but stop_timeout is 30s", "stop_timeout: 1m"),
        ("[]", '"stop_signal" is empty', "stop_signal: QUIT"),
        ("", '"stop_signal" is empty', ""),
        ("{a: b}", '"stop_signal" is a text', ""),
    ],
)
def test_what_is_no_way_to_end(loaded: Write, said: str, what: str, hint: str) -> None:
    (error,) = errors(loaded(RUNIT + f"    stop_signal: {said}\n"))
    assert error.startswith("svwatch.yaml:5:")
    assert what in error
    assert hint in error


def test_a_signal_serves_where_there_is_no_stop_command(loaded: Write) -> None:
    begin = PIDFILE + "    start: /bin/true\n" + RESTART
    (error,) = errors(loaded(begin))
    assert "needs a command: stop: give it or stop_signal:" in error
    service = only(loaded(begin + "    stop_signal: INT\n"))
    assert (service.stop, service.final) == (None, "INT")


def test_beside_a_stop_command_it_is_for_what_that_leaves_behind(loaded: Write) -> None:
    begin = PIDFILE + "    start: /bin/true\n    stop: /bin/true\n    stop_timeout: 2m\n"
    found = loaded(begin + "    stop_signal: INT\n")
    assert only(found).final == "INT"
    assert found.plan is not None
    assert any("goes to what that leaves behind" in remark for remark in found.plan.remarks)
    (error,) = errors(loaded(begin + "    stop_signal: [TSTP 30s, TERM]\n"))
    assert "these signals would never be sent" in error


# --- restart: --------------------------------------------------------------------------------


def test_a_restart_command_may_do_it_all(loaded: Write) -> None:
    service = only(
        loaded(PIDFILE + "    restart: /bin/true again\n    stop_timeout: 1m\n" + RESTART)
    )
    # stop_timeout and start_timeout together, since it does both
    assert service.restart == Command(("/bin/true", "again"), timeout=90.0)
    assert [rule.key for rule in service.rules if rule.where == "built in"] == [
        "if not exist then alert"
    ]


def test_a_restart_command_has_a_user_an_environment_and_a_timeout(loaded: Write) -> None:
    said = "{command: /bin/true, as: root, timeout: 5s, env: {A: b}}"
    service = only(loaded(PIDFILE + f"    env: {{C: d}}\n    restart: {said}\n"))
    assert service.restart == Command(("/bin/true",), "root", 5.0, (("C", "d"), ("A", "b")))


def test_restart_now_and_start_need_more_than_a_restart_command(loaded: Write) -> None:
    begin = PIDFILE + "    restart: /bin/true\n    rules: if memory > 1 GB then "
    (error,) = errors(loaded(begin + "restart now\n"))
    assert "needs a command: start and stop" in error
    (error,) = errors(loaded(begin + "start\n"))
    assert "needs a command: start" in error


def test_under_runit_restart_is_its_own_affair(loaded: Write) -> None:
    (error,) = errors(loaded(RUNIT + "    restart: /bin/true\n"))
    assert "under runit restart is runit's own affair" in error


# --- supervisor: external --------------------------------------------------------------------


def test_an_external_supervisor_needs_a_pidfile_and_no_commands(loaded: Write) -> None:
    service = only(loaded(EXTERNAL + "    stop_signal: QUIT\n" + RESTART))
    assert (service.external, service.pidfile, service.final) == (True, "/run/web.pid", "QUIT")
    assert not service.runit
    assert service.rules[-1].key == "if not exist then alert"


@pytest.mark.parametrize(
    ("more", "what", "hint"),
    [
        ("    start: /bin/true\n", "svwatch runs no start command", "remove start:"),
        ("    stop: /bin/true\n", "svwatch runs no stop command", "stop_signal:"),
        ("    restart: /bin/true\n", "svwatch runs no restart command", "remove restart:"),
        ("    rules: if not exist then start\n", '"then start": an external', "then alert"),
        ("    rules: if memory > 1 GB then stop\n", '"then stop": its external', "unmonitor"),
        ("    service_dir: /sv/web\n", "service_dir is runit's", "supervisor: runit"),
    ],
)
def test_what_an_external_supervisor_does_itself(
    loaded: Write, more: str, what: str, hint: str
) -> None:
    (error,) = errors(loaded(EXTERNAL + more))
    assert what in error
    assert hint in error


def test_an_external_supervisor_is_found_by_its_pidfile_only(loaded: Write, tmp_path: Path) -> None:
    (error,) = errors(loaded("services: {web: {supervisor: external}}"))
    assert "supervisor: external needs a pidfile" in error
    (tmp_path / "supervise").mkdir()
    (tmp_path / "run").touch()
    said = f"{{supervisor: external, pidfile: {tmp_path}/supervise/pid}}"
    (error,) = errors(loaded(f"services: {{web: {said}}}"))
    assert "this pidfile is runit's own: supervisor: runit" in error


@pytest.mark.parametrize("name", ["systemd", "docker", "s6", "supervisord"])
def test_other_supervisors_are_external(loaded: Write, name: str) -> None:
    (error,) = errors(loaded(f"services: {{web: {{supervisor: {name}, pidfile: /run/x.pid}}}}"))
    assert "supervisor: external, and its pidfile:" in error
