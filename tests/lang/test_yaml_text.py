"""YAML without types and without tricks; every text is a mapping or a complaint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.lang.nodes import Map, Seq, Style, Text
from svwatch.lang.problem import Complaints, show
from svwatch.lang.yaml_text import read_text


def told(text: str) -> list[str]:
    complaints = Complaints()
    read_text(text, "f.yaml", complaints)
    return [show(problem) for problem in complaints.problems]


def tree(text: str) -> Map:
    complaints = Complaints()
    found = read_text(text, "f.yaml", complaints)
    assert found is not None, complaints.problems
    assert not complaints.problems
    return found


@pytest.mark.parametrize("word", ["on", "22:00", "0033", "1234", "~", "1e3", "2001-01-01", "0x1f"])
def test_no_word_is_anything_but_itself(word: str) -> None:
    entry = tree(f"key: {word}").get("key")
    assert entry is not None
    assert isinstance(entry.value, Text)
    assert entry.value.value == word


def test_everything_has_its_place() -> None:
    found = tree("a: 1\nb:\n  - c: 'd'\n    e: |\n      f\n\n        g\n")
    entry = found.get("b")
    assert entry is not None
    assert isinstance(entry.value, Seq)
    inner = entry.value.items[0]
    assert isinstance(inner, Map)
    quoted, block = (one.value for one in inner)
    assert isinstance(quoted, Text)
    assert isinstance(block, Text)
    assert (quoted.place.line, quoted.place.column, quoted.lines[0].place.column) == (3, 8, 9)
    assert block.style is Style.BLOCK
    places = [(line.text, line.place.line, line.place.column) for line in block.lines]
    assert places == [("f", 5, 7), ("g", 7, 9)]


def test_an_empty_file_is_an_empty_mapping() -> None:
    assert tree("# nothing\n").entries == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3", 'f.yaml:3:1: "a" is here twice: the first is in line 1'),
        ("a: {b: 1, b: 2}", 'f.yaml:1:11: "b" is here twice: the first is in line 1'),
        ("- a", "f.yaml:1:1: a configuration is a mapping: services: ..."),
        ("just text", "f.yaml:1:1: a configuration is a mapping: services: ..."),
        ("a: &x 1", "f.yaml:1:4: anchors (&) and aliases (*) are not read"),
        ("a: *x", "f.yaml:1:4: anchors (&) and aliases (*) are not read"),
        ("a: !!python/name:os.system x", "f.yaml:1:4: tags (!) are not read"),
        ("a: !hunter2", "f.yaml:1:4: tags (!) are not read"),
        ("a: !hunter2!x", "f.yaml:1:4: this is not YAML: found undefined tag handle this word"),
        ("a: 1\n---\nb: 1", "f.yaml:2:1: a second document in one file: remove the ---"),
        ("[" * 100_000, "f.yaml:1:13: more than 12 levels inside each other"),
        ("a:\n\tb: 1", "f.yaml:2:1: a tab in the indentation: YAML wants blanks"),
        ("a: [1", "f.yaml:1:6: this is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\x07", "f.yaml:1:5: a character that no text has: U+0007"),
        ("[a]: 1", "f.yaml:1:1: a key must be a word"),
        ('a: "\\ud800"', "f.yaml:1:4: half a character: write it out"),
        ('a: "\\UFFFFFFFF"', "f.yaml: this is not YAML"),
        (
            "rules:\n- if a > 1 then exec b: c: d",
            "f.yaml:2:26: YAML does not take this rule: mapping values are not allowed here",
        ),
    ],
)
def test_what_is_not_read_is_told_with_its_place(text: str, line: str) -> None:
    assert any(one.startswith(line) for one in told(text)), told(text)


def test_many_values_are_too_many() -> None:
    assert "more than 20000 values" in told("a: [" + "1," * 20_001 + "]")[0]


YAML = st.text(st.sampled_from("ab:- \n\t|>'\"[]{},#&*!%@`?~\\x0é\x85\u2028"))


@given(st.one_of(st.text(), YAML))
def test_any_text_is_a_mapping_or_told_to_be_none(text: str) -> None:
    complaints = Complaints()
    found = read_text(text, "f.yaml", complaints)
    assert isinstance(found, Map) or complaints.fatal
    for problem in complaints.problems:
        assert problem.line >= 0
        assert problem.column >= 0
