"""after and depends_on: names must exist, loops are errors, and all of it is said."""

from collections.abc import Callable

import pytest

from svwatch.lang.load import Loaded
from svwatch.lang.problem import show

Write = Callable[..., Loaded]
HEAD = "service_root: /nowhere\nservices:\n  db: {supervisor: runit}\n"


def errors(found: Loaded) -> list[str]:
    return [show(problem) for problem in found.problems if not problem.warning]


def test_names_are_kept_in_order_and_once(loaded: Write) -> None:
    found = loaded(
        f"{HEAD}  web: {{supervisor: runit, after: [db, w-1, db], depends_on: db}}\n"
        "  w-{1..2}: {supervisor: runit, after: db}\n"
    )
    assert found.plan is not None, errors(found)
    named = {one.name: one for one in found.plan.services}
    assert named["web"].after == ("db", "w-1")
    assert named["web"].depends_on == ("db",)
    assert named["w-2"].after == ("db",)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("web: {supervisor: runit, after: dbb}", '4:35: there is no service "dbb"'),
        ("web: {supervisor: runit, after: web}", "4:35: this is a loop: web -> web"),
        ("web: {supervisor: runit, depends_on: ''}", '4:40: "depends_on" is empty'),
        (
            "web: {pidfile: /run/web.pid, depends_on: db}",
            "4:44: depends_on: without a start command it could not come back",
        ),
        (
            "web: {supervisor: external, pidfile: /run/web.pid, depends_on: db}",
            "4:66: depends_on: its own supervisor would start it again at once",
        ),
    ],
)
def test_what_cannot_be_is_an_error(loaded: Write, entry: str, said: str) -> None:
    found = errors(loaded(f"{HEAD}  {entry}\n"))
    assert len(found) == 1
    assert found[0].startswith(f"svwatch.yaml:{said}")


def test_a_loop_is_said_once_and_in_full(loaded: Write) -> None:
    found = errors(
        loaded(
            "service_root: /nowhere\nservices:\n"
            "  a: {supervisor: runit, depends_on: b}\n"
            "  b: {supervisor: runit, after: c}\n"
            "  c: {supervisor: runit, depends_on: a}\n"
        )
    )
    assert found == ["svwatch.yaml:3:38: this is a loop: a -> b -> c -> a: one must be first"]


def test_a_service_with_a_mistake_is_there_all_the_same(loaded: Write) -> None:
    found = errors(loaded(f"{HEAD}  x: {{pidfile: y}}\n  web: {{supervisor: runit, after: x}}\n"))
    assert len(found) == 1
    assert "pidfile" in found[0]


def test_a_member_of_a_pattern_may_come_later(loaded: Write) -> None:
    text = f"{HEAD}  w-*: {{supervisor: runit}}\n  web: {{supervisor: runit, after: w-7}}\n"
    assert errors(loaded(text)) == []
