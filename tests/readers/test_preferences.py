"""What readers choose, and leaving taken back: only by who may, once, and with a line in the log."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.errors import ConflictError, NotFoundError
from newsletter.publication.newsletters import Newsletter, change_newsletter
from newsletter.readers.choices import choose_language
from newsletter.readers.pauses import pause, resume
from newsletter.readers.preferences import (
    UNDO_TIME,
    Preferences,
    come_back,
    get_preferences,
)
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader, confirm, unsubscribe
from newsletter.readers.tables import SubscriptionState, subscriber
from tests.readers.asking import ask_for
from tests.readers.logged import Logged, log_after_adding

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
            return ask_for(connection, self.newsletter.id, "ann@reader.example", PAGE, now)

    def look(self, now: datetime) -> Preferences:
        found = self.do(get_preferences, now)
        assert isinstance(found, Preferences)
        return found

    @property
    def log(self) -> list[Logged]:
        return log_after_adding(self.database)


@pytest.fixture
def reader(database: Database, daily: Newsletter, noon: datetime) -> Reader:
    """Give a reader of a newsletter in three languages, who was added yesterday."""
    with database.transaction() as connection:
        change_newsletter(connection, daily.slug, {"languages": "ar fr"})
        added = add_reader(connection, daily.id, "ann@reader.example", Origin("test"), noon - DAY)
    return Reader(database, daily, added)


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


@pytest.mark.parametrize("days", [14, None])
def test_a_pause_comes_back(reader: Reader, noon: datetime, days: int | None) -> None:
    """As if nothing had happened: with the end that it had, or with none."""
    before = reader.do(pause, days, PAGE, noon)
    reader.do(unsubscribe, Origin("page"), noon)
    assert replace(before, ended_at=noon, confirmed_at=noon) == reader.do(come_back, UNDO, noon)
    assert SubscriptionState.PAUSED is reader.look(noon).state


def test_a_pause_that_ended_meanwhile_does_not_come_back(reader: Reader, noon: datetime) -> None:
    """Nor does one that was over when the reader left, and that no tick had written down."""
    until = reader.do(pause, 1, PAGE, noon).paused_until
    for left_at in (until - MINUTE, until):
        reader.do(unsubscribe, Origin("page"), left_at)
        found = reader.do(come_back, UNDO, until + MINUTE)
        assert (SubscriptionState.ACTIVE, None) == (found.state, found.paused_until)


def test_an_earlier_pause_does_not_come_back(reader: Reader, noon: datetime) -> None:
    """Only what was left is come back to."""
    reader.do(pause, 14, PAGE, noon)
    for act in (unsubscribe, come_back, resume, unsubscribe, come_back):
        found = reader.do(act, UNDO, noon)
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
