"""Which way a text runs."""

import pytest

from newsletter.edition.words.bidi import direction_of


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("ltr", "Library opens"),
        ("rtl", "افتتاح مكتبة"),
        ("rtl", "GPT 5 يكتب الأخبار اليوم"),
        ("ltr", "The word سلام means peace"),
        ("rtl", "שלום"),
        ("ltr", "漢字"),
        ("", "2026 · 7.4 %"),
        ("", "🎉 ١٢"),
        ("", ""),
    ],
)
def test_most_letters_say_it(expected: str, text: str) -> None:
    """A name in another script turns no headline around; figures and emoji say nothing."""
    assert expected == direction_of(text)
