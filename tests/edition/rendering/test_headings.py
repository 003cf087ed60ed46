"""What a mailbox shows before the mail is opened."""

from dataclasses import replace

import pytest

from newsletter.edition.rendering.headings import headline_of, preheader_of
from newsletter.edition.words.catalogue import Catalogue
from newsletter.edition.words.phrases import Phrases
from newsletter.edition.words.wording import isolate, plain
from tests.edition.rendering.builders import MASTHEAD, SUNDAY, edition

ENGLISH, ARABIC = Phrases("en", Catalogue(())), Phrases("ar", Catalogue(()))


@pytest.mark.parametrize(
    ("expected", "titles", "phrases"),
    [
        ("b · c", "a|b|c|d", ENGLISH),
        (f"{isolate('رسالة')} · c", "a|رسالة|c", ENGLISH),
        (f"رسالة · {isolate('GPT 5')}", "خبر|رسالة|GPT 5", ARABIC),
        ("The council voted 11 to 4.", "a", ENGLISH),
    ],
)
def test_the_preheader_is_the_next_two_headlines(expected: str, titles: str, phrases: Phrases) -> None:
    """Each is isolated where it runs against the line; a lone article's summary stands in for others."""
    assert expected == preheader_of(edition(*titles.split("|")), MASTHEAD, phrases)


def test_a_long_preheader_keeps_its_isolates() -> None:
    """Headlines are cut first and isolated then, so that no isolate is left open."""
    selection = edition("a", "كلمة " * 40, "b " * 80)
    preheader = preheader_of(selection, MASTHEAD, ENGLISH)
    assert 1 == preheader.count("\u2068") == preheader.count("\u2069")
    assert preheader == plain(preheader)
    assert len(preheader) <= 122


def test_a_headline_that_runs_against_the_mailbox_is_isolated() -> None:
    """It leaves the words around it where they are, whatever language its feed gives it."""
    assert isolate("GPT 5") == headline_of(edition("GPT 5"), MASTHEAD, ARABIC, SUNDAY)
    assert isolate("خبر") == headline_of(edition("خبر"), MASTHEAD, ENGLISH, SUNDAY)
    assert "خبر" == headline_of(edition("خبر"), MASTHEAD, ARABIC, SUNDAY)


def test_a_quiet_day_shows_no_headline() -> None:
    """The name, the date, and the tagline."""
    quiet = replace(MASTHEAD, quiet=True)
    assert "The Harbour Post · Sunday, November 22, 2026" == headline_of(edition("a"), quiet, ENGLISH, SUNDAY)
    assert "News from the bay" == preheader_of(edition("a"), quiet, ENGLISH)
