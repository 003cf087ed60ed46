"""What was wrong in an article: written down once, and made into an edition of its own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import lxml.html
import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.edition.assemble import Workshop
from newsletter.edition.choosing.corrections import amendments_of
from newsletter.edition.correction import LONGEST_CORRECTION, assemble_correction, write_correction
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.rendering.content import Stationery
from newsletter.edition.states import EditionState
from newsletter.edition.store import get_contents, get_edition, list_edition_articles, move
from newsletter.edition.tables import EditionKind
from newsletter.errors import SettingsError
from newsletter.gather.tables import article
from newsletter.publication.newsletters import Newsletter
from tests.edition.editing import Editing

WRONG = "It was nine days, not ten."


@pytest.fixture
def editing(
    database: Database, daily: Newsletter, templates: tuple[Path, ...], noon: datetime
) -> Iterator[Editing]:
    """Give the desk that editions are made on, with one sent."""
    with database.transaction() as connection:
        made = Editing(connection, daily, Workshop(Stationery(templates), "http://localhost:8000"), noon)
        made.lists(1, 2, 3)
        made.send()
        made.wait(minutes=10)
        yield made


def correct(editing: Editing, text: str) -> bool:
    return write_correction(editing.connection, editing.id_of(1), text, editing.now)


def made_of(editing: Editing, number: int) -> int:
    """Return the id of the correction of an article, assembled."""
    on, now = editing.now.date(), editing.now
    plain = EditionRequest(editing.newsletter.id, on, now, "test")
    request = replace(plain, kind=EditionKind.CORRECTION, article_id=editing.id_of(number))
    edition_id, _ = plan_edition(editing.connection, request)
    move(editing.connection, edition_id, (EditionState.PLANNED, EditionState.GATHERING), gathering_at=now)
    assemble_correction(editing.connection, edition_id, editing.workshop, now)
    return edition_id


def test_it_is_news_once(editing: Editing) -> None:
    """The same text again, or none, changes nothing, and the archive has it."""
    assert [True, False, False] == [correct(editing, each) for each in (f" {WRONG}\n", WRONG, "")]
    edition_id = get_edition(editing.connection, 1).id
    (amendment,) = amendments_of(editing.connection, edition_id)
    assert (WRONG, editing.now) == (amendment.correction, amendment.corrected_at)


@pytest.mark.parametrize("text", ["", " \n ", "x" * (LONGEST_CORRECTION + 1)])
def test_it_says_something(editing: Editing, text: str) -> None:
    """Nothing, and more than anybody reads, is no correction."""
    with pytest.raises(SettingsError):
        correct(editing, text)


def test_it_has_the_headline_that_readers_saw(editing: Editing) -> None:
    """Whatever the article is called today; in each of the newsletter's languages, with no article of its own."""
    editing.set(languages="fr")
    correct(editing, WRONG)
    editing.connection.execute(sa.update(article).values(title="Renamed"))
    edition_id = made_of(editing, 1)
    edition = get_edition(editing.connection, edition_id)
    assert (EditionState.READY, EditionKind.CORRECTION, f"2026-03-02~correction-{editing.id_of(1)}") == (
        edition.state,
        edition.kind,
        edition.key,
    )
    contents = get_contents(editing.connection, edition_id)
    assert ["en", "fr"] == [each.language for each in contents]
    for content in contents:
        for part in (content.text, content.html):
            assert "Headline1" in part
            assert WRONG in part
            assert "Renamed" not in part
    assert [] == list_edition_articles(editing.connection, edition_id)


def test_an_arabic_article_keeps_its_direction(editing: Editing) -> None:
    """In an English mail, its headline and the correction run from right to left."""
    editing.change(1, language="ar")
    correct(editing, "تسعة أيام، لا عشرة.")
    html = get_contents(editing.connection, made_of(editing, 1))[0].html
    assert 2 == html.count('lang="ar" dir="rtl"') + html.count('dir="rtl" lang="ar"')
    for tag in ("h3", "p"):
        (style,) = lxml.html.document_fromstring(html).xpath(f"//{tag}[@dir='rtl']/@style")
        assert "text-align:right" in style.replace(" ", "")


def test_letters_say_more_than_a_feed_of_their_direction(editing: Editing) -> None:
    """An Arabic correction of an article that its feed calls English runs from right to left."""
    editing.change(1, language="en_GB")
    correct(editing, "تسعة أيام، لا عشرة، كما كتبنا.")
    html = get_contents(editing.connection, made_of(editing, 1))[0].html
    assert 2 == html.count('lang="en-GB" dir="rtl"') + html.count('dir="rtl" lang="en-GB"')


def test_hostile_words_stay_words(editing: Editing) -> None:
    """What an editor pastes is escaped, and no template."""
    correct(editing, "<script>alert(1)</script> {{ 7 * 7 }}")
    content = get_contents(editing.connection, made_of(editing, 1))[0]
    assert "<script>" not in content.html
    assert "{{ 7 * 7 }}" in content.html
