"""Who is told: by level, or because a rule names them."""

import pytest

from svwatch.core.ledger import Notify, Why
from svwatch.core.level import Level
from svwatch.core.route import single
from svwatch.shell.scribe import heard

ROUTES = (single("ops", "a://", Level.CRITICAL), single("slack", "b://"), single("log", "c://"))


@pytest.mark.parametrize(
    ("level", "to", "names"),
    [
        (Level.NOTICE, (), ["slack", "log"]),
        (Level.CRITICAL, (), ["ops", "slack", "log"]),
        (Level.NOTICE, ("ops",), ["ops"]),  # a rule names it: whatever its level
        (Level.WARNING, ("ops", "log"), ["ops", "log"]),
        (Level.WARNING, ("gone", "log"), ["log"]),
        (Level.WARNING, ("gone",), ["slack", "log"]),  # rather somebody than nobody
    ],
)
def test_who_hears_of_it(level: Level, to: tuple[str, ...], names: list[str]) -> None:
    told = heard(ROUTES, Notify(1, Why.RAISED, level, to))
    assert [route.name for route in told] == names
