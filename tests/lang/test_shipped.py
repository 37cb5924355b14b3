"""The configuration that is shipped: it loads, its schema is current, and both agree."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

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
    ],
)
def test_an_editor_sees_what_is_wrong(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)


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
