"""The words of `--check` without click: all that crontabs say, and nothing that is strange."""

import click
import pytest

from svwatch.commands import svwatch
from svwatch.quick import FLAGS, FORMS, VALUES, Words


@pytest.mark.parametrize(
    ("said", "names", "flags", "values"),
    [
        ("", [], set(), {}),
        ("-q", [], {"quiet"}, {}),
        ("one -c /etc/svwatch two", ["one", "two"], set(), {"config": "/etc/svwatch"}),
        ("--format nagios --dry-run", [], {"dry_run"}, {"form": "nagios"}),
        ("--state-dir a --socket b --standalone", [], {"standalone"},
         {"state_dir": "a", "socket": "b"}),
    ],
)  # fmt: skip
def test_what_is_read(said: str, names: list[str], flags: set[str], values: dict[str, str]) -> None:
    read = Words(said.split())
    assert not read.strange
    assert read.names == names
    assert {name for name, on in read.flags.items() if on} == flags
    assert {name: one for name, one in read.values.items() if one is not None} == values


@pytest.mark.parametrize(
    "said",
    ["--help", "-h", "--nonsense", "-c", "--format xml", "--format=nagios", "-qc x", "-- -q",
     "-c -q"],
)  # fmt: skip
def test_what_is_strange_is_left_to_click(said: str) -> None:
    assert Words(said.split()).strange


def test_both_ways_know_the_same_options() -> None:
    verb = svwatch.commands["check"]
    options = {
        word: option
        for option in verb.params
        if isinstance(option, click.Option)
        for word in (*option.opts, *option.secondary_opts)
    }
    assert set(options) == {*FLAGS, *VALUES}
    for word, name in (FLAGS | VALUES).items():
        assert options[word].name == name
        assert options[word].is_flag is (word in FLAGS)
    form = options["--format"].type
    assert isinstance(form, click.Choice)
    assert tuple(form.choices) == FORMS
