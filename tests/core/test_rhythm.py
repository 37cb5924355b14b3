"""The rhythm of cron: a minute between two looks is no gap, whatever the interval is."""

from svwatch.core.rhythm import Rhythm, after, kept

BOOT = "boot"


def beats(*instants: float) -> Rhythm:
    """Give the rhythm after looks at these instants."""
    rhythm = None
    for instant in instants:
        rhythm = after(rhythm, BOOT, instant)
    assert rhythm is not None
    return rhythm


def test_nothing_is_kept_before_the_first_look_or_after_a_boot() -> None:
    assert not kept(None, BOOT, 10.0)
    assert not kept(beats(0.0, 60.0), "another", 120.0)
    assert after(beats(0.0, 60.0), "another", 5.0) == Rhythm("another", 5.0)


def test_the_second_look_makes_the_rhythm() -> None:
    assert kept(beats(0.0), BOOT, 900.0)
    assert not kept(beats(0.0), BOOT, 3601.0)


def test_three_beats_without_a_look_are_a_gap() -> None:
    assert kept(beats(0.0, 60.0, 120.0), BOOT, 300.0)
    assert not kept(beats(0.0, 60.0, 120.0), BOOT, 301.0)


def test_a_human_in_between_breaks_no_rhythm() -> None:
    assert kept(beats(0.0, 60.0, 120.0, 130.0), BOOT, 180.0)


def test_old_spacings_and_long_pauses_are_forgotten() -> None:
    rhythm = beats(0.0, *(600.0 + 60.0 * count for count in range(13)))
    assert rhythm.spacings == (60.0,) * 12
    assert after(rhythm, BOOT, rhythm.last + 7200.0).spacings == rhythm.spacings
