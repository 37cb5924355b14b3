"""Windows slide, forget what is good, and stay small."""

from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.ledger import Sample
from svwatch.core.plan import Lasting, Times
from svwatch.core.windows import bad, met, push

marks = st.lists(st.booleans(), max_size=100)


@given(marks, st.integers(1, 64), st.integers(1, 64))
def test_n_of_m_is_what_the_last_m_marks_say(seen: list[bool], n: int, of: int) -> None:
    window = Times(min(n, of), max(n, of))
    held: tuple[Sample, ...] = ()
    for at, mark in enumerate(seen):
        held = push(window, held, Sample(float(at), 0.0, mark))
    assert met(window, held) == (sum(seen[-window.of :]) >= window.n)
    assert len(held) <= window.of


@given(marks)
def test_all_good_is_empty(seen: list[bool]) -> None:
    window = Times(3, 5)
    held: tuple[Sample, ...] = ()
    for at, mark in enumerate(seen):
        held = push(window, held, Sample(float(at), 0.0, mark))
    assert bool(held) == any(seen[-5:])
    assert bad(held) == sum(seen[-5:])


@given(marks, st.floats(0.5, 50.0))
def test_lasting_is_what_the_unbroken_run_says(seen: list[bool], seconds: float) -> None:
    window = Lasting(seconds)
    held: tuple[Sample, ...] = ()
    run = 0
    for at, mark in enumerate(seen):
        held = push(window, held, Sample(float(at), 0.0, mark))
        run = run + 1 if mark else 0
    assert met(window, held) == (run >= 2 and run - 1 >= seconds)
    assert len(held) <= 3
