"""Figures are counted from rows, and add up."""

from datetime import datetime, timedelta
from itertools import cycle

import pytest
import sqlalchemy as sa

from newsletter.db import Database
from newsletter.delivery.plan import Slicing, freeze_audience
from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import Exclusion, batch, delivery
from newsletter.edition.plan import EditionRequest, plan_edition
from newsletter.edition.states import EditionState
from newsletter.edition.store import Edition, cancel, get_edition
from newsletter.gather.polling.sources import Poll, record_poll
from newsletter.gather.tables import PollOutcome
from newsletter.insight.figures import (
    count_deliveries,
    count_exclusions,
    count_newcomers,
    count_subscriptions,
    reader_history,
    source_health,
)
from newsletter.publication.newsletters import Newsletter
from newsletter.readers.store import Origin
from newsletter.readers.subscribe import add_reader, unsubscribe
from newsletter.readers.tables import SubscriptionState, SuppressionReason, suppression
from tests.publication.newsroom import a_source, an_article, publish
from tests.readers.asking import ask_for

OPERATOR = Origin("command line")


@pytest.fixture
def edition(database: Database, daily: Newsletter, noon: datetime) -> Edition:
    """Give an edition whose audience of twelve is frozen, two of its readers suppressed."""
    with database.transaction() as connection:
        for number in range(12):
            add_reader(connection, daily.id, f"reader{number}@reader.example", OPERATOR, noon)
        rows = [
            {"canonical_address": f"reader{number}@reader.example", "reason": SuppressionReason.BOUNCE}
            for number in range(2)
        ]
        connection.execute(sa.insert(suppression), rows)
        edition_id, _ = plan_edition(connection, EditionRequest(daily.id, noon.date(), noon, "test"))
        planned = get_edition(connection, edition_id)
        freeze_audience(connection, planned, None, Slicing())
    return planned


def test_deliveries_and_exclusions_are_all_the_readers(
    database: Database, daily: Newsletter, edition: Edition
) -> None:
    """Every active reader is in one count or the other, and in exactly one."""
    with database.transaction() as connection:
        assert {DeliveryState.PENDING: 10} == count_deliveries(connection, edition.id)
        assert {Exclusion.SUPPRESSED: 2} == count_exclusions(connection, edition.id)
        assert {SubscriptionState.ACTIVE: 12} == count_subscriptions(connection, daily.id)


def test_deliveries_in_every_state_add_up_to_the_audience(database: Database, edition: Edition) -> None:
    """However the copies fare, their counts are the audience; states that none is in are left out."""
    states = cycle(DeliveryState)
    with database.transaction() as connection:
        for delivery_id in connection.execute(sa.select(delivery.c.id)).scalars().all():
            moved = sa.update(delivery).where(delivery.c.id == delivery_id).values(state=next(states))
            connection.execute(moved)
        counts = count_deliveries(connection, edition.id)
    assert 10 == sum(counts.values())
    assert list(DeliveryState)[:10] == list(counts)


def test_what_waits_in_a_cancelled_edition_is_cancelled(database: Database, edition: Edition) -> None:
    """At once, and before any row says so; but not what a task holds, which may still go out."""
    with database.transaction() as connection:
        connection.execute(sa.update(delivery).where(delivery.c.id <= 2).values(state=DeliveryState.ACCEPTED))
        cancel(connection, edition.id, EditionState.PLANNED)
        assert {DeliveryState.ACCEPTED: 2, DeliveryState.CANCELLED: 8} == count_deliveries(connection, edition.id)
        connection.execute(sa.update(batch).values(lease_until=sa.func.now()))
        assert {DeliveryState.ACCEPTED: 2, DeliveryState.IN_FLIGHT: 8} == count_deliveries(connection, edition.id)


def test_an_edition_without_deliveries_counts_none(database: Database, daily: Newsletter, noon: datetime) -> None:
    """No row is no figure, and no fault."""
    with database.transaction() as connection:
        edition_id, _ = plan_edition(connection, EditionRequest(daily.id, noon.date(), noon, "test"))
        assert ({}, {}) == (count_deliveries(connection, edition_id), count_exclusions(connection, edition_id))
        assert {} == count_subscriptions(connection, daily.id)


def test_subscriptions_are_counted_by_state(database: Database, daily: Newsletter, noon: datetime) -> None:
    """Each reader stands in the state they are in now."""
    with database.transaction() as connection:
        for name in ("ann", "bob", "eve"):
            add_reader(connection, daily.id, f"{name}@reader.example", OPERATOR, noon)
        ask_for(connection, daily.id, "joe@reader.example", OPERATOR, noon)
        unsubscribe(connection, 1, OPERATOR, noon)
        counts = count_subscriptions(connection, daily.id)
    expected = {
        SubscriptionState.ACTIVE: 2,
        SubscriptionState.UNCONFIRMED: 1,
        SubscriptionState.UNSUBSCRIBED: 1,
    }
    assert expected == counts


def test_newcomers_are_those_that_the_edition_has_no_row_for(
    database: Database, daily: Newsletter, edition: Edition, noon: datetime
) -> None:
    """Readers who joined after the audience was frozen count; those planned, left out or gone do not."""
    with database.transaction() as connection:
        assert 0 == count_newcomers(connection, edition)
        add_reader(connection, daily.id, "late@reader.example", OPERATOR, noon)
        gone = add_reader(connection, daily.id, "gone@reader.example", OPERATOR, noon)
        unsubscribe(connection, gone, OPERATOR, noon)
        assert 1 == count_newcomers(connection, edition)
        freeze_audience(connection, edition, None, Slicing())
        assert 0 == count_newcomers(connection, edition)


def test_a_source_s_health_is_that_of_its_last_polls(
    database: Database, daily: Newsletter, noon: datetime
) -> None:
    """A failing source shows since when and why; one that works shows no error."""
    later = noon + timedelta(hours=1)
    with database.transaction() as connection:
        well, failing = a_source(connection, daily.id, "well"), a_source(connection, daily.id, "failing")
        for origin in (well, failing):
            publish(connection, origin, [an_article(origin.id)], noon)
        done = Poll(failing.id, later, later, PollOutcome.FAILED, error="No answer.")
        record_poll(connection, done, timedelta(hours=1))
        first, second = source_health(connection)
    assert (well.url, "active", noon, noon, 0, "") == (
        first.url,
        first.state,
        first.polled_at,
        first.succeeded_at,
        first.failures,
        first.last_error,
    )
    assert (failing.url, later, noon, 1, "No answer.") == (
        second.url,
        second.polled_at,
        second.succeeded_at,
        second.failures,
        second.last_error,
    )


def test_health_is_told_of_the_newsletters_own_sources_or_of_those_named(
    database: Database, daily: Newsletter
) -> None:
    """A source tried once from the command line does not stand among the newsletters' own."""
    with database.transaction() as connection:
        own, tried = a_source(connection, daily.id, "own"), a_source(connection, name="tried")
        assert [own.url] == [each.url for each in source_health(connection)]
        assert [tried.url] == [each.url for each in source_health(connection, [tried.id])]
        assert [] == source_health(connection, [])


def test_a_reader_s_history_says_what_became_of_each_edition(database: Database, edition: Edition) -> None:
    """One reader has a delivery, another was left out with a reason, and a stranger has no history."""
    with database.transaction() as connection:
        found = [reader_history(connection, f"reader{number}@READER.example") for number in (5, 0, 99)]
    told = [[(each.newsletter, each.key, each.outcome) for each in history] for history in found]
    key = edition.key
    assert [[("daily", key, "pending")], [("daily", key, "left out: suppressed")], []] == told
