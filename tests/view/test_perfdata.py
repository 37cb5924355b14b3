"""Our performance data, read by a parser that takes nothing but what every consumer takes.

The grammar is that of the monitoring plugins' guidelines, less what some parsers refuse: `U`,
exponents, decimal commas (Icinga's GraphiteWriter), a second `|` (Icinga).
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from svwatch.core.snapshot import Snapshot
from svwatch.view.to_nagios import cannot_look, nagios
from tests.view.scene import SERVICES, SNAPSHOT, WELL

LABEL = re.compile(r"'([^'=|]+)'=")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
UNIT = re.compile(r"us|ms|s|%|[KMGT]?B|c|")
RANGE = re.compile(r"@?(?:(?:-?\d+(?:\.\d+)?|~)?:)?(?:-?\d+(?:\.\d+)?)?")


class Item:
    """One measurement: `'label'=value[unit];[warn];[crit];[min];[max]`."""

    def __init__(self, text: str) -> None:
        """Read *text*; raise ValueError for anything unusual."""
        label = LABEL.match(text)
        if label is None:
            raise ValueError(f"no quoted label in {text!r}")
        value, *limits = text[label.end() :].split(";")
        number = NUMBER.match(value)
        if number is None or UNIT.fullmatch(value[number.end() :]) is None:
            raise ValueError(f"no number with a known unit in {text!r}")
        if len(limits) > 4 or not all(RANGE.fullmatch(one) for one in limits):
            raise ValueError(f"no limits in {text!r}")
        self.label = label[1]
        self.value = float(number[0])
        self.unit = value[number.end() :]
        self.critical = limits[1] if len(limits) > 1 else ""


def parse(output: str) -> dict[str, Item]:
    """Give the items of a plugin's output by label; raise ValueError where it is not well made."""
    first, *rest = output.splitlines()
    if any("|" in line for line in rest) or first.count("|") > 1:
        raise ValueError("more than one |")
    items = [Item(text) for text in first.partition(" | ")[2].split()]
    named = {item.label: item for item in items}
    if len(named) != len(items):
        raise ValueError("a label twice")
    return named


def test_what_is_measured() -> None:
    found = parse(nagios(WELL))
    for one in WELL.services:
        up = found[f"{one.name}_up"]
        assert (up.value, up.critical) == (float(one.pid is not None), "1:")
        if one.memory is not None:
            memory = found[f"{one.name}_memory"]
            assert (memory.value, memory.unit) == (one.memory, "B")
            limit = one.limit.memory if one.limit else None
            assert memory.critical == ("" if limit is None else str(limit))


def test_failed_services_come_first() -> None:
    first = next(iter(parse(nagios(SNAPSHOT))))
    worst = nagios(SNAPSHOT).splitlines()[1]
    assert worst.startswith("[CRITICAL] ")
    assert first == f"{worst.removeprefix('[CRITICAL] ').partition(':')[0]}_up"


@given(
    st.text(min_size=1, max_size=30),
    st.text(max_size=60),
    st.none() | st.integers(0, 1 << 50),
    st.none() | st.floats(0, 1e9),
)
def test_no_service_makes_it_unreadable(
    name: str, sentence: str, memory: int | None, up: float | None
) -> None:
    one = SERVICES[0]
    status = replace(one.status, sentence=sentence, words=sentence or "ok")
    odd = replace(one, name=name, status=status, memory=memory, up=up)
    parse(nagios(Snapshot(host="web7", wall=0.0, services=(odd,))))


def test_no_look_has_no_data() -> None:
    assert parse(cannot_look("a | b")) == {}
    assert cannot_look("a | b\n") == "SVWATCH UNKNOWN - a / b\n"


@pytest.mark.parametrize(
    "text",
    ["x=1", "'x'=U", "'x'=1,5", "'x'=1e6", "'x'=1XB", "'a=b'=1", "'x'=1;a", "'x'=1;1;2;3;4;5"],
)
def test_the_parser_is_strict(text: str) -> None:
    with pytest.raises(ValueError, match=" in "):
        Item(text)
