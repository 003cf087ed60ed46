"""Words, dates and direction of a language."""

import string
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newsletter.edition.rendering.phrases import Phrases, direction, locale_of
from newsletter.errors import ContentError

WORDS = Path(__file__).parents[3] / "templates/email/_base"
SUNDAY = date(2026, 11, 22)


def phrases(language: str) -> Phrases:
    def read(name: str) -> list[str]:
        file = WORDS / f"words.{name}.toml"
        return [file.read_text("utf-8")] if file.exists() else []

    return Phrases(language, read)


def fields(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


@pytest.mark.parametrize(
    ("expected", "number"), [("صوت واحد", 1), ("صوتان", 2), ("7 أصوات", 7), ("11 صوتًا", 11), ("100 صوت", 100)]
)
def test_arabic_has_six_plurals(expected: str, number: int) -> None:
    """A count reads as an Arabic reader would say it."""
    assert expected == phrases("ar")("votes", number)


def test_a_language_without_words_speaks_english_and_keeps_its_dates() -> None:
    """A newsletter in a language we do not speak still goes out."""
    finnish = phrases("fi")

    assert finnish("from_the_blogs") == "From the blogs"
    assert finnish.day(SUNDAY) == "sunnuntai 22. marraskuuta 2026"


def test_an_unknown_phrase_is_an_error() -> None:
    """A template that asks for words nobody wrote is told so."""
    with pytest.raises(ContentError, match="weather"):
        phrases("en")("weather")


@pytest.mark.parametrize("table", ["by = [", 'by = "{writer}"', 'by = "{0}"', 'by = "{"'])
def test_a_broken_words_file_is_our_error(table: str) -> None:
    """A publisher's own words can be wrong in ways that are explained."""
    with pytest.raises(ContentError, match="words"):
        Phrases("en", lambda _: [table])("by", author="Ann")


@pytest.mark.parametrize("file", sorted(WORDS.glob("words.*.toml")), ids=lambda file: file.name)
def test_every_language_says_the_same(file: Path) -> None:
    """No language leaves a phrase or a name out."""
    english = tomllib.loads((WORDS / "words.en.toml").read_text())
    other = tomllib.loads(file.read_text())

    assert english.keys() == other.keys()
    for name, phrase in english.items():
        if isinstance(phrase, str):
            assert fields(phrase) == fields(other[name]), name


@pytest.mark.parametrize(
    ("expected", "language"),
    [
        ("rtl", "ar"),
        ("rtl", "ar-JO"),
        ("rtl", "he"),
        ("rtl", "fa_IR"),
        ("rtl", "ur"),
        ("ltr", "en"),
        ("ltr", "??"),
    ],
)
def test_direction_follows_the_language(expected: str, language: str) -> None:
    """Arabic, Hebrew, Persian and Urdu are mirrored."""
    assert expected == direction(language)


def test_an_unknown_region_falls_back_to_its_language() -> None:
    """A tag nobody has data for loses its region first."""
    assert locale_of("de-ZZ").language == "de"


@pytest.mark.parametrize(
    ("expected", "at"),
    [
        ("02:30", datetime(2026, 11, 21, 23, 30, tzinfo=UTC)),
        ("21 Nov", datetime(2026, 11, 21, 12, 0, tzinfo=UTC)),
        ("31 Dec 2025", datetime(2025, 12, 31, 12, 0, tzinfo=UTC)),
    ],
)
def test_a_moment_is_told_in_the_newsletters_zone(expected: str, at: datetime) -> None:
    """Today's articles show a time, older ones a day, last year's the year."""
    assert expected == phrases("en-GB").moment(at, "Asia/Amman", SUNDAY)
