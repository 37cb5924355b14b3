"""What is in force, and which line says so."""

import os
from collections.abc import Callable
from pathlib import Path

from svwatch.core.inforce import Row
from svwatch.lang.load import Loaded
from svwatch.lang.origins import Shown, origins

Write = Callable[..., Loaded]

TEXT = """
interval: 2s
defaults:
  supervisor: runit
  stop_timeout: 5m
  env: {TOKEN: a-secret}
templates:
  mine: {settle: 20s, use: celery}
alerts:
  ops: {url: "json://user:a-secret@localhost", services: w-*, remind: off}
  hook: {webhook: "https://user:a-secret@example.net/a-secret", rate: 5 per 1h, only: [timeout]}
  am: {alertmanager: {url: "http://localhost:9093/a-secret"}}
heartbeat: {url: "https://example.org/a-secret", every: 90s}
services:
  w-*:
    use: mine
    members: 3
    rules: |
      if totalmem > 1 GB then alert
  w-big-*: {stop_timeout: 9m}
  w-1: {add_rules: if uptime > 1 day then alert}
  plain: {pidfile: /run/p.pid, stop: {command: /bin/true, timeout: 90s}, start: /bin/true}
"""


def shown(loaded: Write, tmp_path: Path, name: str | None) -> Shown:
    loaded(TEXT)
    return origins(str(tmp_path / "svwatch.yaml"), {}, uid=os.getuid(), name=name)


def test_each_value_of_a_service_has_its_line(loaded: Write, tmp_path: Path) -> None:
    rows = shown(loaded, tmp_path, "w-1").rows
    for row in (
        Row("supervisor", "runit", "svwatch.yaml:4"),
        Row("stop_timeout", "10m", "template celery"),
        Row("settle", "20s", "svwatch.yaml:8"),
        Row("start_after", "10s", "default"),
        Row("kill_after", "never", "default"),
        Row("alerts", "ops, hook, am", "default"),
        Row("interval", "2s", "svwatch.yaml:2"),
        Row("env", "{TOKEN}", "svwatch.yaml:6"),
        Row("group", "w-*", "svwatch.yaml:21"),
        Row("rule 1", "if totalmem > 1 GB then alert", "svwatch.yaml:19"),
        Row("rule 2", "if uptime > 1 day then alert", "svwatch.yaml:21"),
        Row("rule 3", "if not exist then alert", "built in"),
    ):
        assert row in rows, rows


def test_a_timeout_inside_a_command_is_the_origin(loaded: Write, tmp_path: Path) -> None:
    rows = shown(loaded, tmp_path, "plain").rows
    assert Row("stop_timeout", "5m", "svwatch.yaml:5") in rows


def test_who_is_told_of_a_service_is_shown(loaded: Write, tmp_path: Path) -> None:
    rows = shown(loaded, tmp_path, "plain").rows
    assert Row("alerts", "hook, am", "default") in rows
    (tmp_path / "svwatch.yaml").write_text("services: {plain: {pidfile: /run/p.pid}}")
    found = origins(str(tmp_path / "svwatch.yaml"), {}, uid=os.getuid(), name="plain")
    assert Row("alerts", "nobody", "default") in found.rows


def test_a_member_is_shown_whether_it_is_there_or_not(loaded: Write, tmp_path: Path) -> None:
    rows = shown(loaded, tmp_path, "w-big-77").rows
    assert Row("stop_timeout", "9m", "svwatch.yaml:20") in rows
    assert any(row.key == "service_dir" and row.value.endswith("/w-big-77") for row in rows)


def test_a_pattern_shows_what_belongs_to_it(loaded: Write, tmp_path: Path) -> None:
    rows = shown(loaded, tmp_path, "w-*").rows
    assert rows[0] == Row("members", "3", "svwatch.yaml:17")


def test_without_a_name_everything_is_listed_and_no_secret(loaded: Write, tmp_path: Path) -> None:
    rows = shown(loaded, tmp_path, None).rows
    keys = [row.key for row in rows]
    assert [key for key in keys if key.startswith("service ")] == [
        "service w-1",
        "service plain",
        "service w-*",
        "service w-big-*",
    ]
    assert Row("interval", "2s", "svwatch.yaml:2") in rows
    assert Row("check_timeout", "50s", "default") in rows
    assert "template mine" in keys
    assert next(row for row in rows if row.key == "template rq").origin == "built in"
    assert "a-secret" not in str(rows)


def test_who_is_not_known_is_guessed_at(loaded: Write, tmp_path: Path) -> None:
    assert shown(loaded, tmp_path, "plian").unknown == (
        "there is no service 'plian': did you mean \"plain\"?"
    )


def test_a_file_with_mistakes_has_problems_only(loaded: Write, tmp_path: Path) -> None:
    loaded("services: {a: {supervisor: runitt}}")
    found = origins(str(tmp_path / "svwatch.yaml"), {}, uid=os.getuid(), name="a")
    assert found.problems
    assert not found.rows


def test_routes_are_shown_with_their_wishes_and_no_secret(loaded: Write, tmp_path: Path) -> None:
    rows = [
        (row.key, row.value, row.origin.removeprefix("svwatch.yaml:"))
        for row in shown(loaded, tmp_path, None).rows
        if row.key.startswith(("alerts", "heartbeat"))
    ]
    assert rows == [
        ("alerts ops", "json://localhost/...", "10"),
        ("alerts ops level", "notice", "default"),
        ("alerts ops services", "[w-*]", "10"),
        ("alerts ops remind", "off", "10"),
        ("alerts ops rate", "10 per 10m", "default"),
        ("alerts ops gather", "10s", "default"),
        ("alerts hook", "https://example.net/...", "11"),
        ("alerts hook level", "notice", "default"),
        ("alerts hook only", "[storm]", "11"),
        ("alerts hook remind", "4h", "default"),
        ("alerts hook rate", "5 per 1h", "11"),
        ("alerts hook gather", "10s", "default"),
        ("alerts am", "http://localhost:9093/...", "12"),
        ("alerts am level", "warning", "default"),
        ("heartbeat", "https://example.org/...", "13"),
        ("heartbeat every", "1m 30s", "13"),
    ]
