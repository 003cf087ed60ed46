"""Figures that add up: every total here is counted from rows when it is asked for."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.states import DeliveryState
from newsletter.delivery.tables import delivery, exclusion
from newsletter.edition.store import Edition
from newsletter.edition.tables import edition
from newsletter.gather.tables import newsletter_source, source
from newsletter.publication.tables import newsletter
from newsletter.readers.address import canonical_address
from newsletter.readers.tables import SubscriptionState, subscriber, subscription


def count_deliveries(connection: sa.Connection, edition_id: int) -> dict[DeliveryState, int]:
    """Return how many deliveries of an edition are in each state; states with none are left out.

    Their sum is the edition's audience, at every instant: a delivery is in exactly one state.
    """
    query = (
        sa.select(delivery.c.state, sa.func.count())
        .where(delivery.c.edition_id == edition_id)
        .group_by(delivery.c.state)
    )
    counts = {DeliveryState(state): count for state, count in connection.execute(query)}
    return {state: counts[state] for state in DeliveryState if state in counts}


def count_exclusions(connection: sa.Connection, edition_id: int) -> dict[str, int]:
    """Return how many active readers were left out of an edition, by reason."""
    query = (
        sa.select(exclusion.c.reason, sa.func.count())
        .where(exclusion.c.edition_id == edition_id)
        .group_by(exclusion.c.reason)
    )
    return {str(reason): count for reason, count in connection.execute(query)}


def count_subscriptions(connection: sa.Connection, newsletter_id: int) -> dict[SubscriptionState, int]:
    """Return how many subscriptions of a newsletter are in each state."""
    query = (
        sa.select(subscription.c.state, sa.func.count())
        .where(subscription.c.newsletter_id == newsletter_id)
        .group_by(subscription.c.state)
    )
    return {SubscriptionState(state): count for state, count in connection.execute(query)}


def count_newcomers(connection: sa.Connection, sent: Edition) -> int:
    """Return how many active subscriptions the edition could still go to."""
    planned = sa.exists().where(delivery.c.edition_id == sent.id, delivery.c.subscription_id == subscription.c.id)
    left_out = sa.exists().where(
        exclusion.c.edition_id == sent.id, exclusion.c.subscription_id == subscription.c.id
    )
    query = sa.select(sa.func.count()).where(
        subscription.c.newsletter_id == sent.newsletter_id,
        subscription.c.state == SubscriptionState.ACTIVE,
        ~planned,
        ~left_out,
    )
    if sent.subscription_ids is not None:
        query = query.where(subscription.c.id.in_(sent.subscription_ids))
    return int(connection.execute(query).scalar_one())


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source does: when it was last read, and what its last failure said (empty when it works)."""

    url: str
    title: str
    state: str
    polled_at: datetime | None
    succeeded_at: datetime | None
    failures: int
    last_error: str


def source_health(connection: sa.Connection, source_ids: list[int] | None = None) -> list[SourceHealth]:
    """Return the health of these sources, or of all that a newsletter has."""
    columns = [source.c[name] for name in SourceHealth.__dataclass_fields__]
    query = sa.select(*columns).order_by(source.c.id)
    if source_ids is None:
        query = query.where(sa.exists().where(newsletter_source.c.source_id == source.c.id))
    else:
        query = query.where(source.c.id.in_(source_ids))
    return [SourceHealth(*row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class ReaderEdition:
    """What one reader got of one edition: its delivery's state, or why there is none; and the relay's words."""

    newsletter: str
    key: str
    outcome: str
    reply: str


def reader_history(connection: sa.Connection, address: str, limit: int = 10) -> list[ReaderEdition]:
    """Return what became of the latest editions for a reader, newest first."""
    canonical = canonical_address(address)
    kinds = (
        (delivery, delivery.c.state, delivery.c.reply),
        (exclusion, sa.literal("left out: ").concat(exclusion.c.reason), sa.literal("")),
    )
    rows = sa.union_all(
        *(
            sa.select(edition.c.id, newsletter.c.slug, edition.c.key, outcome.label("told"), reply.label("reply"))
            .join_from(table, edition, edition.c.id == table.c.edition_id)
            .join(newsletter, newsletter.c.id == edition.c.newsletter_id)
            .join(subscription, subscription.c.id == table.c.subscription_id)
            .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
            .where(subscriber.c.canonical_address == canonical)
            for table, outcome, reply in kinds
        )
    ).subquery()
    query = sa.select(rows.c.slug, rows.c.key, rows.c.told, rows.c.reply).order_by(rows.c.id.desc())
    return [ReaderEdition(*row) for row in connection.execute(query.limit(limit))]
