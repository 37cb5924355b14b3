"""Units have inverses; zero is legal; a bare number is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.units import (
    GB,
    KB,
    MB,
    MOST_BYTES,
    age,
    exact_size,
    parse_duration,
    parse_size,
    short_size,
    show_duration,
    show_size,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("175 MB", 175 * MB),
        ("175MB", 175 * MB),
        ("175M", 175 * MB),
        ("175 MiB", 175 * MB),
        ("175 megabytes", 175 * MB),
        ("1.5G", 1536 * MB),
        (" 2 gb ", 2 * GB),
        ("12 kB", 12 * KB),
        ("1 kilobyte", KB),
        ("7 B", 7),
        ("0 MB", 0),
        ("0b", 0),
    ],
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("175", 'a size needs a unit: "175": 175 MB? 175 KB?'),
        ("0", "a size needs a unit"),
        ("175 megs", '"megs" is no unit of size: say 175 KB, 175 MB ...'),
        ("", '"" is not a size: say 175 MB'),
        ("-3 MB", "is not a size"),
        ("1,5 GB", "is not a size"),
        ("1_000 B", "is not a size"),
        ("٣ MB", "is not a size"),
        ("9999999999 TB", "more than any machine has"),
    ],
)
def test_what_is_no_size_is_refused_in_a_sentence(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_size(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("size", "long", "short"),
    [
        (0, "0 B", "0B"),
        (512, "512 B", "512B"),
        (640 * KB, "640 KB", "640K"),
        (int(2.4 * MB), "2.4 MB", "2.4M"),
        (182 * MB + 300 * KB, "182 MB", "182M"),
        (1200 * MB, "1200 MB", "1200M"),
        (2 * GB, "2 GB", "2G"),
        (1536 * MB, "1.5 GB", "1.5G"),
        (int(12.34 * GB), "12.3 GB", "12.3G"),
    ],
)
def test_a_size_is_shown(size: int, long: str, short: str) -> None:
    assert (show_size(size), short_size(size)) == (long, short)


@given(st.integers(0, MOST_BYTES))
def test_the_exact_words_of_a_size_give_it_back(size: int) -> None:
    assert parse_size(exact_size(size)) == size


@given(st.integers(0, MOST_BYTES))
def test_the_shown_words_of_a_size_give_it_back_to_their_precision(size: int) -> None:
    for words in (show_size(size), short_size(size)):
        assert abs(parse_size(words) - size) <= max(size * 0.06, KB / 2)


@given(st.integers(0, MOST_BYTES))
def test_what_was_shown_is_shown_again(size: int) -> None:
    assert show_size(parse_size(show_size(size))) == show_size(size)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("50m", 3000),
        ("50 minutes", 3000),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("2 days", 172800),
        ("1w", 604800),
        ("1.5 h", 5400),
        ("250ms", 0.25),
        ("0s", 0),
        ("1 Hour", 3600),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("90", 'a duration needs a unit: "90": 90s? 90m?'),
        ("0", "a duration needs a unit"),
        ("", '"" is not a duration: say 90s, 50m or 1h30m'),
        ("soon", "is not a duration"),
        ("5 fortnights", '"fortnights" is no unit of time: say 5s, 5m, 5h'),
        ("30m1h", "the larger unit comes first: 1h30m"),
        ("1h 30", "is not a duration"),
        ("-1s", "is not a duration"),
        ("99999 weeks", "more than a hundred years"),
    ],
)
def test_what_is_no_duration_is_refused_in_a_sentence(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_duration(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (50 * 60, "50m"), (5400, "1h 30m"), (2.4, "2.4s"), (90, "1m 30s"), (-3, "0s")],
)
def test_a_duration_is_shown(seconds: float, words: str) -> None:
    assert show_duration(seconds) == words


@given(st.integers(0, 100 * 366 * 86400 * 1000))
def test_the_words_of_a_duration_give_it_back(milliseconds: int) -> None:
    assert parse_duration(show_duration(milliseconds / 1000)) == milliseconds / 1000


@given(st.text())
def test_any_text_is_a_number_or_refused(text: str) -> None:
    for parse in (parse_size, parse_duration):
        try:
            assert parse(text) >= 0
        except ValueError as refusal:
            assert len(str(refusal)) > 10  # noqa: PT017  either way is right, silence is not


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0s"),
        (0, "0s"),
        (0.00001, "1ms"),
        (0.009, "9ms"),
        (0.9999, "1s"),
        (2.4, "2.4s"),
        (9.96, "10s"),
        (12.9, "12s"),
        (90, "1m 30s"),
        (300, "5m"),
        (52 * 60 + 59, "52m"),
        (5 * 3600 + 12 * 60, "5h 12m"),
        (3600, "1h"),
        (3 * 86400 + 2 * 3600 + 59, "3d 2h"),
        (9 * 86400, "9d"),
    ],
)
def test_an_age_is_shown(seconds: float, words: str) -> None:
    assert age(seconds) == words
