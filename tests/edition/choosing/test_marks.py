"""What editors say of an article."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.edition.choosing import marks
from newsletter.edition.choosing.marks import Mark, MarkRequest, marks_of
from newsletter.errors import NotFoundError, SettingsError
from newsletter.publication.newsletters import Newsletter
from tests.publication.newsroom import a_source, an_article, publish

TODAY = date(2026, 3, 2)


def listed(connection: sa.Connection, newsletter: Newsletter, now: datetime) -> list[MarkRequest]:
    origin = a_source(connection, newsletter.id)
    publish(connection, origin, [an_article(number) for number in (1, 2)], now)
    return [MarkRequest(newsletter.id, number, "ann@paper.example", now) for number in (1, 2)]


def test_marks_add_up(database: Database, daily: Newsletter, noon: datetime) -> None:
    """An article may have several marks, and each kind once: the last word counts."""
    with database.transaction() as connection:
        first, second = listed(connection, daily, noon)
        marks.pin(connection, first, 3, TODAY)
        marks.pin(connection, first, 2, TODAY)
        marks.boost(connection, first, 10)
        marks.boost(connection, first, -5)
        marks.block(connection, second)
        marks.allow_update(connection, second)
        expected = {
            first.article_id: Mark(pin=2, boost=-5),
            second.article_id: Mark(is_blocked=True, allows_update=True),
        }
        assert expected == marks_of(connection, daily.id, TODAY)
        assert 2 == marks.clear(connection, daily.id, first.article_id)
        assert [second.article_id] == list(marks_of(connection, daily.id, TODAY))


def test_a_pin_is_never_stale(database: Database, daily: Newsletter, noon: datetime) -> None:
    """On any other date than its own it does not exist; a boost does."""
    with database.transaction() as connection:
        first, second = listed(connection, daily, noon)
        marks.pin(connection, first, 1, TODAY)
        marks.boost(connection, second, 5)
        assert {second.article_id: Mark(boost=5)} == marks_of(connection, daily.id, TODAY + timedelta(days=1))


def test_a_place_has_one_pin(database: Database, daily: Newsletter, noon: datetime) -> None:
    """Of two articles pinned to one place of a day the later has it."""
    with database.transaction() as connection:
        first, second = listed(connection, daily, noon)
        marks.pin(connection, first, 1, TODAY)
        marks.pin(connection, second, 1, TODAY)
        assert {second.article_id: Mark(pin=1)} == marks_of(connection, daily.id, TODAY)


def test_what_no_mark_can_be(database: Database, daily: Newsletter, noon: datetime) -> None:
    """A place that no edition has and a boost beyond an editor's word are refused."""
    with database.transaction() as connection:
        first, _ = listed(connection, daily, noon)
        for place in (0, 31):
            with pytest.raises(SettingsError, match="no place"):
                marks.pin(connection, first, place, TODAY)
        for points in (-21, 21):
            with pytest.raises(SettingsError, match="too much"):
                marks.boost(connection, first, points)
        assert {} == marks_of(connection, daily.id, TODAY)


def test_an_article_is_found_by_id_and_address(database: Database, daily: Newsletter, noon: datetime) -> None:
    """A person names it as they have it before them; what is not there is told."""
    with database.transaction() as connection:
        listed(connection, daily, noon)
        by_id = marks.find_article(connection, "1")
        assert by_id == marks.find_article(connection, by_id.url)
        for name in ("99", "9" * 40, "https://paper.example/none"):
            with pytest.raises(NotFoundError):
                marks.find_article(connection, name)
