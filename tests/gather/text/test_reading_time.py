"""How long an article takes to read."""

import pytest

from newsletter.gather.text.reading_time import count_words, minutes_to_read


@pytest.mark.parametrize(
    ("words", "language", "minutes"),
    [
        (0, "en", 0),
        (1, "en", 1),
        (238, "en", 1),
        (239, "", 2),
        (588, "en-GB", 3),
        (360, "ar_JO", 2),
        (361, "ar", 3),
        (1000, "zh", 2),
        (-1, "en", 0),
    ],
)
def test_minutes(words: int, language: str, minutes: int) -> None:
    """238 words a minute, 180 of Arabic, 500 characters of Chinese, rounded up."""
    assert minutes_to_read(words, language) == minutes


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("The mayor’s 3.5-hour speech — over.", "en", 5),
        ("أعلنت المدينة افتتاح الخط.", "ar", 4),
        ("市議会は、ABC 船を再開した。", "ja", 10),
        ("", "en", 0),
    ],
)
def test_words(text: str, language: str, count: int) -> None:
    """Words between spaces and signs; characters where no spaces are written."""
    assert count_words(text, language) == count
