"""The configuration that is shipped: it loads, its schema is current, and both agree."""

import itertools
import json
import os
import re
import shutil
import textwrap
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from svwatch.core.plan import Plan
from svwatch.core.route import Form, Route, Word
from svwatch.lang.load import load
from svwatch.lang.schema import schema, text

SHIPPED = Path(__file__).resolve().parent.parent.parent / "watchdog_cfg"
SCHEMA: dict[str, Any] = json.loads((SHIPPED / "svwatch.schema.json").read_text())


def test_the_schema_is_current() -> None:
    assert (SHIPPED / "svwatch.schema.json").read_text() == text(), (
        "python -m svwatch.lang.schema > watchdog_cfg/svwatch.schema.json"
    )


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", ["svwatch.yaml", "services.d/delayed_job.yaml"])
def test_what_is_shipped_is_valid_to_an_editor(name: str) -> None:
    jsonschema.validate(yaml.safe_load((SHIPPED / name).read_text()), SCHEMA)


@pytest.mark.parametrize(
    "wrong",
    [
        {"intervall": "5s"},
        {"interval": 5},
        {"services": {"a": {"stop_timout": "5m"}}},
        {"services": {"a": {"survivors": "kill"}}},
        {"alerts": {"ops": {"mail": "a@example.net", "level": "loud"}}},
        {"groups": {"a": {"max_down": "few"}}},
        {"limits": {"restarts_at_once": 0}},
        {"alerts": {"a": {"mail": "a@example.net", "only": ["sidecar"]}}},
        {"alerts": {"a": {"mail": "a@example.net", "rate": "often"}}},
        {"alerts": {"a": {"mail": "a@example.net", "remind": True}}},
        {"alerts": {"a": {"webhook": {"file": "x"}}}},
        {"heartbeat": {"url": "https://example.net", "often": "1m"}},
    ],
)
def test_an_editor_sees_what_is_wrong(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)


@pytest.mark.parametrize(
    "right",
    [
        {"alerts": {"a": {"mail": "a@example.net", "only": "timeout", "except": ["stray", "pid"]}}},
        {"alerts": {"a": {"webhook": "https://x", "rate": "10 per 1h", "remind": False}}},
        {"alerts": {"a": {"alertmanager": {"url_file": "x"}, "services": "w-*", "groups": ["g"]}}},
        {"alerts": {"a": {"url": "json://x", "rate": "5/10m", "gather": "0s", "remind": "off"}}},
        {"heartbeat": "https://example.net", "services": {"a": {"alerts": "a"}}},
        {"heartbeat": {"url_file": "x", "every": "2m"}, "defaults": {"alerts": ["a", "b"]}},
    ],
)
def test_an_editor_takes_what_is_right(right: dict[str, Any]) -> None:
    jsonschema.validate(right, SCHEMA)


def test_what_is_shipped_loads_without_a_word(tmp_path: Path) -> None:
    copy = tmp_path / "cfg"
    shutil.copytree(SHIPPED, copy, copy_function=shutil.copyfile)
    main = str(copy / "svwatch.yaml")
    found = load(main, {}, uid=os.getuid(), domain="web1.example.net")
    assert found.problems == ()
    assert found.plan is not None
    assert found.plan.remarks == ()
    assert [service.name for service in found.plan.services] == [
        f"rm-dj-{number}" for number in (1, 2, 3, 4)
    ]


def test_what_is_shipped_as_a_comment_loads_too(tmp_path: Path) -> None:
    text = (SHIPPED / "services.d/delayed_job.yaml").read_text()
    _, mark, rest = text.partition("  # beanstalkd:")
    example = "".join(line.replace("  # ", "  ", 1) for line in (mark + rest).splitlines(True))
    path = tmp_path / "svwatch.yaml"
    path.write_text("services:\n" + example)
    path.chmod(0o600)
    found = load(str(path), {}, uid=os.getuid(), domain="web1.example.net")
    assert [problem for problem in found.problems if not problem.warning] == []
    assert found.plan is not None
    assert found.plan.services[0].stop_timeout == 60.0


def uncommented(text: str, key: str) -> str:
    """Give the commented route *key* of *text* and the lines that belong to it."""
    lines = text.splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith(f"  # {key}:"))
    more = itertools.takewhile(lambda line: line.startswith("  #   "), lines[at + 1 :])
    return "".join(f"{line.replace('# ', '', 1)}\n" for line in (lines[at], *more))


def test_the_routes_that_are_shipped_as_comments_load_too(tmp_path: Path) -> None:
    text = (SHIPPED / "svwatch.yaml").read_text()
    keys = ["ops", "slack", "hook", "all-hosts", "mail-team"]
    routes = "".join(uncommented(text, key) for key in keys)
    beat = next(line[2:] for line in text.splitlines() if line.startswith("# heartbeat:"))
    found = loaded(tmp_path, f"alerts:\n{routes}{beat}\n{WATCHED}")
    assert [route.name for route in found.routes] == keys
    assert found.heartbeat is not None
    assert found.routes[-1] == Route("mail-team", found.routes[-1].targets, only=ONLY, **REST)


ONLY = (Word.DOWN, Word.OVER)
REST: dict[str, Any] = {
    "hidden": (Word.RESTARTED,),
    "services": ("mail-*",),
    "groups": ("delayed_job",),
}
WATCHED = "services: {mail-1: {supervisor: runit, groups: [delayed_job, search]}}"


def loaded(tmp_path: Path, text: str) -> Plan:
    secret = tmp_path / "secret"
    secret.write_text("https://example.net/secret")
    secret.chmod(0o600)
    main = tmp_path / "svwatch.yaml"
    main.write_text(re.sub(r"(url|password)_file: [^\s},]+", rf"\1_file: {secret}", text))
    main.chmod(0o600)
    found = load(str(main), {"TELEGRAM": "1:a"}, uid=os.getuid(), domain="web1.example.net")
    assert found.plan is not None, found.problems
    return found.plan


def test_the_routes_of_the_readme_load(tmp_path: Path) -> None:
    readme = (SHIPPED.parent / "README.md").read_text()
    _, _, told = readme.partition("## Who is told\n\n")
    example = told.partition("\n\n")[0]
    found = loaded(tmp_path, f"{textwrap.dedent(example)}\n{WATCHED}")
    assert [route.form for route in found.routes] == [
        *(Form.MAIL, Form.MAIL, Form.CHAT, Form.CHAT, Form.JSON, Form.ALERTMANAGER)
    ]
