"""What readers choose: only what their newsletter offers, only while editions come, and with a line in the log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.errors import ConflictError, SettingsError
from newsletter.gather.article import Article, Genre
from newsletter.gather.memory.store import store_articles
from newsletter.gather.polling.sources import attach_source, lease_source, put_source
from newsletter.gather.tables import SourceKind
from newsletter.publication.newsletters import Newsletter, change_newsletter
from newsletter.readers.choices import (
    choose_breaking,
    choose_frequency,
    choose_hour,
    choose_language,
    choose_sections,
    choose_zone,
)
from newsletter.readers.pauses import pause
from newsletter.readers.preferences import Preferences, get_preferences
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader, unsubscribe
from newsletter.readers.tables import Frequency
from tests.readers.logged import Logged, log_after_adding

PAGE = Origin("preferences", "192.0.2.0/24")
DAY = timedelta(days=1)
SEVEN = time(7)


@dataclass
class Reader:
    """One active reader of the daily, and what they choose, each in a transaction of its own."""

    database: Database
    newsletter: Newsletter
    id: int
    now: datetime

    def do(self, act: Callable[..., Any], *values: object) -> Any:
        with self.database.transaction() as connection:
            return act(connection, self.id, *values)

    def choose(self, choose: Callable[..., Preferences], value: object) -> Preferences:
        """Choose, and return what is then written down."""
        chosen = self.do(choose, value, PAGE, self.now)
        assert self.do(get_preferences, self.now) == chosen
        assert isinstance(chosen, Preferences)
        return chosen

    def set(self, **settings: str) -> None:
        with self.database.transaction() as connection:
            change_newsletter(connection, self.newsletter.slug, settings)

    @property
    def log(self) -> list[Logged]:
        return log_after_adding(self.database)


@pytest.fixture
def reader(database: Database, daily: Newsletter, noon: datetime) -> Reader:
    """Give a reader of a newsletter that lets its readers choose everything."""
    with database.transaction() as connection:
        change_newsletter(connection, daily.slug, {"languages": "ar fr", "reader_hours": "true"})
        added = add_reader(connection, daily.id, "ann@reader.example", Origin("test"), noon - DAY)
        _gather(connection, daily, noon, ["Sport", "Politics", "World"])
    return Reader(database, daily, added, noon)


def _gather(connection: sa.Connection, newsletter: Newsletter, now: datetime, sections: list[str]) -> None:
    source_id = put_source(connection, "https://paper.example/feed", SourceKind.FEED, Genre.NEWS)
    attach_source(connection, newsletter.id, source_id)
    source = lease_source(connection, source_id, now + DAY, now)
    assert source is not None
    articles = [
        Article(guid=each, url=f"https://paper.example/{each}", title=f"On {each}", section=each)
        for each in sections
    ]
    store_articles(connection, source, articles, now)


@pytest.mark.parametrize(
    ("choose", "field", "value", "before"),
    [
        (choose_language, "language", "ar", ""),
        (choose_zone, "zone", "Asia/Damascus", ""),
        (choose_hour, "hour", SEVEN, None),
        (choose_frequency, "frequency", Frequency.WEEKLY, Frequency.DAILY),
        (choose_breaking, "breaking", True, False),
        (choose_sections, "sections", ("Sport",), ()),
    ],
    ids=["language", "zone", "hour", "frequency", "breaking", "sections"],
)
def test_each_choice_is_made_once_and_taken_back(
    reader: Reader, choose: Callable[..., Preferences], field: str, value: object, before: object
) -> None:
    """Choosing it again changes nothing; what was before can be had again."""
    for wanted in (value, value, before, before):
        assert wanted == getattr(reader.choose(choose, wanted), field)
    assert 2 * [("changed", "preferences", "192.0.2.0/24")] == reader.log


@pytest.mark.parametrize(
    ("choose", "value"),
    [
        (choose_language, "ar"),
        (choose_zone, "Asia/Damascus"),
        (choose_hour, SEVEN),
        (choose_frequency, Frequency.WEEKLY),
        (choose_breaking, True),
        (choose_sections, ["Sport"]),
    ],
)
def test_who_left_chooses_nothing(reader: Reader, choose: Callable[..., Preferences], value: object) -> None:
    """What nobody gets has no language, no hour and no section; a pause is no such end."""
    reader.do(pause, 14, PAGE, reader.now)
    reader.choose(choose, value)
    reader.do(unsubscribe, Origin("one-click"), reader.now)
    with pytest.raises(ConflictError):
        reader.do(choose, value, PAGE, reader.now)


def test_the_newsletters_own_language_is_no_choice(reader: Reader) -> None:
    """Named or left empty, it is whatever the newsletter's own is."""
    for language in ("ar", "en", "ar", ""):
        reader.choose(choose_language, language)
    assert "" == reader.do(get_preferences, reader.now).language
    assert 4 == len(reader.log)


@pytest.mark.parametrize(
    ("choose", "value"),
    [
        *((choose_language, value) for value in ("de", "AR", "x" * 5000, "en; DROP TABLE subscription")),
        (choose_zone, "Mars/Olympus"),
        (choose_hour, time(7, 30)),
        (choose_hour, time(7, 0, 0, 1)),
        (choose_sections, ["Sport", "Gossip"]),
        (choose_sections, [""]),
    ],
)
def test_what_there_is_not_to_choose(reader: Reader, choose: Callable[..., Preferences], value: object) -> None:
    """It is refused whole, and changes nothing."""
    before = reader.do(get_preferences, reader.now)
    with pytest.raises(SettingsError):
        reader.do(choose, value, PAGE, reader.now)
    assert before == reader.do(get_preferences, reader.now)
    assert [] == reader.log


@pytest.mark.parametrize(
    ("setting", "choose", "value", "none"),
    [
        ({"weekly_day": ""}, choose_frequency, Frequency.WEEKLY, Frequency.DAILY),
        ({"breaking": "false"}, choose_breaking, True, False),
        ({"reader_hours": "false"}, choose_hour, SEVEN, None),
        ({"reader_sections": "false"}, choose_sections, ["Sport"], []),
    ],
)
def test_what_a_newsletter_offers_no_more_can_be_given_up(
    reader: Reader, setting: dict[str, str], choose: Callable[..., Preferences], value: object, none: object
) -> None:
    """Its readers are not caught in what they chose while there was such a choice; nobody chooses it anew."""
    reader.choose(choose, value)
    reader.set(**setting)
    with pytest.raises(SettingsError):
        reader.do(choose, value, PAGE, reader.now)
    reader.choose(choose, none)
    assert 2 == len(reader.log)


@pytest.mark.parametrize("given", [["sport", " POLITICS "], ["Politics", "Sport", "sport"]])
def test_sections_are_known_however_they_are_written(reader: Reader, given: list[str]) -> None:
    """Kept in the newsletter's own spelling, in order, each once."""
    assert ("Politics", "Sport") == reader.choose(choose_sections, given).sections


def test_every_section_is_all_of_them(reader: Reader) -> None:
    """So that a section which begins tomorrow comes too."""
    reader.choose(choose_sections, ["Sport"])
    assert () == reader.choose(choose_sections, ["Sport", "Politics", "World"]).sections


def test_a_section_of_which_nothing_came_lately_can_be_kept(reader: Reader) -> None:
    """Choosing one more does not force a reader to give it up."""
    reader.choose(choose_sections, ["Sport"])
    reader.now += 40 * DAY
    with reader.database.transaction() as connection:
        _gather(connection, reader.newsletter, reader.now, ["Books", "Cinema"])
    assert ("Books", "Sport") == reader.choose(choose_sections, ["Sport", "Books"]).sections
    with pytest.raises(SettingsError):
        reader.do(choose_sections, ["World"], PAGE, reader.now)
