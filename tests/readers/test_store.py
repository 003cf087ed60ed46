"""Readers are found again however their address is spelled."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.db import Database
from newsletter.publication.newsletters import Newsletter, NewsletterSettings, add_newsletter
from newsletter.readers.store import (
    Origin,
    find_reader,
    find_subscription,
    find_subscription_id,
    is_suppressed,
    put_subscriber,
)
from newsletter.readers.subscribe import add_reader
from newsletter.readers.tables import SubscriptionState, SuppressionReason, suppression
from tests.readers.asking import ask_for

ANN = "Ann@reader.example"
OPERATOR = Origin("command line")


def test_two_spellings_are_one_reader(database: Database) -> None:
    """The first spelling is kept and every other leads to the same reader."""
    with database.transaction() as connection:
        first = put_subscriber(connection, ANN)
        assert first == put_subscriber(connection, ANN.lower()) == put_subscriber(connection, ANN.upper())
        assert first != put_subscriber(connection, "bob@reader.example")


def test_a_subscription_carries_its_reader_s_address(
    database: Database, daily: Newsletter, noon: datetime
) -> None:
    """What is mailed is the address as the reader typed it."""
    with database.transaction() as connection:
        subscription_id = add_reader(connection, daily.id, ANN, OPERATOR, noon)
        found = find_subscription(connection, subscription_id)
        assert found
        assert (subscription_id, daily.id, ANN) == (found.id, found.newsletter_id, found.address)
        assert (SubscriptionState.ACTIVE, noon) == (found.state, found.requested_at)
        assert subscription_id == find_subscription_id(connection, daily.id, ANN.upper())


def test_what_is_not_there_is_none(database: Database, daily: Newsletter) -> None:
    """An unknown reader is no error here."""
    with database.transaction() as connection:
        assert find_subscription(connection, 7) is None
        assert find_subscription_id(connection, daily.id, ANN) is None
        assert [] == find_reader(connection, ANN)


def test_a_reader_s_newsletters_are_listed(database: Database, daily: Newsletter, noon: datetime) -> None:
    """One look shows every newsletter that an address asked for, and nobody else's."""
    chosen = NewsletterSettings(slug="arabic", name="A", publisher="P", sender_address="a@paper.example")
    with database.transaction() as connection:
        other = add_newsletter(connection, chosen)
        add_reader(connection, daily.id, ANN, OPERATOR, noon)
        ask_for(connection, other.id, ANN.lower(), OPERATOR, noon)
        add_reader(connection, other.id, "bob@reader.example", OPERATOR, noon)
        expected = [("arabic", SubscriptionState.UNCONFIRMED), ("daily", SubscriptionState.ACTIVE)]
        assert expected == find_reader(connection, ANN)


def test_a_suppression_is_in_force_until_it_ends(database: Database, noon: datetime) -> None:
    """One without an end holds for ever, one with an end up to that moment, others' never."""
    rows: list[dict[str, Any]] = [
        {"canonical_address": "ann@reader.example", "reason": SuppressionReason.COMPLAINT, "expires_at": None},
        {"canonical_address": "bob@reader.example", "reason": SuppressionReason.BOUNCE, "expires_at": noon},
    ]
    with database.transaction() as connection:
        connection.execute(sa.insert(suppression), rows)
        just_before = noon.replace(hour=11)
        told = {
            (name, now): connection.execute(
                sa.select(is_suppressed(sa.literal(f"{name}@reader.example"), sa.literal(now)))
            ).scalar_one()
            for name in ("ann", "bob", "eve")
            for now in (just_before, noon)
        }
    assert {("ann", just_before), ("ann", noon), ("bob", just_before)} == {
        each for each, is_in in told.items() if is_in
    }
