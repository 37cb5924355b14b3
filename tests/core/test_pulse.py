"""When a beat may be sent, and what is known of those that were."""

import pytest

from svwatch.core.pulse import Pulse, Watched, complete, heard, missed

NOW = 1000.0


@pytest.mark.parametrize(
    ("watched", "since", "is_complete"),
    [
        ((), 0.0, True),
        ((Watched(NOW - 1, 5.0),), 940.0, True),
        ((Watched(NOW - 60, 5.0),), 940.0, False),  # not since the last beat
        ((Watched(NOW - 50, 5.0),), 940.0, True),
        ((Watched(NOW - 3000, 3600.0),), 940.0, True),  # once an hour is enough for it
        ((Watched(NOW - 6000, 3600.0),), 940.0, False),
        ((Watched(NOW - 1, 5.0), Watched(None, 5.0)), 940.0, False),
        ((Watched(NOW - 1, 5.0), Watched(NOW - 100, 5.0)), 940.0, False),
        ((Watched(NOW - 1, 5.0), Watched(NOW - 1, 5.0, sound=False)), 940.0, False),
        ((Watched(NOW - 70, 5.0),), -1.0, True),  # the first beat: one look at each
    ],
)
def test_a_beat_follows_a_complete_look(
    watched: tuple[Watched, ...], since: float, is_complete: bool
) -> None:
    assert complete(watched, NOW, since) is is_complete


def test_a_failure_is_counted_from_the_first() -> None:
    pulse = heard(Pulse("https://hc/"), 10.0)
    failing = missed(missed(pulse, 70.0, "500"), 130.0, "refused")
    assert failing == Pulse("https://hc/", 10.0, 70.0, "refused")
    assert heard(failing, 190.0) == Pulse("https://hc/", 190.0)
