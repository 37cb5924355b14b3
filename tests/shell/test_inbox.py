"""The inbox hears every owner, and time in order."""

import os

from hypothesis import given
from hypothesis import strategies as st

from svwatch.shell.inbox import READ, Inbox, Timers


def test_a_readable_descriptor_is_told_to_its_owner() -> None:
    inbox, (end, start) = Inbox(), os.pipe()
    inbox.watch(end, ("exit", "a"))
    assert inbox.wait(0) == []
    os.write(start, b"x")
    assert inbox.wait(0) == [(("exit", "a"), end, READ)]
    inbox.forget(("exit", "a"))
    assert inbox.wait(0) == []
    inbox.close()
    os.close(end)
    os.close(start)


def test_a_number_that_changed_hands_speaks_for_its_new_owner_only() -> None:
    inbox, (end, start) = Inbox(), os.pipe()
    inbox.watch(end, ("exit", "a"))
    other, other_start = os.pipe()
    os.dup2(other, end)  # the old file is gone, the number stays
    inbox.watch(end, ("control", None))
    inbox.forget(("exit", "a"))  # a late goodbye of the first owner takes nothing from the second
    os.write(other_start, b"x")
    assert inbox.wait(0) == [(("control", None), end, READ)]
    inbox.close()
    for fd in (end, start, other, other_start):
        os.close(fd)


def test_renewing_hears_a_new_file_under_the_same_number() -> None:
    inbox, (end, start) = Inbox(), os.pipe()
    inbox.renew(("hands", None), [end])
    other, other_start = os.pipe()
    os.dup2(other, end)
    inbox.renew(("hands", None), [end])
    os.write(other_start, b"x")
    assert inbox.wait(0) == [(("hands", None), end, READ)]
    inbox.close()
    for fd in (end, start, other, other_start):
        os.close(fd)


def test_a_timer_moves_and_is_taken_back() -> None:
    timers = Timers()
    timers.put(("a", 1), 5.0)
    timers.put(("b", 1), 3.0)
    timers.put(("a", 1), 2.0)
    timers.put(("c", 1), 1.0)
    timers.put(("c", 1), None)
    assert timers.next() == 2.0
    assert timers.take(4.0) == [("a", 1), ("b", 1)]
    assert timers.next() is None


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.none() | st.floats(0, 100))))
def test_timers_are_a_sorted_dictionary(puts: list[tuple[str, float | None]]) -> None:
    timers, model = Timers(), dict[str, float]()
    for key, at in puts:
        timers.put((key, None), at)
        if at is None:
            model.pop(key, None)
        else:
            model[key] = at
    assert timers.next() == min(model.values(), default=None)
    assert sorted(key for key, _ in timers.take(50.0)) == sorted(
        k for k, at in model.items() if at <= 50
    )
