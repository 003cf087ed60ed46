"""The other newsletters of the house: joined at once by who is a reader, and by nobody else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.errors import ConflictError
from newsletter.publication.newsletters import Newsletter, NewsletterSettings, add_newsletter
from newsletter.readers.joining import join, list_others
from newsletter.readers.letters import due_letters
from newsletter.readers.pauses import pause
from newsletter.readers.preferences import get_preferences
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader, unsubscribe
from newsletter.readers.tables import SubscriptionState, consent, subscription
from tests.readers.asking import ask_for

PAGE = Origin("preferences", "192.0.2.0/24")
TOLD = (PAGE.how, PAGE.network)
DAY = timedelta(days=1)


@pytest.fixture
def do(database: Database) -> Callable[..., Any]:
    """Give what does one thing in a transaction of its own."""

    def act(what: Callable[..., Any], *values: object) -> Any:
        with database.transaction() as connection:
            return what(connection, *values)

    return act


@pytest.fixture
def reader(do: Callable[..., Any], daily: Newsletter, noon: datetime) -> int:
    """Give a reader of the daily, in a house of three newsletters, two of them in Arabic too."""
    for slug, languages in (("sport", "ar"), ("books", "")):
        paper = NewsletterSettings(
            slug=slug, name=slug.title(), publisher="P", sender_address="s@paper.example", languages=languages
        )
        do(add_newsletter, paper)
    added = do(add_reader, daily.id, "ann@reader.example", Origin("test"), noon - DAY)
    chosen = sa.update(subscription).values(zone="Asia/Damascus", language="ar")
    do(lambda connection: connection.execute(chosen))
    return int(added)


def _others(do: Callable[..., Any], reader: int) -> dict[str, int | None]:
    return {each.newsletter.slug: each.subscription_id for each in do(list_others, reader)}


def test_the_others_are_those_besides(do: Callable[..., Any], reader: int) -> None:
    """By name, none of them the reader's yet."""
    assert [("books", None), ("sport", None)] == list(_others(do, reader).items())


def test_joining_is_at_once_and_once(do: Callable[..., Any], reader: int, noon: datetime) -> None:
    """Zone and language go along; a welcome is owed, and the log says that it was asked for and confirmed."""
    (joined,) = do(join, reader, ["sport", "no-such"], PAGE, noon)
    assert [] == do(join, reader, ["sport"], PAGE, noon)
    found = do(get_preferences, joined, noon)
    assert (SubscriptionState.ACTIVE, "ar", "Asia/Damascus") == (found.state, found.language, found.zone)
    assert {"books": None, "sport": joined} == _others(do, reader)
    assert 1 == len(do(due_letters, noon, joined))
    logged = sa.select(consent.c.event, consent.c.how, consent.c.network).order_by(consent.c.id)
    rows = do(lambda connection: list(connection.execute(logged)))
    assert [("requested", *TOLD), ("confirmed", *TOLD)] == [tuple(row) for row in rows[1:]]


def test_a_language_that_another_has_not_stays_behind(do: Callable[..., Any], reader: int, noon: datetime) -> None:
    """It comes in its own."""
    (joined,) = do(join, reader, ["books"], PAGE, noon)
    assert "" == do(get_preferences, joined, noon).language


@pytest.mark.parametrize("before", ["unconfirmed", "unsubscribed", "paused"])
def test_what_was_begun_before(do: Callable[..., Any], reader: int, noon: datetime, before: str) -> None:
    """Asked for and not confirmed, or left: it comes now. Paused: it stays so."""
    sport = next(each.newsletter for each in do(list_others, reader) if each.newsletter.slug == "sport")
    if before == "unconfirmed":
        known = do(ask_for, sport.id, "ann@reader.example", PAGE, noon)
    else:
        known = do(add_reader, sport.id, "ann@reader.example", PAGE, noon)
        do(*((unsubscribe, known) if before == "unsubscribed" else (pause, known, 14)), PAGE, noon)
    joined = do(join, reader, ["sport"], PAGE, noon + DAY)
    assert ([] if before == "paused" else [known]) == joined
    now_so = sa.select(subscription).where(subscription.c.id == known)
    row = do(lambda connection: connection.execute(now_so).one())
    assert ("paused" if before == "paused" else "active", None) == (row.state, row.confirmation_due_at)


def test_who_left_joins_nothing(do: Callable[..., Any], reader: int, noon: datetime) -> None:
    """The link of an old mail brings nobody back, by no door."""
    do(unsubscribe, reader, PAGE, noon)
    with pytest.raises(ConflictError):
        do(join, reader, ["sport"], PAGE, noon)
    assert {"books": None, "sport": None} == _others(do, reader)


def test_nobody_else_is_joined(do: Callable[..., Any], reader: int, daily: Newsletter, noon: datetime) -> None:
    """Each reader's others are their own."""
    stranger = do(add_reader, daily.id, "bo@reader.example", PAGE, noon)
    do(join, reader, ["sport"], PAGE, noon)
    assert {"books": None, "sport": None} == _others(do, stranger)
