"""Why an article is here, in words."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.edition.reasons import Reason, ReasonKind
from newsletter.edition.words.languages import Languages
from newsletter.edition.words.phrases import Phrases
from newsletter.edition.words.reasoned import in_words, why_line

LANGUAGES = Languages([Path(__file__).parents[3] / "templates"])
HOURS = timedelta(hours=3)


@pytest.mark.parametrize("kind", list(ReasonKind))
@pytest.mark.parametrize("language", LANGUAGES.known())
def test_every_reason_can_be_said(kind: ReasonKind, language: str) -> None:
    """No kind is without words in any language, with its figures or without them."""
    phrases = LANGUAGES.phrases(language)
    assert in_words(Reason(kind), phrases)
    assert in_words(Reason(kind, 3, timedelta(hours=2), "City"), phrases)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("most voted today (7 votes in 3 h)", Reason(ReasonKind.MOST_VOTED, 7, HOURS)),
        ("most voted (7 votes in 2 days)", Reason(ReasonKind.MOST_VOTED, 7, timedelta(hours=50))),
        ("most voted (7 votes)", Reason(ReasonKind.MOST_VOTED, 7)),
        ("1 vote in 20 min", Reason(ReasonKind.VOTED, 1, timedelta(minutes=20))),
        ("1,250 comments in 3 h", Reason(ReasonKind.DISCUSSED, 1250, HOURS)),
        ("in 4 sources", Reason(ReasonKind.COVERED, 4)),
        ("your editors' pick", Reason(ReasonKind.PICKED)),
        ("published 47 h ago", Reason(ReasonKind.PUBLISHED, span=timedelta(hours=47))),
        ("found 1 min ago", Reason(ReasonKind.FOUND, span=timedelta(0))),
        ("newest in Region", Reason(ReasonKind.NEWEST, name="Region")),
        ("newest from its source", Reason(ReasonKind.NEWEST)),
    ],
)
def test_a_reason_is_said_in_plain_words(said: str, reason: Reason) -> None:
    """The words are those that a reader understands at once."""
    assert said == in_words(reason)


@pytest.mark.parametrize(
    ("said", "number"),
    [("1st", 1), ("2nd", 2), ("3rd", 3), ("4th", 4), ("11th", 11), ("12th", 12), ("13th", 13), ("22nd", 22)],
)
def test_a_place_is_an_ordinal(said: str, number: int) -> None:
    """English has four endings for a place, and three exceptions."""
    assert f"placed {said} by its newsroom" == in_words(Reason(ReasonKind.PLACED, number))


@pytest.mark.parametrize(
    ("said", "language", "reason"),
    [
        ("الأكثر تصويتًا اليوم (صوتان خلال 3 ساعات)", "ar", Reason(ReasonKind.MOST_VOTED, 2, HOURS)),
        ("am häufigsten gewählt (7 Stimmen in 2 Tagen)", "de", Reason(ReasonKind.MOST_VOTED, 7, 16 * HOURS)),
        ("n°\u00a02 dans l’ordre de sa rédaction", "fr", Reason(ReasonKind.PLACED, 2)),
        ("publicado hace 3\u00a0h", "es", Reason(ReasonKind.PUBLISHED, span=HOURS)),
        ("3 saat içinde 7 oy", "tr", Reason(ReasonKind.VOTED, 7, HOURS)),
    ],
)
def test_a_mail_says_it_in_its_own_language(said: str, language: str, reason: Reason) -> None:
    """The order of the words and the plurals are those of the language."""
    assert said == in_words(reason, LANGUAGES.phrases(language))


def test_the_weightiest_comes_first() -> None:
    """Several reasons are one line; none are none."""
    assert "in 4 sources · 1 vote" == why_line((Reason(ReasonKind.COVERED, 4), Reason(ReasonKind.VOTED, 1)))
    assert why_line(()) == ""


@pytest.mark.parametrize("say", [in_words, lambda reason: why_line([reason])])
def test_a_section_that_runs_the_other_way_is_isolated(say: Callable[[Reason], str]) -> None:
    """An Arabic section in an English line leaves the words around it in their places."""
    assert "newest in \u2068المدينة\u2069" == say(Reason(ReasonKind.NEWEST, name="المدينة"))


def test_our_own_words_are_not_isolated_from_each_other() -> None:
    """A count within an Arabic sentence is Arabic already."""
    arabic: Phrases = LANGUAGES.phrases("ar")
    assert "\u2068" not in in_words(Reason(ReasonKind.MOST_VOTED, 12, HOURS), arabic)
