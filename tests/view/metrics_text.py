"""A strict reader of Prometheus' text format 0.0.4: what it does not know is an error."""

import re
from typing import NamedTuple

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r"[a-zA-Z_][a-zA-Z0-9_]*"
VALUE = r'"((?:[^"\\\n]|\\["\\n])*)"'
HEAD = re.compile(rf"# (HELP|TYPE) ({NAME}) ([^\n]+)")
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}={VALUE}(?:,{LABEL}={VALUE})*)\}})? (\S+)")
PAIR = re.compile(rf"({LABEL})={VALUE}")
KINDS = {"counter", "gauge"}
ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}

Labels = tuple[tuple[str, str], ...]


class Family(NamedTuple):
    """One metric: its type, and its values by labels."""

    kind: str
    samples: dict[Labels, float]


def parse(text: str) -> dict[str, Family]:
    """Read *text*: each family once, HELP, TYPE and at least one sample, no series twice."""
    assert text.endswith("\n")
    families: dict[str, Family] = {}
    lines = iter(text[:-1].split("\n"))
    helped = ""
    for line in lines:
        head = HEAD.fullmatch(line)
        if head is None:
            _sample(line, families)
        elif head[1] == "HELP":
            assert head[2] not in families, f"{head[2]} is not in one piece"
            assert not families or next(reversed(families.values())).samples
            helped = head[2]
        else:
            assert head[2] == helped, f"TYPE without HELP: {line}"
            assert head[3] in KINDS
            families[helped] = Family(head[3], {})
    assert all(family.samples for family in families.values())
    return families


def _sample(line: str, families: dict[str, Family]) -> None:
    found = SAMPLE.fullmatch(line)
    assert found is not None, f"not a sample: {line!r}"
    name, family = next(reversed(families.items()))
    assert found[1] == name, f"{line!r} is not of {name}"
    assert (family.kind == "counter") == name.endswith("_total")
    labels = tuple((key, _plain(value)) for key, value in PAIR.findall(found[2] or ""))
    assert labels not in family.samples, f"twice: {line!r}"
    assert len({key for key, _ in labels}) == len(labels)
    family.samples[labels] = float(found[found.re.groups])


def _plain(value: str) -> str:
    return re.sub(r'\\["\\n]', lambda found: ESCAPES[found[0]], value)
