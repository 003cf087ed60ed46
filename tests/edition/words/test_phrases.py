"""Words, numbers, dates and direction of a language."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from markupsafe import Markup

from newsletter.edition.words.catalogue import Catalogue, Source
from newsletter.edition.words.languages import Languages
from newsletter.edition.words.phrases import Phrases, direction, locale_of, own_name

LANGUAGES = Languages([Path(__file__).parents[3] / "templates"])
SUNDAY = date(2026, 11, 22)
FSI, PDI = "\u2068", "\u2069"


def phrases(language: str) -> Phrases:
    return LANGUAGES.phrases(language)


def votes(language: str, number: int) -> str:
    return phrases(language).ngettext("{number} vote", "{number} votes", number)


@pytest.mark.parametrize(
    ("expected", "number"),
    [
        ("لا أصوات", 0),
        ("صوت واحد", 1),
        ("صوتان", 2),
        ("7 أصوات", 7),
        ("11 صوتًا", 11),
        ("100 صوت", 100),
        ("103 أصوات", 103),
    ],
)
def test_arabic_has_six_plurals(expected: str, number: int) -> None:
    """A count reads as an Arabic reader would say it."""
    assert expected == votes("ar", number)


@pytest.mark.parametrize(
    ("expected", "language"),
    [
        ("12,345 votes", "en"),
        ("12.345 Stimmen", "de"),
        ("12\u202f345 votes", "fr"),
        ("12.345 votos", "es"),
        ("12.345 oy", "tr"),
        ("12,345 صوتًا", "ar"),
        ("12’345 Stimmen", "de-CH"),
    ],
)
def test_a_number_is_written_as_the_language_groups_its_digits(expected: str, language: str) -> None:
    """Thousands stand apart by a point, a space or a comma."""
    assert expected == votes(language, 12_345)


def test_a_number_among_the_values_is_written_so_too() -> None:
    """Whatever is counted looks alike."""
    assert "Proof 1,200" == phrases("en").gettext("Proof {number}", number=1200)


def test_a_language_without_words_speaks_english_and_keeps_its_dates() -> None:
    """A newsletter in a language we do not speak still goes out."""
    finnish = phrases("fi")
    assert "From the blogs" == finnish.gettext("From the blogs")
    assert "sunnuntai 22. marraskuuta 2026" == finnish.day(SUNDAY)


def test_english_amid_a_language_that_runs_the_other_way_is_isolated() -> None:
    """Who reads Hebrew sees an English sentence with its full stop at its own end."""
    assert f"{FSI}Come back soon.{PDI}" == phrases("he").gettext("Come back soon.")


@pytest.mark.parametrize(
    ("expected", "language"),
    [
        ("Sunday, November 22, 2026", "en"),
        ("Sunday, 22 November 2026", "en-GB"),
        ("Sonntag, 22. November 2026", "de"),
        ("dimanche 22 novembre 2026", "fr"),
        ("domingo, 22 de noviembre de 2026", "es"),
        ("22 Kasım 2026 Pazar", "tr"),
        ("الأحد، 22 نوفمبر 2026", "ar"),
        ("الأحد، 22 تشرين الثاني 2026", "ar-JO"),
    ],
)
def test_a_day_is_written_in_full(expected: str, language: str) -> None:
    """The date line is the language's own, and its region's."""
    assert expected == phrases(language).day(SUNDAY)


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


def test_every_name_in_an_arabic_sentence_is_isolated() -> None:
    """An address, a Latin name and an Arabic one keep their letters and leave the sentence its order."""
    said = phrases("ar").gettext(
        "You get this because {address} subscribed to {name}.", address="ann@example.org", name="The Daily (City)"
    )
    assert f"{FSI}ann@example.org{PDI}" in said
    assert f"{FSI}The Daily (City){PDI}." in said


def test_an_arabic_name_in_an_english_sentence_is_isolated_and_a_latin_one_is_not() -> None:
    """Only what runs the other way could turn the sentence around."""
    welcome = phrases("en").gettext
    assert f"Welcome to {FSI}الصحيفة{PDI}" == welcome("Welcome to {name}", name="الصحيفة")
    assert "Welcome to The Daily" == welcome("Welcome to {name}", name="The Daily")
    assert "Welcome to " == welcome("Welcome to {name}", name="")


def test_a_name_that_is_isolated_already_is_not_again() -> None:
    """Two isolates round one name are one too many for a plain text."""
    phrases = LANGUAGES.phrases("ar")
    assert phrases.gettext("By {author}", author="\u2068Ann\u2069") == phrases.gettext("By {author}", author="Ann")


def test_our_own_words_are_put_in_as_they_are() -> None:
    """A date or a count of the language itself needs no isolation in it."""
    arabic = phrases("ar")
    said = arabic.gettext("Nothing is mailed to you before {day}.", day=arabic.day(SUNDAY))
    assert FSI not in said
    assert arabic.day(SUNDAY) in said


def test_markup_makes_markup_and_all_else_is_escaped() -> None:
    """A sentence takes a link, and what somebody named themselves stays text."""
    said = phrases("en").gettext(
        "{name} goes to {address}.", name="<b>&", address=Markup("<strong>a@example.org</strong>")
    )
    assert isinstance(said, Markup)
    assert "&lt;b&gt;&amp; goes to <strong>a@example.org</strong>." == said


def test_a_name_with_braces_asks_for_nothing() -> None:
    """Template syntax in a title is a title."""
    assert "Welcome to {x} {{ 7*7 }} %s" == phrases("en").gettext("Welcome to {name}", name="{x} {{ 7*7 }} %s")


def test_a_translation_may_turn_values_around_and_leave_one_out() -> None:
    """Word order is the translator's."""
    source = Source("x.po", 'msgid "{a} of {b}"\nmsgstr "{b}: {a}"\n\nmsgid "{a} by {b}"\nmsgstr "{a}"\n')
    said = Phrases("de", Catalogue([source]))
    assert ("2: 1", "1") == (said.gettext("{a} of {b}", a="1", b="2"), said.gettext("{a} by {b}", a="1", b="2"))


def test_a_missing_value_is_an_error() -> None:
    """A template that forgets a value is told so, whatever the language."""
    for language in ("en", "ar"):
        with pytest.raises(LookupError):
            phrases(language).gettext("Welcome to {name}")


@pytest.mark.parametrize(
    ("expected", "language", "sentence"),
    [
        ("This link is too old.", "en", "This link is too old."),
        ("Dieser Link ist zu alt.", "de", "This link is too old."),
        ("There is no newsletter 'x'.", "en-GB", "There is no newsletter 'x'."),
        ("otherwise", "de", "There is no newsletter 'x'."),
        ("", "de", ""),
    ],
)
def test_an_errors_sentence_is_told_where_the_language_has_it(expected: str, language: str, sentence: str) -> None:
    """What nobody translated is replaced by what was, never shown in English."""
    assert expected == phrases(language).told(sentence, "otherwise")


@pytest.mark.parametrize(
    ("expected", "language"), [("İSTANBUL IŞIK", "tr"), ("ISTANBUL IŞIK", "en"), ("ISTANBUL IŞIK", "de")]
)
def test_capitals_are_those_of_the_language(expected: str, language: str) -> None:
    """A Turkish i keeps its dot."""
    assert expected == phrases(language).upper("istanbul ışık")


@pytest.mark.parametrize(("expected", "language"), [("Photo:", "en"), ("Photo\u00a0:", "fr"), ("Photo:", "ar")])
def test_a_label_ends_with_the_languages_colon(expected: str, language: str) -> None:
    """French keeps a space before it, which must not break."""
    assert expected == phrases(language).label("Photo")


def test_a_line_opens_with_a_capital() -> None:
    """What is written small within a sentence stands alone too."""
    assert ("İki", "") == (phrases("tr").opening("iki"), phrases("tr").opening(""))
    assert "Dimanche 22 novembre 2026" == phrases("fr").opening(phrases("fr").day(SUNDAY))


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
    ("expected", "language"),
    [("العربية", "ar"), ("Deutsch", "de"), ("Türkçe", "tr"), ("Français", "fr"), ("Português (Brasil)", "pt-BR")],
)
def test_a_language_names_itself(expected: str, language: str) -> None:
    """Who looks for a language looks for its own name."""
    assert expected == own_name(language)


@pytest.mark.parametrize(
    ("expected", "language"),
    [("Sport, Politics, and Books", "en"), ("Sport, Politics et Books", "fr"), ("Sport, Politics ve Books", "tr")],
)
def test_names_are_listed_as_the_language_does(expected: str, language: str) -> None:
    """Commas and the last word between two names are the language's own."""
    assert expected == phrases(language).listed(["Sport", "Politics", "Books"])


def test_a_list_of_names_of_another_direction() -> None:
    """Each name is isolated by itself, and nothing is a list of none."""
    assert f"{FSI}Sport{PDI} و{FSI}Books{PDI}" == phrases("ar").listed(["Sport", "Books"])
    assert "" == phrases("ar").listed([])
