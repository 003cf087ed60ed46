"""What nobody confirmed within a week is forgotten, and nothing else is."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.publication.newsletters import Newsletter, NewsletterSettings, add_newsletter
from newsletter.readers.gate import WEEK
from newsletter.readers.store import Origin, find_reader
from newsletter.readers.subscribe import add_reader, confirm, unsubscribe
from newsletter.readers.tables import SubscriptionState, consent, subscriber
from newsletter.readers.unconfirmed import forget_unconfirmed
from tests.readers.asking import ask_for

FORM = Origin("form")
ANN = "ann@reader.example"


def test_a_stranger_is_forgotten_after_a_week(database: Database, daily: Newsletter, noon: datetime) -> None:
    """Seven days after the last request nothing of it is left: no address, no line in the log."""
    with database.transaction() as connection:
        ask_for(connection, daily.id, ANN, FORM, noon - timedelta(days=2))
        ask_for(connection, daily.id, ANN, FORM, noon)
        assert 0 == forget_unconfirmed(connection, noon + WEEK - timedelta(minutes=1))
        assert [("daily", SubscriptionState.UNCONFIRMED)] == find_reader(connection, ANN)
        assert 1 == forget_unconfirmed(connection, noon + WEEK)
        for table in (subscriber, consent):
            assert 0 == connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_who_confirmed_is_kept(database: Database, daily: Newsletter, noon: datetime) -> None:
    """A reader, paused or not, and one who left stay, however old their request."""
    with database.transaction() as connection:
        asked = ask_for(connection, daily.id, ANN, FORM, noon)
        assert asked
        confirm(connection, (asked, noon), FORM, noon)
        left = add_reader(connection, daily.id, "bo@reader.example", FORM, noon)
        unsubscribe(connection, left, FORM, noon)
        assert 0 == forget_unconfirmed(connection, noon + 9 * WEEK)
        assert [("daily", SubscriptionState.ACTIVE)] == find_reader(connection, ANN)
        assert [("daily", SubscriptionState.UNSUBSCRIBED)] == find_reader(connection, "bo@reader.example")


def test_who_left_and_was_asked_for_stays_one_who_left(
    database: Database, daily: Newsletter, noon: datetime
) -> None:
    """A request that a stranger may have made neither brings back who left nor wipes out that they did."""
    with database.transaction() as connection:
        left = add_reader(connection, daily.id, ANN, FORM, noon)
        unsubscribe(connection, left, FORM, noon)
        ask_for(connection, daily.id, ANN, FORM, noon + timedelta(days=2))
        assert 1 == forget_unconfirmed(connection, noon + timedelta(days=9))
        assert [("daily", SubscriptionState.UNSUBSCRIBED)] == find_reader(connection, ANN)
        add_reader(connection, daily.id, ANN, Origin("command line"), noon + timedelta(days=10))
        assert [("daily", SubscriptionState.UNSUBSCRIBED)] == find_reader(connection, ANN)


def test_a_reader_of_one_who_asked_for_another_keeps_the_one(
    database: Database, daily: Newsletter, noon: datetime
) -> None:
    """Only the request that nobody confirmed goes, and its lines in the log with it."""
    chosen = NewsletterSettings(slug="evening", name="E", publisher="P", sender_address="e@paper.example")
    with database.transaction() as connection:
        evening = add_newsletter(connection, chosen)
        kept = add_reader(connection, daily.id, ANN, FORM, noon)
        ask_for(connection, evening.id, ANN, FORM, noon)
        assert 1 == forget_unconfirmed(connection, noon + WEEK)
        assert [("daily", SubscriptionState.ACTIVE)] == find_reader(connection, ANN)
        assert [kept] == connection.execute(sa.select(consent.c.subscription_id)).scalars().all()
