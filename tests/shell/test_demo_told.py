"""The teller: a claim counts only when it was seen."""

import io

import pytest

from svwatch.shell.demo.patience import until
from svwatch.shell.demo.told import NotSeenError, Teller, seen


@pytest.mark.parametrize("nothing", [None, False, 0, "", ()])
def test_nothing_proves_nothing(nothing: object) -> None:
    with pytest.raises(NotSeenError, match="the moon rises"):
        seen(nothing, "the moon rises")


def test_what_was_seen_is_given() -> None:
    assert seen(7, "seven") == 7


def test_claims_are_counted_and_remarks_are_not() -> None:
    out = io.StringIO()
    teller = Teller(out)
    teller.chapter("One")
    teller.remark("we begin")
    teller.claim("it is so")
    teller.quote("a\nb\n")
    assert teller.claims == 1
    text = out.getvalue()
    assert "\nOne\n" in text
    assert "ok  it is so\n" in text
    assert "| a\n            | b\n" in text


def test_waiting_ends() -> None:
    answers = iter((None, 0, "yes"))
    assert until(lambda: next(answers), 5, 0.001) == "yes"
    assert until(lambda: None, 0.01, 0.001) is None
