"""What readers choose, and leaving taken back: only by who may, once, and with a line in the log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.errors import ConflictError, NotFoundError, SettingsError
from newsletter.publication.newsletters import Newsletter, change_newsletter
from newsletter.readers.pauses import pause
from newsletter.readers.preferences import (
    UNDO_TIME,
    Preferences,
    choose_language,
    choose_zone,
    come_back,
    get_preferences,
)
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader, confirm, request_subscription, unsubscribe
from newsletter.readers.tables import SubscriptionState, consent, subscriber

PAGE = Origin("preferences", "192.0.2.0/24")
UNDO = Origin("undo", "192.0.2.0/24")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass
class Reader:
    """One active reader of the daily, and what they do, each in a transaction of its own."""

    database: Database
    newsletter: Newsletter
    id: int

    def do(self, act: Callable[..., Any], *values: object) -> Any:
        with self.database.transaction() as connection:
            return act(connection, self.id, *values)

    def ask(self, now: datetime) -> int | None:
        with self.database.transaction() as connection:
            return request_subscription(connection, self.newsletter.id, "ann@reader.example", PAGE, now)

    def look(self, now: datetime) -> Preferences:
        found = self.do(get_preferences, now)
        assert isinstance(found, Preferences)
        return found

    @property
    def log(self) -> list[tuple[str, str, str]]:
        """What the consent log says besides that the reader was added."""
        with self.database.transaction() as connection:
            columns = (consent.c.event, consent.c.how, consent.c.network)
            return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(consent.c.id))][1:]


@pytest.fixture
def reader(database: Database, daily: Newsletter, noon: datetime) -> Reader:
    """Give a reader of a newsletter in three languages, who was added yesterday."""
    with database.transaction() as connection:
        change_newsletter(connection, daily.slug, {"languages": "ar fr"})
        added = add_reader(connection, daily.id, "ann@reader.example", Origin("test"), noon - DAY)
    return Reader(database, daily, added)


def test_a_language_is_chosen_once(reader: Reader, noon: datetime) -> None:
    """One of the newsletter's; choosing it again changes nothing."""
    assert "" == reader.look(noon).language
    for _ in range(2):
        assert "ar" == reader.do(choose_language, "ar", PAGE, noon).language
    assert "ar" == reader.look(noon).language
    assert [("changed", "preferences", "192.0.2.0/24")] == reader.log


def test_the_newsletters_own_language_is_no_choice(reader: Reader, noon: datetime) -> None:
    """Named or left empty, it is whatever the newsletter's own is."""
    for language in ("ar", "en", "ar", ""):
        reader.do(choose_language, language, PAGE, noon)
    assert "" == reader.look(noon).language
    assert 4 == len(reader.log)


@pytest.mark.parametrize("language", ["de", "AR", "x" * 5000, "en; DROP TABLE subscription"])
def test_no_edition_is_written_in_that(reader: Reader, noon: datetime, language: str) -> None:
    """Only what the newsletter is written in can be chosen."""
    with pytest.raises(SettingsError):
        reader.do(choose_language, language, PAGE, noon)
    assert "" == reader.look(noon).language


def test_a_zone_is_chosen_once(reader: Reader, noon: datetime) -> None:
    """An IANA name, or the newsletter's own again; no other."""
    for zone in ("Asia/Damascus", "Asia/Damascus", ""):
        assert zone == reader.do(choose_zone, zone, PAGE, noon).zone
    with pytest.raises(SettingsError):
        reader.do(choose_zone, "Mars/Olympus", PAGE, noon)
    assert "" == reader.look(noon).zone
    assert ["changed", "changed"] == [event for event, *_ in reader.log]


@pytest.mark.parametrize(("choose", "value"), [(choose_language, "ar"), (choose_zone, "Asia/Damascus")])
def test_who_left_chooses_nothing(
    reader: Reader, noon: datetime, choose: Callable[..., Preferences], value: str
) -> None:
    """What nobody gets has no language and no hour."""
    reader.do(unsubscribe, Origin("one-click"), noon)
    with pytest.raises(ConflictError):
        reader.do(choose, value, PAGE, noon)


def test_an_erased_reader_has_no_preferences(reader: Reader, noon: datetime) -> None:
    """And the page says why."""
    with reader.database.transaction() as connection:
        connection.execute(sa.delete(subscriber))
    with pytest.raises(NotFoundError, match="erased"):
        reader.look(noon)


def test_a_pause_that_has_ended_is_none(reader: Reader, noon: datetime) -> None:
    """Whether or not a tick wrote so."""
    until = reader.do(pause, 1, PAGE, noon).paused_until
    assert until is not None
    assert SubscriptionState.PAUSED is reader.look(until - MINUTE).state
    ended = reader.look(until)
    assert (SubscriptionState.ACTIVE, None) == (ended.state, ended.paused_until)


def test_leaving_is_taken_back(reader: Reader, noon: datetime) -> None:
    """Within the hour, once, with what was chosen before; the log says that it was undone."""
    reader.do(choose_language, "ar", PAGE, noon)
    reader.do(unsubscribe, Origin("one-click"), noon)
    for _ in range(2):
        assert SubscriptionState.ACTIVE is reader.do(come_back, UNDO, noon + UNDO_TIME).state
    assert "ar" == reader.look(noon).language
    assert [("unsubscribed", "one-click", ""), ("confirmed", "undo", "192.0.2.0/24")] == reader.log[1:]


def test_a_pause_does_not_come_back(reader: Reader, noon: datetime) -> None:
    """Who takes leaving back wants to be mailed."""
    reader.do(pause, 14, PAGE, noon)
    reader.do(unsubscribe, Origin("page"), noon)
    reader.do(come_back, UNDO, noon)
    found = reader.look(noon)
    assert (SubscriptionState.ACTIVE, None) == (found.state, found.paused_until)


def test_after_an_hour_it_is_too_late(reader: Reader, noon: datetime) -> None:
    """A link from an old mail never brings anybody back."""
    reader.do(unsubscribe, Origin("one-click"), noon)
    with pytest.raises(ConflictError, match="too late"):
        reader.do(come_back, UNDO, noon + UNDO_TIME + MINUTE)
    assert SubscriptionState.UNSUBSCRIBED is reader.look(noon).state


def test_leaving_twice_gives_no_second_hour(reader: Reader, noon: datetime) -> None:
    """The hour begins when the reader left."""
    reader.do(unsubscribe, Origin("one-click"), noon)
    reader.do(unsubscribe, Origin("one-click"), noon + UNDO_TIME)
    assert not reader.look(noon).may_come_back(noon + UNDO_TIME + MINUTE)


def test_undo_is_no_way_around_confirming(reader: Reader, noon: datetime) -> None:
    """Anybody may ask for a newsletter in another's name; leaving and undoing then makes nobody a reader."""
    reader.do(unsubscribe, Origin("one-click"), noon)
    assert reader.id == reader.ask(noon + DAY)
    reader.do(unsubscribe, Origin("one-click"), noon + DAY)
    with pytest.raises(ConflictError):
        reader.do(come_back, UNDO, noon + DAY)
    assert reader.id == reader.ask(noon + 2 * DAY)
    with pytest.raises(ConflictError):
        reader.do(come_back, UNDO, noon + 2 * DAY)


def test_who_confirmed_again_may_undo_again(reader: Reader, noon: datetime) -> None:
    """Leaving, asking anew, confirming, leaving, undoing: each counts from its own time."""
    reader.do(unsubscribe, Origin("one-click"), noon)
    reader.ask(noon + DAY)
    with reader.database.transaction() as connection:
        confirm(connection, (reader.id, noon + DAY), Origin("link"), noon + DAY + MINUTE)
    reader.do(unsubscribe, Origin("one-click"), noon + 2 * DAY)
    assert SubscriptionState.ACTIVE is reader.do(come_back, UNDO, noon + 2 * DAY).state
