"""Files to a plan: members, layers, targets, commands, secrets, permissions."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svwatch.core.level import Level
from svwatch.core.plan import Group, Plan, Service, Share, Survivors
from svwatch.lang.load import Loaded, full_name, load
from svwatch.lang.problem import show

Write = Callable[..., Loaded]


def plan(found: Loaded) -> Plan:
    assert found.plan is not None, [show(problem) for problem in found.problems]
    return found.plan


def only(found: Loaded) -> Service:
    (service,) = plan(found).services
    return service


def errors(found: Loaded) -> list[str]:
    return [show(problem) for problem in found.problems if not problem.warning]


def test_the_smallest_service_has_every_default(loaded: Write) -> None:
    service = only(loaded("services: {web: {supervisor: runit, service_dir: /nowhere/web}}"))
    key = "if not exist then alert"
    (rule,) = service.rules
    assert (rule.key, rule.text, rule.where) == (key, key, "built in")
    assert msgspec.structs.replace(service, rules=()) == Service(
        name="web",
        where="svwatch.yaml:1",
        service_dir="/nowhere/web",
        interval=5.0,
        start_after=10.0,
        start_timeout=30.0,
        stop_timeout=30.0,
        settle=10.0,
        survivors=Survivors.SIGNAL,
    )


def test_a_plan_survives_the_way_from_the_child_that_read_it(loaded: Write) -> None:
    made = plan(loaded("services:\n  w-{1..2}: {pidfile: '/run/{name}.pid', start: /bin/true}"))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=Plan) == made


def test_members_get_their_name_and_their_part_everywhere(loaded: Write) -> None:
    made = plan(
        loaded("""
services:
  celery-{mail,reports}:
    pidfile: /run/celery/{member}.pid
    start: /bin/echo start {member} {other}
    stop: {command: /bin/echo stop, env: {QUEUE: "{member}"}}
    rules: |
      if memory > 1 MB then exec "/bin/echo {name}"
""")
    )
    mail, reports = made.services
    assert (mail.name, mail.pidfile) == ("celery-mail", "/run/celery/mail.pid")
    assert reports.start is not None
    assert reports.start.argv == ("/bin/echo", "start", "reports", "{other}")
    assert reports.stop is not None
    assert reports.stop.env == (("QUEUE", "reports"),)
    assert mail.rules[0].key == 'if memory > 1 MB then exec "/bin/echo celery-mail"'
    assert mail.rules[0].where == "svwatch.yaml:8"


def test_members_are_a_group_of_their_own_unless_one_is_given(loaded: Write) -> None:
    made = plan(
        loaded("""
groups: {pair: {max_down: 50%, min_up: 1}}
services:
  a-{01..02}: {supervisor: runit}
  b-{x,y}: {supervisor: runit, group: pair}
  c: {supervisor: runit, groups: [pair, more]}
""")
    )
    assert [(one.name, one.groups) for one in made.services] == [
        ("a-01", ("a-{01..02}",)),
        ("a-02", ("a-{01..02}",)),
        ("b-x", ("pair",)),
        ("b-y", ("pair",)),
        ("c", ("pair", "more")),
    ]
    assert made.groups == (
        Group("pair", Share(percent=50.0), Share(1)),
        Group("a-{01..02}"),
        Group("more"),
    )


def test_the_nearer_layer_wins_key_by_key_and_add_rules_adds(loaded: Write) -> None:
    made = plan(
        loaded("""
mode: observe
defaults:
  supervisor: runit
  settle: 1s
  warm_up: 1s
  env: {A: a, B: b}
  rules: [if memory > 1 MB then alert]
  add_rules: [if memory > 2 MB then alert]
services:
  d-2: {warm_up: 3s, mode: active, add_rules: [if memory > 4 MB then alert]}
  d-{1..2}: {warm_up: 2s, rules: [if memory > 3 MB then exec "/bin/true"], env: {B: c}}
  plain:
  file: {pidfile: /run/file.pid}
""")
    )
    by_name = {one.name: one for one in made.services}
    assert [one.name for one in made.services] == ["d-1", "d-2", "plain", "file"]
    first, second = by_name["d-1"], by_name["d-2"]
    assert (first.settle, first.warm_up, first.observe) == (1.0, 2.0, True)
    assert (second.settle, second.warm_up, second.observe) == (1.0, 3.0, False)
    keys = [[rule.key for rule in one.rules[:-1]] for one in (by_name["plain"], first, second)]
    more = 'if memory > 3 MB then exec "/bin/true"'
    assert keys == [
        ["if memory > 1 MB then alert", "if memory > 2 MB then alert"],
        [more],
        [more, "if memory > 4 MB then alert"],
    ]
    command = first.rules[0].action.command  # type: ignore[union-attr]
    assert command.env == (("A", "a"), ("B", "c"))
    assert (by_name["file"].pidfile, by_name["file"].runit) == ("/run/file.pid", False)


def test_the_same_sentence_twice_has_two_keys(loaded: Write) -> None:
    service = only(
        loaded("""
services:
  a:
    supervisor: runit
    rules: |
      if memory > 1 MB then alert
      if memory > 1024 KB then alert
""")
    )
    key = "if memory > 1 MB then alert"
    assert [rule.key for rule in service.rules[:2]] == [key, f"{key} #2"]


@pytest.mark.parametrize(
    ("rule", "start", "built_in"),
    [
        ("if memory > 1 MB then alert", True, "if not exist then start"),
        ("if memory > 1 MB then alert", False, "if not exist then alert"),
        ("if exist then alert", True, None),
        ("if not exist for 3 cycles then alert", True, None),
    ],
)
def test_existence_is_asked_even_if_nobody_wrote_it(
    rule: str, start: bool, built_in: str | None, loaded: Write
) -> None:
    command = "start: /bin/true" if start else "cmdline: x"
    service = only(loaded(f"services: {{a: {{pidfile: /run/a, {command}, rules: [{rule}]}}}}"))
    assert [one.key for one in service.rules[1:]] == ([built_in] if built_in else [])


def test_a_stop_that_may_take_long_is_waited_for_as_long(loaded: Write) -> None:
    text = "services: {a: {pidfile: /run/a, stop: {command: /bin/true, timeout: 5m}%s}}"
    for more, stop_timeout, timeout in (("", 300.0, 300.0), (", stop_timeout: 1m", 60.0, 300.0)):
        service = only(loaded(text % more))
        assert service.stop is not None
        assert (service.stop_timeout, service.stop.timeout) == (stop_timeout, timeout)


def test_user_and_environment_hold_for_all_commands(loaded: Write) -> None:
    service = only(
        loaded(
            """
services:
  a:
    pidfile: /run/a.pid
    as: root
    env: {HOME: "/srv/${WHO}"}
    start: /bin/echo 'a b' $HOME
    stop: {command: /bin/true, as: daemon, env: {X: y}}
    rules:
      - if memory > 1 MB then exec "/bin/true" as daemon
      - if memory > 2 MB then exec "/bin/true"
""",
            {"WHO": "ann"},
        )
    )
    env = (("HOME", "/srv/ann"),)
    assert service.start is not None
    assert service.stop is not None
    assert service.start.argv == ("/bin/echo", "a b", "$HOME")
    assert (service.start.user, service.start.env) == ("root", env)
    assert (service.stop.user, service.stop.env) == ("daemon", (*env, ("X", "y")))
    command = service.rules[0].action.command  # type: ignore[union-attr]
    assert (command.user, command.env) == ("daemon", env)
    command = service.rules[1].action.command  # type: ignore[union-attr]
    assert (command.user, command.env) == ("root", env)


def test_the_directory_of_runit_is_found(tmp_path: Path, loaded: Write) -> None:
    (tmp_path / "sv/web/log").mkdir(parents=True)
    service = only(loaded("services: {web: {supervisor: runit}}", {"SVDIR": str(tmp_path / "sv")}))
    assert service.service_dir == f"{tmp_path}/sv/web"
    assert service.log == f"{tmp_path}/sv/web/log/main/current"
    text = f"service_root: {tmp_path}\nservices: {{web: {{supervisor: runit}}}}"
    other = only(loaded(text, {"SVDIR": str(tmp_path / "sv")}))
    assert (other.service_dir, other.log) == (f"{tmp_path}/web", None)


@pytest.mark.parametrize(("size", "runit"), [(20, True), (19, False)])
def test_the_pidfile_of_runit_means_its_directory(
    size: int, runit: bool, tmp_path: Path, loaded: Write
) -> None:
    (tmp_path / "web/supervise").mkdir(parents=True)
    (tmp_path / "web/supervise/status").write_bytes(b"x" * size)
    pidfile = f"{tmp_path}/web/supervise/pid"
    service = only(loaded(f"services: {{web: {{pidfile: {pidfile}, start: sv up web}}}}"))
    assert service.service_dir == (f"{tmp_path}/web" if runit else None)
    assert service.pidfile == (None if runit else pidfile)
    assert (service.start is None) is runit
    # What runit starts is awaited, and its absence told.
    assert service.rules[-1].key == f"if not exist then {'alert' if runit else 'start'}"


def test_one_process_is_watched_once(tmp_path: Path, loaded: Write) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    text = f"services: {{a: {{service_dir: {tmp_path}/real}}, b: {{service_dir: {tmp_path}/link}}}}"
    (line,) = errors(loaded(text))
    assert '"b" and "a" watch one thing' in line


@pytest.mark.parametrize(
    ("alert", "url", "shown"),
    [
        (
            "{mail: ops@example.org}",
            (
                "mailto://localhost:25/?smtp=localhost&from=svwatch%40web1.example.net"
                "&to=ops%40example.org&format=text&mode=insecure"
            ),
            "mail to ops@example.org by localhost:25",
        ),
        (
            (
                "{mail: {to: [a@example.org, 'b@example.org, c@example.org'], from: w@example.org,"
                " server: smtp.example.org, user: u@x, password: 'p/${SECRET}@:'}}"
            ),
            (
                "mailto://u%40x:p%2Fhunter%262%40%3A@smtp.example.org:587/?smtp=smtp.example.org"
                "&from=w%40example.org&to=a%40example.org&format=text&mode=starttls"
            ),
            (
                "mail to a@example.org by smtp.example.org:587,"
                " mail to b@example.org by smtp.example.org:587,"
                " mail to c@example.org by smtp.example.org:587"
            ),
        ),
        (
            "{mail: {to: root@localhost, server: '::1', port: 2525, tls: ssl}}",
            (
                "mailto://[::1]:2525/?smtp=%3A%3A1&from=svwatch%40web1.example.net"
                "&to=root%40localhost&format=text&mode=ssl"
            ),
            "mail to root@localhost by [::1]:2525",
        ),
        ("{url: 'tgram://${SECRET}/1'}", "tgram://hunter&2/1", "tgram://..."),
        ("{url: 'json://u:hunter2@h/x'}", "json://u:hunter2@h/x", "json://h/..."),
        ("{url: 'json://u:hun/ter2@h/x'}", "json://u:hun/ter2@h/x", "json://..."),
        ("{url: 'json://u:p@hun/ter2@h'}", "json://u:p@hun/ter2@h", "json://..."),
        ("{url: 'syslog://'}", "syslog://", "syslog://..."),
        ("{url: 'jsons://host:8080/x?y'}", "jsons://host:8080/x?y", "jsons://host:8080/..."),
        (
            "{url: 'https://hooks.slack.com/services/T1/B2/hunter2'}",
            "https://hooks.slack.com/services/T1/B2/hunter2",
            "Slack",
        ),
    ],
)
def test_a_route_is_a_url_and_what_may_be_shown_of_it(
    alert: str, url: str, shown: str, loaded: Write
) -> None:
    (route,) = plan(loaded(f"alerts: {{ops: {alert}}}", {"SECRET": "hunter&2"})).routes
    assert (route.targets[0].url, route.shown, route.level) == (url, shown, Level.NOTICE)
    assert "hunter" not in repr(route)


def test_a_secret_is_read_from_a_file_or_a_credential(tmp_path: Path, loaded: Write) -> None:
    (tmp_path / "cred").mkdir()
    for place, secret in (("slack.url", "json://one"), ("cred/slack.url", "json://two")):
        (tmp_path / place).write_text(f"{secret}\n")
        (tmp_path / place).chmod(0o600)
    text = "alerts: {a: {url_file: slack.url, level: critical}}"
    for environ, url in (({}, "json://one"), ({"CREDENTIALS_DIRECTORY": "cred"}, "json://two")):
        there = {key: str(tmp_path / value) for key, value in environ.items()}
        (route,) = plan(loaded(text, there)).routes
        assert (route.targets[0].url, route.level) == (url, Level.CRITICAL)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"hunter2\nhunter2", "more than one line"),
        (b"hunter2\xff", "not UTF-8"),
        (b"x" * 20_000, "larger than"),
    ],
)
def test_a_file_that_holds_no_secret_is_told_without_its_content(
    content: bytes, said: str, tmp_path: Path, loaded: Write
) -> None:
    (tmp_path / "url").write_bytes(content)
    (tmp_path / "url").chmod(0o600)
    (line,) = errors(loaded("alerts: {a: {url_file: url}}"))
    assert said in line
    assert "hunter2" not in line


def test_included_files_add_services_and_are_named_in_messages(loaded: Write) -> None:
    text = "include: ['*.yaml']\nservices: {a: {supervisor: runit}}"
    made = plan(loaded(text, b="services:\n  b: {supervisor: runit}"))
    assert [(one.name, one.where) for one in made.services] == [
        ("a", "svwatch.yaml:2"),
        ("b", "b.yaml:2"),
    ]
    assert [os.path.basename(path) for path in made.files] == ["svwatch.yaml", "b.yaml"]
    assert all(path.startswith("/") for path in made.files)


@pytest.mark.parametrize(
    ("mode", "line"),
    [
        (0o602, "svwatch.yaml: the file can be written by everybody: chmod o-w "),
        (0o200, None),
        (0o640, None),
        (0o444, None),
    ],
)
def test_a_file_that_others_may_write_is_refused(
    mode: int, line: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "svwatch.yaml"
    path.write_text("services: {a: {supervisor: runit}}")
    path.chmod(mode)
    if mode == 0o200 and os.getuid() != 0:
        line = "svwatch.yaml: the file cannot be read"
    found = errors(load(str(path), {}, uid=os.getuid(), domain="x.example"))
    assert (found[0] if found else None) == line or found[0].startswith(str(line))


def test_a_file_of_somebody_else_is_refused_with_what_mends_it(tmp_path: Path) -> None:
    path = tmp_path / "it's.yaml"
    path.write_text("services: {}")
    stranger = os.getuid() + 1000
    found = errors(load(str(path), {}, uid=stranger, domain="x.example"))
    if os.getuid() == 0:
        assert found == []  # root's files are trusted by everybody
    else:
        assert "belongs to user" in found[0]
        assert f"chown {stranger} " in found[0]


def test_a_writable_directory_or_a_strange_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "open/svwatch.yaml"
    path.parent.mkdir()
    path.write_text("services: {}")
    path.parent.chmod(0o777)
    (line,) = errors(load(str(path), {}, uid=os.getuid(), domain="x.example"))
    assert "is in a directory that everybody can write: chmod o-w " in line
    os.mkfifo(tmp_path / "fifo")
    for place, said in (("fifo", "not a regular file"), ("none", "No such file")):
        (line,) = errors(load(str(tmp_path / place), {}, uid=os.getuid(), domain="x.example"))
        assert said in line


def test_a_large_file_or_one_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "svwatch.yaml"
    for content, said in (
        (b"#" * (1 << 20) + b"#", "svwatch.yaml: the file is larger than 1048576 bytes"),
        (b"a: 1\nb: \xff", "svwatch.yaml:2:4: this is not UTF-8: the byte is 0xFF"),
    ):
        path.write_bytes(content)
        path.chmod(0o600)
        assert errors(load(str(path), {}, uid=os.getuid(), domain="x.example")) == [said]


@pytest.mark.parametrize(
    ("hosts", "mailname", "name"),
    [
        ("127.0.0.1 localhost\n10.0.0.1 {host}.example.net {host}", "", "{host}.example.net"),
        ("127.0.0.1 localhost # {host}.example.net", "mail.example.net\n", "mail.example.net"),
        ("", "", "{host}"),
    ],
)
def test_the_full_name_of_the_host_is_read_from_files(
    hosts: str, mailname: str, name: str, tmp_path: Path
) -> None:
    host = os.uname().nodename
    (tmp_path / "hosts").write_text(hosts.format(host=host))
    (tmp_path / "mailname").write_text(mailname)
    assert full_name(str(tmp_path)) == (host if "." in host else name.format(host=host))


WORDS = """
interval mode alerts services defaults groups limits include service_root a dj-{1..3} mail
url level supervisor pidfile start stop rules add_rules env group settle runit
only except services groups remind rate gather webhook alertmanager heartbeat every url_file down
"""


def test_the_mark_of_a_windows_editor_moves_nothing(loaded: Write) -> None:
    (line,) = errors(loaded("\ufeffservice: {}"))
    assert line == 'svwatch.yaml:1:1: unknown key "service": did you mean "services"?'


VALUED = ["5s", "1", "/x", "if exist then stop", "a@b.cd", "http://x", "1 per 1h", "off", "a*"]
KEYS = st.sampled_from(WORDS.split())
VALUES = st.recursive(
    st.one_of(st.text(max_size=8), KEYS, st.sampled_from(VALUED)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_configuration_is_a_plan_or_a_problem(loaded: Write, content: object) -> None:
    found = loaded(msgspec.json.encode(content).decode())
    assert found.plan is not None or errors(found)
    assert all(show(problem) for problem in found.problems)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_plan_or_a_problem(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "svwatch.yaml"
    path.write_bytes(content)
    path.chmod(0o600)
    found = load(str(path), {}, uid=os.getuid(), domain="x.example")
    assert found.plan is not None or errors(found)


def test_a_file_of_metrics_is_one_that_node_exporter_reads(loaded: Write) -> None:
    found = loaded("metrics_file: /run/node_exporter/svwatch.prom\nservices: {}")
    assert plan(found).metrics_file == "/run/node_exporter/svwatch.prom"
    assert plan(loaded("services: {}")).metrics_file is None
    for path, what in {
        "svwatch.prom": '"svwatch.prom" is not an absolute path',
        "/etc/passwd": '"/etc/passwd" must end in NAME.prom: node_exporter reads no other',
        "/run/.prom": '"/run/.prom" must end in NAME.prom: node_exporter reads no other',
    }.items():
        assert errors(loaded(f"metrics_file: {path}\nservices: {{}}")) == [
            f"svwatch.yaml:1:15: metrics_file: {what}"
        ]
